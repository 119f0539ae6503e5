package events

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/types/known/apipb"
	"google.golang.org/protobuf/types/known/wrapperspb"
	"gorm.io/gorm"
)

func TestPublisherAndSubscriberInDifferentProcesses(t *testing.T) {
	t.Parallel()
	broker := openBroker(t, t.TempDir())
	way := &tunnel{}
	way.to(broker)
	publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
	start(t, newRelay(publisher, connect(t, broker)).Run)
	var got atomic.Pointer[Meta]
	start(t, newSubscriber(t, "reader", reader, connectThrough(t, way), onText(func(_ string, meta Meta) error {
		got.Store(&meta)
		return nil
	})).Run)

	at := time.Date(2026, 2, 28, 23, 59, 59, 123456000, time.UTC)
	err := publisher.Write(t.Context(), func(tx *gorm.DB) error { return Append(tx, at, "mug 12.5 ü", wrapperspb.String("1")) })
	if err != nil {
		t.Fatal(err)
	}
	wantEffects(t, reader, "mug 12.5 ü", "1")
	meta := *got.Load()
	if meta.ID == "" {
		t.Error("the event has no id")
	}
	meta.ID = ""
	if want := (Meta{Aggregate: "mug 12.5 ü", Type: "google.protobuf.StringValue", OccurredAt: at}); meta != want {
		t.Errorf("meta: got %+v, want %+v", meta, want)
	}
}

// The broker has lost where the subscriber was, and delivers all events again.
func TestRepeatedDeliveriesHaveNoSecondEffect(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		c := connect(t, openBroker(t, t.TempDir()))
		publisher, reader := dbs.open(t, "publisher"), dbs.open(t, "reader")
		start(t, newRelay(publisher, c).Run)
		publish(t, publisher, "a", numbers(20)...)
		stop := start(t, newSubscriber(t, "reader", reader, c, onText(nil)).Run)
		wantEffects(t, reader, "a", numbers(20)...)
		stop()

		if err := c.js.DeleteConsumer(t.Context(), StreamName, "reader"); err != nil {
			t.Fatal(err)
		}
		again := newSubscriber(t, "reader", reader, c, onText(nil))
		start(t, again.Run)
		publish(t, publisher, "a", "21")
		wantEffects(t, reader, "a", numbers(21)...)
		eventually(t, "stats", SubscriberStats{Handled: 1, Repeated: 20}, again.Stats)
	})
}

// The module moves: its subscriber stops in one process, in the middle of an
// event, and starts in another one on the same database.
func TestAnotherProcessGoesOnExactlyWhereTheSubscriberStopped(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		broker := openBroker(t, t.TempDir())
		way := &tunnel{}
		way.to(broker)
		publisher := dbs.open(t, "publisher")
		start(t, newRelay(publisher, connect(t, broker)).Run)
		publish(t, publisher, "a", numbers(10)...)

		reached := make(chan struct{})
		here := newSubscriber(t, "reader", dbs.open(t, "reader"), connect(t, broker),
			On(func(ctx context.Context, tx *gorm.DB, event *wrapperspb.StringValue, meta Meta) error {
				if event.GetValue() == "6" {
					close(reached)
					<-ctx.Done()
					return ctx.Err()
				}
				return effect(tx, event.GetValue(), meta)
			}))
		here.maxBatch = 1 // 1 to 5 are committed
		stop := start(t, here.Run)
		<-reached
		stop()

		reader := dbs.open(t, "reader")
		there := newSubscriber(t, "reader", reader, connectThrough(t, way), onText(nil))
		start(t, there.Run)
		wantEffects(t, reader, "a", numbers(10)...)
		eventually(t, "stats of the second", SubscriberStats{Handled: 5}, there.Stats) // it handles 6 to 10 and nothing else
		if got := len(letters(t, reader)); got != 0 {
			t.Errorf("dead letters: got %d, want 0: stopping is not a failure", got)
		}
	})
}

// A process dies with an event under way: it hands nothing back. The next one
// must not get newer events first.
func TestOrderSurvivesTheSuddenDeathOfASubscriber(t *testing.T) {
	t.Parallel()
	broker := openBroker(t, t.TempDir())
	way := &tunnel{}
	way.to(broker)
	dir := t.TempDir()
	publisher, reader := openDB(t, "publisher", dir), openDB(t, "reader", dir)
	start(t, newRelay(publisher, connect(t, broker)).Run)
	publish(t, publisher, "a", numbers(10)...)

	reached := make(chan struct{})
	dying := newSubscriber(t, "reader", openDB(t, "reader", dir), connectThrough(t, way),
		On(func(ctx context.Context, tx *gorm.DB, event *wrapperspb.StringValue, meta Meta) error {
			if event.GetValue() == "6" {
				way.to(nil) // from here on it reaches no broker
				close(reached)
				<-ctx.Done()
				return ctx.Err()
			}
			return effect(tx, event.GetValue(), meta)
		}))
	stop := start(t, dying.Run)
	<-reached
	stop()

	next := newSubscriber(t, "reader", reader, connect(t, broker), onText(nil))
	start(t, next.Run)
	wantEffects(t, reader, "a", numbers(10)...)
}

