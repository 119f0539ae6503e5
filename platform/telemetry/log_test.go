package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	probev1 "galleria/platform/route/probe/v1"
	"galleria/platform/telemetry"
)

const number = "4242424242424242"

// logged is the record that log writes, without time and level.
func logged(t *testing.T, log func(l *slog.Logger)) map[string]any {
	t.Helper()
	var out bytes.Buffer
	log(telemetry.NewLogger(&out, "json", slog.LevelInfo))
	var record map[string]any
	if err := json.Unmarshal(out.Bytes(), &record); err != nil {
		t.Fatalf("%v in %q", err, out.String())
	}
	delete(record, "time")
	delete(record, "level")
	return record
}

func inContext() context.Context {
	ctx := telemetry.WithRequestID(context.Background(), "r-1")
	ctx = telemetry.WithModule(ctx, "clock")
	return trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0xab, 15: 1}, SpanID: trace.SpanID{1},
	}))
}

const traceID = "ab000000000000000000000000000001"

func TestRecordsNameRequestModuleAndTrace(t *testing.T) {
	type m = map[string]any
	ctx := inContext()
	rows := []struct {
		name string
		log  func(l *slog.Logger)
		want m
	}{
		{"from the context", func(l *slog.Logger) { l.InfoContext(ctx, "x", "a", 1) },
			m{"msg": "x", "a": 1.0, "request_id": "r-1", "module": "clock", "trace_id": traceID}},
		{"not without one", func(l *slog.Logger) { l.Info("x") }, m{"msg": "x"}},
		{"at the top, whatever group the logger is in", func(l *slog.Logger) {
			l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("").InfoContext(ctx, "x", "c", 3)
		}, m{"msg": "x", "a": 1.0, "g": m{"b": 2.0, "c": 3.0}, "request_id": "r-1", "module": "clock", "trace_id": traceID}},
		{"once, if the logger has it already", func(l *slog.Logger) {
			l.With("module", "own").InfoContext(telemetry.WithModule(context.Background(), "clock"), "x")
		}, m{"msg": "x", "module": "own"}},
	}
	for _, row := range rows {
		if got := logged(t, row.log); !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

func TestLoggersMadeFromOneAnotherDoNotMix(t *testing.T) {
	var out bytes.Buffer
	base := telemetry.NewLogger(&out, "text", slog.LevelInfo).WithGroup("g").With("a", 1)
	left, right := base.With("left", 1), base.With("right", 1)
	left.Info("x")
	right.Info("x")
	lines := strings.Split(out.String(), "\n")
	if strings.Contains(lines[0], "right") || !strings.Contains(lines[0], "g.left=1") || strings.Contains(lines[1], "left") {
		t.Errorf("got %q, want each with its own attributes", lines)
	}
}

func TestFormatAndLevelAreAsAskedFor(t *testing.T) {
	var out bytes.Buffer
	var level slog.LevelVar
	l := telemetry.NewLogger(&out, "text", &level)
	l.Debug("quiet")
	level.Set(slog.LevelDebug)
	l.DebugContext(inContext(), "loud")
	if got := out.String(); strings.Contains(got, "quiet") || !strings.HasSuffix(got, "level=DEBUG msg=loud request_id=r-1 module=clock trace_id="+traceID+"\n") {
		t.Errorf("got %q, want one line of text", got)
	}
}

type hidden struct{ secret string }

func (h hidden) LogValue() slog.Value { return slog.StringValue(h.secret) }

type nested struct {
	Inner *nested
	Text  string
}

func TestIdentificationNumbersAreMaskedWhereverTheyAreLogged(t *testing.T) {
	n := int64(4242424242424242)
	var none *failure
	for name, attr := range map[string]slog.Attr{
		"text":            slog.String("a", "is "+number),
		"number":          slog.Int64("a", n),
		"unsigned":        slog.Uint64("a", uint64(n)),
		"error":           slog.Any("a", fmt.Errorf("charging: %w", errors.New(number))),
		"bytes":           slog.Any("a", []byte(number)),
		"struct":          slog.Any("a", nested{Text: number}),
		"behind pointers": slog.Any("a", &nested{Inner: &nested{Inner: &nested{Text: number}}}),
		"map":             slog.Any("a", map[string]string{"k": "4242 4242 4242 4242"}),
		"group":           slog.Group("a", slog.Group("b", slog.String("c", number))),
		"log valuer":      slog.Any("a", hidden{number}),
	} {
		for _, format := range []string{"text", "json"} {
			var out bytes.Buffer
			l := telemetry.NewLogger(&out, format, slog.LevelInfo)
			ctx := telemetry.WithRequestID(context.Background(), number)
			l.InfoContext(ctx, "paid with "+number, attr, "none", none)
			l.With(attr).Info("x")
			l.WithGroup("g").With(attr).WarnContext(ctx, "x", attr)
			if got := out.String(); strings.Contains(strings.ReplaceAll(got, " ", ""), number) || strings.Count(got, "4242") < 4 {
				t.Errorf("%s as %s: got %s, want all but the last four digits masked", name, format, got)
			}
		}
	}
}

func TestMessagesAreLoggedWithoutWhatTheirContractHides(t *testing.T) {
	message := &probev1.Everything{Text: "to be read " + number, Self: &probev1.Everything{Secret: "hunter2"}}
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		l := telemetry.NewLogger(&out, format, slog.LevelInfo)
		l.With("a", message).Info("x", "b", message, slog.Group("c", slog.Any("d", message)))
		if got := out.String(); strings.Contains(got, "hunter2") || strings.Contains(got, number) || strings.Count(got, "to be read") != 3 {
			t.Errorf("as %s: got %s", format, got)
		}
	}
}

type failure struct{ text string }

func (f *failure) Error() string { return f.text }

func TestHarmlessValuesAreWrittenAsTheyAre(t *testing.T) {
	got := logged(t, func(l *slog.Logger) {
		l.Info("x", "micros", int64(1795252402560116), "list", []int{1, 2}, "map", map[string]int{"a": 1}, "error", errors.New("e"))
	})
	want := map[string]any{"msg": "x", "micros": 1795252402560116.0, "list": []any{1.0, 2.0}, "map": map[string]any{"a": 1.0}, "error": "e"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOnlyTheRequestIDIsCarried(t *testing.T) {
	var carried, all int
	for ctx := range layers(inContext()) {
		all++
		if telemetry.IsCarried(ctx) {
			carried++
		}
	}
	if carried != 1 || all < 3 {
		t.Errorf("got %d of %d keys carried, want the request id's only", carried, all)
	}
	if telemetry.RequestID(inContext()) != "r-1" || telemetry.Module(inContext()) != "clock" {
		t.Errorf("got %q and %q, want what was put in", telemetry.RequestID(inContext()), telemetry.Module(inContext()))
	}
	if telemetry.RequestID(context.Background()) != "" || telemetry.Module(context.Background()) != "" {
		t.Error("an empty context names a request or module")
	}
}

// layers yields the keys that the readers of this package look for, as a
// context at a boundary sees them.
func layers(ctx context.Context) func(yield func(any) bool) {
	seen := &asked{Context: context.Background()}
	telemetry.RequestID(seen)
	telemetry.Module(seen)
	trace.SpanContextFromContext(seen)
	return func(yield func(any) bool) {
		for _, key := range seen.keys {
			if ctx.Value(key) != nil && !yield(key) {
				return
			}
		}
	}
}

type asked struct {
	context.Context
	keys []any
}

func (a *asked) Value(key any) any { a.keys = append(a.keys, key); return nil }
