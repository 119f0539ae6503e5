package config

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// Origin is where a value was set.
type Origin struct {
	Source string // "default", the file as named in Sources, "$VARIABLE" or "--flag"
	Line   int    // line of the file; 0 = not in a file, or the file as a whole
}

// String is the origin as people write it: app.yaml:12, $APP_DATA, --data.
func (o Origin) String() string {
	if o.Line > 0 {
		return o.Source + ":" + strconv.Itoa(o.Line)
	}
	return o.Source
}

// Problem is one mistake in a source, or one warning.
type Problem struct {
	Origin  Origin
	Key     string // dotted; "" = not about one key
	Message string // without secrets
}

func (p Problem) String() string {
	if p.Key == "" {
		return fmt.Sprintf("%s: %s", p.Origin, p.Message)
	}
	return fmt.Sprintf("%s: %s: %s", p.Origin, p.Key, p.Message)
}

// Error is everything that is wrong with the sources: the file's mistakes by
// line, then the rest.
type Error struct{ Problems []Problem }

// Error lists the problems, one a line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

func newError(problems []Problem) *Error {
	sorted := slices.Clone(problems)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		switch {
		case a.Origin.Line == 0 && b.Origin.Line == 0:
			return 0
		case a.Origin.Line == 0:
			return 1
		case b.Origin.Line == 0:
			return -1
		}
		return a.Origin.Line - b.Origin.Line
	})
	// A method Validate promoted from an inlined struct reports a second time.
	seen := make(map[Problem]bool, len(sorted))
	sorted = slices.DeleteFunc(sorted, func(p Problem) bool {
		again := seen[p]
		seen[p] = true
		return again
	})
	return &Error{Problems: sorted}
}

// finding is what a validator has against one key.
type finding struct{ key, message string }

func (f *finding) Error() string {
	if f.key == "" {
		return f.message
	}
	return f.key + ": " + f.message
}

// At is a validator's finding about a key relative to the validated struct;
// "" is the struct itself. The message should read on after the key:
// "must be positive".
func At(key, format string, args ...any) error {
	return &finding{key: key, message: fmt.Sprintf(format, args...)}
}

// HostPort is nil when the address names a host, or none, and a port that there can be,
// and else a finding about the key.
func HostPort(key, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil && port != "" {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil || port == "" {
		return At(key, "must be host:port, not %q", address)
	}
	return nil
}

// OneOf is nil when value is one of those allowed, and else a finding about
// the key.
func OneOf[T ~string](key string, value T, allowed ...T) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = string(a)
	}
	return At(key, "%q is not one of %s", value, strings.Join(words, ", "))
}

type validator interface{ Validate() error }

func (l *loading) validate() {
	for _, h := range l.tree.hooks() {
		v, ok := h.value.Addr().Interface().(validator)
		if !ok {
			continue
		}
		for _, f := range findings(v.Validate()) {
			l.reportFinding(h.at, f)
		}
	}
}

func (l *loading) reportFinding(at *node, f finding) {
	key := join(at.key, f.key)
	// A key without a node (a missing map entry, say) is placed where its
	// nearest ancestor is.
	near := l.tree.nearest(key)
	if near.failed {
		return // it already has a mistake of its own; the value judged is not the one written
	}
	place := near.origin
	if near.by == defaults && near.parent != nil && near.parent.kind == group {
		place = near.parent.origin // what is missing is missing there
	}
	message := f.message
	for _, n := range at.leaves() {
		message = n.conceal(message, textOf(n.value))
	}
	l.problems = append(l.problems, Problem{Origin: place, Key: key, Message: message})
}

// findings takes joined errors apart. An error that was not made by At is
// about the struct itself.
func findings(err error) []finding {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []finding
		for _, e := range joined.Unwrap() {
			all = append(all, findings(e)...)
		}
		return all
	}
	var f *finding
	switch {
	case !errors.As(err, &f):
		return []finding{{message: err.Error()}}
	case err == error(f):
		return []finding{*f}
	default:
		return []finding{{key: f.key, message: err.Error()}}
	}
}
