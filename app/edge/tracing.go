package edge

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"galleria/platform/telemetry"
)

// Traced begins the trace of a request, from which everything the modules do for it
// hangs. The query stays out of it: it may hold an order's token.
func Traced(c echo.Context) (end func()) {
	if !telemetry.Tracing() {
		return func() {}
	}
	r := c.Request()
	route := c.Path()
	if route == "" {
		route = Unmatched
	}
	ctx, traced := telemetry.Begin(r.Context(), telemetry.Call{Name: r.Method + " " + route, Kind: trace.SpanKindServer})
	c.SetRequest(r.WithContext(ctx))
	return func() {
		status := c.Response().Status
		traced.Set(attribute.String("http.request.method", r.Method), attribute.String("http.route", route),
			attribute.String("request_id", c.Response().Header().Get("X-Request-Id")), attribute.Int("http.response.status_code", status))
		failed := ""
		if status >= 500 {
			failed = http.StatusText(status)
		}
		traced.End(failed)
	}
}
