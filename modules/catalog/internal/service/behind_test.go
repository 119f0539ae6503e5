package service

import (
	"context"
	"testing"
	"time"

	"galleria/modules/catalog/internal/shelf"
)

// slow is a store that is asked for its changes, and notes for how long it may look.
type slow struct {
	Store
	version int64
	may     time.Duration
}

func (s *slow) Version(context.Context) (int64, error) { return s.version, nil }

func (s *slow) Changes(ctx context.Context, _ int64) (shelf.Changes, error) {
	until, _ := ctx.Deadline()
	s.may = time.Until(until)
	return shelf.Changes{Version: s.version}, nil
}

// A process that was cut off while much was imported has as much to read as one that starts:
// with a look's usual time it would begin anew each time, and never catch up.
func TestAProcessThatIsFarBehindHasTimeToCatchUp(t *testing.T) {
	store := &slow{version: 1}
	s, err := New(t.Context(), store, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for by, long := range map[int64]bool{1: false, farBehind + 1: true} {
		store.version += by
		if err := s.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := store.may > patience; got != long {
			t.Errorf("%d versions behind: it may look for %s", by, store.may)
		}
	}
}

// A look that is under way may have begun before another process stored what is asked for.
func TestAQuestionForWhatIsNotThereLooksAfterAnotherLook(t *testing.T) {
	for range 20 { // the machine may be so busy that it does not wait long enough
		store := &slow{version: 1}
		s, err := New(t.Context(), store, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		s.refresh.Lock() // as that look holds it
		caughtUp := make(chan struct{})
		go func() { s.catchUp(t.Context()); close(caughtUp) }()
		for s.caughtUp.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		store.version++
		s.refresh.Unlock()
		<-caughtUp
		if s.current.Load().Version() == store.version {
			return
		}
	}
	t.Error("it did not look after the other one")
}

// While another look waits for a database that hangs, pages come from memory.
func TestAQuestionForWhatIsNotThereDoesNotWaitForAnotherLook(t *testing.T) {
	s, err := New(t.Context(), &slow{version: 1}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	s.refresh.Lock() // as that look holds it
	defer s.refresh.Unlock()
	answered := make(chan struct{})
	go func() { s.catchUp(t.Context()); close(answered) }()
	select {
	case <-answered:
	case <-time.After(time.Minute):
		t.Fatal("it waits for the other look")
	}
}
