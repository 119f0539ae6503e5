package telemetry

import "context"

type requestIDKey struct{}

type moduleKey struct{}

// WithRequestID marks the context with the id of the outside request it works
// for. The id crosses from module to module and from process to process.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID is the id of the outside request, "" when there is none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// WithModule marks the context with the module that works in it. It does not
// cross: the module called marks its own.
func WithModule(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, moduleKey{}, name)
}

// Module is the module that works in the context, "" when there is none.
func Module(ctx context.Context) string {
	name, _ := ctx.Value(moduleKey{}).(string)
	return name
}

// IsCarried tells whether a context key is one whose value crosses from module
// to module: the request id's.
func IsCarried(key any) bool { return key == requestIDKey{} }
