package telemetry

import (
	"context"
	"strings"
	"sync/atomic"
)

type requestIDKey struct{}

// shadows is set once a context was marked: most processes never see one, and
// need not look for the mark in each call.
var shadows atomic.Bool

type shadowKey struct{}

type moduleKey struct{}

// WithRequestID marks the context with the id of the outside request it works
// for. The id crosses from module to module and from process to process; so what
// can't be sent in a header is left out of it.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, sendable(id))
}

// maxRequestID is far longer than any id: it comes from outside.
const maxRequestID = 128

func sendable(id string) string {
	id = id[:min(len(id), maxRequestID)]
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7E {
			return -1
		}
		return r
	}, id)
}

// RequestID is the id of the outside request, "" when there is none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// WithShadow marks the context as that of a call whose answer is only compared
// with another one. The mark crosses like the request's id. What works in such a
// context changes nothing.
func WithShadow(ctx context.Context) context.Context {
	shadows.Store(true)
	return context.WithValue(ctx, shadowKey{}, true)
}

// IsShadow tells whether the context is that of a shadow call.
func IsShadow(ctx context.Context) bool {
	if !shadows.Load() {
		return false
	}
	marked, _ := ctx.Value(shadowKey{}).(bool)
	return marked
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
// to module: the request id's and the mark of a shadow call.
func IsCarried(key any) bool { return key == requestIDKey{} || key == shadowKey{} }
