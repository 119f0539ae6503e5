package process

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"galleria/platform/events"
	"galleria/platform/module"
	"galleria/platform/route"
)

func TestStopLetsCallsFinishThatAreInFlight(t *testing.T) {
	for _, from := range []string{"the same process", "another process"} {
		t.Run(from, func(t *testing.T) {
			h := newHouse(t)
			h.entered, h.leave = make(chan struct{}), make(chan struct{})
			main := h.start("main", nil)
			caller := main
			if from == "another process" {
				caller = h.start("edge", nil, peerOf(main))
			}
			answer := make(chan error, 1)
			go func() { _, err := ask(t, caller); answer <- err }()
			<-h.entered
			stopped := make(chan struct{})
			go func() { defer close(stopped); stop(t, main) }()
			<-main.life.Done()
			time.Sleep(100 * time.Millisecond) // in which a stop that does not wait would be over
			if h.trace("main", "alpha").open.Load() == 0 {
				t.Error("alpha was closed while a call was in it")
			}
			close(h.leave)
			if err := <-answer; err != nil {
				t.Errorf("the call in flight failed: %v", err)
			}
			<-stopped
			if got := h.trace("main", "alpha").open.Load(); got != 0 {
				t.Errorf("alpha is open after the stop")
			}
		})
	}
}

func TestStopEndsWithItsContextWhateverHangs(t *testing.T) {
	for name, hang := range map[string]func(t *testing.T, h *house, main *Process){
		"a call from another process": func(t *testing.T, h *house, main *Process) {
			edge := h.start("edge", nil, peerOf(main))
			go ask(t, edge)
			<-h.entered
		},
		"a call in the process": func(t *testing.T, h *house, main *Process) {
			go ask(t, main)
			<-h.entered
		},
		"a move that drains": func(t *testing.T, h *house, main *Process) {
			go ask(t, main)
			<-h.entered
			other := h.start("other", places{"alpha": here}, peerOf(main))
			moved := make(chan struct{})
			go func() { defer close(moved); main.Apply(context.Background(), places{"alpha": at(other)}) }()
			t.Cleanup(func() {
				select {
				case <-moved:
				case <-time.After(patience):
					t.Error("the move went on waiting after the stop had run out of time")
				}
			})
			eventually(t, "alpha's place", at(other).String(), func() string { return main.Place("alpha").String() })
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.entered, h.leave = make(chan struct{}), make(chan struct{})
			t.Cleanup(func() { close(h.leave) })
			main := h.start("main", nil, func(o *Options) { o.DrainTimeout = time.Hour })
			hang(t, h, main)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- main.Stop(ctx) }()
			select {
			case err := <-done:
				if name != "a move that drains" && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got error %v, want one that says that time ran out", err)
				}
			case <-time.After(patience):
				t.Fatal("Stop went on after its context had ended")
			}
		})
	}
}

// TestStopLetsCallsFinishInAModuleThatHasMovedAway a moment ago.
func TestStopLetsCallsFinishInAModuleThatHasMovedAway(t *testing.T) {
	h := newHouse(t)
	h.entered, h.leave = make(chan struct{}), make(chan struct{})
	main := h.start("main", nil)
	other := h.start("other", places{"alpha": here}, peerOf(main))
	moved, ended := leftWithACall(t, h, main, other)
	stopped := make(chan struct{})
	go func() { defer close(stopped); stop(t, main) }()
	<-main.life.Done()
	time.Sleep(100 * time.Millisecond) // in which a stop that does not wait would be over
	close(h.leave)
	if err := <-ended; err != nil {
		t.Errorf("the call in flight failed: %v", err)
	}
	<-stopped
	<-moved
	if got := h.trace("main", "alpha").open.Load(); got != 0 {
		t.Error("alpha is open after the stop")
	}
}

// TestAStopLeavesTimeToTheOthersWhenAModuleThatHasMovedAwayHangs, half of its own.
func TestAStopLeavesTimeToTheOthersWhenAModuleThatHasMovedAwayHangs(t *testing.T) {
	h := newHouse(t)
	h.entered, h.leave = make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	main := h.start("main", nil, func(o *Options) {
		for i, d := range o.Definitions {
			if d.Name != "beta" {
				continue
			}
			o.Definitions[i].New = func(host module.Host) (*module.Instance, error) {
				instance, err := d.New(host)
				instance.Close = func() error {
					if ctx.Err() != nil {
						t.Error("beta was closed when the time of the stop was over")
					}
					close(h.leave)
					return nil
				}
				return instance, err
			}
		}
	})
	other := h.start("other", places{"alpha": here}, peerOf(main))
	moved, ended := leftWithACall(t, h, main, other)
	if err := main.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
	<-ended
	<-moved
}

