package route

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"galleria/platform/identity"
	"galleria/platform/telemetry"
)

// callContext is the context a local implementation sees: what gRPC would
// have carried, and nothing else of the caller's context.
//
// It is one allocation of 64 bytes. A timer and a channel, which cost more than
// the whole rest of a local call, are made only when the implementation asks for
// Done.
type callContext struct {
	parent context.Context
	origin *origin
	method *method
	// limit is when the promised deadline is over, in ticks.
	limit time.Duration

	// ended is what ended it first: once it is over, its error stays the same.
	ended atomic.Int32
	// inner and stream are made when they are first asked for.
	inner  atomic.Pointer[cancelable]
	stream atomic.Pointer[localStream]
}

// origin is where a call comes from.
type origin struct {
	caller string
	// network is set for calls from another process.
	network *arrival
}

// cancelable has the channel and the timer.
type cancelable struct {
	context.Context
	cancel context.CancelFunc
}

// The values of ended.
const (
	endedNot int32 = iota
	endedByCancel
	endedByDeadline
)

func (c *callContext) Deadline() (time.Time, bool) {
	limit := clockBase.Add(c.limit)
	if parent, ok := c.parent.Deadline(); ok && parent.Before(limit) {
		return parent, true
	}
	return limit, true
}

func (c *callContext) Done() <-chan struct{} { return c.cancelable().Done() }

func (c *callContext) Err() error {
	if c.ended.Load() == endedNot {
		if err := overdue(c.parent, c.limit, ticks()); err != nil {
			c.end(err)
		}
	}
	switch c.ended.Load() {
	case endedByCancel:
		return context.Canceled
	case endedByDeadline:
		return context.DeadlineExceeded
	}
	return nil
}

// end notes what ended the context, unless something has before.
func (c *callContext) end(by error) {
	cause := endedByCancel
	if by != context.Canceled && errors.Is(by, context.DeadlineExceeded) {
		cause = endedByDeadline
	}
	c.ended.CompareAndSwap(endedNot, cause)
}

// AfterFunc lets the context package derive children without a goroutine
// each: it looks for this method on contexts that are not its own.
func (c *callContext) AfterFunc(f func()) func() bool {
	return context.AfterFunc(c.cancelable(), f)
}

// Value knows the few keys that cross a network too.
func (c *callContext) Value(key any) any {
	switch key {
	case callerKey{}:
		return c.origin.caller
	case retriesKey{}:
		if c.origin.network != nil {
			return c.origin.network.retries
		}
		return c.parent.Value(key)
	case keys.incomingMetadata:
		return c.incoming()
	case keys.span:
		if !telemetry.Tracing() {
			return nil
		}
		return c.parent.Value(key)
	case keys.serverStream:
		return grpc.ServerTransportStream(c.transport())
	}
	if telemetry.IsCarried(key) || identity.IsCarried(key) {
		return c.parent.Value(key)
	}
	if identity.IsDoor(key) {
		return c.method.identities
	}
	return nil
}

// cancelable makes the context with channel and timer, once.
func (c *callContext) cancelable() context.Context {
	if made := c.inner.Load(); made != nil {
		return made
	}
	made := &cancelable{}
	made.Context, made.cancel = context.WithDeadline(c.parent, clockBase.Add(c.limit))
	if !c.inner.CompareAndSwap(nil, made) { // another goroutine was quicker
		made.cancel()
		return c.inner.Load()
	}
	if c.ended.Load() != endedNot { // finish may have looked before there was one
		made.cancel()
	}
	return made
}

// finish ends the context as gRPC ends it when the implementation returns, so
// that work left behind stops in both modes.
func (c *callContext) finish() {
	if made := c.inner.Load(); made != nil {
		if err := made.Err(); err != nil {
			c.end(err) // a reader may have seen Done closed by that
		}
	}
	c.end(context.Canceled)
	if made := c.inner.Load(); made != nil {
		made.cancel()
	}
}

func (c *callContext) incoming() metadata.MD {
	if c.origin.network != nil {
		return c.origin.network.rest
	}
	md, _ := metadata.FromOutgoingContext(c.parent)
	return ownMetadata(md)
}

func (c *callContext) transport() *localStream {
	if c.stream.Load() == nil {
		c.stream.CompareAndSwap(nil, &localStream{method: c.method.Name})
	}
	return c.stream.Load()
}

// answered is the metadata the implementation sent back, if any.
func (c *callContext) answered() (header, trailer metadata.MD) {
	s := c.stream.Load()
	if s == nil {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.header, s.trailer
}

type callerKey struct{}

// Caller is the name of the module, or edge, whose call is being served; ""
// outside of a call. Over the network it is what the caller's certificate
// entitles it to.
func Caller(ctx context.Context) string {
	caller, _ := ctx.Value(callerKey{}).(string)
	return caller
}

// CalledBy is a context whose call is made by a module, or edge: where there is no route,
// as when a test of a module calls its methods directly.
func CalledBy(ctx context.Context, caller string) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

type retriesKey struct{}

// maxRetries is how often a call is repeated at its first caller's. Calls that a
// module makes to answer it may be repeated once less, and so on: what fails far
// away is not repeated at each process in between.
const maxRetries = 2

// retriesLeft is how often calls made with ctx may be repeated.
func retriesLeft(ctx context.Context) int {
	if left, ok := ctx.Value(retriesKey{}).(int); ok {
		return left
	}
	return maxRetries
}

func withRetries(ctx context.Context, left int) context.Context {
	return context.WithValue(ctx, retriesKey{}, max(0, left))
}

// keys are the context keys of libraries whose values cross a network. They
// are not exported, but their packages ask a context for them in public.
var keys = struct{ incomingMetadata, span, serverStream any }{
	incomingMetadata: keyAskedBy(func(ctx context.Context) { metadata.FromIncomingContext(ctx) }),
	span:             keyAskedBy(func(ctx context.Context) { trace.SpanFromContext(ctx) }),
	serverStream:     keyAskedBy(func(ctx context.Context) { grpc.ServerTransportStreamFromContext(ctx) }),
}

func keyAskedBy(ask func(context.Context)) any {
	asked := &askedContext{Context: context.Background()}
	ask(asked)
	return asked.key
}

// askedContext remembers the first key it is asked for.
type askedContext struct {
	context.Context
	key any
}

func (c *askedContext) Value(key any) any {
	if c.key == nil {
		c.key = key
	}
	return nil
}

// localStream takes the headers and trailers an implementation sets through
// grpc.SetHeader and its like, for callers here and in other processes.
type localStream struct {
	method string

	mu              sync.Mutex
	header, trailer metadata.MD
	sent            bool
}

func (s *localStream) Method() string { return s.method }

func (s *localStream) SetHeader(md metadata.MD) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent {
		return status.Error(codes.Internal, "the header was sent already")
	}
	return add(&s.header, md)
}

// SendHeader is the last word about the header. It leaves with the answer:
// contracts are unary.
func (s *localStream) SendHeader(md metadata.MD) error {
	if err := s.SetHeader(md); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = true
	return nil
}

func (s *localStream) SetTrailer(md metadata.MD) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return add(&s.trailer, md)
}

// add refuses what a network would not carry.
func add(to *metadata.MD, md metadata.MD) error {
	joined := metadata.Join(*to, md)
	if err := sendable(joined); err != nil {
		return err
	}
	*to = joined
	return nil
}
