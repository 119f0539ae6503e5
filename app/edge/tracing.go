package edge

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"galleria/platform/telemetry"
)

// Traced begins the span that everything the modules do for this request hangs
// from, and that a part of the edge begins. The query stays out of it: it may hold an order's token.
func Traced(c echo.Context, part string) (end func()) {
	if !telemetry.Tracing() {
		return func() {}
	}
	r := c.Request()
	route := c.Path()
	if route == "" {
		route = Unmatched
	}
	ctx, span := otel.Tracer("galleria/"+part).Start(r.Context(), r.Method+" "+route,
		trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", r.Method), attribute.String("http.route", route),
			attribute.String("request_id", c.Response().Header().Get("X-Request-Id"))))
	c.SetRequest(r.WithContext(ctx))
	return func() {
		status := c.Response().Status
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= 500 {
			span.SetStatus(codes.Error, http.StatusText(status))
		}
		span.End()
	}
}
