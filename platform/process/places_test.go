package process

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/durable"
	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
	probev1 "galleria/platform/route/probe/v1"
)

// TestEveryPlaceFollowsEveryOtherUnderLoad goes through all pairs of places many
// times while calls are made, some of which may not be repeated.
func TestEveryPlaceFollowsEveryOtherUnderLoad(t *testing.T) {
	h := newHouse(t)
	h.repaired.Store(true)
	main := h.start("main", nil)
	edge := h.start("edge", nil, peerOf(main))
	one := h.start("one", places{"alpha": here}, peerOf(main))
	two := h.start("two", places{"alpha": here}, peerOf(main))
	held := route.Held()
	held.Hold.Within = patience // not 2 s: on a busy machine the next change may take as long
	all := []route.Place{
		here, at(one), at(two), route.Remote(one.Address(), two.Address()),
		route.Shadow(here, at(one)), route.Shadow(at(two), at(one)),
		route.Canary(here, at(two), 30), route.Canary(at(one), at(two), 50), held,
	}
	calls, stopLoad := load(t, main, edge)
	random := rand.New(rand.NewPCG(1, 2))
	began := time.Now()
	for change := range placeChanges(t) {
		place := all[random.IntN(len(all))]
		if err := main.Apply(t.Context(), places{"alpha": place}); err != nil {
			t.Fatalf("change %d, to %s: %v", change, place, err)
		}
		if before := calls.Load(); place.Mode != route.ModeHeld {
			eventually(t, "calls", true, func() bool { return t.Failed() || calls.Load() > before+5 })
		}
	}
	if err := main.Apply(t.Context(), places{"alpha": here}); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	stopLoad()
	t.Logf("%d changes in %.1f s, beside %d calls", placeChanges(t), took.Seconds(), calls.Load())
}

// placeChanges is how often places change: more often when PLACE_CHANGES says so,
// as make test-faults does.
func placeChanges(t *testing.T) int {
	text := os.Getenv("PLACE_CHANGES")
	if text == "" {
		return 200
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("PLACE_CHANGES is %q, want a number of changes", text)
	}
	return n
}

func TestAShadowOfAModuleIsReported(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	other := h.start("other", places{"alpha": here}, peerOf(main))
	follower := h.start("follower", nil, peerOf(main))
	if err := main.Apply(t.Context(), places{"alpha": route.Shadow(here, at(other))}); err != nil {
		t.Fatal(err)
	}
	wantAnswerFrom(t, main, "main")
	eventually(t, "the follower's place", at(main).String(), func() string { return follower.Place("alpha").String() })
	wantAnswerFrom(t, follower, "main") // the shadow is where the place is
	report := func() *processv1.CompareResponse {
		said, err := h.client(main).Compare(t.Context(), &processv1.CompareRequest{Module: "alpha"})
		if err != nil {
			t.Fatal(err)
		}
		return said
	}
	eventually(t, "differences", int64(2), func() int64 {
		for _, m := range report().GetMethods() {
			return m.GetCounts()["result"]
		}
		return 0
	})
	sample := report().GetMethods()[0].GetSamples()[0]
	if d := sample.GetDifferences()[0]; d.GetPath() != "everything.text" || d.GetFirst() != "main" || d.GetSecond() != "other" {
		t.Errorf("got %v, want the field and what both processes say", d)
	}
	// What was found is still there when the shadow is not.
	if err := main.Apply(t.Context(), places{"alpha": here}); err != nil {
		t.Fatal(err)
	}
	if len(report().GetMethods()) != 1 {
		t.Error("the report went with the shadow")
	}
}

// canaried starts a canary of 10, 50 and 100 % between two processes: alike but
// for what fails, so that neither is slower than the other.
func canaried(t *testing.T, h *house, fails *atomic.Bool) (main *Process, wanted route.Place) {
	t.Helper()
	main, _, wanted = canariedAt(t, h, fails)
	return main, wanted
}

// canariedAt also gives the process of the second arm.
func canariedAt(t *testing.T, h *house, fails *atomic.Bool) (main, trial *Process, wanted route.Place) {
	t.Helper()
	main = h.start("main", nil)
	trial, wanted = canaryOf(t, h, main, fails)
	return main, trial, wanted
}

