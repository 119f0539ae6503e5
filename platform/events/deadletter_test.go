package events

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	"gorm.io/gorm"

	"galleria/platform/database"
)

// poisoned is a handler that fails the value "bad" until it is cured.
type poisoned struct{ cured atomic.Bool }

func (p *poisoned) handle(value string, _ Meta) error {
	if value == "bad" && !p.cured.Load() {
		return errors.New("I don't like it")
	}
	return nil
}

func TestALetterThatIsGivenUpIsNeverHandledAndThoseBehindItAre(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		c := connect(t, openBroker(t, t.TempDir()))
		publisher, reader := dbs.open(t, "publisher"), dbs.open(t, "reader")
		start(t, newRelay(publisher, c).Run)
		var poison poisoned
		subscriber := newSubscriber(t, "reader", reader, c, onText(poison.handle))
		start(t, subscriber.Run)
		publish(t, publisher, "a", "1", "bad", "3")
		publish(t, publisher, "b", "1")
		wantEffects(t, reader, "b", "1")
		parked := letters(t, reader)
		if n, err := Discard(t.Context(), reader, "reader", "unknown", parked[0].EventID); !errors.Is(err, ErrNoSuchLetter) || n != 0 {
			t.Errorf("with an unknown one: got %d, %v, want nothing done", n, err)
		}
		if n, err := Discard(t.Context(), reader, "reader", parked[0].EventID); err != nil || n != 1 {
			t.Fatalf("got %d, %v, want one given up", n, err)
		}
		poison.cured.Store(true)
		if n, err := subscriber.Resend(t.Context(), parked[1].EventID); err != nil || n != 1 {
			t.Errorf("the one behind it: got %d, %v, want it handled", n, err)
		}
		wantEffects(t, reader, "a", "1", "3")
		if left := letters(t, reader); len(left) != 0 {
			t.Errorf("got %v, want no letter left", left)
		}
	})
}

func TestPoisonHoldsUpItsAggregateOnlyAndIsReplayedInOrder(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		c := connect(t, openBroker(t, t.TempDir()))
		publisher, reader := dbs.open(t, "publisher"), dbs.open(t, "reader")
		start(t, newRelay(publisher, c).Run)
		var poison poisoned
		subscriber := newSubscriber(t, "reader", reader, c, onText(poison.handle))
		start(t, subscriber.Run)

		publish(t, publisher, "a", "1", "bad", "3", "4")
		publish(t, publisher, "b", "1", "2")
		wantEffects(t, reader, "b", "1", "2")
		wantEffects(t, reader, "a", "1")
		parked := letters(t, reader)
		if len(parked) != 3 {
			t.Fatalf("dead letters: got %d, want 3", len(parked))
		}
		head := parked[0]
		if head.Error != "I don't like it" || head.Attempts != len(noBackoff)+1 || head.Payload != `"bad"` || head.Aggregate != "a" {
			t.Errorf("the first letter: got %+v, want the poison, tried %d times", head, len(noBackoff)+1)
		}
		for i, want := range []string{`"3"`, `"4"`} {
			if got := parked[i+1]; got.Payload != want || got.Attempts != 0 || got.Error != "waits behind "+head.EventID {
				t.Errorf("letter %d: got %+v, want %s waiting behind the poison", i+1, got, want)
			}
		}

		// Still poison: nothing moves, and what it says now is kept.
		if n, err := subscriber.Resend(t.Context(), parked[2].EventID); err == nil || n != 0 || !strings.Contains(err.Error(), head.EventID) {
			t.Errorf("resend of what stays bad: got %d, %v, want 0 and an error that names the event", n, err)
		}
		if got := letters(t, reader)[0].Attempts; got != head.Attempts+1 {
			t.Errorf("attempts after a failed resend: got %d, want %d", got, head.Attempts+1)
		}
		poison.cured.Store(true)
		if n, err := subscriber.Resend(t.Context(), head.EventID); err != nil || n != 3 {
			t.Errorf("resend: got %d, %v, want 3 letters gone", n, err)
		}
		wantEffects(t, reader, "a", "1", "bad", "3", "4")
		publish(t, publisher, "a", "5")
		wantEffects(t, reader, "a", "1", "bad", "3", "4", "5")
		if got, err := CountDeadLetters(t.Context(), reader); err != nil || got != 0 {
			t.Errorf("dead letters at the end: got %d, %v, want 0", got, err)
		}
	})
}

