package storefront

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"galleria/platform/telemetry"
)

// traced begins the span that everything the modules do for this request hangs
// from. The query stays out of it: it may hold an order's token.
func traced(c echo.Context) (end func()) {
	if !telemetry.Tracing() {
		return func() {}
	}
	r := c.Request()
	route := c.Path()
	if route == "" {
		route = unmatched
	}
	ctx, span := otel.Tracer("galleria/storefront").Start(r.Context(), r.Method+" "+route,
		trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", r.Method), attribute.String("http.route", route)))
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