// canaryOf starts the processes of the arms, and the canary in main.
func canaryOf(t *testing.T, h *house, main *Process, fails *atomic.Bool) (trial *Process, wanted route.Place) {
	t.Helper()
	stable := h.start("stable", places{"alpha": here}, peerOf(main))
	trial = h.start("other", places{"alpha": here}, peerOf(main), func(o *Options) {
		create := o.Definitions[1].New
		o.Definitions[1].New = func(host module.Host) (*module.Instance, error) {
			instance, err := create(host)
			instance.Server = failing{instance.Server.(*alpha), fails}
			return instance, err
		}
	})
	wanted = route.Canary(at(stable), at(trial), 10)
	wanted.Steps, wanted.Every = []int{10, 50, 100}, 200*time.Millisecond
	if err := main.Apply(t.Context(), places{"alpha": wanted}); err != nil {
		t.Fatal(err)
	}
	return trial, wanted
}

type failing struct {
	*alpha
	fails *atomic.Bool
}

func (f failing) Once(ctx context.Context, in *probev1.OnceRequest) (*probev1.OnceResponse, error) {
	if f.fails.Load() {
		return nil, errors.New("the new release has a fault")
	}
	return f.alpha.Once(ctx, in)
}

// once makes calls of a method that promises no p99: how fast this machine is
// has no say in the test.
func once(t *testing.T, p *Process, calls int) {
	t.Helper()
	client := probev1.NewProbeServiceClient(p.Connect(tester, "alpha"))
	for range calls {
		client.Once(t.Context(), &probev1.OnceRequest{})
	}
}

func TestACanaryIsPromotedStepByStepAndItsStepsAreAudited(t *testing.T) {
	h := newHouse(t)
	main, _ := canaried(t, h, &atomic.Bool{})
	eventually(t, "the end of the canary", true, func() bool {
		once(t, main, 20)
		progress, _ := main.Progress("alpha")
		return progress.Ended
	})
	progress, _ := main.Progress("alpha")
	if progress.Weight != 100 || !strings.HasPrefix(progress.Cause, "promoted: ") {
		t.Errorf("got %s, want it promoted", progress)
	}
	if t.Failed() {
		return
	}
	eventually(t, "alpha's process", "other", func() string { got, _ := ask(t, main); return got })
	changes, err := main.Changes("alpha", false)
	var said []string
	for _, c := range changes {
		said = append(said, c.Who+": "+c.To+" ("+c.Why+")")
	}
	all := strings.Join(said, "\n")
	for _, want := range []string{"configuration: canary: 10 %", "canary: canary: 50 %", "canary: canary: 100 %"} {
		if err != nil || !strings.Contains(all, want) {
			t.Errorf("the audit log has no %q and error %v:\n%s", want, err, all)
		}
	}
}

func TestACanaryThatFailsGoesBackAtOnceAndStaysBackAfterARestart(t *testing.T) {
	h := newHouse(t)
	var fails atomic.Bool
	fails.Store(true)
	main, wanted := canaried(t, h, &fails)
	rolledBack := func(p *Process) bool {
		progress, _ := p.Progress("alpha")
		return progress.Ended && progress.Weight == 0
	}
	eventually(t, "the way back", true, func() bool { once(t, main, 5); return rolledBack(main) })
	progress, _ := main.Progress("alpha")
	if !strings.HasPrefix(progress.Cause, "rolled back: ") || !strings.Contains(progress.Cause, "calls of Once failed there") {
		t.Errorf("the cause is %q, want a sentence that says what failed", progress.Cause)
	}
	eventually(t, "alpha's process", "stable", func() string { got, _ := ask(t, main); return got })
	stop(t, main)
	again := h.start("again", places{"alpha": wanted}, func(o *Options) { o.Listen = main.Address() })
	eventually(t, "the place", string(route.ModeCanary), func() string { return string(again.Place("alpha").Mode) })
	if !rolledBack(again) {
		progress, _ := again.Progress("alpha")
		t.Errorf("after the restart the canary is at %+v, want it back still", progress)
	}
}

// TestACanaryBeginsAnewAfterAnotherPlace: what was rolled back may be mended by
// then.
func TestACanaryBeginsAnewAfterAnotherPlace(t *testing.T) {
	h := newHouse(t)
	var fails atomic.Bool
	fails.Store(true)
	main, wanted := canaried(t, h, &fails)
	eventually(t, "the end of the canary", true, func() bool {
		once(t, main, 5)
		progress, _ := main.Progress("alpha")
		return progress.Ended
	})
	fails.Store(false)
	for _, place := range []route.Place{wanted.Arms[0], wanted} {
		if err := main.Apply(t.Context(), places{"alpha": place}); err != nil {
			t.Fatal(err)
		}
	}
	if progress, _ := main.Progress("alpha"); progress.Weight != 10 || progress.Ended {
		t.Errorf("got %s, want it to begin anew", progress)
	}
}

