package storefront

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
	checkoutsPerCPU  = 8
	checkoutsWaiting = 1000
	queueTimeout     = 20 * time.Second
)

// checkoutsAtOnce leaves room, on a small machine too, for those that wait for a
// payment provider far away.
var checkoutsAtOnce = max(16, int64(checkoutsPerCPU*runtime.GOMAXPROCS(0)))

var errQueueFull = errors.New("too many checkouts wait already")

// queue lets some checkouts be worked on while the others wait, in the order they
// came.
type queue struct {
	places  *semaphore.Weighted
	waiting atomic.Int64
}

func newQueue() *queue { return &queue{places: semaphore.NewWeighted(checkoutsAtOnce)} }

// enter waits for a place. An error means that none became free in time; nothing
// has been done then.
func (q *queue) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { q.places.Release(1) }
	if q.places.TryAcquire(1) {
		return leave, nil
	}
	defer q.waiting.Add(-1)
	if q.waiting.Add(1) > checkoutsWaiting {
		return nil, errQueueFull
	}
	ctx, cancel := context.WithTimeout(ctx, queueTimeout)
	defer cancel()
	if err := q.places.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return leave, nil
}
