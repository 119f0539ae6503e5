package process

import (
	"testing"

	"galleria/platform/route"
)

// leftWithACall moves alpha out of main with a call in it: moved closes when main has
// left it, and ended gets the call's error.
func leftWithACall(t *testing.T, h *house, main, other *Process) (moved chan struct{}, ended chan error) {
	t.Helper()
	moved, ended = make(chan struct{}), make(chan error, 1)
	go func() { _, err := ask(t, main); ended <- err }()
	<-h.entered
	go func() {
		defer close(moved)
		if err := main.Apply(t.Context(), places{"alpha": at(other)}); err != nil {
			t.Errorf("move: %v", err)
		}
	}()
	eventually(t, "alpha's place", at(other).String(), func() string { return main.Place("alpha").String() })
	return moved, ended
}

// TestAModuleThatIsTakenBackIsNotStopped when the calls that it was left with end before
// the rest of its new place is there.
func TestAModuleThatIsTakenBackIsNotStopped(t *testing.T) {
	h := newHouse(t)
	h.entered, h.leave = make(chan struct{}, 10), make(chan struct{})
	main := h.start("main", nil)
	other := h.start("other", places{"alpha": here}, peerOf(main))
	address, asked, answer := h.pretendSlowly(other)
	moved, ended := leftWithACall(t, h, main, other)
	back := make(chan error, 1)
	go func() {
		back <- main.Apply(t.Context(), places{"alpha": route.Canary(here, route.Remote(address), 0)})
	}()
	<-asked
	close(h.leave)
	if err := <-ended; err != nil {
		t.Errorf("the call in flight failed: %v", err)
	}
	<-moved
	close(answer)
	if err := <-back; err != nil {
		t.Fatal(err)
	}
	wantAnswerFrom(t, main, "main")
}

// TestAModuleThatWasTakenBackForAPlaceThatIsAwayIsStopped, and not before its calls have
// ended.
func TestAModuleThatWasTakenBackForAPlaceThatIsAwayIsStopped(t *testing.T) {
	h := newHouse(t)
	h.entered, h.leave = make(chan struct{}, 10), make(chan struct{})
	main := h.start("main", nil)
	other := h.start("other", places{"alpha": here}, peerOf(main))
	moved, ended := leftWithACall(t, h, main, other)
	err := main.Apply(t.Context(), places{"alpha": route.Canary(here, route.Remote(freeAddress(t)), 0)})
	wantError(t, err, "alpha stays "+at(other).String())
	if err := main.Apply(t.Context(), places{"alpha": at(other)}); err != nil { // it is sought no more
		t.Fatal(err)
	}
	close(h.leave)
	if err := <-ended; err != nil {
		t.Errorf("the call in flight failed: %v", err)
	}
	<-moved
	if got := h.trace("main", "alpha").open.Load(); got != 0 {
		t.Errorf("%d alphas are open in a process that was left, want none", got)
	}
}

// TestAModuleIsNotStoppedWithACallOfAnEarlierPlaceInIt: the place between had no calls,
// and is left at once.
func TestAModuleIsNotStoppedWithACallOfAnEarlierPlaceInIt(t *testing.T) {
	h := newHouse(t)
	h.entered, h.leave = make(chan struct{}, 10), make(chan struct{})
	main := h.start("main", nil)
	other := h.start("other", places{"alpha": here}, peerOf(main))
	ended, between := make(chan error, 1), make(chan struct{})
	go func() { _, err := ask(t, main); ended <- err }()
	<-h.entered
	shadow := route.Shadow(here, at(other))
	go func() {
		defer close(between)
		if err := main.Apply(t.Context(), places{"alpha": shadow}); err != nil {
			t.Errorf("move to %s: %v", shadow, err)
		}
	}()
	eventually(t, "alpha's place", shadow.String(), func() string { return main.Place("alpha").String() })
	if err := main.Apply(t.Context(), places{"alpha": at(other)}); err != nil {
		t.Fatal(err)
	}
	close(h.leave)
	if err := <-ended; err != nil {
		t.Errorf("the call in flight failed: %v", err)
	}
	<-between
	if got := h.trace("main", "alpha").open.Load(); got != 0 {
		t.Errorf("%d alphas are open in a process that was left, want none", got)
	}
}
