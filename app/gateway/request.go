package gateway

import (
	"context"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"galleria/app/edge"
	"galleria/platform/plaintext"
)

const (
	readTimeout  = 5 * time.Second
	logInTimeout = 10 * time.Second
	orderTimeout = 25 * time.Second // longer than the 10 s that orders promise
	// revalidated may be kept by all, who ask each time whether it is still the same.
	revalidated = "public, no-cache"
)

// request is what a handler knows of the request beside its input.
type request struct {
	context.Context
	echo echo.Context
}

type requestKey struct{}

// serve is a handler as huma has it.
func serve[I, O any](handler func(*request, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		r, _ := ctx.Value(requestKey{}).(*request)
		out, err := handler(r, in)
		if err != nil {
			p := problemOf(err)
			r.echo.Set(causeKey, p.cause)
			return nil, p
		}
		return out, nil
	}
}

// whole goes on to its end even though the client went away: a change is such a thing.
func (r *request) whole(limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context), limit)
}

// before is what happens to a request once it is known which operation it is for.
func (g *Gateway) before(ctx huma.Context, next func(huma.Context)) {
	c := humaecho.Unwrap(ctx)
	o, _ := ctx.Operation().Metadata["operation"].(operation)
	for _, wrong := range []func(huma.Context) *Problem{unreadable, repeated} {
		if p := wrong(ctx); p != nil {
			refuse(ctx, p)
			return
		}
	}
	for _, count := range o.counts {
		if p := g.allowed(c, count.name, count.kind); p != nil {
			refuse(ctx, p)
			return
		}
	}
	if p := readBody(ctx); p != nil {
		refuse(ctx, p)
		return
	}
	queue := g.queue(o)
	limit := readTimeout
	if o.slow {
		limit = orderTimeout
	}
	if queue != nil {
		leave, err := queue.Enter(ctx.Context())
		if err != nil {
			refuse(ctx, problem(crowded, "Your turn did not come in time, and nothing was done. Try again after the time in Retry-After."))
			return
		}
		defer leave()
	}
	inner, cancel := context.WithTimeout(ctx.Context(), limit)
	defer cancel()
	if o.catalogue {
		ctx.SetHeader("Cache-Control", revalidated)
	}
	next(huma.WithContext(ctx, context.WithValue(inner, requestKey{}, &request{Context: inner, echo: c})))
}

// unreadable is the problem of a header that the operation takes and that is no text; nil
// when all are text. Of tokens, bearer says it.
func unreadable(ctx huma.Context) *Problem {
	for _, param := range ctx.Operation().Parameters {
		if param.In == "header" && !plaintext.Is(ctx.Header(param.Name)) {
			p := problem(malformed, "A header holds something that is no text.")
			p.Errors = []FieldError{{In: "header", Parameter: param.Name, Detail: "is no text"}}
			return p
		}
	}
	return nil
}

// refuse answers a request that no handler sees.
func refuse(ctx huma.Context, p *Problem) {
	ctx.SetHeader("Content-Type", problemMedia)
	for name, values := range p.header {
		ctx.SetHeader(name, values[0])
	}
	p.RequestID = humaecho.Unwrap(ctx).Response().Header().Get("X-Request-Id")
	ctx.SetStatus(p.Status)
	_ = strictJSON.Marshal(ctx.BodyWriter(), p) // into memory
}

// queue is where an operation waits for its turn; nil: nowhere.
func (g *Gateway) queue(o operation) *edge.Queue {
	switch {
	case o.catalogue:
		return g.edge.Lookers
	case o.id == "placeOrder", o.id == "payOrder":
		return g.edge.Checkouts
	}
	return nil
}

// isJSON tells whether a body says that it is JSON.
func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// withID puts the request's id into a problem.
func withID(ctx huma.Context, _ string, v any) (any, error) {
	c := humaecho.Unwrap(ctx)
	if p, is := v.(*Problem); is {
		p.RequestID = c.Response().Header().Get("X-Request-Id")
		c.Response().Header().Set("Cache-Control", "no-store")
		if p.cause != nil {
			c.Set(causeKey, p.cause)
		}
	}
	return v, nil
}
