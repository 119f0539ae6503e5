package process

import (
	"sync/atomic"
	"testing"

	"galleria/platform/route"
)

// TestACanaryThatIsAwayAtTheStartIsStillBack: what it showed before is not forgotten.
func TestACanaryThatIsAwayAtTheStartIsStillBack(t *testing.T) {
	h := newHouse(t)
	var fails atomic.Bool
	fails.Store(true)
	main, trial, wanted := canariedAt(t, h, &fails)
	eventually(t, "the end of the canary", true, func() bool {
		once(t, main, 5)
		progress, _ := main.Progress("alpha")
		return progress.Ended
	})
	stop(t, trial)
	stop(t, main)
	again := h.start("again", places{"alpha": wanted}, func(o *Options) { o.Listen = main.Address() })
	wantAnswerFrom(t, again, "stable")
	h.start("trial", places{"alpha": here}, peerOf(again), func(o *Options) { o.Listen = trial.Address() })
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
	h := newHouse(t)
	var fails atomic.Bool
	fails.Store(true)
	main, trial, wanted := canariedAt(t, h, &fails)
	eventually(t, "the end of the canary", true, func() bool {
		once(t, main, 5)
		progress, _ := main.Progress("alpha")
		return progress.Ended
	})
	stop(t, trial)
	stop(t, main)
	again := h.start("again", places{"alpha": wanted}, func(o *Options) { o.Listen = main.Address() })
	if err := again.Apply(t.Context(), places{"alpha": wanted.Arms[0]}); err != nil {
		t.Fatal(err)
	}
	h.start("trial", places{"alpha": here}, peerOf(again), func(o *Options) { o.Listen = trial.Address() })
	if err := again.Apply(t.Context(), places{"alpha": wanted}); err != nil {
		t.Fatal(err)
	}
	if progress, _ := again.Progress("alpha"); progress.Ended {
		t.Errorf("got %s, want it to begin anew", progress)
	}
}
