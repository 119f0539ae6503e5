package telemetry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"

	"galleria/platform/contract"
)

// The attributes a record gets from its context, always at the top level.
const (
	requestIDAttr = "request_id"
	moduleAttr    = "module"
	traceIDAttr   = "trace_id"
)

// NewLogger logs to w, which gets one Write per record: lines of JSON if format
// is "json", else of key=value text. Records carry request id, module and
// trace id of the context they are logged with, and identification numbers in
// messages and attributes are masked. Messages of contracts are shown without what
// they mark debug_redact. A *slog.LevelVar as level can be changed later.
func NewLogger(w io.Writer, format string, level slog.Leveler) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(&handler{top: slog.NewJSONHandler(w, options)})
	}
	return slog.New(&handler{top: slog.NewTextHandler(w, options)})
}

type handler struct {
	top slog.Handler // with everything added before the first group
	// inner adds the groups, and what came after, once the record's context is
	// known: added before, they would swallow the attributes of the context.
	inner []func(slog.Handler) slog.Handler
	named []string // attributes of the context that the logger has itself
}

func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.top.Enabled(ctx, level)
}

func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	record := slog.NewRecord(r.Time, r.Level, MaskNumbers(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		record.AddAttrs(masked(a))
		return true
	})
	added := h.fromContext(ctx)
	if len(h.inner) == 0 {
		record.AddAttrs(added...)
		return h.top.Handle(ctx, record)
	}
	to := h.top.WithAttrs(added)
	for _, add := range h.inner {
		to = add(to)
	}
	return to.Handle(ctx, record)
}

func (h *handler) fromContext(ctx context.Context) []slog.Attr {
	var attrs []slog.Attr
	add := func(key, value string) {
		if value != "" && !slices.Contains(h.named, key) {
			attrs = append(attrs, slog.String(key, MaskNumbers(value)))
		}
	}
	add(requestIDAttr, RequestID(ctx))
	add(moduleAttr, Module(ctx))
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		add(traceIDAttr, span.TraceID().String())
	}
	return attrs
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	safe := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		safe[i] = masked(a)
	}
	if len(h.inner) > 0 {
		return h.then(func(to slog.Handler) slog.Handler { return to.WithAttrs(safe) })
	}
	next := *h
	next.top = h.top.WithAttrs(safe)
	next.named = slices.Clone(h.named)
	for _, a := range attrs {
		if a.Key == requestIDAttr || a.Key == moduleAttr || a.Key == traceIDAttr {
			next.named = append(next.named, a.Key)
		}
	}
	return &next
}

func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.then(func(to slog.Handler) slog.Handler { return to.WithGroup(name) })
}

func (h *handler) then(add func(slog.Handler) slog.Handler) *handler {
	next := *h
	next.inner = append(slices.Clone(h.inner), add)
	return &next
}

// masked is the attribute without identification numbers, and without secrets of a
// contract.
func masked(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, MaskNumbers(v.String()))
	case slog.KindInt64:
		return maskedNumber(a.Key, v, strconv.FormatInt(v.Int64(), 10))
	case slog.KindUint64:
		return maskedNumber(a.Key, v, strconv.FormatUint(v.Uint64(), 10))
	case slog.KindGroup:
		group := v.Group()
		safe := make([]slog.Attr, len(group))
		for i, inner := range group {
			safe[i] = masked(inner)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(safe...)}
	case slog.KindAny:
		return maskedAny(a.Key, v)
	}
	return slog.Attr{Key: a.Key, Value: v}
}

func maskedNumber(key string, v slog.Value, text string) slog.Attr {
	if safe := MaskNumbers(text); safe != text && !isTime(text) {
		return slog.String(key, safe)
	}
	return slog.Attr{Key: key, Value: v}
}

// isTime tells whether a number is a point in time rather than an
// identification number:
// from 2001 to 2033 Unix milli-, micro- and nanoseconds are as long as one.
func isTime(number string) bool {
	n := len(number)
	return number[0] == '1' && (n == 13 || n == 16 || n == 19)
}

// maskedAny keeps the value, and how it is written, unless there is an
// identification number in its text, or in its JSON, which also shows what pointers point to.
func maskedAny(key string, v slog.Value) slog.Attr {
	if message, ok := v.Any().(proto.Message); ok {
		return slog.String(key, MaskNumbers(fmt.Sprint(contract.Redacted(message))))
	}
	var texts []string
	switch content := v.Any().(type) {
	case error:
		texts = []string{fmt.Sprint(content)} // unlike Error(), survives a nil pointer
	case []byte:
		texts = []string{string(content)}
	default:
		texts = []string{fmt.Sprintf("%+v", content)}
		if b, err := json.Marshal(content); err == nil {
			texts = append(texts, string(b))
		}
	}
	for _, text := range texts {
		if safe := MaskNumbers(text); safe != text {
			return slog.String(key, safe)
		}
	}
	return slog.Attr{Key: key, Value: v}
}
