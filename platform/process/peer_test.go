package process

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/lifecycle"
	"galleria/platform/module"
	"galleria/platform/route"
	probev1 "galleria/platform/route/probe/v1"
)

func TestARemoteModuleThatIsNotThereYetIsFoundWhenItComes(t *testing.T) {
	h := newHouse(t)
	address := freeAddress(t)
	main := h.start("main", places{"beta": here, "alpha": route.Remote(address)})
	if _, err := ask(t, main); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v, want Unavailable", err)
	}
	if err := main.Health("alpha"); err == nil {
		t.Error("a module that is nowhere is said to be healthy")
	}
	// Who learns from a process that has not found it, finds it by itself.
	edge := h.start("edge", nil, peerOf(main))
	h.start("late", places{"alpha": here}, peerOf(main), func(o *Options) { o.Listen = address })
	for _, p := range []*Process{main, edge} {
		eventually(t, "alpha's process", "late", func() string { got, _ := ask(t, p); return got })
		if err := p.Health("alpha"); err != nil {
			t.Errorf("found, and yet: %v", err)
		}
	}
}

// The peer says where it reaches the module: that is no reason to give up starting it.
func TestAModuleThatCouldNotStartBesideItsPeerIsStartedLater(t *testing.T) {
	h := newHouse(t)
	address := freeAddress(t)
	main := h.start("main", places{"beta": here, "alpha": route.Remote(address)})
	broken := filepath.Join(h.dir, "alpha.db")
	if err := os.WriteFile(broken, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	late := h.start("late", places{"alpha": here}, peerOf(main), func(o *Options) { o.Listen = address })
	if wish, pending := late.Wish("alpha"); !pending {
		t.Fatalf("alpha started on a file that is no database: %v", wish)
	}
	// Once late has followed a move, it has heard where main reaches alpha.
	other := h.start("other", places{"beta": here}, peerOf(main))
	if err := main.Apply(t.Context(), places{"beta": at(other)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "beta's place for late", other.Address(), func() string { return strings.Join(late.Place("beta").Addresses, "") })
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	eventually(t, "alpha's process", "late", func() string { got, _ := ask(t, main); return got })
}

func TestAModuleThatIsSoughtCanBePlacedElsewhere(t *testing.T) {
	h := newHouse(t)
	away := freeAddress(t)
	main := h.start("main", places{"beta": here, "alpha": route.Remote(away)})
	next := route.Remote(freeAddress(t))
	if err := main.Apply(t.Context(), places{"alpha": next}); err != nil || !main.Place("alpha").Equal(next) {
		t.Errorf("got %s and error %v, want it to be sought at the new address, for it has no place to stay at", main.Place("alpha"), err)
	}
	if err := main.Apply(t.Context(), places{"alpha": here}); err != nil {
		t.Fatal(err)
	}
	wantAnswerFrom(t, main, "main")
	// Neither of the addresses is looked at any more.
	for _, address := range []string{away, next.Addresses[0]} {
		h.start("late at "+address, places{"alpha": here}, peerOf(main), func(o *Options) { o.Listen = address })
	}
	lifecycle.Pause(t.Context(), 2*seekFirst)
	wantAnswerFrom(t, main, "main")
}

func TestAProcessFollowsItsPeerExceptWhereItWasToldOtherwise(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	follower := h.start("follower", nil, peerOf(main))
	stubborn := h.start("stubborn", places{"alpha": here}, peerOf(main))
	told := h.start("told", nil, peerOf(main))
	wantAnswerFrom(t, follower, "main")
	wantAnswerFrom(t, stubborn, "stubborn")
	if err := told.Apply(t.Context(), places{"alpha": at(stubborn)}); err != nil {
		t.Fatal(err)
	}

	other := h.start("other", places{"alpha": here, "beta": here}, peerOf(main))
	if err := main.Apply(t.Context(), places{"alpha": at(other), "beta": at(other)}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*Process{follower, stubborn, told} {
		eventually(t, "beta's place", at(other).String(), func() string { return p.Place("beta").String() })
	}
	wantAnswerFrom(t, follower, "other")
	wantAnswerFrom(t, stubborn, "stubborn")
	wantAnswerFrom(t, told, "stubborn")
}

// TestAProcessHearsItsPeerWhileItDrains: the place it follows to may be left before the
// calls at the old one have ended.
func TestAProcessHearsItsPeerWhileItDrains(t *testing.T) {
	h := newHouse(t)
	h.entered, h.leave = make(chan struct{}), make(chan struct{})
	main := h.start("main", nil)
	one := h.start("one", places{"alpha": here}, peerOf(main))
	two := h.start("two", places{"alpha": here}, peerOf(main))
	edge := h.start("edge", places{"alpha": here}, peerOf(main), func(o *Options) { o.DrainTimeout = time.Hour })
	ended := make(chan struct{})
	go func() { defer close(ended); ask(t, edge) }()
	<-h.entered
	defer func() { close(h.leave); <-ended }()
	edge.mu.Lock()
	delete(edge.own, "alpha") // from here on it follows
	edge.mu.Unlock()
	for _, next := range []*Process{one, two} {
		if err := main.Apply(t.Context(), places{"alpha": at(next)}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "alpha's place in the process that drains", at(next).String(), func() string { return edge.Place("alpha").String() })
	}
}

func TestAProcessWhosePeerNamesItForAModuleItDoesNotRunDoesNotCallItself(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	p := h.start("mover", places{"alpha": here}, peerOf(main))
	if err := main.Apply(t.Context(), places{"alpha": at(p)}); err != nil {
		t.Fatal(err)
	}
	other := h.start("other", places{"alpha": here}, peerOf(main))
	if err := p.Apply(t.Context(), places{"alpha": at(other)}); err != nil {
		t.Fatal(err)
	}
	// main says that alpha is at p, and p passes calls on.
	wantAnswerFrom(t, main, "other")
	wantAnswerFrom(t, p, "other")
	if err := p.Apply(t.Context(), places{"alpha": at(main)}); err == nil {
		t.Error("a process was pointed to one that points back")
	}
	wantAnswerFrom(t, p, "other")
}

func TestAModuleWhoseProcessDiesIsUnavailableUntilItIsBack(t *testing.T) {
	h := newHouse(t)
	address := freeAddress(t)
	listen := func(o *Options) { o.Listen = address }
	main := h.start("main", nil)
	other := h.start("other", places{"alpha": here}, peerOf(main), listen)
	if err := main.Apply(t.Context(), places{"alpha": at(other)}); err != nil {
		t.Fatal(err)
	}
	edge := h.start("edge", nil, peerOf(main))
	wantAnswerFrom(t, edge, "other")

	stop(t, other)
	for _, p := range []*Process{main, edge} {
		began := time.Now()
		if _, err := ask(t, p); status.Code(err) != codes.Unavailable {
			t.Errorf("got %v, want Unavailable", err)
		}
		// The promised deadline of the call is 5 s; this is not to measure
		// speed but to tell a refusal from running into it.
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("an unavailable module was known to be so after %s", took)
		}
	}
	h.start("again", places{"alpha": here}, peerOf(main), listen)
	for _, p := range []*Process{main, edge} {
		eventually(t, "alpha's process", "again", func() string { got, _ := ask(t, p); return got })
	}
}

func TestAStartWithoutItsPeerFailsAndLeavesNothing(t *testing.T) {
	h := newHouse(t)
	p := h.create("alone", func(o *Options) { o.Peer = freeAddress(t) })
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := p.Start(ctx, nil)
	wantError(t, err, "peer "+p.o.Peer, "connection refused")
	if strings.Contains(err.Error(), "desc =") {
		t.Errorf("the error speaks of gRPC: %v", err)
	}
	h.start("next", nil, func(o *Options) { o.Listen = p.Address() }) // its port is free again
}

func TestAStartSaysThatItWaitsForItsPeer(t *testing.T) {
	h := newHouse(t)
	address := freeAddress(t)
	var log warnings
	edge := h.create("edge", func(o *Options) {
		o.Peer, o.Log = address, slog.New(slog.NewTextHandler(&log, nil))
	})
	started := make(chan error, 1)
	go func() { started <- edge.Start(t.Context(), nil) }()
	eventually(t, "the edge says that it waits", true, func() bool {
		said := log.String()
		return strings.Contains(said, "waiting for the peer") && strings.Contains(said, address) && strings.Contains(said, "connection refused")
	})
	h.start("main", nil, func(o *Options) { o.Listen = address })
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	if said := log.String(); strings.Count(said, "waiting") != 1 {
		t.Errorf("want one line about the wait, got %s", said)
	}
}

// TestAStartSaysThatItsPeerIsSlow: one that takes the connection and does not answer.
func TestAStartSaysThatItsPeerIsSlow(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes connections, and no process reads
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	h := newHouse(t)
	var log warnings
	edge := h.create("edge", func(o *Options) {
		o.Peer, o.Log = silent.Addr().String(), slog.New(slog.NewTextHandler(&log, nil))
	})
	ctx, cancel := context.WithCancel(t.Context())
	started := make(chan error, 1)
	go func() { started <- edge.Start(ctx, nil) }()
	eventually(t, "the edge says that it waits", true, func() bool { return strings.Contains(log.String(), "waiting for the peer's first answer") })
	cancel()
	if err := <-started; err == nil {
		t.Error("it has started without its peer")
	}
}

func TestAStartSaysWhichModuleIsSlow(t *testing.T) {
	h := newHouse(t)
	var log warnings
	isSaid := func() bool {
		said := log.String()
		return strings.Contains(said, "a module starts slowly") && strings.Contains(said, "module=beta")
	}
	h.start("main", nil, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		create := o.Definitions[0].New
		o.Definitions[0].New = func(host module.Host) (*module.Instance, error) {
			for deadline := time.Now().Add(patience); !isSaid() && time.Now().Before(deadline); {
				time.Sleep(5 * time.Millisecond)
			}
			return create(host)
		}
	})
	eventually(t, "the start says that beta is slow", true, isSaid)
}

func TestAModuleThatCannotStartIsDownAndTheOthersAreNot(t *testing.T) {
	h := newHouse(t)
	var well atomic.Bool
	p := h.start("main", nil, func(o *Options) {
		create := o.Definitions[0].New
		o.Definitions[0].New = func(host module.Host) (*module.Instance, error) {
			if !well.Load() {
				return nil, errors.New("its provider is away")
			}
			return create(host)
		}
	})
	wantAnswerFrom(t, p, "main")
	wantError(t, p.Health("beta"), "its provider is away")
	pass := func() error {
		_, err := probev1.NewRelayServiceClient(p.Connect(tester, "beta")).Pass(t.Context(), &probev1.PassRequest{})
		return err
	}
	if err := pass(); status.Code(err) != codes.Unavailable {
		t.Errorf("a call of the module that is down: got %v, want Unavailable", err)
	}
	well.Store(true)
	eventually(t, "beta's answer", "", func() string { return status.Convert(pass()).Message() })
	if _, pending := p.Wish("beta"); pending {
		t.Error("beta is where it is wanted, and still said to be on its way")
	}
}

func TestAStartOfAllOrNothingStopsWhatHadStarted(t *testing.T) {
	h := newHouse(t)
	p := h.create("broken", func(o *Options) {
		o.AllOrNothing = true
		o.Definitions[0].Migrations = nil // beta hears events and has no database
	})
	wantError(t, p.Start(t.Context(), nil), "start beta", "need a database")
	if got := h.trace("broken", "alpha").open.Load() + h.trace("broken", "beta").open.Load(); got != 0 {
		t.Errorf("%d modules are left open", got)
	}
	h.start("next", nil) // the broker's directory is free again
}
