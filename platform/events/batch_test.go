package events

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"
	"gorm.io/gorm"
)

// appendMany appends n text events in one transaction, to the aggregates "a0" to
// "a4" by turns.
func appendMany(t testing.TB, publish func(func(tx *gorm.DB) error) error, n int) {
	t.Helper()
	err := publish(func(tx *gorm.DB) error {
		for i := range n {
			if err := Append(tx, time.Now(), fmt.Sprint("a", i%5), wrapperspb.String(fmt.Sprint(i/5+1))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEventsThatWaitShareATransaction(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		c := connect(t, openBroker(t, t.TempDir()))
		publisher, reader := dbs.open(t, "publisher"), dbs.open(t, "reader")
		start(t, newRelay(publisher, c).Run)
		appendMany(t, func(fn func(*gorm.DB) error) error { return publisher.Write(t.Context(), fn) }, 200)
		eventually(t, "outbox rows", 0, func() int64 { return backlog(t, publisher) })
		together := 0
		begun := 0
		start(t, newSubscriber(t, "reader", reader, c, On(func(_ context.Context, tx *gorm.DB, event *wrapperspb.StringValue, meta Meta) error {
			begun++
			var recorded int
			if err := tx.Raw("SELECT COUNT(*) FROM inbox").Scan(&recorded).Error; err != nil {
				return err
			}
			together = max(together, recorded-begun+1)
			return effect(tx, event.GetValue(), meta)
		})).Run)
		for i := range 5 {
			wantEffects(t, reader, fmt.Sprint("a", i), numbers(40)...)
		}
		if together < 50 {
			t.Errorf("at most %d of 200 waiting events were handled in one transaction, want 50 and more", together)
		}
	})
}

// One event that fails takes none of those with it that share its transaction,
// and costs them no second effect.
func TestFailureAmongManyIsItsOwn(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		c := connect(t, openBroker(t, t.TempDir()))
		publisher, reader := dbs.open(t, "publisher"), dbs.open(t, "reader")
		start(t, newRelay(publisher, c).Run)
		appendMany(t, func(fn func(*gorm.DB) error) error { return publisher.Write(t.Context(), fn) }, 100)
		eventually(t, "outbox rows", 0, func() int64 { return backlog(t, publisher) })
		s := newSubscriber(t, "reader", reader, c, onText(func(value string, meta Meta) error {
			if value == "10" && meta.Aggregate == "a3" {
				return fmt.Errorf("bad event")
			}
			return nil
		}))
		start(t, s.Run)
		eventually(t, "stats", SubscriberStats{Handled: 89, Failed: 3, Parked: 11}, s.Stats)
		wantEffects(t, reader, "a0", numbers(20)...)
		wantEffects(t, reader, "a3", numbers(9)...)
		wantEffects(t, reader, "a4", numbers(20)...)
	})
}

// A process that lost its lease and does not know it yet goes on beside the next
// one. Each gets a part of the events from the broker.
func TestTwoSubscribersAtOnceKeepOrder(t *testing.T) {
	t.Parallel()
	broker := openBroker(t, t.TempDir())
	dir := t.TempDir()
	publisher, reader := openDB(t, "publisher", dir), openDB(t, "reader", dir)
	start(t, newRelay(publisher, connect(t, broker)).Run)
	var handled atomic.Int64
	for range 2 {
		s := newSubscriber(t, "reader", openDB(t, "reader", dir), connect(t, broker), onText(func(string, Meta) error {
			handled.Add(1)
			return nil
		}))
		s.maxBatch = 3
		start(t, s.Run)
	}
	for range 10 {
		appendMany(t, func(fn func(*gorm.DB) error) error { return publisher.Write(t.Context(), fn) }, 30)
	}
	var want []string
	for range 10 {
		want = append(want, numbers(6)...)
	}
	for i := range 5 {
		wantEffects(t, reader, fmt.Sprint("a", i), want...)
	}
}

func TestLargeEventsThatWaitArriveInOrder(t *testing.T) {
	t.Parallel()
	c := connect(t, openBroker(t, t.TempDir()))
	publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
	start(t, newRelay(publisher, c).Run)
	large := make([]byte, 400<<10)
	for i := range large {
		large[i] = 'x'
	}
	for range 20 {
		publish(t, publisher, "a", string(large))
	}
	eventually(t, "outbox rows", 0, func() int64 { return backlog(t, publisher) })
	publish(t, publisher, "a", "end")
	var last atomic.Pointer[string]
	s := newSubscriber(t, "reader", reader, c, On(func(_ context.Context, _ *gorm.DB, event *wrapperspb.StringValue, _ Meta) error {
		value := event.GetValue()
		last.Store(&value)
		return nil
	}))
	start(t, s.Run)
	eventually(t, "stats", uint64(21), func() uint64 { return s.Stats().Handled })
	if *last.Load() != "end" {
		t.Error("the last event was not handled last")
	}
}

func BenchmarkSubscriber(b *testing.B) {
	t := b
	const n = 5000
	broker, err := OpenBroker(BrokerOptions{Dir: t.TempDir(), Log: quietLog})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close(context.Background())
	c, err := broker.Conn()
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		m := toMessage(outboxRow{EventID: fmt.Sprint(i), Type: "google.protobuf.StringValue", Aggregate: fmt.Sprint("a", i%50), Payload: `"x"`})
		if _, err := c.js.PublishMsgAsync(m); err != nil {
			t.Fatal(err)
		}
		if i%1000 == 999 {
			<-c.js.PublishAsyncComplete()
		}
	}
	<-c.js.PublishAsyncComplete()
	b.ResetTimer()
	for i := range b.N {
		db := open(t, dbOptions(t.TempDir()))
		s, err := NewSubscriber(fmt.Sprint("reader", i), db, c, []Subscription{onText(nil)}, SubscriberOptions{Log: quietLog})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { s.Run(ctx); close(done) }()
		for s.Stats().Handled < n {
			time.Sleep(time.Millisecond)
		}
		cancel()
		<-done
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "events/s")
}
