package process

import (
	"sync/atomic"
	"testing"

	"galleria/platform/route"
)

// startedWithoutTrial is a process that was started while the trial of its canary, which it had
// rolled back before, is away: the first arm stands in. The trial can be started again.
func startedWithoutTrial(t *testing.T) (main *Process, canary route.Place, startTrial func()) {
	t.Helper()
	h := newHouse(t)
	var fails atomic.Bool
	fails.Store(true)
	before, trial, canary := canariedAt(t, h, &fails)
	eventually(t, "the end of the canary", true, func() bool {
		once(t, before, 5)
		progress, _ := before.Progress("alpha")
		return progress.Ended
	})
	stop(t, trial)
	stop(t, before)
	main = h.start("again", places{"alpha": canary}, func(o *Options) { o.Listen = before.Address() })
	return main, canary, func() {
		h.start("trial", places{"alpha": here}, peerOf(main), func(o *Options) { o.Listen = trial.Address() })
	}
}

// TestACanaryThatIsAwayAtTheStartIsStillBack: what it showed before is not forgotten.
func TestACanaryThatIsAwayAtTheStartIsStillBack(t *testing.T) {
	again, _, startTrial := startedWithoutTrial(t)
	wantAnswerFrom(t, again, "stable")
	startTrial()
	eventually(t, "the place", string(route.ModeCanary), func() string { return string(again.Place("alpha").Mode) })
	if progress, _ := again.Progress("alpha"); !progress.Ended || progress.Weight != 0 {
		t.Errorf("after the restart the canary is at %s, want it back still", progress)
	}
}

// TestAFirstArmThatIsAwayAtTheStartKeepsNoPromotedCanaryAway: it had no calls any more.
func TestAFirstArmThatIsAwayAtTheStartKeepsNoPromotedCanaryAway(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	other := h.start("other", places{"alpha": here}, peerOf(main))
	wanted := route.Canary(route.Remote(freeAddress(t)), at(other), 100)
	stop(t, main)
	again := h.start("main", places{"alpha": wanted}, func(o *Options) { o.Listen = main.Address() })
	wantAnswerFrom(t, again, "other")
	if wish, ok := again.Wish("alpha"); !ok || !wish.Place.Equal(wanted) {
		t.Errorf("got the wish %+v, want %s", wish, wanted)
	}
}

// TestACanaryBeginsAnewAfterItsStandInBecameThePlace: its trial is away at a start, the first
// arm has all calls, and is then wanted alone.
func TestACanaryBeginsAnewAfterItsStandInBecameThePlace(t *testing.T) {
	again, wanted, startTrial := startedWithoutTrial(t)
	if err := again.Apply(t.Context(), places{"alpha": wanted.Arms[0]}); err != nil {
		t.Fatal(err)
	}
	changes, err := again.Changes("alpha", false)
	if err != nil {
		t.Fatal(err)
	}
	if last := changes[len(changes)-1]; last.From != wanted.String() || last.To != wanted.Arms[0].String() || last.Who != "configuration" {
		t.Errorf("the last change of the place is told as %+v, want from the canary to its first arm", last)
	}
	startTrial()
	if err := again.Apply(t.Context(), places{"alpha": wanted}); err != nil {
		t.Fatal(err)
	}
	if progress, _ := again.Progress("alpha"); progress.Weight != 10 || progress.Ended {
		t.Errorf("got %s, want it to begin anew", progress)
	}
}
