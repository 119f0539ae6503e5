package edge

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// How many checkouts are worked on at a time, how many may wait, and how long. They
// share the CPUs, and wait for each other at the books of the same goods: many at
// once make each so slow that it runs out of time, and the goods go back unsold.
const (
	checkoutsPerCPU   = 8
	checkoutsWaiting  = 1000
	checkoutsPatience = 20 * time.Second
)

// The same for pages of the catalogue. They wait less: a shop with too much to do
// refuses those who look around before those who pay.
const (
	lookersPerCPU   = 32
	lookersWaiting  = 2000
	lookersPatience = 2 * time.Second
)

var errQueueFull = errors.New("too many wait already")

// Queue lets some requests be worked on while the others wait, in the order they
// came. Safe for concurrent use.
type Queue struct {
	places   *semaphore.Weighted
	atOnce   int64
	waiting  atomic.Int64
	most     int64 // that wait
	patience time.Duration
}

func newQueue(atOnce int, most int64, patience time.Duration) *Queue {
	return &Queue{places: semaphore.NewWeighted(int64(atOnce)), atOnce: int64(atOnce), most: most, patience: patience}
}

// forCheckouts leaves room, on a small machine too, for those that wait for a
// payment provider far away.
func forCheckouts() *Queue {
	return newQueue(max(16, checkoutsPerCPU*runtime.GOMAXPROCS(0)), checkoutsWaiting, checkoutsPatience)
}

func forLookers() *Queue {
	return newQueue(lookersPerCPU*runtime.GOMAXPROCS(0), lookersWaiting, lookersPatience)
}

// Enter waits for a place. An error means that none became free in time; nothing
// has been done then.
func (q *Queue) Enter(ctx context.Context) (leave func(), err error) {
	leave = func() { q.places.Release(1) }
	if q.places.TryAcquire(1) {
		return leave, nil
	}
	defer q.waiting.Add(-1)
	if q.waiting.Add(1) > q.most {
		return nil, errQueueFull
	}
	ctx, cancel := context.WithTimeout(ctx, q.patience)
	defer cancel()
	if err := q.places.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return leave, nil
}

// Fill takes all places and lets as many wait as there may, until empty is called:
// the next one is refused. For tests.
func (q *Queue) Fill() (empty func()) {
	q.places.TryAcquire(q.atOnce)
	q.waiting.Store(q.most)
	return func() {
		q.waiting.Store(0)
		q.places.Release(q.atOnce)
	}
}