// Aggregates of different publishers can have the same name.
func TestPoisonDoesNotHoldUpAnotherPublishersAggregate(t *testing.T) {
	t.Parallel()
	c := connect(t, openBroker(t, t.TempDir()))
	reader := openDB(t, "reader", t.TempDir())
	subscriber := newSubscriber(t, "reader", reader, c, onText(nil))
	bad := delivery{meta: Meta{ID: "1", Aggregate: "a"}, subject: "events.other.Thing.a"}
	if _, err := subscriber.park(t.Context(), "", bad, errors.New("bad")); err != nil {
		t.Fatal(err)
	}
	good := delivery{meta: Meta{ID: "2", Aggregate: "a", Type: onText(nil).Type()}, subject: "events.google.StringValue.a", payload: `"1"`}
	if err := subscriber.settle(t.Context(), "", subscriber.arrival(good, nil), 1); err != nil {
		t.Fatal(err)
	}
	wantEffects(t, reader, "a", "1")
}

func TestPoisonDeliveredAgainAfterItWasResentHasNoSecondEffect(t *testing.T) {
	t.Parallel()
	c := connect(t, openBroker(t, t.TempDir()))
	publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
	start(t, newRelay(publisher, c).Run)
	publish(t, publisher, "a", "1", "bad", "2")
	var poison poisoned
	subscriber := newSubscriber(t, "reader", reader, c, onText(poison.handle))
	again := func() {
		t.Helper()
		if err := c.js.DeleteConsumer(t.Context(), StreamName, "reader"); err != nil {
			t.Fatal(err)
		}
		began := subscriber.Stats().Repeated
		stop := start(t, subscriber.Run)
		eventually(t, "repetitions", 3, func() uint64 { return subscriber.Stats().Repeated - began })
		stop()
	}
	stop := start(t, subscriber.Run)
	eventually(t, "dead letters", 2, func() int { return len(letters(t, reader)) })
	stop()
	again() // while parked
	if got := len(letters(t, reader)); got != 2 {
		t.Errorf("dead letters after the delivery of parked events: got %d, want 2", got)
	}
	poison.cured.Store(true)
	if _, err := subscriber.Resend(t.Context(), letters(t, reader)[0].EventID); err != nil {
		t.Fatal(err)
	}
	again() // after the resend
	wantEffects(t, reader, "a", "1", "bad", "2")
}

// Resends and the subscriber work on one aggregate at the same time.
func TestResendsAtOnceKeepOrderAndLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		c := connect(t, openBroker(t, t.TempDir()))
		publisher, reader := dbs.open(t, "publisher"), dbs.open(t, "reader")
		start(t, newRelay(publisher, c).Run)
		var poison poisoned
		subscriber := newSubscriber(t, "reader", reader, c, onText(poison.handle))
		start(t, subscriber.Run)
		publish(t, publisher, "a", "bad")
		eventually(t, "dead letters", 1, func() int { return len(letters(t, reader)) })
		id := letters(t, reader)[0].EventID

		poison.cured.Store(true)
		const n = 60
		var all sync.WaitGroup
		all.Go(func() { publish(t, publisher, "a", numbers(n)...) })
		for range 3 {
			other := newSubscriber(t, "reader", reader, c, onText(poison.handle))
			all.Go(func() {
				if _, err := other.Resend(t.Context(), id); err != nil && !errors.Is(err, ErrNoSuchLetter) {
					t.Errorf("resend: %v", err)
				}
			})
		}
		all.Wait()
		wantEffects(t, reader, "a", append([]string{"bad"}, numbers(n)...)...)
		if got := len(letters(t, reader)); got != 0 {
			t.Errorf("dead letters: got %d, want 0", got)
		}
	})
}

