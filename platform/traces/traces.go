package traces

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"galleria/platform/telemetry"
)

// Trace is what one process knows of a trace.
type Trace struct {
	ID    string `json:"id"`
	Spans []Span `json:"spans"` // in the order they ended; the last is the first of this process
}

// Span is one piece of work.
type Span struct {
	ID     string        `json:"id"`
	Parent string        `json:"parent,omitempty"`
	Name   string        `json:"name"`
	Kind   string        `json:"kind,omitempty"` // server, client, consumer; "": internal
	At     time.Time     `json:"at"`
	Took   time.Duration `json:"took"`
	// Failed is why it failed; "": it did not, or the reason is not known and Attributes say more.
	Failed     string            `json:"failed,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// Root is the span that the others here hang from.
func (t Trace) Root() Span { return t.Spans[len(t.Spans)-1] }

// IsFailed tells whether a span of it failed.
func (t Trace) IsFailed() bool {
	for _, s := range t.Spans {
		if s.Failed != "" {
			return true
		}
	}
	return false
}

// Options say which traces are kept, and where.
type Options struct {
	// Dir is the data directory, and Name what this process is called in it.
	Dir, Name string
	// Every: one trace in so many is kept besides those that fail or are slow.
	Every int
	// Slow is from when on a trace is slow.
	Slow time.Duration
	// Log is slog.Default() when nil.
	Log *slog.Logger
}

// Bounds of memory and time.
const (
	shards      = 16
	mostOpen    = 1024 // traces under way, per shard
	mostSpans   = 200  // of one trace in one process
	mostKept    = 2000
	mostASecond = 100 // are kept
	remembered  = 1024
	mostWanted  = 16 // traces that others are to be asked for, and have not been
)

// Store is the keeper of package telemetry. Safe for concurrent use. Run has to run for
// anything to be kept.
type Store struct {
	o      Options
	log    *slog.Logger
	open   [shards]shard
	chosen chan *ended
	wanted chan string

	mu       sync.Mutex
	kept     []Trace // the oldest first
	recent   [remembered]*ended
	next     int
	unstored [][]byte
}

type shard struct {
	mu     sync.Mutex
	traces map[trace.TraceID]*ended
}

// ended is what has ended here of a trace.
type ended struct {
	id    trace.TraceID
	open  int // spans, and arrivals from other processes, under way
	works []work
}

// work is a span or a step.
type work struct {
	span sdktrace.ReadOnlySpan
	step *telemetry.Step
}

func (w work) took() time.Duration {
	if w.step != nil {
		return w.step.Took
	}
	return w.span.EndTime().Sub(w.span.StartTime())
}

func (w work) isFailed() bool {
	if w.step != nil {
		return w.step.Failed != ""
	}
	return w.span.Status().Code == codes.Error
}

// begins tells whether the trace began with it.
func (w work) begins() bool {
	if w.step != nil {
		return !w.step.Parent.IsValid()
	}
	return !w.span.Parent().IsValid()
}

// New makes a store. Run reads what its file has from earlier.
func New(o Options) *Store {
	s := &Store{o: o, log: cmp.Or(o.Log, slog.Default()), chosen: make(chan *ended, mostASecond), wanted: make(chan string, mostWanted)}
	for i := range s.open {
		s.open[i].traces = map[trace.TraceID]*ended{}
	}
	return s
}

// OnStart implements sdktrace.SpanProcessor.
func (s *Store) OnStart(_ context.Context, span sdktrace.ReadWriteSpan) {
	s.OnArrival(span.SpanContext().TraceID())
}

// OnArrival implements telemetry.Keeper.
func (s *Store) OnArrival(id trace.TraceID) {
	at := &s.open[id[15]%shards]
	at.mu.Lock()
	defer at.mu.Unlock()
	t := at.traces[id]
	if t == nil {
		if len(at.traces) >= mostOpen {
			clear(at.traces) // spans that are never ended must not fill the memory
		}
		t = &ended{id: id}
		at.traces[id] = t
	}
	t.open++
}

// OnEnd implements sdktrace.SpanProcessor.
func (s *Store) OnEnd(span sdktrace.ReadOnlySpan) {
	s.note(span.SpanContext().TraceID(), work{span: span}, true)
}

// OnStep implements telemetry.Keeper.
func (s *Store) OnStep(step *telemetry.Step) {
	s.note(step.SpanContext().TraceID(), work{step: step}, step.Arrives())
}

// note notes work that has ended, and judges the trace if nothing of it is under way
// here any more. closes: the work was counted when it began.
func (s *Store) note(id trace.TraceID, w work, closes bool) {
	at := &s.open[id[15]%shards]
	at.mu.Lock()
	t := at.traces[id]
	if t == nil && closes {
		at.mu.Unlock()
		return
	}
	if t == nil { // it went on when the request had its answer
		t = &ended{id: id}
	}
	if closes {
		t.open--
	}
	if len(t.works) < mostSpans || t.open == 0 {
		t.works = append(t.works, w)
	}
	if t.open > 0 {
		at.mu.Unlock()
		return
	}
	delete(at.traces, id)
	at.mu.Unlock()
	if !s.isWorthIt(t) {
		s.mu.Lock()
		s.recent[s.next%remembered] = t
		s.next++
		s.mu.Unlock()
		return
	}
	select {
	case s.chosen <- t:
	default: // too many at once: dropped
	}
}

func (s *Store) isWorthIt(t *ended) bool {
	return s.isOneInSoMany(t.id) || s.isFailedOrSlow(t)
}

func (s *Store) isOneInSoMany(id trace.TraceID) bool {
	return s.o.Every > 0 && binary.BigEndian.Uint64(id[8:])%uint64(s.o.Every) == 0
}

func (s *Store) isFailedOrSlow(t *ended) bool {
	return t.root().took() >= s.o.Slow || slices.ContainsFunc(t.works, work.isFailed)
}

func (t *ended) root() work { return t.works[len(t.works)-1] }

// Wanted are the ids of traces that began here, and are kept for what happened in them:
// other processes don't know that yet, and soon forget their part. What is asked of them
// with Of they keep.
func (s *Store) Wanted() <-chan string { return s.wanted }

// want wants the other processes' parts of a trace. Of one in so many they are kept
// anyway.
func (s *Store) want(t *ended) {
	if !t.root().begins() || s.isOneInSoMany(t.id) {
		return
	}
	select {
	case s.wanted <- t.id.String():
	default: // too many at once: the parts that failed or were slow are kept all the same
	}
}

// Shutdown and ForceFlush implement sdktrace.SpanProcessor; Run stores what is left.
func (s *Store) Shutdown(context.Context) error   { return nil }
func (s *Store) ForceFlush(context.Context) error { return nil }

// written is a trace as it is kept: without what looks like an identification number.
func written(t *ended) Trace {
	out := Trace{ID: t.id.String(), Spans: make([]Span, len(t.works))}
	for i, w := range t.works {
		if w.step != nil {
			out.Spans[i] = ofStep(w.step)
		} else {
			out.Spans[i] = ofSpan(telemetry.Masked(w.span))
		}
	}
	return out
}

func ofSpan(span sdktrace.ReadOnlySpan) Span {
	out := Span{
		ID: span.SpanContext().SpanID().String(), Name: span.Name(), Kind: kindOf(span.SpanKind()), At: span.StartTime().UTC(),
		Took: span.EndTime().Sub(span.StartTime()), Attributes: textsOf(span.Attributes()),
	}
	if parent := span.Parent(); parent.HasSpanID() {
		out.Parent = parent.SpanID().String()
	}
	if span.Status().Code == codes.Error {
		out.Failed = cmp.Or(span.Status().Description, "failed")
	}
	return out
}

func ofStep(s *telemetry.Step) Span {
	out := Span{
		ID: s.SpanContext().SpanID().String(), Name: s.Name, Kind: kindOf(s.Kind), At: s.At.UTC(),
		Took: s.Took, Failed: s.Failed, Attributes: textsOf(telemetry.MaskedAttributes(s.Attributes())),
	}
	if s.Parent.IsValid() {
		out.Parent = s.Parent.String()
	}
	return out
}

func kindOf(k trace.SpanKind) string {
	if k == trace.SpanKindInternal {
		return ""
	}
	return k.String()
}

func textsOf(attributes []attribute.KeyValue) map[string]string {
	if len(attributes) == 0 {
		return nil
	}
	out := map[string]string{}
	for _, a := range attributes {
		out[string(a.Key)] = a.Value.String()
	}
	return out
}

// keep adds a trace to those that are kept.
func (s *Store) keep(t Trace) {
	line, err := json.Marshal(t)
	if err != nil {
		s.log.Error("a trace could not be written as JSON and is not kept", "trace_id", t.ID, "error", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, t)
	if len(s.kept) > mostKept {
		s.kept = append(make([]Trace, 0, mostKept+mostKept/4), s.kept[len(s.kept)-mostKept:]...)
	}
	s.unstored = append(s.unstored, line)
}