// TestACanaryBeginsAnewWithOtherSteps, or with another time for them, and again when it
// gets its first ones back.
func TestACanaryBeginsAnewWithOtherSteps(t *testing.T) {
	for name, change := range map[string]func(*route.Place){
		"steps": func(p *route.Place) { p.Steps = []int{10, 20, 100} },
		"time":  func(p *route.Place) { p.Every = time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			var fails atomic.Bool
			fails.Store(true)
			main, wanted := canaried(t, h, &fails)
			eventually(t, "the end of the canary", true, func() bool {
				once(t, main, 5)
				progress, _ := main.Progress("alpha")
				return progress.Ended
			})
			other := wanted
			change(&other)
			for _, place := range []route.Place{other, wanted} {
				if err := main.Apply(t.Context(), places{"alpha": place}); err != nil {
					t.Fatal(err)
				}
				if progress, _ := main.Progress("alpha"); progress.Weight != 10 || progress.Ended {
					t.Errorf("with the steps %v of %s: got %s, want it to begin anew", place.Steps, place.Every, progress)
				}
			}
		})
	}
}

// TestACanaryOfAnEarlierReleaseStaysBack: what that kept says nothing of steps.
func TestACanaryOfAnEarlierReleaseStaysBack(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	wanted := route.Canary(here, at(h.start("other", places{"alpha": here}, peerOf(main))), 10)
	wanted.Steps, wanted.Every = []int{10, 100}, time.Hour
	kept := `{"wanted":"` + wanted.String() + `","weight":0,"since":"2026-01-02T03:04:05Z","ended":true,"cause":"rolled back: it failed"}`
	if err := durable.WriteFile(main.progressFile("alpha"), []byte(kept)); err != nil {
		t.Fatal(err)
	}
	apply := func(weight int) {
		t.Helper()
		if err := main.Apply(t.Context(), places{"alpha": wanted}); err != nil {
			t.Fatal(err)
		}
		if progress, _ := main.Progress("alpha"); progress.Weight != weight || progress.Ended != (weight == 0) {
			t.Errorf("with the steps %v: got %s, want %d %%", wanted.Steps, progress, weight)
		}
	}
	apply(0)
	wanted.Steps = []int{10, 50, 100}
	apply(10)
}

func TestACanaryWithoutCallsStays(t *testing.T) {
	h := newHouse(t)
	main, _ := canaried(t, h, &atomic.Bool{})
	eventually(t, "the cause", true, func() bool {
		progress, _ := main.Progress("alpha")
		return strings.Contains(progress.Cause, "no calls have come") && strings.Contains(progress.Cause, "it stays")
	})
	if progress, _ := main.Progress("alpha"); progress.Weight != 10 || progress.Ended {
		t.Errorf("got %+v, want it to stay at its first weight", progress)
	}
}

