package events

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/types/known/wrapperspb"
)

func TestOrderPerAggregateHoldsWithConcurrentWriters(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		broker := openBroker(t, t.TempDir())
		publisher, reader := dbs.open(t, "publisher"), dbs.open(t, "reader")
		start(t, newRelay(publisher, connect(t, broker)).Run)
		start(t, newSubscriber(t, "reader", reader, connect(t, broker), onText(nil)).Run)

		const aggregates, n = 8, 40
		var writers sync.WaitGroup
		for a := range aggregates {
			writers.Go(func() { publish(t, publisher, fmt.Sprint("a", a), numbers(n)...) })
		}
		writers.Wait()
		for a := range aggregates {
			wantEffects(t, reader, fmt.Sprint("a", a), numbers(n)...)
		}
	})
}

// Writers of one aggregate race; whatever order their commits take is the order
// in which the events must come.
func TestOrderOfRacingWritersOfOneAggregateIsTheOrderOfTheirCommits(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		broker := openBroker(t, t.TempDir())
		publisher, reader := dbs.open(t, "publisher"), dbs.open(t, "reader")
		start(t, newRelay(publisher, connect(t, broker)).Run)
		start(t, newSubscriber(t, "reader", reader, connect(t, broker), onText(nil)).Run)

		const writers, n = 8, 20
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for i := range n {
					commitInOrder(t, publisher, "a", fmt.Sprint(w, "/", i))
				}
			})
		}
		all.Wait()
		wantEffects(t, reader, "a", effectsOf(t, publisher, "a")...)
	})
}

