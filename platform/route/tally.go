package route

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/status"

	"galleria/platform/contract"
)

// tally measures what one caller calls through a route, method by method, where
// the caller is. What is passed on for other processes is not in it: they count it
// themselves. Safe for concurrent use.
type tally struct {
	caller  string
	methods []*callerMeter // in the contract's order
}

// callerMeter measures the calls of one caller to one method.
type callerMeter struct {
	meter
	// undeclared counts the calls that were refused because the caller does not
	// declare the method.
	undeclared atomic.Int64

	mu      sync.Mutex
	reasons map[string]int64
}

// A caller sees at most maxReasons different reasons of a method apart; further ones
// count as otherReason.
const (
	maxReasons  = 32
	otherReason = "OTHER"
)

func (m *callerMeter) observe(took time.Duration, err error) {
	m.meter.observe(took, err)
	if err == nil {
		return
	}
	reason := status.Code(err).String()
	if _, ok := contract.Info(err); ok {
		reason = reasonOf(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.reasons[reason]; !known && len(m.reasons) >= maxReasons {
		reason = otherReason
	}
	if m.reasons == nil {
		m.reasons = map[string]int64{}
	}
	m.reasons[reason]++
}

// tallyOf is the tally of a caller, the same for all its clients: a module that is
// stopped and started again is the same caller.
func (r *Route) tallyOf(caller string) *tally {
	r.talliesMu.Lock()
	defer r.talliesMu.Unlock()
	for _, t := range r.tallies {
		if t.caller == caller {
			return t
		}
	}
	t := &tally{caller: caller}
	for range r.methods {
		t.methods = append(t.methods, &callerMeter{})
	}
	r.tallies = append(r.tallies, t)
	return t
}

// Line is what one caller's calls to one method came to, since the process started.
type Line struct {
	Caller string
	// Method is the full gRPC name.
	Method string
	Calls  int64
	// Errors as in Stats.
	Errors int64
	// Undeclared are calls that were refused because the caller does not declare the
	// method; they are not among Calls.
	Undeclared int64
	// Reasons counts the answers that are errors, of the system or not, by the reason
	// that the contract names, or else by their code.
	Reasons map[string]int64
	// Buckets count the calls by the time they took, the quickest first; none is
	// empty. Two readings subtracted are what happened between them.
	Buckets []Bucket
}

// Bucket counts calls that took at most UpTo, and more than the bucket before.
type Bucket struct {
	UpTo  time.Duration
	Calls int64
}

// Lines are those of all callers in this process that have called something, by
// caller, then in the contract's order.
func (r *Route) Lines() []Line {
	r.talliesMu.Lock()
	tallies := slices.Clone(r.tallies)
	r.talliesMu.Unlock()
	slices.SortFunc(tallies, func(a, b *tally) int { return cmp.Compare(a.caller, b.caller) })
	var lines []Line
	for _, t := range tallies {
		for i, m := range t.methods {
			if line := m.line(); line.Calls+line.Undeclared > 0 {
				line.Caller, line.Method = t.caller, r.methods[i].Name
				lines = append(lines, line)
			}
		}
	}
	return lines
}

func (m *callerMeter) line() Line {
	l := Line{Errors: m.errors.Load(), Undeclared: m.undeclared.Load(), Reasons: map[string]int64{}}
	for i := range m.buckets {
		if n := m.buckets[i].Load(); n > 0 {
			l.Calls += n
			l.Buckets = append(l.Buckets, Bucket{UpTo: upperBound(i), Calls: n})
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for reason, n := range m.reasons {
		l.Reasons[reason] = n
	}
	return l
}
