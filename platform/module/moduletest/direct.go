package moduletest

import (
	"context"

	"galleria/platform/certs"
	"galleria/platform/route"
)

// Direct is the context of a call that a test makes to a service or fake with no route
// between: the operator makes it, who may call everything. Calls that come by a route
// stay those of their callers.
func Direct(ctx context.Context) context.Context {
	if route.Caller(ctx) != "" {
		return ctx
	}
	return route.CalledBy(ctx, certs.Operator)
}
