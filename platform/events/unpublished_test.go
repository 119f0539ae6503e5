package events

import (
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"
)

// A row that an earlier program wrote, without today's bound.
func TestEventTooLargeForTheBrokerHoldsUpItsAggregateOnly(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		c := connect(t, openBroker(t, t.TempDir()))
		publisher, reader := dbs.open(t, "publisher"), dbs.open(t, "reader")
		publish(t, publisher, "a", "1")
		err := publisher.Write(t.Context(), func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO outbox (event_id, type, aggregate, payload, occurred_at) VALUES (?, ?, ?, ?, ?)",
				"large", "google.protobuf.StringValue", "a", fmt.Sprintf("%q", strings.Repeat("x", 2*natsMaxPayload)), 1).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		publish(t, publisher, "a", "2", "3")
		publish(t, publisher, "b", numbers(3)...)
		start(t, newRelay(publisher, c).Run)
		start(t, newSubscriber(t, "reader", reader, c, onText(nil)).Run)
		wantEffects(t, reader, "b", numbers(3)...)
		wantEffects(t, reader, "a", "1")
		eventually(t, "dead letters of the publisher", 3, func() int { return len(letters(t, publisher)) })
		if got := letters(t, publisher)[0]; got.EventID != "large" || !strings.Contains(got.Error, "more than the broker takes of one event") {
			t.Errorf("the first letter: got %s with error %q, want the large one with the reason", got.EventID, got.Error)
		}

		// An operator makes it smaller, and sends them again.
		err = publisher.Write(t.Context(), func(tx *gorm.DB) error {
			return tx.Exec("UPDATE dead_letters SET payload = ? WHERE event_id = 'large'", `"smaller"`).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := Republish(t.Context(), publisher, "large"); n != 3 || err != nil {
			t.Errorf("republish: got %d, %v, want 3: those behind it, too", n, err)
		}
		wantEffects(t, reader, "a", "1", "smaller", "2", "3")
	})
}

// A module was removed from the program. Its consumer is behind for ever, and must
// not stop all publishers when the stream is full.
func TestFullStreamForgetsASubscriberThatIsNoModuleAnyMore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func(hears Hears) *Broker {
		b, err := OpenBroker(BrokerOptions{Dir: dir, MaxBytes: 64 << 10, Hears: hears, Log: quietLog})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeBroker(t, b) })
		return b
	}
	const kind = "google.protobuf.StringValue"
	publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
	b := open(Hears{"reader": {kind}, "removed": {kind}})
	if err := b.openConsumer(t.Context(), "removed", []string{"events.google.StringValue.*"}, false); err != nil {
		t.Fatal(err)
	}
	closeBroker(t, b)

	b = open(Hears{"reader": {kind}})
	c := connect(t, b)
	start(t, newRelay(publisher, c).Run)
	start(t, newSubscriber(t, "reader", reader, c, onText(nil)).Run)
	text := strings.Repeat("x", 1000)
	for range 48 {
		publish(t, publisher, "a", text)
	}
	eventually(t, "who keeps the stream full is told", true, func() bool {
		use, err := c.StreamUse(t.Context())
		return err == nil && strings.Contains(fmt.Sprint(use.Problem()), `wait for "removed", which is no module any more`)
	})
	for range 100 {
		publish(t, publisher, "a", text)
	}
	eventually(t, "effects", 148, func() int { return len(effectsOf(t, reader, "")) })
}

// TestAConsumerThatIsReadIsNotRemoved: a program that is none of ours has it.
func TestAConsumerThatIsReadIsNotRemoved(t *testing.T) {
	const kind = "google.protobuf.StringValue"
	b, err := OpenBroker(BrokerOptions{Dir: t.TempDir(), MaxBytes: 64 << 10, Hears: Hears{"theirs": {kind}}, Log: quietLog})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBroker(t, b) })
	if err := b.openConsumer(t.Context(), "theirs", []string{"events.google.StringValue.*"}, false); err != nil {
		t.Fatal(err)
	}
	c := connect(t, b)
	c.hears = Hears{"reader": {kind}} // as a process that knows nothing of the other program
	theirs, err := c.js.Consumer(t.Context(), StreamName, "theirs")
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = c.js.Publish(t.Context(), "events.google.StringValue.a", []byte(strings.Repeat("x", 1000)))
	}
	if _, err := theirs.Next(); err != nil {
		t.Fatal(err)
	}
	if err := c.makeRoom(t.Context()); err == nil || !strings.Contains(err.Error(), `full of events that "theirs" has not handled`) {
		t.Errorf("make room: got %v, want who keeps it full", err)
	}
	if _, err := c.js.Consumer(t.Context(), StreamName, "theirs"); err != nil {
		t.Errorf("the consumer of a program of its own: %v", err)
	}
}
