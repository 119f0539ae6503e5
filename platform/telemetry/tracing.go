package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

var tracing atomic.Bool

// Tracing tells whether spans go anywhere. Hot paths ask it before they make
// any: with tracing off it is all that tracing costs.
func Tracing() bool { return tracing.Load() }

// TraceOptions says where spans go. The zero value means nowhere.
type TraceOptions struct {
	Endpoint string // "host:port" of an OTLP/gRPC collector; "" = none
	Insecure bool   // without TLS
	Service  string // name of this process among others
	// SampleRatio is the share, 0 to 1, of the traces begun here that are exported,
	// all spans of them. A trace begun elsewhere is exported if it was there.
	SampleRatio float64

	Exporter sdktrace.SpanExporter // instead of Endpoint, and given each span as it ends: for tests
	// Keeper, when it is not nil, is given all that happens in this process: spans of
	// traces that are exported, and steps of the others.
	Keeper Keeper
	Log    *slog.Logger // is told of lost spans; nil = slog.Default()
}

// Bounds of what a collector that does not answer can cost: 2048 spans of
// memory, then spans are dropped, and this long at shutdown.
const (
	queueLength   = 2048
	batchLength   = 512
	exportTimeout = 10 * time.Second
	lastFlush     = 3 * time.Second
)

// Setup makes OpenTelemetry's global provider and propagator for the process: that of
// the W3C's trace context, and not of its baggage, which is not carried. It is called
// once, at the start. Whether the collector is there does not matter to it. Without
// Endpoint, Exporter and Keeper it changes nothing. The error is about the options.
//
// shutdown sends what is queued, for 3 s at most, and turns tracing off. Spans
// that could not be sent are logged; they are no reason for it to fail.
func Setup(ctx context.Context, o TraceOptions) (shutdown func(context.Context) error, err error) {
	if o.Endpoint == "" && o.Exporter == nil && o.Keeper == nil {
		return func(context.Context) error { return nil }, nil
	}
	if o.SampleRatio < 0 || o.SampleRatio > 1 {
		return nil, fmt.Errorf("telemetry: sample ratio %v is not between 0 and 1", o.SampleRatio)
	}
	log := o.Log
	if log == nil {
		log = slog.Default()
	}
	var processor sdktrace.SpanProcessor = sdktrace.NewSimpleSpanProcessor(nowhere{})
	var exporter *guard
	sampler := sdktrace.NeverSample()
	if o.Endpoint != "" || o.Exporter != nil {
		if processor, exporter, err = newProcessor(ctx, o); err != nil {
			return nil, err
		}
		sampler = sdktrace.ParentBased(sdktrace.TraceIDRatioBased(o.SampleRatio))
	}
	processors := []sdktrace.TracerProviderOption{sdktrace.WithSpanProcessor(processor)}
	if o.Keeper != nil {
		processors = []sdktrace.TracerProviderOption{sdktrace.WithSpanProcessor(o.Keeper)}
		if exporter != nil {
			processors = append(processors, sdktrace.WithSpanProcessor(processor))
		}
		sampler = recording{sampler}
	}
	provider := sdktrace.NewTracerProvider(append(processors,
		sdktrace.WithSampler(sampler),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", o.Service))),
	)...)
	lost := &complaint{log: log, now: time.Now}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(lost.handle))
	otel.SetTextMapPropagator(propagation.TraceContext{})
	otel.SetTracerProvider(provider)
	if o.Keeper != nil {
		steps.Store(&o.Keeper)
	}
	exporting.Store(exporter != nil)
	tracing.Store(true)

	return func(ctx context.Context) error {
		tracing.Store(false)
		steps.Store(nil)
		otel.SetTracerProvider(noop.NewTracerProvider())
		ctx, cancel := context.WithTimeout(ctx, lastFlush)
		defer cancel()
		// Not the provider's Shutdown, which does nothing when ctx is over.
		if err := processor.Shutdown(ctx); err != nil {
			if exporter != nil {
				exporter.cut()
			}
			log.Warn("the last spans were not sent", "error", err)
		}
		return nil
	}, nil
}

// recording records, for the keeper, what another sampler drops: what a trace begins
// with, and the handling of events. They are not exported, here or in other processes.
// The calls between them are steps.
type recording struct{ sdktrace.Sampler }

func (r recording) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	result := r.Sampler.ShouldSample(p)
	begins := !trace.SpanContextFromContext(p.ParentContext).IsValid()
	if result.Decision == sdktrace.Drop && (begins || p.Kind == trace.SpanKindConsumer) {
		result.Decision = sdktrace.RecordOnly
	}
	return result
}

// nowhere is the exporter of a process that exports nothing.
type nowhere struct{}

func (nowhere) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (nowhere) Shutdown(context.Context) error                             { return nil }

func newProcessor(ctx context.Context, o TraceOptions) (sdktrace.SpanProcessor, *guard, error) {
	if o.Exporter != nil {
		g := newGuard(o.Exporter)
		return sdktrace.NewSimpleSpanProcessor(g), g, nil
	}
	if _, _, err := net.SplitHostPort(o.Endpoint); err != nil {
		return nil, nil, fmt.Errorf("telemetry: the endpoint of the collector is host:port: %w", err)
	}
	options := []otlptracegrpc.Option{otlptracegrpc.WithEndpoint(o.Endpoint), otlptracegrpc.WithTimeout(exportTimeout)}
	if o.Insecure {
		options = append(options, otlptracegrpc.WithInsecure())
	}
	exporter, err := otlptracegrpc.New(ctx, options...) // does not wait for the connection
	if err != nil {
		return nil, nil, fmt.Errorf("telemetry: exporter for %s: %w", o.Endpoint, err)
	}
	g := newGuard(exporter)
	return sdktrace.NewBatchSpanProcessor(g,
		sdktrace.WithMaxQueueSize(queueLength), sdktrace.WithMaxExportBatchSize(batchLength),
		sdktrace.WithExportTimeout(exportTimeout)), g, nil
}

// complaint logs what goes wrong in the background at most once a minute: a
// collector that is away would otherwise fill the log.
type complaint struct {
	log  *slog.Logger
	now  func() time.Time
	last atomic.Int64 // unix nanoseconds
}

func (c *complaint) handle(err error) {
	now, last := c.now().UnixNano(), c.last.Load()
	if now-last < int64(time.Minute) || !c.last.CompareAndSwap(last, now) {
		return
	}
	c.log.Warn("spans are not sent; repetitions within a minute are not logged", "error", err)
}
