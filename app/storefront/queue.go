package storefront

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
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

// queue lets some requests be worked on while the others wait, in the order they
// came.
type queue struct {
	places   *semaphore.Weighted
	waiting  atomic.Int64
	most     int64 // that wait
	patience time.Duration
}

func newQueue(atOnce int, most int64, patience time.Duration) *queue {
	return &queue{places: semaphore.NewWeighted(int64(atOnce)), most: most, patience: patience}
}

// forCheckouts leaves room, on a small machine too, for those that wait for a
// payment provider far away.
func forCheckouts() *queue {
	return newQueue(checkoutsAtOnce(), checkoutsWaiting, checkoutsPatience)
}

func checkoutsAtOnce() int { return max(16, checkoutsPerCPU*runtime.GOMAXPROCS(0)) }

func forLookers() *queue {
	return newQueue(lookersAtOnce(), lookersWaiting, lookersPatience)
}

func lookersAtOnce() int { return lookersPerCPU * runtime.GOMAXPROCS(0) }

// enter waits for a place. An error means that none became free in time; nothing
// has been done then.
func (q *queue) enter(ctx context.Context) (leave func(), err error) {
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

// errCrowded says that a page was refused because too many look around.
var errCrowded = errors.New("too many look around at a time")

// inTurn has a page of the catalogue wait until it is its turn.
func (s *Storefront) inTurn(page echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		leave, err := s.lookers.enter(c.Request().Context())
		if err != nil {
			return echo.NewHTTPError(http.StatusServiceUnavailable).SetInternal(errors.Join(errCrowded, err))
		}
		defer leave()
		return page(c)
	}
}
