package traces

import (
	"cmp"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// By is by what traces are found.
type By int

// By what.
const (
	Latest By = iota
	Slowest
	Failed // the latest of those that failed
)

// Find finds traces that are kept; all of them when text is empty, else those of this id,
// request, route, value given to telemetry.Mark, or part of a name.
func (s *Store) Find(by By, text string, limit int) []Trace {
	s.mu.Lock()
	all := slices.Clone(s.kept)
	s.mu.Unlock()
	slices.Reverse(all)
	found := all[:0]
	for _, t := range all {
		if (by != Failed || t.IsFailed()) && t.has(text) {
			found = append(found, t)
		}
	}
	if by == Slowest {
		slices.SortStableFunc(found, func(a, b Trace) int { return cmp.Compare(b.Root().Took, a.Root().Took) })
	}
	return found[:min(limit, len(found))]
}

func (t Trace) has(text string) bool {
	if text == "" || t.ID == text {
		return true
	}
	for _, s := range t.Spans {
		if strings.Contains(s.Name, text) {
			return true
		}
		for _, value := range s.Attributes {
			if value == text {
				return true
			}
		}
	}
	return false
}

// Of is all that is known here of the trace with an id. What was only remembered is kept
// from now on.
func (s *Store) Of(id string) []Trace {
	wanted, err := trace.TraceIDFromHex(id)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	var late []*ended
	for i, t := range s.recent {
		if t != nil && t.id == wanted {
			late = append(late, t)
			s.recent[i] = nil
		}
	}
	s.mu.Unlock()
	for _, t := range late {
		s.keep(written(t))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Trace
	for _, t := range s.kept {
		if t.ID == id {
			found = append(found, t)
		}
	}
	return found
}
