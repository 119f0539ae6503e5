package process

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/events"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
	probev1 "galleria/platform/route/probe/v1"
)

// book is a log that can be read while it is written.
type book struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *book) has(parts ...string) bool { return b.lines(parts...) > 0 }

// lines counts those that have all parts.
func (b *book) lines(parts ...string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for line := range strings.Lines(b.text.String()) {
		all := true
		for _, part := range parts {
			all = all && strings.Contains(line, part)
		}
		if all {
			n++
		}
	}
	return n
}

func logTo(b *book) func(*Options) {
	return func(o *Options) { o.Log = slog.New(slog.NewTextHandler(b, nil)) }
}

// foreignPeer is a way to p for a process that has a certificate for callers, and
// does with it what it likes.
func (h *house) foreignPeer(p *Process, callers ...string) *peer {
	h.t.Helper()
	conn, err := route.Dial(p.Address(), h.identity(callers...).Client())
	if err != nil {
		h.t.Fatal(err)
	}
	own := newPeer(conn)
	h.t.Cleanup(func() { own.close() })
	return own
}

// receive runs a subscriber named beta through a tunnel of that peer.
func (h *house) receive(way *peer) *events.Subscriber {
	h.t.Helper()
	db, err := database.Open(h.t.Context(), database.Options{Module: "beta", Dir: h.t.TempDir(), Migrations: notes, Log: h.log})
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := events.Connect(h.t.Context(), events.ConnectOptions{Dialer: way, Log: h.log})
	if err != nil {
		h.t.Fatal(err)
	}
	s, err := events.NewSubscriber("beta", db, c, []events.Subscription{
		events.On(func(context.Context, *gorm.DB, *probev1.Noted, events.Meta) error { return nil })}, events.SubscriberOptions{Log: h.log})
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	h.t.Cleanup(func() { cancel(); <-done; c.Close(); db.Close(context.Background()) })
	return s
}

func TestATunnelIsForTheModulesOfItsCertificate(t *testing.T) {
	h := newHouse(t)
	h.repaired.Store(true)
	var log book
	main := h.start("main", places{"alpha": here, "beta": route.Remote("127.0.0.1:1")}, logTo(&log))
	// It may do the work of all modules, and passes tunnels on.
	between := h.start("between", places{"alpha": at(main), "beta": route.Remote("127.0.0.1:1")}, peerOf(main))
	makeNotes(t, main, 3)

	for name, p := range map[string]*Process{"directly": main, "through a process with more rights": between} {
		before := h.receive(h.foreignPeer(p, "alpha", tester))
		eventually(t, name+": the refusal is in the log", true, func() bool { return log.has("keeper.consumer.beta", "Violation") })
		if got := before.Stats(); got != (events.SubscriberStats{}) {
			t.Errorf("%s: a process with the certificate for alpha received beta's events: %+v", name, got)
		}
		log.mu.Lock()
		log.text.Reset()
		log.mu.Unlock()
	}
	s := h.receive(h.foreignPeer(between, "beta"))
	eventually(t, "events received with the certificate for beta", 3, func() uint64 { return s.Stats().Handled })
}

func TestATunnelNeedsACertificateForAModule(t *testing.T) {
	h := newHouse(t)
	var log book
	main := h.start("main", nil, logTo(&log))
	stream, err := processv1.NewProcessServiceClient(h.foreignPeer(main, stranger).conn).Tunnel(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.PermissionDenied {
		t.Errorf("got error %v, want it denied", err)
	}
	if !log.has("refused at the door", "Tunnel") {
		t.Error("the log does not have the refusal")
	}
}

func TestOneProcessCantUseUpTheConnectionsOfTheBroker(t *testing.T) {
	h := newHouse(t)
	h.repaired.Store(true)
	var log book
	main := h.start("main", nil, logTo(&log))
	way := h.foreignPeer(main, "alpha")
	var open sync.WaitGroup
	defer open.Wait()
	ended := make(chan struct{}, 300)
	for range 300 {
		conn, err := way.tunnel(0, "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		open.Go(func() {
			io.Copy(io.Discard, conn)
			ended <- struct{}{}
		})
	}
	for range 300 - maxTunnels {
		<-ended
	}
	if !log.has("refused at the door", "tunnels to the event broker open already") {
		t.Error("the log does not have the refusal")
	}
	// Those of this process are there as before.
	makeNotes(t, main, 3)
	wantHeard(t, main, 3)
}

func TestThePasswordOfAnExternalBrokerIsNotHandedOut(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil, func(o *Options) { o.BrokerURL = "nats://user:s3cret@127.0.0.1:1" })
	_, said, err := introduced(t, h.foreignPeer(main, "alpha"), &processv1.Member{Process: "curious"})
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := proto.Marshal(said); strings.Contains(string(text), "s3cret") || !said.GetBrokerExternal() {
		t.Errorf("the process is told %v, want that the broker is external and nothing more", said)
	}
	other := h.create("other", peerOf(main))
	wantError(t, other.Start(t.Context(), nil), "the event broker is an external one", "events.url")
}
