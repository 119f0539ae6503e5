package route

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// LocalOptions describe an implementation in this process.
type LocalOptions struct {
	// Process names this process; may be empty.
	Process string
	// Store tells which store the implementation works on; nil: none.
	Store func() Store
	// Healthy says why calls are likely to fail; nil: always healthy.
	Healthy func() error
}

// NewLocal makes a target that calls server directly. It fails when server
// does not implement the contract.
func (r *Route) NewLocal(server any, o LocalOptions) (*Target, error) {
	if err := implements(r.desc, server); err != nil {
		return nil, err
	}
	return newTarget(Local(), &local{
		server: server, log: r.log, health: o.Healthy,
		self: Endpoint{Process: o.Process, Module: r.module, Contract: r.desc.ServiceName}, store: o.Store,
	}), nil
}

func implements(desc *grpc.ServiceDesc, server any) error {
	want := reflect.TypeOf(desc.HandlerType).Elem()
	if got := reflect.TypeOf(server); got == nil || !got.Implements(want) {
		return fmt.Errorf("%T does not implement %s", server, want)
	}
	return nil
}

type local struct {
	server any
	log    *slog.Logger
	health func() error
	self   Endpoint
	store  func() Store
}

func (l *local) endpoints() []EndpointState {
	s := EndpointState{Endpoint: l.self}
	if l.store != nil {
		s.Store = l.store()
	}
	if err := l.healthy(); err != nil {
		s.Problem = err.Error()
	}
	return []EndpointState{s}
}

func (l *local) healthy() error {
	if l.health == nil {
		return nil
	}
	return l.health()
}

func (l *local) close() error { return nil }

func (l *local) carry(ctx context.Context, c call) (ended time.Duration, err error) {
	if err := checkMetadata(ctx); err != nil {
		return ticks(), err
	}
	inner := &callContext{parent: ctx, caller: c.caller, method: c.method.Name, limit: c.began + c.method.Deadline, span: c.span}
	// The closure takes two words along, not the whole call.
	input, request := c.method.input, c.request
	c.wasAnswered()
	response, err := l.serve(inner, c.method, func(into any) error {
		return input.copyMessage(into.(proto.Message), request)
	})
	inner.finish()
	if len(c.options) > 0 {
		answerMetadata(inner, c.options)
	}
	if err == nil {
		err = c.method.output.copyMessage(c.reply, response.(proto.Message))
	}
	ended = ticks()
	// What a remote caller would see: its own cancellation or deadline comes
	// before anything the implementation had to say.
	if late := overdue(ctx, inner.limit, ended); late != nil {
		err = status.FromContextError(late).Err()
	}
	return ended, err
}

func overdue(ctx context.Context, limit, now time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if now >= limit {
		return context.DeadlineExceeded
	}
	return nil
}

// serve runs the implementation's method on the caller's goroutine.
func (l *local) serve(ctx *callContext, m *method, decode func(any) error) (response any, err error) {
	defer func() {
		if value := recover(); value != nil {
			response, err = nil, outcome(ctx, l.log, m.Name, recovered(value))
		}
	}()
	response, err = m.handler(l.server, ctx, decode, nil)
	if err != nil {
		return nil, outcome(ctx, l.log, m.Name, err)
	}
	return response, nil
}

// headerLetters are the characters a header's name may have.
const headerLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_."

// checkMetadata refuses what gRPC refuses to send.
func checkMetadata(ctx context.Context) error {
	md, ok := metadata.FromOutgoingContext(ctx)
	if !ok {
		return nil
	}
	for key, values := range md {
		if strings.HasPrefix(key, ":") {
			continue // gRPC leaves these out
		}
		if strings.Trim(key, headerLetters) != "" || key == "" {
			return status.Errorf(codes.Internal, "header key %q is empty or contains characters not in [0-9a-z-_.]", key)
		}
		if strings.HasSuffix(key, "-bin") {
			continue
		}
		for _, value := range values {
			if strings.IndexFunc(value, func(r rune) bool { return r < 0x20 || r > 0x7E }) >= 0 {
				return status.Errorf(codes.Internal, "header key %q contains value with non-printable ASCII characters", key)
			}
		}
	}
	return nil
}

func answerMetadata(ctx *callContext, options []grpc.CallOption) {
	header, trailer := ctx.answered()
	for _, option := range options {
		switch o := option.(type) {
		case grpc.HeaderCallOption:
			*o.HeaderAddr = header.Copy()
		case grpc.TrailerCallOption:
			*o.TrailerAddr = trailer.Copy()
		}
	}
}
