package events

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestASecondBrokerOnOneDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := openBroker(t, dir)
	if b, err := OpenBroker(BrokerOptions{Dir: dir, Log: quietLog}); err == nil {
		closeBroker(t, b)
		t.Fatal("the second broker was opened")
	} else if !strings.Contains(err.Error(), "another process runs the broker") {
		t.Errorf("got %v, want the reason", err)
	}
	closeBroker(t, first)
	openBroker(t, dir)
}

func TestBrokerListensOnNoPort(t *testing.T) {
	t.Parallel()
	b := openBroker(t, t.TempDir())
	if got := b.server.Addr(); got != nil {
		t.Errorf("the broker listens on %v, want nowhere", got)
	}
}

func TestBrokerSyncsEveryEventToDisk(t *testing.T) {
	t.Parallel()
	b := openBroker(t, t.TempDir())
	if got := b.server.JetStreamConfig(); !got.SyncAlways {
		t.Errorf("sync always: got false in %+v", got)
	}
}

func TestConnectNeedsOneWayToTheBroker(t *testing.T) {
	t.Parallel()
	for _, o := range []ConnectOptions{{}, {URL: "nats://localhost:1", Dialer: &tunnel{}}} {
		if c, err := Connect(t.Context(), o); err == nil {
			c.Close()
			t.Errorf("Connect(%+v) succeeded", o)
		}
	}
}

func TestSettingsTheOperatorMadeOnTheStreamStay(t *testing.T) {
	t.Parallel()
	c := connect(t, openBroker(t, t.TempDir()))
	s, err := c.stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.Description, cfg.MaxAge = "ours", MaxAge/2
	if _, err := c.js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if s, err = c.stream(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.CachedInfo().Config; got.Description != "ours" || got.MaxAge != MaxAge {
		t.Errorf("got description %q and max age %s, want %q and %s", got.Description, got.MaxAge, "ours", MaxAge)
	}
}

// A system that outgrew the size bound must go on publishing without taking
// anything away from a subscriber that is behind.
func TestFullStreamDropsOnlyWhatEverySubscriberHasHandled(t *testing.T) {
	t.Parallel()
	broker, err := OpenBroker(BrokerOptions{Dir: t.TempDir(), MaxBytes: 64 << 10, Log: quietLog})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBroker(t, broker) })
	c := connect(t, broker)
	publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
	text := strings.Repeat("x", 1000)
	subscriber := newSubscriber(t, "reader", reader, c, onText(nil))

	// The subscriber has handled one event and is then away while the stream fills.
	publish(t, publisher, "a", text)
	start(t, newRelay(publisher, c).Run)
	stop := start(t, subscriber.Run)
	eventually(t, "effects", 1, func() int { return len(effectsOf(t, reader, "")) })
	stop()
	const n = 200
	for range n - 1 {
		publish(t, publisher, "a", text)
	}
	full := newRelay(publisher, c)
	if _, err := full.publishBatch(t.Context()); err == nil || !strings.Contains(err.Error(), "full of events") {
		t.Errorf("publishing into a full stream: got %v, want it refused", err)
	}

	start(t, subscriber.Run)
	eventually(t, "effects", n, func() int { return len(effectsOf(t, reader, "")) })
	if got := stored(t, c); got >= n {
		t.Errorf("the stream holds %d events, want fewer than %d: nothing was dropped", got, n)
	}
}

func TestBrokerPipeSpeaksNATS(t *testing.T) {
	t.Parallel()
	b := openBroker(t, t.TempDir())
	tu := &tunnel{}
	tu.to(b)
	c := connectThrough(t, tu)
	eventually(t, "connected", true, c.Connected)
	msg := nats.NewMsg("events.test.Any.a")
	if _, err := c.js.PublishMsg(t.Context(), msg, jetstream.WithExpectStream(StreamName)); err != nil {
		t.Fatalf("publish through the pipe: %v", err)
	}
	if got := stored(t, connect(t, b)); got != 1 {
		t.Errorf("events in the stream: got %d, want 1", got)
	}
}
