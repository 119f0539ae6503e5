package process

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	"galleria/platform/contract"
	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
	probev1 "galleria/platform/route/probe/v1"
)

// load calls alpha, directly and through beta, until it is stopped. Every
// failed call fails the test.
func load(t *testing.T, from ...*Process) (calls *atomic.Int64, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	calls = &atomic.Int64{}
	var callers sync.WaitGroup
	for i, p := range from {
		for _, call := range []func() error{
			func() error {
				_, err := probev1.NewProbeServiceClient(p.Connect(tester, "alpha")).Echo(context.Background(), &probev1.EchoRequest{})
				return err
			},
			func() error { // may not be repeated, so no retry hides a failure
				_, err := probev1.NewProbeServiceClient(p.Connect(tester, "alpha")).Once(context.Background(), &probev1.OnceRequest{})
				return err
			},
			func() error {
				_, err := probev1.NewRelayServiceClient(p.Connect(tester, "beta")).Pass(context.Background(), &probev1.PassRequest{})
				return err
			},
		} {
			callers.Go(func() {
				for ctx.Err() == nil {
					if err := call(); err != nil {
						t.Errorf("a call from process %d failed: %v", i, err)
						return
					}
					calls.Add(1)
					time.Sleep(200 * time.Microsecond) // leaves time for what is tested on two cores
				}
			})
		}
	}
	stop = sync.OnceFunc(func() { cancel(); callers.Wait() })
	t.Cleanup(stop)
	return calls, stop
}

func TestAModuleMovesUnderLoadWithoutAFailedCall(t *testing.T) {
	h := newHouse(t)
	h.repaired.Store(true)
	main := h.start("main", nil)
	edge := h.start("edge", nil, peerOf(main))
	calls, stopLoad := load(t, main, edge)
	move := func(to, seenByEdge route.Place, process string) {
		t.Helper()
		if err := main.Apply(t.Context(), places{"alpha": to}); err != nil {
			t.Fatalf("move to %s: %v", to, err)
		}
		eventually(t, "alpha's place in the peer process", seenByEdge.String(), func() string { return edge.Place("alpha").String() })
		before := h.trace(process, "alpha").calls.Load()
		eventually(t, "calls at the new place", true, func() bool {
			return t.Failed() || h.trace(process, "alpha").calls.Load() > before+50
		})
	}

	first := h.start("first", places{"alpha": here}, peerOf(main))
	store := first.Running("alpha").StoreID()
	move(at(first), at(first), "first")
	old := h.trace("main", "alpha")
	if got := old.open.Load() + old.running.Load() + old.working.Load(); got != 0 || main.Running("alpha") != nil {
		t.Errorf("alpha moved out and still runs in its old place: %d parts are alive", got)
	}
	eventually(t, "work at the new place", 1, h.trace("first", "alpha").working.Load)

	move(here, at(main), "main")
	stop(t, first)
	eventually(t, "work back in the old place", 1, h.trace("main", "alpha").working.Load)

	second := h.start("second", places{"alpha": here}, peerOf(main))
	move(at(second), at(second), "second")
	third := h.start("third", places{"alpha": here, "beta": here}, peerOf(main))
	move(at(third), at(third), "third")
	if got := third.Running("alpha").StoreID(); got != store {
		t.Errorf("alpha works on store %s after its moves, want %s as before", got, store)
	}
	stopLoad()
	t.Logf("%d calls", calls.Load())
}

func TestAMoveThatIsRefusedSaysWhyAndChangesNothing(t *testing.T) {
	h := newHouse(t)
	with := func(settings map[string]string) func(*Options) {
		return func(o *Options) { o.Shared = func(string) map[string]string { return settings } }
	}
	main := h.start("main", nil, with(map[string]string{"site": "a", "new": "x"}))
	bare := h.start("bare", nil, peerOf(main))
	otherSettings := h.start("other settings", places{"alpha": here}, peerOf(main), with(map[string]string{"site": "b", "old": "y"}))
	otherStore := h.start("other store", nil, func(o *Options) { o.Dir = t.TempDir() })
	otherHouse := newHouse(t).start("other house", nil)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()

	changed := contract.Files(mustService(t))
	for _, file := range changed.GetFile() {
		for _, message := range file.GetMessageType() {
			if message.GetName() == "EchoRequest" {
				message.Field[0].Name = new("nothing")
			}
		}
	}
	store := main.Running("alpha").StoreID()
	for name, refused := range map[string]struct {
		address string
		reasons []string
	}{
		"nothing listens":     {closed.Addr().String(), []string{"does not answer", "connection refused"}},
		"module not there":    {bare.Address(), []string{`module "alpha" does not run in process`}},
		"other module":        {h.pretend(&processv1.DescribeResponse{Module: "gamma"}), []string{`it serves module "gamma"`}},
		"no contract":         {h.pretend(&processv1.DescribeResponse{Module: "alpha"}), []string{"no files"}},
		"other contract":      {h.pretend(&processv1.DescribeResponse{Module: "alpha", Contract: changed, StoreId: store}), []string{"its contract does not fit", "EchoRequest.everything"}},
		"no store":            {h.pretend(&processv1.DescribeResponse{Module: "alpha", Contract: contract.Files(mustService(t))}), []string{"it shows no store"}},
		"other store":         {otherStore.Address(), []string{"its store is", store, "remove"}},
		"other settings":      {otherSettings.Address(), []string{`site is "b" there and "a" here`}},
		"other authority":     {otherHouse.Address(), []string{"certificate"}},
		"this process itself": {main.Address(), []string{"this process itself"}},
		"one of two is wrong": {h.start("good", places{"alpha": here}, peerOf(main), with(map[string]string{"site": "a"})).Address() + " " + otherStore.Address(), []string{"its store is"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := main.Apply(t.Context(), places{"alpha": route.Remote(strings.Fields(refused.address)...)})
			wantError(t, err, append(refused.reasons, "alpha stays local")...)
			if got := main.Place("alpha"); !got.Equal(here) {
				t.Errorf("alpha is %s, want it to stay local", got)
			}
			wantAnswerFrom(t, main, "main")
		})
	}
}

