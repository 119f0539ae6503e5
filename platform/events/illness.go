package events

import (
	"sync"
	"time"
)

// illAfter is how long something must fail until it counts as ill: the broker's
// restart is no illness.
const illAfter = 15 * time.Second

// illness is what fails, and since when. The zero value is well.
type illness struct {
	after time.Duration // 0 = illAfter

	mu    sync.Mutex
	why   error
	since time.Time
}

// because notes a failure; those after it are the same illness until it is over.
func (i *illness) because(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.why == nil {
		i.since = time.Now()
	}
	i.why = err
}

func (i *illness) over() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.why = nil
}

// reason is the last failure; nil when that is over.
func (i *illness) reason() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.why
}

// problem is the last failure if there have been failures for long enough.
func (i *illness) problem() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	after := i.after
	if after == 0 {
		after = illAfter
	}
	if i.why == nil || time.Since(i.since) < after {
		return nil
	}
	return i.why
}
