package edge

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
)

func TestCheckoutsWaitForAPlace(t *testing.T) {
	q := newQueue(1, checkoutsWaiting, checkoutsPatience)
	leave, err := q.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	came := 0
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			leave, err := q.Enter(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			came++ // the one place is its lock
			leave()
		})
	}
	for q.waiting.Load() < 10 {
		runtime.Gosched()
	}
	if came != 0 {
		t.Errorf("%d were worked on while the place was taken", came)
	}
	leave()
	if all.Wait(); came != 10 || q.waiting.Load() != 0 {
		t.Errorf("%d were worked on and %d wait, want 10 and none", came, q.waiting.Load())
	}
}

func TestACheckoutWhoseTurnDoesNotComeIsTold(t *testing.T) {
	q := newQueue(1, checkoutsWaiting, checkoutsPatience)
	leave, err := q.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.Enter(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the guest went away", err)
	}
	q.waiting.Store(checkoutsWaiting)
	if _, err := q.Enter(t.Context()); !errors.Is(err, errQueueFull) {
		t.Errorf("got %v, want that too many wait", err)
	}
	if got := q.waiting.Load(); got != checkoutsWaiting {
		t.Errorf("%d are counted as waiting, want %d", got, checkoutsWaiting)
	}
	q.waiting.Store(0)
	leave()
	if _, err := q.Enter(t.Context()); err != nil {
		t.Errorf("a free place was refused: %v", err)
	}
}