func TestRestartedBrokerDeliversWhatWasInFlight(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broker := openBroker(t, dir)
	way := &tunnel{}
	way.to(broker)
	publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
	start(t, newRelay(publisher, connectThrough(t, way)).Run)
	publish(t, publisher, "a", numbers(5)...)
	reached, goOn := make(chan struct{}), make(chan struct{})
	var once atomic.Bool
	subscriber := newSubscriber(t, "reader", reader, connectThrough(t, way), onText(func(value string, _ Meta) error {
		if value == "3" && once.CompareAndSwap(false, true) {
			close(reached)
			<-goOn
		}
		return nil
	}))
	subscriber.maxBatch = 1
	start(t, subscriber.Run)

	<-reached
	way.to(nil)
	closeBroker(t, broker)
	close(goOn) // its effect is committed, its acknowledgement gets lost
	wantEffects(t, reader, "a", "1", "2", "3")
	way.to(openBroker(t, dir))
	publish(t, publisher, "a", "6")
	wantEffects(t, reader, "a", numbers(6)...)
}

func TestNewSubscriberBeginsWithTheOldestEvent(t *testing.T) {
	t.Parallel()
	c := connect(t, openBroker(t, t.TempDir()))
	publisher := openDB(t, "publisher", t.TempDir())
	start(t, newRelay(publisher, c).Run)
	publish(t, publisher, "a", numbers(3)...)
	eventually(t, "outbox rows", 0, func() int64 { return backlog(t, publisher) })
	for _, name := range []string{"first", "second"} {
		reader := openDB(t, name, t.TempDir())
		start(t, newSubscriber(t, name, reader, c, onText(nil)).Run)
		wantEffects(t, reader, "a", numbers(3)...)
	}
}

// A subscription comes later than the events it is for: the broker has passed
// them by for this subscriber, but they are not lost.
func TestNewSubscriptionOfAKnownSubscriberMissesNothing(t *testing.T) {
	t.Parallel()
	c := connect(t, openBroker(t, t.TempDir()))
	publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
	start(t, newRelay(publisher, c).Run)
	onNumber := On(func(_ context.Context, tx *gorm.DB, event *wrapperspb.Int64Value, meta Meta) error {
		return effect(tx, fmt.Sprint("number ", event.GetValue()), meta)
	})
	stop := start(t, newSubscriber(t, "reader", reader, c, onText(nil)).Run)
	appendEvent(t, publisher, "a", wrapperspb.Int64(1))
	appendEvent(t, publisher, "a", wrapperspb.Bool(true)) // of no consumer
	publish(t, publisher, "a", "2")
	wantEffects(t, reader, "a", "2")
	stop()

	stop = start(t, newSubscriber(t, "reader", reader, c, onText(nil), onNumber).Run)
	publish(t, publisher, "a", "3")
	wantEffects(t, reader, "a", "2", "number 1", "3")
	acknowledged(t, c, "reader")
	stop()

	fewer := newSubscriber(t, "reader", reader, c, onText(nil))
	start(t, fewer.Run)
	publish(t, publisher, "a", "4")
	wantEffects(t, reader, "a", "2", "number 1", "3", "4")
	if got := fewer.Stats().Repeated; got > 0 {
		t.Errorf("repeated deliveries with fewer subscriptions: got %d, want none: nothing is new", got)
	}
}

// A rolling upgrade: the publisher is newer than the subscriber, which has the
// lease a while longer. The newer subscriber gets what the older one could not
// read, and in its place.
func TestEventOfANewerVersionWaitsForTheProgramThatKnowsIt(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		c := connect(t, openBroker(t, t.TempDir()))
		reader := dbs.open(t, "reader")
		for i, kind := range []string{"", "v2.", ""} {
			m := toMessage(outboxRow{EventID: fmt.Sprint(i + 1), Type: "google.protobuf." + kind + "StringValue", Aggregate: "a", Payload: fmt.Sprintf("%q", fmt.Sprint(i+1))})
			if _, err := c.js.PublishMsg(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		old := newSubscriber(t, "reader", reader, c, onText(nil))
		stop := start(t, old.Run)
		eventually(t, "stats of the older program", SubscriberStats{Handled: 1, Parked: 2}, old.Stats)
		if got := letters(t, reader)[0]; got.Type != "google.protobuf.v2.StringValue" || !strings.Contains(got.Error, "does not know google.protobuf.v2.StringValue") {
			t.Errorf("dead letter: got %+v, want the event of the newer version with the reason", got)
		}
		stop()

		newer := onText(nil)
		newer.name = "google.protobuf.v2.StringValue"
		start(t, newSubscriber(t, "reader", reader, c, onText(nil), newer).Run)
		wantEffects(t, reader, "a", numbers(3)...)
		eventually(t, "dead letters", 0, func() int { return len(letters(t, reader)) })
	})
}

