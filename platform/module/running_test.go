package module_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/events"
	"galleria/platform/module"
	probev1 "galleria/platform/route/probe/v1"
	"galleria/platform/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is when a test gives up. It is not a limit on speed.
const patience = 60 * time.Second

var notes = fstest.MapFS{"0001_notes.sql": {Data: []byte(`-- +goose Up
CREATE TABLE notes (text TEXT NOT NULL);
-- +goose Down
DROP TABLE notes;
`)}}

func environment(dir string) module.Environment {
	return module.Environment{
		Dir: dir, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: time.Now, LeaseTTL: time.Second,
		Connect: func(string) grpc.ClientConnInterface { return nil },
	}
}

func define(create func(module.Host) (*module.Instance, error)) module.Definition {
	return module.Definition{Name: "alpha", Contract: &probev1.ProbeService_ServiceDesc, Needs: []string{"beta"}, Hears: []proto.Message{&probev1.Noted{}}, Migrations: notes, New: create}
}

func with(instance *module.Instance) module.Definition {
	return define(func(module.Host) (*module.Instance, error) { return instance, nil })
}

func start(t *testing.T, d module.Definition, e module.Environment) *module.Running {
	t.Helper()
	r, err := module.Start(t.Context(), d, e)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() { stop(t, r) })
	return r
}

func stop(t *testing.T, r *module.Running) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("%s: did not come about", what)
}

func TestAStartThatFailsClosesWhatItOpened(t *testing.T) {
	failure := errors.New("no")
	closed := 0
	closing := func() error { closed++; return nil }
	work := func(context.Context) error { return nil }
	for name, c := range map[string]struct {
		definition module.Definition
		change     func(*module.Environment)
		reason     string
		closes     int
	}{
		"New fails":             {define(func(module.Host) (*module.Instance, error) { return nil, failure }), nil, "start alpha: no", 0},
		"New makes nothing":     {define(func(module.Host) (*module.Instance, error) { return nil, nil }), nil, "its New made nothing", 0},
		"the store is refused":  {with(&module.Instance{Close: closing}), func(e *module.Environment) { e.CheckStore = func(string, int64) error { return failure } }, "start alpha: no", 0},
		"work has a taken name": {with(&module.Instance{Close: closing, Work: map[string]func(context.Context) error{"relay": work}}), nil, `its work "relay" has a name that is taken`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			closed = 0
			var db *database.DB
			made := c.definition.New
			c.definition.New = func(h module.Host) (*module.Instance, error) {
				db = h.DB
				return made(h)
			}
			e := environment(t.TempDir())
			if c.change != nil {
				c.change(&e)
			}
			_, err := module.Start(t.Context(), c.definition, e)
			if err == nil || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("got error %v, want %q", err, c.reason)
			}
			if db != nil {
				if err := db.Write(t.Context(), func(*gorm.DB) error { return nil }); !errors.Is(err, database.ErrClosed) {
					t.Errorf("writing to the database of a module that did not start: got %v, want ErrClosed", err)
				}
			}
			if closed != c.closes {
				t.Errorf("what New opened was closed %d times, want %d", closed, c.closes)
			}
			// Nothing is left open that belongs to the database.
			if open := openFiles(t, e.Dir); len(open) != 0 {
				t.Errorf("files are left open: %v", open)
			}
		})
	}
}

// openFiles lists what this process has open below dir.
func openFiles(t *testing.T, dir string) []string {
	t.Helper()
	var open []string
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Logf("not seen on this system: %v", err)
	}
	for _, fd := range fds {
		if to, err := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); err == nil && strings.HasPrefix(to, dir) {
			open = append(open, to)
		}
	}
	return open
}

func TestAModuleWithoutADatabaseHasNoWorkUnderALease(t *testing.T) {
	work := map[string]func(context.Context) error{"tidy": func(context.Context) error { return nil }}
	heard := []events.Subscription{events.On(func(context.Context, *gorm.DB, *probev1.Noted, events.Meta) error { return nil })}
	for name, instance := range map[string]*module.Instance{"work": {Work: work}, "subscriptions": {Subscriptions: heard}} {
		d := with(instance)
		d.Migrations = nil
		if _, err := module.Start(t.Context(), d, environment(t.TempDir())); err == nil || !strings.Contains(err.Error(), "need a database") {
			t.Errorf("%s: got error %v, want one that says what is missing", name, err)
		}
	}
	d := with(&module.Instance{})
	d.Migrations = nil
	r := start(t, d, environment(t.TempDir()))
	if r.StoreID() != "" || r.Healthy(t.Context()) != nil {
		t.Errorf("got store %q and health %v, want none and well", r.StoreID(), r.Healthy(t.Context()))
	}
}

func TestAModuleGetsConnectionsToItsNeedsOnly(t *testing.T) {
	connected := ""
	e := environment(t.TempDir())
	e.Connect = func(callee string) grpc.ClientConnInterface { connected = callee; return nil }
	start(t, define(func(h module.Host) (*module.Instance, error) {
		h.Need("beta")
		return &module.Instance{}, nil
	}), e)
	if connected != "beta" {
		t.Errorf("connected to %q, want beta", connected)
	}
	var said any
	module.Start(t.Context(), define(func(h module.Host) (*module.Instance, error) {
		defer func() { said = recover() }()
		h.Need("gamma")
		return &module.Instance{}, nil
	}), environment(t.TempDir()))
	if want := "module alpha asks for gamma, which it does not list in Needs [beta]"; said != want {
		t.Errorf("got panic %v, want %q", said, want)
	}
}

