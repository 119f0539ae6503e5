package events

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
	"gorm.io/gorm"

	"galleria/platform/database"
)

// patience is when a test gives up. It is not a limit on speed.
const patience = 60 * time.Second

var noBackoff = []time.Duration{time.Millisecond, time.Millisecond}

// effects deliberately has no unique key on the event: a second effect has to show.
var effectsTable = fstest.MapFS{"0001_effects.sql": {Data: []byte(`-- +goose Up
CREATE TABLE effects (n BIGINT PRIMARY KEY, event_id TEXT NOT NULL, aggregate TEXT NOT NULL, value TEXT NOT NULL);
-- +goose Down
DROP TABLE effects;
`)}}

// log keeps broken tests readable: what matters is in their own messages.
var quietLog = slog.New(slog.NewTextHandler(io.Discard, nil))

func dbOptions(dir string) database.Options { return database.Options{Module: "reader", Dir: dir} }

func openDB(t *testing.T, module, dir string) *database.DB {
	t.Helper()
	return open(t, database.Options{Module: module, Dir: dir})
}

func open(t testing.TB, o database.Options) *database.DB {
	t.Helper()
	o.Migrations, o.Log = effectsTable, quietLog
	db, err := database.Open(context.Background(), o)
	if err != nil {
		t.Fatalf("open the database: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(context.Background()); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return db
}

func openBroker(t *testing.T, dir string) *Broker {
	t.Helper()
	b, err := OpenBroker(BrokerOptions{Dir: dir, Log: quietLog})
	if err != nil {
		t.Fatalf("open the broker: %v", err)
	}
	t.Cleanup(func() { closeBroker(t, b) })
	return b
}

func closeBroker(t *testing.T, b *Broker) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		t.Errorf("close the broker: %v", err)
	}
}

func connect(t *testing.T, b *Broker) *Conn {
	t.Helper()
	c, err := b.Conn()
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	return c
}

// tunnel is how another process reaches the broker: each Dial opens the broker's
// pipe and copies between it and a connection of its own. Without a broker,
// dialling fails.
type tunnel struct {
	mu     sync.Mutex
	broker *Broker
	ends   []net.Conn
	copies sync.WaitGroup
}

func (tu *tunnel) to(b *Broker) {
	tu.mu.Lock()
	defer tu.mu.Unlock()
	tu.broker = b
	for _, end := range tu.ends {
		end.Close()
	}
	tu.ends = nil
}

func (tu *tunnel) Dial(string, string) (net.Conn, error) {
	tu.mu.Lock()
	defer tu.mu.Unlock()
	if tu.broker == nil {
		return nil, errors.New("no way to the broker")
	}
	far, err := tu.broker.Pipe(Rights{"another process", []string{"google", "test"}, []string{"reader"}})
	if err != nil {
		return nil, err
	}
	near, client := net.Pipe()
	tu.ends = append(tu.ends, near, far)
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		tu.copies.Go(func() {
			io.Copy(way[0], way[1])
			way[0].Close()
			way[1].Close()
		})
	}
	return client, nil
}

func connectThrough(t *testing.T, tu *tunnel) *Conn {
	t.Helper()
	c, err := Connect(t.Context(), ConnectOptions{Dialer: tu, Name: t.Name(), Log: quietLog})
	if err != nil {
		t.Fatalf("connect through the tunnel: %v", err)
	}
	t.Cleanup(func() {
		c.Close()
		tu.to(nil)
		tu.copies.Wait()
	})
	return c
}

// start runs work until the test ends or stop is called, which waits for it.
func start(t *testing.T, work func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run returned %v, want nil", err)
			}
		case <-time.After(patience):
			t.Error("Run did not return after its context ended")
		}
	})
	t.Cleanup(stop)
	return stop
}

func newRelay(db *database.DB, c *Conn) *Relay {
	r := NewRelay(db, c, quietLog)
	r.backoff = noBackoff
	return r
}

func newSubscriber(t *testing.T, name string, db *database.DB, c *Conn, subs ...Subscription) *Subscriber {
	t.Helper()
	s, err := NewSubscriber(name, db, c, subs, SubscriberOptions{Backoff: noBackoff, Log: quietLog})
	if err != nil {
		t.Fatalf("new subscriber: %v", err)
	}
	return s
}

// onText subscribes to text events; before, if any, may fail the event.
func onText(before func(value string, meta Meta) error) Subscription {
	return On(func(_ context.Context, tx *gorm.DB, event *wrapperspb.StringValue, meta Meta) error {
		if before != nil {
			if err := before(event.GetValue(), meta); err != nil {
				return err
			}
		}
		return effect(tx, event.GetValue(), meta)
	})
}

func effect(tx *gorm.DB, value string, meta Meta) error {
	return tx.Exec("INSERT INTO effects (n, event_id, aggregate, value) VALUES ((SELECT COALESCE(MAX(n), 0) + 1 FROM effects), ?, ?, ?)",
		meta.ID, meta.Aggregate, value).Error
}

// publish appends text events of one aggregate, each in a transaction of its own.
func publish(t *testing.T, db *database.DB, aggregate string, values ...string) {
	t.Helper()
	for _, value := range values {
		appendEvent(t, db, aggregate, wrapperspb.String(value))
	}
}

func appendEvent(t *testing.T, db *database.DB, aggregate string, event proto.Message) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *gorm.DB) error { return Append(tx, time.Now(), aggregate, event) })
	if err != nil {
		t.Errorf("append: %v", err)
	}
}

// effectsOf lists the values applied, in the order they were; "" is every aggregate.
func effectsOf(t *testing.T, db *database.DB, aggregate string) []string {
	t.Helper()
	var values []string
	err := db.Read(t.Context()).Raw("SELECT value FROM effects WHERE ? = '' OR aggregate = ? ORDER BY n", aggregate, aggregate).Scan(&values).Error
	if err != nil {
		t.Fatalf("read the effects: %v", err)
	}
	return values
}

func wantEffects(t *testing.T, db *database.DB, aggregate string, want ...string) {
	t.Helper()
	eventually(t, fmt.Sprintf("the effects on %q", aggregate), len(want), func() int { return len(effectsOf(t, db, aggregate)) })
	if got := effectsOf(t, db, aggregate); !slices.Equal(got, want) {
		t.Fatalf("effects on %q: got %s, want %s", aggregate, strings.Join(got, " "), strings.Join(want, " "))
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

func backlog(t *testing.T, db *database.DB) int64 {
	t.Helper()
	n, err := Backlog(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func letters(t *testing.T, db *database.DB) []DeadLetter {
	t.Helper()
	found, err := DeadLetters(t.Context(), db, 100, 0)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// stored counts the events in the stream.
func stored(t *testing.T, c *Conn) uint64 {
	t.Helper()
	s, err := c.js.Stream(t.Context(), StreamName)
	if err != nil {
		t.Fatalf("stream: %v", err)
	}
	return s.CachedInfo().State.Msgs
}

// acknowledged waits until the broker knows that a subscriber has all events.
func acknowledged(t *testing.T, c *Conn, subscriber string) {
	t.Helper()
	eventually(t, "events that wait", 0, func() uint64 {
		use, err := c.StreamUse(t.Context())
		if err != nil {
			return 1
		}
		return use.Waiting[subscriber]
	})
}

func numbers(n int) []string {
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprint(i + 1)
	}
	return values
}
