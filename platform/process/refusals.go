package process

import (
	"strings"
	"sync"
	"time"
)

const (
	// refusedAgain is how long a refusal that comes again and again is counted before it is
	// logged again.
	refusedAgain = time.Minute
	// maxRefusals bounds how many different ones are told apart.
	maxRefusals = 1000
)

// refusals keep the log readable while the same is refused again and again: a process that
// is turned away comes back twice a second. Safe for concurrent use.
type refusals struct {
	now func() time.Time

	mu sync.Mutex
	of map[string]*refusal
}

// refusal is one cause at one door.
type refusal struct {
	logged  time.Time
	repeats int // how often it came after that and was not logged
}

func newRefusals(now func() time.Time) *refusals {
	return &refusals{now: now, of: map[string]*refusal{}}
}

// shouldLog tells whether a refusal is to be logged: the first of those with the same parts,
// and then one a minute. repeats is how many in between were not logged.
func (r *refusals) shouldLog(parts ...string) (repeats int, ok bool) {
	key := strings.Join(parts, "\x00")
	r.mu.Lock()
	defer r.mu.Unlock()
	now, known := r.now(), r.of[key]
	if known != nil && now.Sub(known.logged) < refusedAgain {
		known.repeats++
		return 0, false
	}
	if known != nil {
		repeats = known.repeats
	} else if len(r.of) >= maxRefusals {
		clear(r.of) // at worst each is logged twice
	}
	r.of[key] = &refusal{logged: now}
	return repeats, true
}
