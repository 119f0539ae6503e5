package inventorytest

import (
	"context"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/module/moduletest"
)

// Hook runs before or after a fake does its work. Its error is what the caller
// gets. It may call the fake, and may wait: calls do not hold each other up.
type Hook func(ctx context.Context) error

// Unavailable is the error of a module that can't be reached.
func Unavailable() error {
	return status.Error(codes.Unavailable, "inventory is away (said by its fake)")
}

// outages are what a test lets go wrong.
type outages struct {
	mu            sync.Mutex
	before, after map[string]Hook
}

// Before runs hook at the beginning of each call of method ("Allocate"); when
// it fails, the work is not done. A nil hook takes it away.
func (o *outages) Before(method string, hook Hook) { o.set(&o.before, method, hook) }

// After runs hook when a call of method did its work; when it fails, the work
// is done and the answer lost. A nil hook takes it away.
func (o *outages) After(method string, hook Hook) { o.set(&o.after, method, hook) }

// Fail fails all calls of method with err, without doing the work; nil ends it.
func (o *outages) Fail(method string, err error) { o.Before(method, failing(err)) }

// Lose lets calls of method do the work and lose the answer, with err instead;
// nil ends it.
func (o *outages) Lose(method string, err error) { o.After(method, failing(err)) }

// Heal takes all hooks away.
func (o *outages) Heal() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.before, o.after = nil, nil
}

func failing(err error) Hook {
	if err == nil {
		return nil
	}
	return func(context.Context) error { return err }
}

func (o *outages) set(hooks *map[string]Hook, method string, hook Hook) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if *hooks == nil {
		*hooks = map[string]Hook{}
	}
	(*hooks)[method] = hook
}

func (o *outages) run(ctx context.Context, hooks *map[string]Hook, method string) error {
	o.mu.Lock()
	hook := (*hooks)[method]
	o.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(ctx)
}

// call does the work of one method, with its outages around it.
func call[Q, A any](ctx context.Context, f *Fake, method string, r Q, work func(context.Context, Q) (A, error)) (none A, err error) {
	if err := f.run(ctx, &f.before, method); err != nil {
		return none, err
	}
	if err := f.service.ExpireNow(ctx); err != nil {
		return none, err
	}
	answer, err := work(moduletest.Direct(ctx), r)
	if lost := f.run(ctx, &f.after, method); lost != nil {
		return none, lost
	}
	return answer, err
}
