package process

import (
	"testing"

	"galleria/platform/route"
)

// TestAChangeWhileNoMainProcessRanIsAudited at the next start, once, and not as one more at
// the starts that follow.
func TestAChangeWhileNoMainProcessRanIsAudited(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	other := h.start("other", places{"alpha": here}, peerOf(main))
	noted := func(p *Process) (told []Change) {
		t.Helper()
		told, err := p.Changes("", false)
		if err != nil {
			t.Fatal(err)
		}
		return told
	}
	if got := noted(main); len(got) != 0 {
		t.Errorf("got %+v, want no change of a first start with all at home", got)
	}
	restart := func(place route.Place) {
		t.Helper()
		stop(t, main)
		main = h.start("main", places{"alpha": place}, func(o *Options) { o.Listen = main.Address() })
		eventually(t, "alpha's place", place.String(), func() string { return main.Place("alpha").String() })
	}
	restart(at(other))
	restart(at(other))
	got := noted(main)
	if len(got) != 1 || got[0].Module != "alpha" || got[0].Who != "configuration" || got[0].From != "" || got[0].To != at(other).String() ||
		got[0].Why != "nothing is noted of it before this start" {
		t.Errorf("got %+v, want that alpha is at %s, and not where it came from", got, at(other))
	}
	restart(here)
	if got := noted(main); len(got) != 2 || got[1].From != at(other).String() || got[1].To != "local" || got[1].Why != "it was changed while no main process ran" {
		t.Errorf("got %+v, want the way back as the second", got)
	}
}
