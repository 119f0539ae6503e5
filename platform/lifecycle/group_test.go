package lifecycle_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"galleria/platform/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// diary is what happened, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) want(t *testing.T, want ...string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.lines, want) {
		t.Errorf("got %v, want %v", d.lines, want)
	}
}

// plain is a component that only starts and stops.
func (d *diary) plain(name string) lifecycle.Component {
	return lifecycle.Component{
		Name:  name,
		Start: func(context.Context) error { d.note("start " + name); return nil },
		Stop:  func(context.Context) error { d.note("stop " + name); return nil },
	}
}

// worker is a component that runs until it is told to end, or is broken.
func (d *diary) worker(name string, broken <-chan error) lifecycle.Component {
	c := d.plain(name)
	c.Run = func(ctx context.Context, ready func()) error {
		d.note("run " + name)
		ready()
		ready() // saying it twice is harmless
		select {
		case err := <-broken:
			return err
		case <-ctx.Done():
			d.note("ended " + name)
			return ctx.Err()
		}
	}
	return c
}

func group(components ...lifecycle.Component) *lifecycle.Group {
	var g lifecycle.Group
	for _, c := range components {
		g.Add(c)
	}
	return &g
}

func wantError(t *testing.T, got error, want string) {
	t.Helper()
	if got == nil || got.Error() != want {
		t.Errorf("got error %q, want %q", got, want)
	}
}

func TestComponentsStopInReverseOrderOfStarting(t *testing.T) {
	var d diary
	g := group(d.plain("a"), d.worker("b", nil), lifecycle.Component{Name: "empty"}, d.plain("c"))
	ctx, cancel := context.WithCancel(t.Context())
	if err := g.Start(ctx); err != nil {
		t.Fatal(err)
	}
	cancel() // components outlive the context they were started with
	if err := g.Wait(ctx); err != nil {
		t.Errorf("Wait: got %v, want nil", err)
	}
	for range 2 { // the second time does nothing
		if err := g.Stop(t.Context()); err != nil {
			t.Errorf("Stop: got %v, want nil", err)
		}
	}
	if err := g.Wait(ctx); err != nil {
		t.Errorf("Wait after Stop: got %v, want nil, since ending when told is not dying", err)
	}
	d.want(t, "start a", "start b", "run b", "start c", "stop c", "stop b", "ended b", "stop a")
}

func TestAFailedStartStopsWhatHadStarted(t *testing.T) {
	var d diary
	failing := d.plain("c")
	failing.Start = func(context.Context) error { return errors.New("no disk") }
	stubborn := d.plain("b")
	stubborn.Stop = func(ctx context.Context) error {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("stopping after a failed start: got no deadline, want one")
		}
		return errors.New("stuck")
	}
	g := group(d.worker("a", nil), stubborn, failing, d.plain("d"))
	wantError(t, g.Start(t.Context()), "starting c: no disk\nstopping b: stuck")
	d.want(t, "start a", "run a", "start b", "stop a", "ended a")
}

func TestRunThatEndsBeforeItIsReadyFailsTheStart(t *testing.T) {
	for _, row := range []struct {
		err  error
		want string
	}{
		{errors.New("port taken"), "starting b: port taken"},
		{nil, "starting b: ended before it was ready"},
	} {
		var d diary
		b := d.plain("b")
		b.Run = func(context.Context, func()) error { return row.err }
		wantError(t, group(d.plain("a"), b).Start(t.Context()), row.want)
		d.want(t, "start a", "start b", "stop b", "stop a")
	}
}

func TestEndingTheContextWhileStartingRollsBack(t *testing.T) {
	var d diary
	ctx, cancel := context.WithCancel(t.Context())
	slow := lifecycle.Component{Name: "b", Run: func(work context.Context, _ func()) error {
		cancel() // the caller loses patience before it is ready
		<-work.Done()
		d.note("ended b")
		return nil
	}}
	a := d.plain("a")
	a.Stop = func(ctx context.Context) error { d.note("stop a"); return ctx.Err() }
	wantError(t, group(a, slow, d.plain("c")).Start(ctx), "starting b: context canceled")
	d.want(t, "start a", "ended b", "stop a")
}

func TestADeathIsReportedByName(t *testing.T) {
	for _, row := range []struct {
		err  error
		want string
	}{
		{errors.New("lost the port"), "b died: lost the port"},
		{nil, "b died: it returned without being told"},
	} {
		var d diary
		broken := make(chan error, 1)
		g := group(d.worker("a", nil), d.worker("b", broken))
		if err := g.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		broken <- row.err
		wantError(t, g.Wait(t.Context()), row.want)
		wantError(t, g.Wait(t.Context()), row.want)
		// Reported once: stopping the rest is no failure.
		if err := g.Stop(t.Context()); err != nil {
			t.Errorf("Stop: got %v, want nil", err)
		}
		d.want(t, "start a", "run a", "start b", "run b", "stop b", "stop a", "ended a")
	}
}

func TestADeathWhileOthersStartEndsTheStart(t *testing.T) {
	var d diary
	broken := make(chan error, 1)
	dependent := lifecycle.Component{Name: "b", Start: func(ctx context.Context) error {
		broken <- errors.New("gone")
		<-ctx.Done() // waits for a, which will never answer
		return context.Cause(ctx)
	}}
	wantError(t, group(d.worker("a", broken), dependent).Start(t.Context()), "starting b: a died: gone")
	d.want(t, "start a", "run a", "stop a")
}

func TestAllShareOneDeadlineAndAllAreToldToStop(t *testing.T) {
	var d diary
	hang := make(chan struct{})
	hung := lifecycle.Component{Name: "hung", Run: func(_ context.Context, ready func()) error {
		ready()
		<-hang
		return nil
	}}
	slow := d.plain("slow")
	slow.Stop = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	g := group(d.plain("a"), d.worker("b", nil), hung, slow)
	if err := g.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	wantError(t, g.Stop(ctx), "stopping slow: context deadline exceeded\nstopping hung: still running: context deadline exceeded")
	d.want(t, "start a", "start b", "run b", "start slow", "stop b", "ended b", "stop a")
	close(hang)
}

func TestErrorsOfStoppingAreJoinedAndNamed(t *testing.T) {
	var d diary
	a, b := d.plain("a"), d.plain("b")
	sentinel := errors.New("half written")
	a.Stop = func(context.Context) error { return sentinel }
	b.Stop = func(context.Context) error { return errors.New("drain") }
	b.Run = func(ctx context.Context, ready func()) error {
		ready()
		<-ctx.Done()
		return errors.New("flush")
	}
	g := group(a, b)
	if err := g.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := g.Stop(t.Context())
	if !errors.Is(err, sentinel) || strings.Join(strings.Split(err.Error(), "\n"), "; ") != "stopping b: drain; flush; stopping a: half written" {
		t.Errorf("got %q, want the errors of both", err)
	}
}