func TestModulesStopInReverseOrderOfNeed(t *testing.T) {
	h := newHouse(t)
	var mu sync.Mutex
	var order []string
	p := h.start("main", nil, func(o *Options) {
		for i, d := range o.Definitions {
			made := d.New
			o.Definitions[i].New = func(host module.Host) (*module.Instance, error) {
				instance, err := made(host)
				instance.Close = func() error {
					mu.Lock()
					defer mu.Unlock()
					order = append(order, d.Name)
					return nil
				}
				return instance, err
			}
		}
	})
	stop(t, p)
	if want := []string{"beta", "alpha"}; !slices.Equal(order, want) {
		t.Errorf("stopped in the order %v, want %v: beta needs alpha", order, want)
	}
}

func TestTheBrokerIsThereUntilTheModulesHaveStopped(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", places{"alpha": here, "beta": route.Remote(freeAddress(t))})
	var log warnings
	var side *Process
	side = h.start("side", places{"beta": here}, peerOf(main), func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
		made := o.Definitions[0].New
		o.Definitions[0].New = func(host module.Host) (*module.Instance, error) {
			instance, err := made(host)
			instance.Close = func() error {
				time.Sleep(100 * time.Millisecond) // in which a lost connection would be noticed
				if !side.EventsConnected() {
					t.Error("the broker can't be reached any more while a module stops")
				}
				return nil
			}
			return instance, err
		}
	})
	eventually(t, "the broker is reached", true, side.EventsConnected)
	stop(t, side)
	if said := log.String(); said != "" {
		t.Errorf("nothing was wrong, and the log says: %s", said)
	}
}

// warnings is what a process complained about.
type warnings struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *warnings) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *warnings) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func TestStopBreaksOffWhatIsSoughtAndFollowed(t *testing.T) {
	before := goleak.IgnoreCurrent()
	h := newHouse(t)
	main := h.start("main", places{"beta": here, "alpha": route.Remote(freeAddress(t))})
	edge := h.start("edge", nil, peerOf(main))
	stop(t, edge)
	stop(t, main)
	if err := goleak.Find(before); err != nil {
		t.Errorf("left behind after the stop: %v", err)
	}
	stop(t, main) // again is no harm
	wantError(t, main.Apply(t.Context(), places{"alpha": here}), "the process is stopping")
	wantError(t, main.Start(t.Context(), nil), "the process is stopping")
}

func TestAStopDuringAMoveEndsBoth(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	edge := h.start("edge", nil, peerOf(main))
	other := h.start("other", places{"alpha": here}, peerOf(main))
	var moves sync.WaitGroup
	for _, p := range []*Process{main, edge} {
		moves.Go(func() {
			for i := 0; ; i++ {
				to := here
				if i%2 == 0 {
					to = at(other)
				}
				if err := p.Apply(t.Context(), places{"alpha": to}); errors.Is(err, errStopping) {
					return
				}
			}
		})
	}
	eventually(t, "moves are under way", true, func() bool { return h.trace("main", "alpha").open.Load() == 0 })
	stop(t, edge)
	stop(t, main)
	moves.Wait()
	if got := h.trace("main", "alpha").open.Load() + h.trace("edge", "alpha").open.Load(); got != 0 {
		t.Errorf("%d alphas are open after the stop", got)
	}
}