func TestALaterEventIsNotStoredBeforeAnEarlierOneThatWasRefused(t *testing.T) {
	t.Parallel()
	publisher := openDB(t, "publisher", t.TempDir())
	c := connect(t, openBroker(t, t.TempDir()))
	s, err := c.stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	small := s.CachedInfo().Config
	small.MaxMsgSize = 2000
	if _, err := c.js.UpdateStream(t.Context(), small); err != nil {
		t.Fatal(err)
	}
	publish(t, publisher, "other", "1")
	publish(t, publisher, "a", strings.Repeat("x", 3000), "2")

	relay := newRelay(publisher, c)
	for range 2 {
		if _, err := relay.publishBatch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := stored(t, c); got != 1 {
		t.Errorf("events in the stream: got %d, want the one of the other aggregate", got)
	}
	if got := len(letters(t, publisher)); got != 2 {
		t.Errorf("dead letters: got %d, want the 2 of the aggregate", got)
	}

	small.MaxMsgSize = -1
	if _, err := c.js.UpdateStream(t.Context(), small); err != nil {
		t.Fatal(err)
	}
	if _, err := Republish(t.Context(), publisher, letters(t, publisher)[1].EventID); err != nil {
		t.Fatal(err)
	}
	if _, err := relay.publishBatch(t.Context()); err != nil {
		t.Fatalf("publish again: %v", err)
	}
	reader := openDB(t, "reader", t.TempDir())
	start(t, newSubscriber(t, "reader", reader, c, onText(nil)).Run)
	wantEffects(t, reader, "a", strings.Repeat("x", 3000), "2")
	if got, want := relay.Stats(), (RelayStats{Published: 3}); got != want {
		t.Errorf("stats: got %+v, want %+v", got, want)
	}
}

// The relay dies after the broker has stored the events and before it removed
// them from the outbox.
func TestRelayThatDiesBeforeItRemovesWhatItPublishedDoublesNothing(t *testing.T) {
	t.Parallel()
	for name, sameBroker := range map[string]bool{
		"the broker remembers":           true,
		"the broker has lost its memory": false,
	} {
		t.Run(name, func(t *testing.T) {
			publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
			broker := openBroker(t, t.TempDir())
			publish(t, publisher, "a", numbers(5)...)

			died := errors.New("killed")
			relay := newRelay(publisher, connect(t, broker))
			relay.at = func(string) error { return died }
			if _, err := relay.publishBatch(t.Context()); !errors.Is(err, died) {
				t.Fatalf("got %v, want %v", err, died)
			}
			if got := backlog(t, publisher); got != 5 {
				t.Fatalf("outbox rows: got %d, want all 5", got)
			}
			stop := start(t, newSubscriber(t, "reader", reader, connect(t, broker), onText(nil)).Run)
			wantEffects(t, reader, "a", numbers(5)...)
			acknowledged(t, connect(t, broker), "reader")
			stop()

			if !sameBroker {
				broker = openBroker(t, t.TempDir())
			}
			start(t, newRelay(publisher, connect(t, broker)).Run)
			eventually(t, "outbox rows", 0, func() int64 { return backlog(t, publisher) })
			again := newSubscriber(t, "reader", reader, connect(t, broker), onText(nil))
			start(t, again.Run)
			publish(t, publisher, "a", "6")
			wantEffects(t, reader, "a", numbers(6)...)
			want := SubscriberStats{Handled: 1}
			if !sameBroker {
				want.Repeated = 5
			}
			eventually(t, "stats of the next subscriber", want, again.Stats)
		})
	}
}

func TestStoppedRelayFinishesTheBatchItBegan(t *testing.T) {
	t.Parallel()
	publisher := openDB(t, "publisher", t.TempDir())
	c := connect(t, openBroker(t, t.TempDir()))
	publish(t, publisher, "a", numbers(5)...)
	ctx, cancel := context.WithCancel(t.Context())
	relay := newRelay(publisher, c)
	relay.batch = 3
	relay.at = func(string) error { cancel(); return nil }
	if err := relay.Run(ctx); err != nil {
		t.Fatalf("Run: got %v, want nil", err)
	}
	if got := backlog(t, publisher); got != 2 {
		t.Errorf("outbox rows: got %d, want 2: the batch of 3 is finished, none is begun", got)
	}
}

func TestBrokerThatWasAwayGetsEverythingInOrder(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		dir := t.TempDir()
		broker := openBroker(t, dir)
		way := &tunnel{}
		way.to(broker)
		publisher, reader := dbs.open(t, "publisher"), dbs.open(t, "reader")
		relay := newRelay(publisher, connectThrough(t, way))
		start(t, relay.Run)
		start(t, newSubscriber(t, "reader", reader, connectThrough(t, way), onText(nil)).Run)
		publish(t, publisher, "a", "1", "2")
		wantEffects(t, reader, "a", "1", "2")

		way.to(nil)
		closeBroker(t, broker)
		publish(t, publisher, "a", "3", "4", "5")
		eventually(t, "the relay has met the outage", true, func() bool { return relay.Stats().Failures > 0 })
		way.to(openBroker(t, dir))
		publish(t, publisher, "a", "6")
		wantEffects(t, reader, "a", numbers(6)...)
		eventually(t, "outbox rows", 0, func() int64 { return backlog(t, publisher) })
	})
}

// Connections break again and again, so that acknowledgements get lost on both sides.
func TestBrokenConnectionsLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	way := &tunnel{}
	broker := openBroker(t, t.TempDir())
	way.to(broker)
	publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
	relay := newRelay(publisher, connectThrough(t, way))
	relay.batch = 20
	start(t, relay.Run)
	subscriber := newSubscriber(t, "reader", reader, connectThrough(t, way), onText(nil))
	start(t, subscriber.Run)

	const n = 300
	for i := range n {
		appendEvent(t, publisher, fmt.Sprint("a", i%3), wrapperspb.String(fmt.Sprint(i)))
		if i%60 == 30 {
			way.to(broker) // breaks every connection; the next dial succeeds
		}
	}
	eventually(t, "effects", n, func() int { return len(effectsOf(t, reader, "")) })
	for a := range 3 {
		var want []string
		for i := a; i < n; i += 3 {
			want = append(want, fmt.Sprint(i))
		}
		wantEffects(t, reader, fmt.Sprint("a", a), want...)
	}
}