func mustService(t *testing.T) protoreflect.ServiceDescriptor {
	t.Helper()
	service, err := contract.Service(probev1.ProbeService_ServiceDesc.ServiceName)
	if err != nil {
		t.Fatal(err)
	}
	return service
}

// pretend serves a process that says anything of itself.
func (h *house) pretend(says *processv1.DescribeResponse) (address string) {
	h.t.Helper()
	return h.serve(pretender{says: says})
}

// pretendSlowly says what alpha says in another process, when it is let.
func (h *house) pretendSlowly(other *Process) (address string, asked, answer chan struct{}) {
	h.t.Helper()
	says, err := h.client(other).Describe(h.t.Context(), &processv1.DescribeRequest{Module: "alpha"})
	if err != nil {
		h.t.Fatal(err)
	}
	asked, answer = make(chan struct{}, 100), make(chan struct{})
	return h.serve(pretender{says: says, asked: asked, answer: answer}), asked, answer
}

func (h *house) serve(says pretender) (address string) {
	h.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(h.identity("alpha").Server()))
	processv1.RegisterProcessServiceServer(server, says)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	h.t.Cleanup(func() {
		server.Stop()
		<-served
	})
	return listener.Addr().String()
}

type pretender struct {
	processv1.UnimplementedProcessServiceServer
	says *processv1.DescribeResponse
	// asked and answer, if set, hold every meeting: it says that it began, and waits.
	asked, answer chan struct{}
}

func (p pretender) Describe(ctx context.Context, _ *processv1.DescribeRequest) (*processv1.DescribeResponse, error) {
	if p.asked != nil {
		p.asked <- struct{}{}
		select {
		case <-p.answer:
		case <-ctx.Done():
		}
	}
	return p.says, nil
}

func TestPlacesThatMakeNoSenseChangeNothing(t *testing.T) {
	h := newHouse(t)
	p := h.start("main", nil)
	for name, wrong := range map[string]struct {
		wanted places
		reason string
	}{
		"unknown module":        {places{"gamma": here}, `there is no module "gamma"`},
		"unknown mode":          {places{"alpha": {Mode: "parrot"}}, `no mode "parrot"`},
		"remote nowhere":        {places{"alpha": route.Remote()}, "needs an address"},
		"remote without port":   {places{"alpha": route.Remote("localhost")}, "want host:port"},
		"one address twice":     {places{"alpha": route.Remote("127.0.0.1:1", "127.0.0.1:1")}, "given twice"},
		"one arm":               {places{"alpha": {Mode: route.ModeShadow, Arms: []route.Place{here}}}, "two arms"},
		"arms that are alike":   {places{"alpha": route.Canary(here, here, 1)}, "both arms"},
		"held in an arm":        {places{"alpha": route.Canary(here, route.Held(), 1)}, "local or remote"},
		"more than all calls":   {places{"alpha": route.Canary(here, route.Remote("127.0.0.1:1"), 101)}, "percentage"},
		"local with an address": {places{"alpha": {Mode: route.ModeLocal, Addresses: []string{"127.0.0.1:1"}}}, "takes no address"},
	} {
		t.Run(name, func(t *testing.T) {
			wrong.wanted["beta"] = route.Remote("127.0.0.1:1")
			wantError(t, p.Apply(t.Context(), wrong.wanted), wrong.reason)
			if a, b := p.Place("alpha"), p.Place("beta"); !a.Equal(here) || !b.Equal(here) {
				t.Errorf("alpha is %s and beta %s, want both to stay local", a, b)
			}
			fresh := h.create("fresh", peerOf(p))
			wantError(t, fresh.Start(t.Context(), wrong.wanted), wrong.reason)
		})
	}
}

