package route

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"galleria/platform/lifecycle"
	"galleria/platform/protocopy"
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
	return l.do(ctx, &c)
}

// do is carry for a call that is not to be copied once more.
func (l *local) do(ctx context.Context, c *call) (ended time.Duration, err error) {
	inner := &callContext{parent: ctx, origin: c.origin, method: c.method, limit: c.began + c.method.Deadline}
	c.wasAnswered()
	given := handovers.Get().(*handover)
	given.copier, given.request = c.method.input, c.request
	response, err := l.serve(inner, c.method, given.take)
	given.copier, given.request = nil, nil
	handovers.Put(given)
	inner.finish()
	if err == nil {
		err = copyMessage(c.method.output, c.reply, response.(proto.Message))
	}
	ended = ticks()
	// What a remote caller would see: its own cancellation or deadline comes
	// before anything the implementation had to say.
	if late := overdue(ctx, inner.limit, ended); late != nil {
		return ended, status.FromContextError(late).Err()
	}
	c.giveMetadata(inner.answered())
	return ended, err
}

// handover gives a request to an implementation. Generated code takes it once,
// before the implementation begins, so that it can be used again.
type handover struct {
	copier  *protocopy.Copier
	request proto.Message
	// take fills the implementation's own message.
	take func(into any) error
}

var handovers = sync.Pool{New: func() any {
	h := &handover{}
	h.take = func(into any) error { return copyMessage(h.copier, into.(proto.Message), h.request) }
	return h
}}

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
			response, err = nil, outcome(ctx, l.log, m.Name, lifecycle.Caught(value))
		}
	}()
	response, err = m.handler(l.server, ctx, decode, nil)
	if err != nil {
		return nil, outcome(ctx, l.log, m.Name, err)
	}
	return response, nil
}