func TestResendOfUnknownIdsDoesNothing(t *testing.T) {
	t.Parallel()
	c := connect(t, openBroker(t, t.TempDir()))
	reader := openDB(t, "reader", t.TempDir())
	var poison poisoned
	subscriber := newSubscriber(t, "reader", reader, c, onText(poison.handle))
	d := delivery{meta: Meta{ID: "known", Aggregate: "a", Type: onText(nil).Type()}, subject: "events.google.StringValue.a", payload: `"1"`}
	if _, err := subscriber.park(t.Context(), "", d, errors.New("bad")); err != nil {
		t.Fatal(err)
	}
	n, err := subscriber.Resend(t.Context(), "known", "mistyped")
	if n != 0 || !errors.Is(err, ErrNoSuchLetter) || !strings.Contains(err.Error(), "mistyped") || strings.Contains(err.Error(), "known") {
		t.Errorf("got %d, %v, want 0 and %v that names the unknown one", n, err, ErrNoSuchLetter)
	}
	if got := len(letters(t, reader)); got != 1 {
		t.Errorf("dead letters: got %d, want 1", got)
	}
}

func TestWhatCannotBeDecodedIsParkedAtOnceWithTheReason(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		c := connect(t, openBroker(t, t.TempDir()))
		reader := dbs.open(t, "reader")
		subscriber := newSubscriber(t, "reader", reader, c, onText(nil))
		header := func(id string) nats.Header {
			return toMessage(outboxRow{EventID: id, Type: onText(nil).Type(), Aggregate: id}).Header
		}
		foreign(t, c, "events.google.StringValue.x", header("x"), "{")
		foreign(t, c, "events.google.StringValue.y", nil, "\xff\x00")
		foreign(t, c, "events.google.StringValue.z", header("z"), `"1"`)
		start(t, subscriber.Run)
		wantEffects(t, reader, "", "1")
		got := letters(t, reader)
		if len(got) != 2 {
			t.Fatalf("dead letters: got %d, want 2", len(got))
		}
		for i, want := range []struct{ aggregate, reason string }{{"x", "decode google.protobuf.StringValue"}, {"y", "Nats-Msg-Id is missing"}} {
			if got[i].Aggregate != want.aggregate || got[i].Attempts != 0 || !strings.Contains(got[i].Error, want.reason) {
				t.Errorf("letter %d: got %+v, want aggregate %s, no attempt, %q", i, got[i], want.aggregate, want.reason)
			}
		}
		if n, err := subscriber.Resend(t.Context(), got[0].EventID); err == nil || n != 0 {
			t.Errorf("resend: got %d, %v, want it to fail like before", n, err)
		}
	})
}

// An outage of the module's own database must not make letters of good events,
// at whatever moment it ends: each round ends one at a moment of its own.
func TestEventIsNotParkedForAnOutageOfTheDatabase(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		c := connect(t, openBroker(t, t.TempDir()))
		publisher, reader := dbs.open(t, "publisher"), dbs.open(t, "reader")
		start(t, newRelay(publisher, c).Run)
		subscriber := newSubscriber(t, "reader", reader, c, onText(nil))
		start(t, subscriber.Run)
		const rounds = 30
		for round := range rounds {
			rename(t, reader, "dead_letters", "away")
			began := subscriber.Stats().Failed
			publish(t, publisher, "a", fmt.Sprint(round+1))
			eventually(t, "more failures than attempts", true, func() bool { return subscriber.Stats().Failed-began > uint64(3*len(noBackoff)) })
			rename(t, reader, "away", "dead_letters")
			wantEffects(t, reader, "a", numbers(round+1)...)
		}
		if got := len(letters(t, reader)); got != 0 {
			t.Errorf("dead letters: got %d, want 0", got)
		}
	})
}

func TestDeadLettersAreListedInPages(t *testing.T) {
	t.Parallel()
	c := connect(t, openBroker(t, t.TempDir()))
	reader := openDB(t, "reader", t.TempDir())
	subscriber := newSubscriber(t, "reader", reader, c, onText(nil))
	for i := range 5 {
		d := delivery{meta: Meta{ID: fmt.Sprint(i), Aggregate: "a"}, subject: "events.x.Y.a"}
		if _, err := subscriber.park(t.Context(), "", d, errors.New("bad")); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for after := int64(0); ; {
		page, err := DeadLetters(t.Context(), reader, 2, after)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, letter := range page {
			got, after = append(got, letter.EventID), letter.Seq
		}
	}
	if want := "0 1 2 3 4"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func rename(t *testing.T, db *database.DB, from, to string) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *gorm.DB) error { return tx.Exec("ALTER TABLE " + from + " RENAME TO " + to).Error })
	if err != nil {
		t.Fatal(err)
	}
}
