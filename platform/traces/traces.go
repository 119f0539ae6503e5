package traces

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

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
	remembered  = 256
)

// Store is an OpenTelemetry span processor. Safe for concurrent use. Run has to run for
// anything to be kept.
type Store struct {
	o      Options
	log    *slog.Logger
	open   [shards]shard
	chosen chan *ended

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

// ended are the spans of a trace that have ended here.
type ended struct {
	id    trace.TraceID
	open  int
	spans []sdktrace.ReadOnlySpan
}

// New makes a store. Run reads what its file has from earlier.
func New(o Options) *Store {
	s := &Store{o: o, log: cmp.Or(o.Log, slog.Default()), chosen: make(chan *ended, mostASecond)}
	for i := range s.open {
		s.open[i].traces = map[trace.TraceID]*ended{}
	}
	return s
}

// OnStart implements sdktrace.SpanProcessor.
func (s *Store) OnStart(_ context.Context, span sdktrace.ReadWriteSpan) {
	id := span.SpanContext().TraceID()
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
	id := span.SpanContext().TraceID()
	at := &s.open[id[15]%shards]
	at.mu.Lock()
	t := at.traces[id]
	if t == nil {
		at.mu.Unlock()
		return
	}
	t.open--
	if len(t.spans) < mostSpans || t.open == 0 {
		t.spans = append(t.spans, span)
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
	root := t.spans[len(t.spans)-1]
	if s.o.Every > 0 && binary.BigEndian.Uint64(t.id[8:])%uint64(s.o.Every) == 0 || root.EndTime().Sub(root.StartTime()) >= s.o.Slow {
		return true
	}
	for _, span := range t.spans {
		if span.Status().Code == codes.Error {
			return true
		}
	}
	return false
}

// Shutdown and ForceFlush implement sdktrace.SpanProcessor; Run stores what is left.
func (s *Store) Shutdown(context.Context) error   { return nil }
func (s *Store) ForceFlush(context.Context) error { return nil }

// written is a trace as it is kept: without what looks like an identification number.
func written(t *ended) Trace {
	out := Trace{ID: t.id.String(), Spans: make([]Span, len(t.spans))}
	for i, raw := range t.spans {
		span := telemetry.Masked(raw)
		w := Span{
			ID: span.SpanContext().SpanID().String(), Name: span.Name(), At: span.StartTime().UTC(), Took: span.EndTime().Sub(span.StartTime()),
		}
		if parent := span.Parent(); parent.HasSpanID() {
			w.Parent = parent.SpanID().String()
		}
		if kind := span.SpanKind(); kind != trace.SpanKindInternal {
			w.Kind = kind.String()
		}
		if span.Status().Code == codes.Error {
			w.Failed = cmp.Or(span.Status().Description, "failed")
		}
		for _, a := range span.Attributes() {
			if w.Attributes == nil {
				w.Attributes = map[string]string{}
			}
			w.Attributes[string(a.Key)] = a.Value.String()
		}
		out.Spans[i] = w
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