func TestWorkUnderALeaseNeverOverlaps(t *testing.T) {
	dir := t.TempDir()
	var working, most, turns atomic.Int64
	definition := with(&module.Instance{Work: map[string]func(context.Context) error{"tidy": func(ctx context.Context) error {
		n := working.Add(1)
		defer working.Add(-1)
		for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
		}
		turns.Add(1)
		<-ctx.Done()
		return nil
	}}})
	one := start(t, definition, environment(dir))
	for i := range int64(4) { // one leaves to the next
		eventually(t, "a turn of work", func() bool { return turns.Load() == i+1 })
		next := start(t, definition, environment(dir))
		if one.StoreID() == "" || one.StoreID() != next.StoreID() {
			t.Errorf("got stores %q and %q, want the same", one.StoreID(), next.StoreID())
		}
		time.Sleep(200 * time.Millisecond) // in which the next tries to get the lease several times
		stop(t, one)
		one = next
	}
	if most.Load() != 1 {
		t.Errorf("%d worked at once under one lease", most.Load())
	}
}

func TestBackgroundWorkIsStartedAgainAfterItFailed(t *testing.T) {
	for name, fail := range map[string]func() error{
		"failure": func() error { return errors.New("no") },
		"panic":   func() error { panic("no") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var runs, works atomic.Int64
			failing := func(count *atomic.Int64) func(context.Context) error {
				return func(ctx context.Context) error {
					if count.Add(1) < 3 {
						return fail()
					}
					<-ctx.Done()
					return nil
				}
			}
			start(t, with(&module.Instance{Run: failing(&runs), Work: map[string]func(context.Context) error{"tidy": failing(&works)}}), environment(t.TempDir()))
			eventually(t, "Run goes on after two failures", func() bool { return runs.Load() == 3 })
			eventually(t, "Work goes on after two failures", func() bool { return works.Load() == 3 })
		})
	}
}

func TestFailuresOfBackgroundWorkAreLoggedWithTheirContext(t *testing.T) {
	var failed atomic.Bool
	logged := make(chan string, 1)
	e := environment(t.TempDir())
	e.Log = slog.New(logContexts{e.Log.Handler(), logged})
	start(t, with(&module.Instance{Run: func(ctx context.Context) error {
		if failed.CompareAndSwap(false, true) {
			return errors.New("no")
		}
		<-ctx.Done()
		return nil
	}}), e)
	select {
	case got := <-logged:
		if got == "" {
			t.Error("the log is not told whose work it is")
		}
	case <-time.After(20 * time.Second):
		t.Error("the failure is not logged")
	}
}

// logContexts tells which module the context of each error is of.
type logContexts struct {
	slog.Handler
	module chan string
}

func (l logContexts) WithAttrs([]slog.Attr) slog.Handler { return l }

func (l logContexts) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		select {
		case l.module <- telemetry.Module(ctx):
		default:
		}
	}
	return nil
}

func TestRunThatIsDoneIsNotStartedAgain(t *testing.T) {
	var runs atomic.Int64
	r := start(t, with(&module.Instance{Run: func(context.Context) error { runs.Add(1); return nil }}), environment(t.TempDir()))
	eventually(t, "Run ran", func() bool { return runs.Load() > 0 })
	stop(t, r)
	if runs.Load() != 1 {
		t.Errorf("Run ran %d times, want once", runs.Load())
	}
}

func TestStopEndsTheWorkBeforeItClosesTheDatabase(t *testing.T) {
	var last error
	var db *database.DB
	working := make(chan struct{})
	r, err := module.Start(t.Context(), define(func(h module.Host) (*module.Instance, error) {
		db = h.DB
		return &module.Instance{Work: map[string]func(context.Context) error{"tidy": func(ctx context.Context) error {
			close(working)
			<-ctx.Done()
			last = h.DB.Write(context.WithoutCancel(ctx), func(tx *gorm.DB) error {
				return tx.Exec("INSERT INTO notes (text) VALUES ('last words')").Error
			})
			return nil
		}}}, nil
	}), environment(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	<-working
	stop(t, r)
	if last != nil {
		t.Errorf("the last write of the work failed: %v", last)
	}
	if err := db.Write(t.Context(), func(*gorm.DB) error { return nil }); !errors.Is(err, database.ErrClosed) {
		t.Errorf("writing after the stop: got %v, want ErrClosed", err)
	}
}

func TestStopEndsWithItsContextWhenWorkHangs(t *testing.T) {
	release, working := make(chan struct{}), make(chan struct{})
	r, err := module.Start(t.Context(), with(&module.Instance{Run: func(context.Context) error {
		close(working)
		<-release
		return nil
	}}), environment(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	<-working
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "stop alpha: background work") {
		t.Errorf("got error %v, want one that says whose work did not end", err)
	}
	close(release)
}

func TestWithoutABrokerEventsStayInTheOutbox(t *testing.T) {
	r := start(t, with(&module.Instance{Subscriptions: []events.Subscription{
		events.On(func(context.Context, *gorm.DB, *probev1.Noted, events.Meta) error { return nil })}}), environment(t.TempDir()))
	if r.Subscriber != nil {
		t.Error("a subscriber runs without a broker")
	}
	err := r.DB.Write(t.Context(), func(tx *gorm.DB) error { return events.Append(tx, time.Now(), "a", &probev1.Noted{}) })
	if err != nil {
		t.Fatal(err)
	}
	if n, err := events.Backlog(t.Context(), r.DB); n != 1 || err != nil {
		t.Errorf("got %d events in the outbox and error %v, want 1", n, err)
	}
}
