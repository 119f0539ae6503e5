package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"gorm.io/gorm"

	"galleria/platform/certs"
	"galleria/platform/database"
	"galleria/platform/events"
	"galleria/platform/module"
	"galleria/platform/route"
	probev1 "galleria/platform/route/probe/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is when a test gives up. It is not a limit on speed.
const patience = 60 * time.Second

// The outside caller of the tests, and one that needs less than it asks for.
const (
	tester   = "tester"
	stranger = "stranger"
)

var here = route.Local()

func at(p *Process) route.Place { return route.Remote(p.Address()) }

var notes = fstest.MapFS{"0001_notes.sql": {Data: []byte(`-- +goose Up
CREATE TABLE notes (n BIGINT PRIMARY KEY, text TEXT NOT NULL);
-- +goose Down
DROP TABLE notes;
`)}}

// house is an installation: processes on one data directory, under one
// authority, with two modules. beta needs alpha and hears of what it notes.
type house struct {
	t         *testing.T
	dir       string
	authority *certs.Authority
	log       *slog.Logger
	// entered and leave, if set, hold every Echo: it says that it began, and
	// waits. It ignores its context, as badly written code does.
	entered, leave chan struct{}
	// repaired lets beta handle what it failed on before.
	repaired atomic.Bool

	mu     sync.Mutex
	traces map[string]*trace
}

func newHouse(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	authority, err := certs.OpenAuthority(dir + "/certs")
	if err != nil {
		t.Fatal(err)
	}
	return &house{t: t, dir: dir, authority: authority, log: slog.New(slog.DiscardHandler), traces: map[string]*trace{}}
}

// options are those of a process that may speak for everybody.
func (h *house) options(name string) Options {
	return Options{
		Definitions: h.definitions(name), Outside: map[string][]string{tester: {"alpha", "beta"}, stranger: {"beta"}},
		Dir: h.dir, Listen: "127.0.0.1:0", Identity: h.everything(),
		Log: h.log.With("process", name), LeaseTTL: time.Second,
	}
}

// everything is the identity of a process that others learn from.
func (h *house) everything() *certs.Identity {
	h.t.Helper()
	identity, err := certs.FromAuthority(h.authority, certs.Everything)
	if err != nil {
		h.t.Fatal(err)
	}
	return identity
}

// identity is that of a process that speaks for callers and serves those of them
// that are modules.
func (h *house) identity(callers ...string) *certs.Identity {
	h.t.Helper()
	rights := certs.Rights{Speaks: callers}
	for _, caller := range callers {
		if caller == "alpha" || caller == "beta" {
			rights.Serves = append(rights.Serves, caller)
		}
	}
	identity, err := certs.FromAuthority(h.authority, rights)
	if err != nil {
		h.t.Fatal(err)
	}
	return identity
}

type places map[string]route.Place

// start starts a process, which is stopped when the test ends.
func (h *house) start(name string, wanted places, change ...func(*Options)) *Process {
	h.t.Helper()
	p := h.create(name, change...)
	if err := p.Start(h.t.Context(), wanted); err != nil {
		h.t.Fatalf("start %s: %v", name, err)
	}
	return p
}

func (h *house) create(name string, change ...func(*Options)) *Process {
	h.t.Helper()
	o := h.options(name)
	for _, c := range change {
		c(&o)
	}
	p, err := New(o)
	if err != nil {
		h.t.Fatalf("new %s: %v", name, err)
	}
	h.t.Cleanup(func() { stop(h.t, p) })
	return p
}

func peerOf(p *Process) func(*Options) {
	return func(o *Options) { o.Peer = p.Address() }
}

func stop(t *testing.T, p *Process) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// trace is what is seen of one module in one process.
type trace struct {
	calls                  atomic.Int64
	running, working, open atomic.Int64
}

func (h *house) trace(process, module string) *trace {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := process + "/" + module
	if h.traces[key] == nil {
		h.traces[key] = &trace{}
	}
	return h.traces[key]
}

