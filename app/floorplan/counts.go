package floorplan

import (
	"slices"
	"time"

	processv1 "galleria/platform/process/v1"
)

// tally adds up what was measured of calls: in all, and since an earlier look.
type tally struct {
	calls, errors       int64 // since the processes started
	newCalls, newErrors int64 // since the earlier look
	rate, errorRate     float64
	all, fresh          map[time.Duration]int64 // calls by the longest time of their bucket
	reasons             map[string]int64
	undeclared          int64
}

func newTally() *tally {
	return &tally{all: map[time.Duration]int64{}, fresh: map[time.Duration]int64{}, reasons: map[string]int64{}}
}

// add takes a line of a process as it is now, and as it was at the earlier look, nil when
// it was not there; over is the time between.
func (t *tally) add(now, before *processv1.Measured_Line, over time.Duration) {
	calls, errors := since(now.GetCalls(), before.GetCalls()), since(now.GetErrors(), before.GetErrors())
	t.calls += now.GetCalls()
	t.errors += now.GetErrors()
	t.newCalls += calls
	t.newErrors += errors
	t.rate += perSecond(calls, over)
	t.errorRate += perSecond(errors, over)
	t.undeclared += now.GetUndeclared()
	for reason, n := range now.GetReasons() {
		t.reasons[reason] += n
	}
	old := map[time.Duration]int64{}
	for _, b := range before.GetBuckets() {
		old[b.GetUpTo().AsDuration()] = b.GetCalls()
	}
	for _, b := range now.GetBuckets() {
		upTo := b.GetUpTo().AsDuration()
		t.all[upTo] += b.GetCalls()
		t.fresh[upTo] += since(b.GetCalls(), old[upTo])
	}
}

// since is what a counter grew by. One that is smaller than before began anew.
func since(now, before int64) int64 {
	if now < before {
		return now
	}
	return now - before
}

func perSecond(n int64, over time.Duration) float64 {
	if over <= 0 {
		return 0
	}
	return float64(n) / over.Seconds()
}

const (
	// enough is how many calls a p99 is read from.
	enough = 20
	// A promise is not broken by fewer late calls than lateCalls: one that waits for a
	// start says nothing of the others.
	lateCalls = 3
)

// method is what was measured, as a Method.
func (t *tally) method(name string, promised time.Duration) Method {
	m := Method{Name: name, Calls: t.calls, Rate: t.rate, Errors: t.errorRate, Promised: promised, Reasons: t.reasons}
	counts, calls := t.fresh, t.newCalls
	if calls < enough {
		counts, calls = t.all, t.calls
	}
	m.P50, m.P99 = quantile(counts, calls, 0.5), quantile(counts, calls, 0.99)
	if t.newCalls > 0 {
		m.Late = float64(t.late(promised)) / float64(t.newCalls)
	}
	m.Kept = t.kept(promised)
	return m
}

// late is how many calls since the earlier look took longer than promised.
func (t *tally) late(promised time.Duration) (late int64) {
	for upTo, n := range t.fresh {
		if promised > 0 && upTo > promised {
			late += n
		}
	}
	return late
}

// kept judges by what happened since the earlier look: broken is a promise when more
// than one of a hundred calls fails or is late.
func (t *tally) kept(promised time.Duration) Kept {
	late := t.late(promised)
	switch {
	case t.calls == 0 && t.undeclared > 0:
		return NotDeclared
	case t.calls == 0:
		return Unused
	case t.newCalls == 0:
		return Idle
	case t.newErrors > 0 && t.newErrors*100 >= t.newCalls, late >= lateCalls && late*100 > t.newCalls:
		return Broken
	case t.newErrors > 0, late > 1 && late*200 > t.newCalls:
		return Nearly
	}
	return AsPromised
}

func quantile(counts map[time.Duration]int64, total int64, q float64) time.Duration {
	var bounds []time.Duration
	for upTo := range counts {
		bounds = append(bounds, upTo)
	}
	slices.Sort(bounds)
	rank := int64(q*float64(total-1)) + 1
	for _, upTo := range bounds {
		if rank -= counts[upTo]; rank <= 0 {
			return upTo
		}
	}
	return 0
}

// worse orders how promises are kept, the best first.
var worse = []Kept{Unused, Idle, AsPromised, Nearly, Broken, NotDeclared}

func worst(a, b Kept) Kept {
	if slices.Index(worse, b) > slices.Index(worse, a) {
		return b
	}
	return a
}

// slowest is the method that comes nearest to its promise; nil when none was called.
func slowest(methods []Method) *Method {
	var found *Method
	ratio := -1.0
	for i, m := range methods {
		if m.Calls == 0 || m.Promised == 0 {
			continue
		}
		if r := float64(m.P99) / float64(m.Promised); r > ratio {
			found, ratio = &methods[i], r
		}
	}
	return found
}
