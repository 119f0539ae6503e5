package moduletest

import (
	"context"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Hook runs before or after a fake does its work. Its error is what the caller
// gets. It may call the fake, and may wait: calls do not hold each other up.
type Hook func(ctx context.Context) error

// Unavailable is the error of a module that can't be reached.
func Unavailable(module string) error {
	return status.Error(codes.Unavailable, module+" is away (said by its fake)")
}

// Outages are what a test lets go wrong with a fake that embeds them; the fake's methods
// work through Call. None at first. Safe for concurrent use.
type Outages struct {
	mu            sync.Mutex
	before, after map[string]Hook
}

// Before runs hook at the beginning of each call of method ("Allocate"); when
// it fails, the work is not done. A nil hook takes it away.
func (o *Outages) Before(method string, hook Hook) { o.set(&o.before, method, hook) }

// After runs hook when a call of method did its work; when it fails, the work
// is done and the answer lost. A nil hook takes it away.
func (o *Outages) After(method string, hook Hook) { o.set(&o.after, method, hook) }

// Fail fails all calls of method with err, without doing the work; nil ends it.
func (o *Outages) Fail(method string, err error) { o.Before(method, failing(err)) }

// Lose lets calls of method do the work and lose the answer, with err instead;
// nil ends it.
func (o *Outages) Lose(method string, err error) { o.After(method, failing(err)) }

// Heal takes all hooks away.
func (o *Outages) Heal() {
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

func (o *Outages) set(hooks *map[string]Hook, method string, hook Hook) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if *hooks == nil {
		*hooks = map[string]Hook{}
	}
	(*hooks)[method] = hook
}

func (o *Outages) run(ctx context.Context, hooks *map[string]Hook, method string) error {
	o.mu.Lock()
	hook := (*hooks)[method]
	o.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(ctx)
}

// Call does the work of one method of a fake, with its outages around it.
func Call[Q, A any](ctx context.Context, o *Outages, method string, r *Q, work func(context.Context, *Q) (*A, error)) (*A, error) {
	if err := o.run(ctx, &o.before, method); err != nil {
		return nil, err
	}
	answer, err := work(Direct(ctx), r)
	if lost := o.run(ctx, &o.after, method); lost != nil {
		return nil, lost
	}
	return answer, err
}