func (h *house) definitions(process string) []module.Definition {
	return []module.Definition{
		{
			Name: "beta", Contract: &probev1.RelayService_ServiceDesc, Needs: []string{"alpha"}, Migrations: notes,
			Hears: []proto.Message{&probev1.Noted{}},
			New: func(host module.Host) (*module.Instance, error) {
				b := &beta{house: h, alpha: probev1.NewProbeServiceClient(host.Need("alpha"))}
				instance := h.trace(process, "beta").instance(b)
				instance.Subscriptions = []events.Subscription{events.On(b.noted)}
				return instance, nil
			},
		},
		{
			Name: "alpha", Contract: &probev1.ProbeService_ServiceDesc, Migrations: notes,
			New: func(host module.Host) (*module.Instance, error) {
				tr := h.trace(process, "alpha")
				return tr.instance(&alpha{house: h, process: process, db: host.DB, trace: tr}), nil
			},
		},
	}
}

func (tr *trace) instance(server any) *module.Instance {
	tr.open.Add(1)
	during := func(count *atomic.Int64) func(context.Context) error {
		return func(ctx context.Context) error {
			count.Add(1)
			defer count.Add(-1)
			<-ctx.Done()
			return nil
		}
	}
	return &module.Instance{
		Server: server, Run: during(&tr.running),
		Work:  map[string]func(context.Context) error{"tidy": during(&tr.working)},
		Close: func() error { tr.open.Add(-1); return nil },
	}
}

// alpha answers with the name of the process it runs in, and notes.
type alpha struct {
	probev1.UnimplementedProbeServiceServer
	house   *house
	process string
	db      *database.DB
	trace   *trace
}

func (a *alpha) Echo(ctx context.Context, _ *probev1.EchoRequest) (*probev1.EchoResponse, error) {
	a.trace.calls.Add(1)
	if a.house.entered != nil {
		a.house.entered <- struct{}{}
		<-a.house.leave
	}
	if a.trace.open.Load() == 0 {
		return nil, status.Error(codes.FailedPrecondition, "called after it was closed")
	}
	if err := a.db.Ping(ctx); err != nil { // finds a database that was closed too early
		return nil, err
	}
	return &probev1.EchoResponse{Everything: &probev1.Everything{Text: a.process}}, nil
}

// Once notes the next number and publishes that.
func (a *alpha) Once(ctx context.Context, _ *probev1.OnceRequest) (*probev1.OnceResponse, error) {
	return &probev1.OnceResponse{}, a.db.Write(ctx, func(tx *gorm.DB) error {
		var n int64
		if err := tx.Raw("SELECT COUNT(*) + 1 FROM notes").Scan(&n).Error; err != nil {
			return err
		}
		if err := note(tx, fmt.Sprint(n)); err != nil {
			return err
		}
		return events.Append(tx, time.Now(), "notes", &probev1.Noted{Text: fmt.Sprint(n)})
	})
}

func note(tx *gorm.DB, text string) error {
	return tx.Exec("INSERT INTO notes (n, text) VALUES ((SELECT COUNT(*) + 1 FROM notes), ?)", text).Error
}

// beta passes calls on to alpha, and notes what alpha notes.
type beta struct {
	probev1.UnimplementedRelayServiceServer
	house *house
	alpha probev1.ProbeServiceClient
}

func (b *beta) Pass(ctx context.Context, _ *probev1.PassRequest) (*probev1.PassResponse, error) {
	got, err := b.alpha.Echo(ctx, &probev1.EchoRequest{})
	return &probev1.PassResponse{Text: got.GetEverything().GetText()}, err
}

// unlucky is the note beta fails on until it is repaired.
const unlucky = "13"

func (b *beta) noted(_ context.Context, tx *gorm.DB, event *probev1.Noted, _ events.Meta) error {
	if event.GetText() == unlucky && !b.house.repaired.Load() {
		return errors.New("no thirteen in this house")
	}
	return note(tx, event.GetText())
}

// ask calls alpha from p, and returns the process that answered.
func ask(t *testing.T, p *Process) (string, error) {
	t.Helper()
	got, err := probev1.NewProbeServiceClient(p.Connect(tester, "alpha")).Echo(t.Context(), &probev1.EchoRequest{})
	return got.GetEverything().GetText(), err
}

func wantAnswerFrom(t *testing.T, p *Process, want string) {
	t.Helper()
	if got, err := ask(t, p); got != want || err != nil {
		t.Errorf("alpha was answered by %q with error %v, want %q", got, err, want)
	}
}

// eventually waits until got returns want.
func eventually[V comparable](t *testing.T, what string, want V, got func() V) {
	t.Helper()
	var last V
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if last = got(); last == want {
			return
		}
	}
	t.Fatalf("%s: got %v, want %v", what, last, want)
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("got error %v, want one that says %q", err, part)
		}
	}
}