func TestAModuleThatFailsToStartStaysAtItsOldPlace(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	fails := func(o *Options) {
		o.Peer = main.Address()
		for i := range o.Definitions {
			if o.Definitions[i].Name == "alpha" {
				o.Definitions[i].New = func(module.Host) (*module.Instance, error) { return nil, context.DeadlineExceeded }
			}
		}
	}
	p := h.start("broken", nil, fails)
	wantError(t, p.Apply(t.Context(), places{"alpha": here}), "alpha stays remote at "+main.Address())
	wantAnswerFrom(t, p, "main")

	if wish, pending := p.Wish("alpha"); !pending || !wish.Place.Equal(here) || wish.Problem == "" {
		t.Errorf("got wish %v, want one that says why alpha is not local", wish)
	}
}

func TestChangesAtTheSameMomentAreAppliedOneAfterTheOther(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	other := h.start("other", places{"alpha": here}, peerOf(main))
	_, stopLoad := load(t, main)
	var changes sync.WaitGroup
	for i := range 6 {
		changes.Go(func() {
			to := here
			if i%2 == 0 {
				to = at(other)
			}
			if err := main.Apply(t.Context(), places{"alpha": to}); err != nil {
				t.Errorf("move to %s: %v", to, err)
			}
		})
	}
	changes.Wait()
	stopLoad()
	want := int64(0)
	if main.Place("alpha").IsHere() {
		want = 1
	}
	if got := h.trace("main", "alpha").open.Load(); got != want {
		t.Errorf("%d alphas are open in the process after it was placed %s, want %d", got, main.Place("alpha"), want)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestAModuleOnAnotherStoreThanItsPeersIsDown(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	stranger := h.start("stranger", places{"alpha": here}, peerOf(main), func(o *Options) { o.Dir = t.TempDir() })
	wantError(t, stranger.Health("alpha"), "alpha", "its store is", main.Routes()[0].Target().Store().ID, "remove")
	wantAnswerFrom(t, main, "main")
}

// TestOtherChangesDoNotWaitForAProcessThatHangs: what listens there takes connections,
// and never says a word.
func TestOtherChangesDoNotWaitForAProcessThatHangs(t *testing.T) {
	for name, place := range map[string]func(hung route.Place) route.Place{
		"alone":        func(hung route.Place) route.Place { return hung },
		"in a shadow":  func(hung route.Place) route.Place { return route.Shadow(here, hung) },
		"in a canary":  func(hung route.Place) route.Place { return route.Canary(here, hung, 10) },
		"as first arm": func(hung route.Place) route.Place { return route.Canary(hung, here, 10) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each waits for seconds
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { listener.Close() })
			met := make(chan net.Conn, 100)
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					met <- conn
				}
			}()
			p := newHouse(t).start("main", places{"alpha": place(route.Remote(listener.Addr().String())), "beta": here})
			for len(met) > 0 { // those of the start
				(<-met).Close()
			}
			conn := <-met // a meeting has begun
			_, end, err := p.change(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			end()
			conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
			if _, err := io.Copy(io.Discard, conn); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("a change waited until the meeting with a process that hangs was over: its connection ended with %v", err)
			}
		})
	}
}

// TestAPlaceThatIsWantedAgainIsSoughtAgain after a change that wanted another one, and was
// broken off while it waited for its turn.
func TestAPlaceThatIsWantedAgainIsSoughtAgain(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	away := route.Remote(freeAddress(t))
	wantError(t, main.Apply(t.Context(), places{"alpha": away}), "alpha stays local")
	_, end, err := main.change(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	superseded, cancel := context.WithCancel(t.Context())
	cancel()
	wantError(t, main.Apply(superseded, places{"alpha": route.Remote(freeAddress(t))}), "another change is under way")
	end()
	if wish, pending := main.Wish("alpha"); !pending || !wish.GivenUp {
		t.Errorf("got wish %q, want one that says that it is not tried any more", wish)
	}
	if err := main.Apply(t.Context(), places{"alpha": away}); err == nil {
		t.Fatal("a change to a place that is away has succeeded, and nothing tries it again")
	}
	h.start("other", places{"alpha": here}, peerOf(main), func(o *Options) { o.Listen = away.Addresses[0] })
	eventually(t, "alpha's place", away.String(), func() string { return main.Place("alpha").String() })
}

// TestAModuleThatIsNotWantedAnyMoreWhenItHasStartedIsStopped: another place is asked for
// when nothing of its start can fail any more.
func TestAModuleThatIsNotWantedAnyMoreWhenItHasStartedIsStopped(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	var p *Process
	tries, started := 0, make(chan struct{})
	p = h.start("mover", nil, peerOf(main), func(o *Options) {
		create := o.Definitions[1].New
		o.Definitions[1].New = func(host module.Host) (*module.Instance, error) {
			if tries++; tries == 1 {
				return nil, errors.New("its provider is away")
			}
			p.interrupt(places{"alpha": at(main)}, operators)
			defer close(started)
			return create(host)
		}
	})
	wantError(t, p.Apply(t.Context(), places{"alpha": here}), "its provider is away")
	<-started
	_, end, err := p.change(t.Context()) // the attempt is over
	if err != nil {
		t.Fatal(err)
	}
	end()
	if got := h.trace("mover", "alpha").open.Load(); got != 0 {
		t.Errorf("%d alphas are open in a process that is not to run it, want none", got)
	}
	wantAnswerFrom(t, p, "main")
}