// A process may publish under its own modules' subjects only. What it writes into
// the headers gives it no more.
func TestEventThatCallsItselfAnothersIsNotHandled(t *testing.T) {
	t.Parallel()
	c := connect(t, openBroker(t, t.TempDir()))
	reader := openDB(t, "reader", t.TempDir())
	onName := On(func(_ context.Context, tx *gorm.DB, event *apipb.Mixin, meta Meta) error {
		return effect(tx, event.GetName(), meta)
	})
	start(t, newSubscriber(t, "reader", reader, c, onText(nil), onName).Run)
	m := toMessage(outboxRow{EventID: "1", Type: "google.protobuf.StringValue", Aggregate: "a"})
	foreign(t, c, "events.google.Mixin.a", m.Header, `"forged"`)
	eventually(t, "dead letters", 1, func() int { return len(letters(t, reader)) })
	if got := effectsOf(t, reader, ""); len(got) != 0 {
		t.Errorf("effects: got %v, want none", got)
	}
}

func TestNewerPublisherMaySayMoreThanTheSubscriberKnows(t *testing.T) {
	t.Parallel()
	c := connect(t, openBroker(t, t.TempDir()))
	reader := openDB(t, "reader", t.TempDir())
	start(t, newSubscriber(t, "reader", reader, c, On(func(_ context.Context, tx *gorm.DB, event *apipb.Mixin, meta Meta) error {
		return effect(tx, event.GetName(), meta)
	})).Run)
	m := toMessage(outboxRow{EventID: "1", Type: "google.protobuf.Mixin", Aggregate: "a"})
	foreign(t, c, m.Subject, m.Header, `{"name": "1", "sinceThen": {"added": true}}`)
	wantEffects(t, reader, "a", "1")
}

func TestFailedEventIsTriedAgainInItsPlace(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.New("not now") },
		"panic": func() error { panic("not now") },
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, openBroker(t, t.TempDir()))
			publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
			start(t, newRelay(publisher, c).Run)
			publish(t, publisher, "a", numbers(3)...)
			left := len(noBackoff)
			subscriber := newSubscriber(t, "reader", reader, c, onText(func(value string, _ Meta) error {
				if value == "2" && left > 0 {
					left--
					return fail()
				}
				return nil
			}))
			start(t, subscriber.Run)
			wantEffects(t, reader, "a", numbers(3)...)
			if got, want := subscriber.Stats().Failed, uint64(len(noBackoff)); got != want {
				t.Errorf("failed attempts: got %d, want %d", got, want)
			}
		})
	}
}

func TestSubscribersMustMakeSense(t *testing.T) {
	t.Parallel()
	db := openDB(t, "reader", t.TempDir())
	c := connect(t, openBroker(t, t.TempDir()))
	for _, bad := range []struct {
		name string
		subs []Subscription
	}{{"", []Subscription{onText(nil)}}, {"a.b", []Subscription{onText(nil)}}, {"a", nil}, {"a", []Subscription{onText(nil), onText(nil)}}} {
		if _, err := NewSubscriber(bad.name, db, c, bad.subs, SubscriberOptions{}); err == nil {
			t.Errorf("NewSubscriber(%q, %d subscriptions) succeeded", bad.name, len(bad.subs))
		}
	}
}

func TestInboxForgetsWhatCannotComeAgain(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		c := connect(t, openBroker(t, t.TempDir()))
		reader := dbs.open(t, "reader")
		now := time.Now()
		subscriber := newSubscriber(t, "reader", reader, c, onText(nil))
		subscriber.trimBatch = 3
		err := reader.Write(t.Context(), func(tx *gorm.DB) error {
			for i := range 10 {
				subscriber.now = func() time.Time { return now.Add(-inboxAge - time.Minute) }
				if i >= 8 {
					subscriber.now = func() time.Time { return now.Add(-MaxAge) }
				}
				if _, err := subscriber.insertInbox(tx, fmt.Sprint(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		subscriber.now = time.Now
		rows := func() (n int64) {
			if err := reader.Read(t.Context()).Raw("SELECT COUNT(*) FROM inbox").Scan(&n).Error; err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n, err := subscriber.trimInbox(t.Context()); err != nil || n != 3 {
			t.Fatalf("one bite: got %d, %v, want 3", n, err)
		}
		start(t, subscriber.Run)
		eventually(t, "inbox rows", 2, rows)
	})
}

// foreign puts into the stream what no relay would.
func foreign(t *testing.T, c *Conn, subject string, header nats.Header, payload string) {
	t.Helper()
	if _, err := c.js.PublishMsg(t.Context(), &nats.Msg{Subject: subject, Header: header, Data: []byte(payload)}); err != nil {
		t.Fatal(err)
	}
}