func TestStopDoesNotWaitForThoseWhoWatch(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	conn, err := route.Dial(main.Address(), h.identity(tester).Client())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	watch, err := healthv1.NewHealthClient(conn).Watch(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Recv(); err != nil {
		t.Fatal(err)
	}
	stop(t, main)
	for err == nil {
		_, err = watch.Recv()
	}
}

func TestAChangeBeforeTheStartIsRefused(t *testing.T) {
	h := newHouse(t)
	p := h.create("main")
	wantError(t, p.Apply(t.Context(), places{"alpha": here}), "has not been started")
	if err := p.Start(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	wantAnswerFrom(t, p, "main")
	q := h.create("never started")
	stop(t, q)
}

func TestAStoreThatIsNotThePinnedOneIsRefused(t *testing.T) {
	h := newHouse(t)
	stop(t, h.start("main", nil))
	for _, file := range []string{"alpha.db", "alpha.db-wal", "alpha.db-shm"} { // it was lost
		if err := os.Remove(filepath.Join(h.dir, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	pin := filepath.Join(h.dir, "stores", "alpha")
	again := h.start("again", nil)
	wantError(t, again.Health("alpha"), "start alpha: its store is", "works on store", "if the store was replaced on purpose, remove "+pin)
	if got := h.trace("again", "alpha").open.Load(); got != 0 {
		t.Error("alpha was made on a store that is not its own")
	}
	if err := os.Remove(pin); err != nil {
		t.Fatal(err)
	}
	eventually(t, "alpha's process", "again", func() string { got, _ := ask(t, again); return got })
}

func TestOneOfManyPinsTheStore(t *testing.T) {
	for range 20 {
		p := pins{filepath.Join(t.TempDir(), "stores")}
		var at sync.WaitGroup
		var mu sync.Mutex
		accepted := map[string]int{}
		begin := make(chan struct{})
		for i := range 8 {
			at.Go(func() {
				id := []string{"one", "two"}[i%2]
				<-begin
				if p.check("alpha", id, 1) == nil {
					mu.Lock()
					accepted[id]++
					mu.Unlock()
				}
			})
		}
		close(begin)
		at.Wait()
		pinned, err := p.read("alpha")
		if err != nil || len(accepted) != 1 || accepted[pinned.Store] != 4 {
			t.Fatalf("pinned %v (error %v), accepted %v, want all of one and none of the other", pinned, err, accepted)
		}
		if left, _ := os.ReadDir(p.dir); len(left) != 1 {
			t.Errorf("%d files are left in the directory, want the pin", len(left))
		}
		if err := p.check("alpha", "", 0); err != nil {
			t.Errorf("a module without a store: %v", err)
		}
	}
}

func TestWhatWasNotPublishedBeforeTheStopIsPublishedAfterTheStart(t *testing.T) {
	h := newHouse(t)
	h.repaired.Store(true)
	main := h.start("main", nil)
	makeNotes(t, main, 30)
	stop(t, main)
	main = h.start("again", nil)
	wantHeard(t, main, 30)
	eventually(t, "outbox", 0, func() int64 {
		n, err := events.Backlog(t.Context(), main.Running("alpha").DB)
		if err != nil {
			t.Fatal(err)
		}
		return n
	})
}

// TestAStopDoesNotWaitForAProcessThatHangs: one that says nothing, and asked for nothing,
// is not given the time that one gets whose calls are under way.
func TestAStopDoesNotWaitForAProcessThatHangs(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	way := newStandstill(t, main.Address())
	other := h.start("other", nil, func(o *Options) { o.Peer = way.address })
	wantAnswerFrom(t, other, "main")
	way.hang()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // gRPC would wait for five
	defer cancel()
	if err := main.Stop(ctx); err != nil {
		t.Errorf("got %v, want the stop over", err)
	}
}

// standstill is a way to a process that can be made to hang: what is sent on it is taken,
// and comes out nowhere.
type standstill struct {
	address string
	hangs   atomic.Bool
}

func (s *standstill) hang() { s.hangs.Store(true) }

func newStandstill(t *testing.T, to string) *standstill {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &standstill{address: listener.Addr().String()}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	pass := func(from, to net.Conn) {
		buffer := make([]byte, 32<<10)
		for {
			n, err := from.Read(buffer)
			if err == nil && s.hangs.Load() {
				continue
			}
			if err == nil {
				_, err = to.Write(buffer[:n])
			}
			if err != nil {
				if !s.hangs.Load() {
					to.Close()
				}
				return
			}
		}
	}
	all.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				continue
			}
			mu.Lock()
			open = append(open, near, far)
			mu.Unlock()
			all.Go(func() { pass(near, far) })
			all.Go(func() { pass(far, near) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return s
}

// TestAStartWaitsForTheProcessBeforeIt which may take its time to stop, and closes the
// broker last.
func TestAStartWaitsForTheProcessBeforeIt(t *testing.T) {
	h := newHouse(t)
	var log book
	before := h.start("before", nil)
	next := h.create("next", logTo(&log))
	started := make(chan error, 1)
	go func() { started <- next.Start(t.Context(), nil) }()
	eventually(t, "it says that it waits", true, func() bool { return log.has("waiting for another process") })
	stop(t, before)
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	wantAnswerFrom(t, next, "next")
}