func TestAChangeIsAuditedWithWhoAndWhy(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	other := h.start("other", places{"alpha": here}, peerOf(main))
	follower := h.start("follower", nil, peerOf(main))
	client := h.client(main)
	if _, err := client.Announce(t.Context(), &processv1.AnnounceRequest{Module: "alpha", Who: "kim", Why: "it needs a machine of its own"}); err != nil {
		t.Fatal(err)
	}
	for _, place := range []route.Place{at(other), here} {
		if err := main.Apply(t.Context(), places{"alpha": place}); err != nil {
			t.Fatal(err)
		}
	}
	// The other two share the directory, and note where their own calls go.
	noted := func() (by []string) {
		said, err := client.ListChanges(t.Context(), &processv1.ListChangesRequest{Module: "alpha", Others: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range said.GetChanges() {
			by = append(by, c.GetProcess())
		}
		return by
	}
	eventually(t, "the follower's way is noted", true, func() bool { return slices.Contains(noted(), follower.name) })
	said, err := client.ListChanges(t.Context(), &processv1.ListChangesRequest{Module: "alpha"})
	if err != nil || len(said.GetChanges()) != 2 {
		t.Fatalf("got %v and error %v, want two changes", said, err)
	}
	first, second := said.GetChanges()[0], said.GetChanges()[1]
	if first.GetWho() != "kim" || first.GetWhy() != "it needs a machine of its own" || first.GetFrom() != "local" || first.GetTo() != at(other).String() {
		t.Errorf("got %v, want the announced one", first)
	}
	if first.GetProcess() != main.name || second.GetProcess() != main.name {
		t.Errorf("got changes of %s and %s, want the main process's", first.GetProcess(), second.GetProcess())
	}
	if second.GetWho() != "configuration" || second.GetTo() != "local" {
		t.Errorf("got %v, want one of the configuration", second)
	}
	info, err := os.Stat(filepath.Join(h.dir, "places", "audit.jsonl"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v and error %v, want a file of the owner's alone", info, err)
	}
}

// A process that hangs is left; when it wakes up, what it still had to write is
// refused.
func TestAProcessThatWasLeftWhileItHungWritesNothingMore(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	hung := h.start("hung", places{"alpha": here}, peerOf(main), func(o *Options) { o.LeaseTTL = time.Minute })
	other := h.start("other", places{"alpha": here}, peerOf(main))
	if err := main.Apply(t.Context(), places{"alpha": at(hung)}); err != nil {
		t.Fatal(err)
	}
	db := hung.Running("alpha").DB
	hung.server.Stop() // it cannot be reached any more, and does not know
	if err := main.Apply(t.Context(), places{"alpha": at(other)}); err != nil {
		t.Fatal(err)
	}
	err := db.Write(t.Context(), func(tx *gorm.DB) error { return note(tx, "late") })
	if !errors.Is(err, database.ErrFenced) {
		t.Errorf("the process that was left wrote: %v, want it refused", err)
	}
	if _, err := probev1.NewProbeServiceClient(main.Connect(tester, "alpha")).Once(t.Context(), &probev1.OnceRequest{}); err != nil {
		t.Errorf("the process that goes on: %v", err)
	}
}

func TestQuestionsAboutPlacesWithMistakesAreRefused(t *testing.T) {
	h := newHouse(t)
	client := h.client(h.start("main", nil))
	_, unknown := client.Compare(t.Context(), &processv1.CompareRequest{Module: "gamma"})
	_, nameless := client.Announce(t.Context(), &processv1.AnnounceRequest{Module: "alpha"})
	_, itself := client.Dismiss(t.Context(), &processv1.DismissRequest{Module: "gamma", Process: "x"})
	for name, c := range map[string]struct {
		err  error
		code codes.Code
	}{"unknown module": {unknown, codes.NotFound}, "no account": {nameless, codes.InvalidArgument}, "unknown, too": {itself, codes.NotFound}} {
		if status.Code(c.err) != c.code {
			t.Errorf("%s: got %v, want %s", name, c.err, c.code)
		}
	}
}

func TestAMoveThatSucceedsLaterIsAuditedWithWhoAndWhy(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	main.Announce("alpha", Cause{Who: "kim", Why: "it needs a machine of its own"})
	if err := main.Apply(t.Context(), places{"alpha": route.Remote(address)}); err == nil {
		t.Fatal("nothing listens there, and the move succeeded")
	}
	h.start("other", places{"alpha": here}, peerOf(main), func(o *Options) { o.Listen = address })
	var all []Change
	for len(all) == 0 {
		if all, err = main.Changes("alpha", false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	if got := all[0]; got.Who != "kim" || !strings.HasPrefix(got.Why, "it needs a machine of its own; ") {
		t.Errorf("got %+v, want who ordered it, and why", got)
	}
}

// TestASecondArmThatIsAwayAtTheStartKeepsNoModuleAway: the first arm answers, and the
// second comes back into the place as it was.
func TestASecondArmThatIsAwayAtTheStartKeepsNoModuleAway(t *testing.T) {
	for name, place := range map[string]func(second route.Place) route.Place{
		"shadow": func(second route.Place) route.Place { return route.Shadow(here, second) },
		"canary": func(second route.Place) route.Place {
			wanted := route.Canary(here, second, 10)
			wanted.Steps, wanted.Every = []int{10, 100}, time.Hour
			return wanted
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			main := h.start("main", nil)
			other := h.start("other", places{"alpha": here}, peerOf(main))
			wanted := place(at(other))
			address := other.Address()
			stop(t, other)
			stop(t, main)
			again := h.start("main", places{"alpha": wanted}, func(o *Options) { o.Listen = main.Address() })
			wantAnswerFrom(t, again, "main")
			if wish, ok := again.Wish("alpha"); !ok || !wish.Place.Equal(wanted) {
				t.Errorf("got the wish %+v, want %s", wish, wanted)
			}
			h.start("other", places{"alpha": here}, peerOf(again), func(o *Options) { o.Listen = address })
			eventually(t, "the place", wanted.String(), func() string { return again.Place("alpha").String() })
			if got, err := ask(t, again); err != nil { // a tenth of the calls is the canary's
				t.Errorf("alpha was answered by %q with error %v", got, err)
			}
		})
	}
}
