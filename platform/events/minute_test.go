package events

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// The broker is away for a whole minute, in real time, and with the waits that
// relays, subscribers and connections have outside of tests: all of them are past
// their longest when it comes back. Publishers never stop.
func TestBrokerThatIsAwayForAMinuteGetsEverythingInOrder(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		t.Parallel()
		dir := t.TempDir()
		broker := openBroker(t, dir)
		var ways [2]tunnel // publisher and subscriber are in processes of their own
		for i := range ways {
			ways[i].to(broker)
		}
		publisher, reader := dbs.open(t, "publisher"), dbs.open(t, "reader")
		relay := NewRelay(publisher, connectThrough(t, &ways[0]), quietLog)
		start(t, relay.Run)
		subscriber, err := NewSubscriber("reader", reader, connectThrough(t, &ways[1]), []Subscription{onText(nil)}, SubscriberOptions{Log: quietLog})
		if err != nil {
			t.Fatal(err)
		}
		start(t, subscriber.Run)

		written := make([]int, 4) // events of each writer
		enough := make(chan struct{})
		var writers sync.WaitGroup
		for w := range written {
			writers.Go(func() {
				every := time.NewTicker(200 * time.Millisecond)
				defer every.Stop()
				for {
					written[w]++
					if w < 2 { // these two have an aggregate each, the others race for one
						publish(t, publisher, fmt.Sprint("a", w), fmt.Sprint(written[w]))
					} else {
						commitInOrder(t, publisher, "raced for", fmt.Sprint(w, "/", written[w]))
					}
					select {
					case <-every.C:
					case <-enough:
						return
					}
				}
			})
		}
		stop := sync.OnceFunc(func() { close(enough); writers.Wait() })
		t.Cleanup(stop)
		eventually(t, "effects of each aggregate", true, func() bool {
			return len(effectsOf(t, reader, "a0")) > 0 && len(effectsOf(t, reader, "a1")) > 0 && len(effectsOf(t, reader, "raced for")) > 0
		})

		for i := range ways {
			ways[i].to(nil)
		}
		closeBroker(t, broker)
		eventually(t, "the relay has met the outage", true, func() bool { return relay.Stats().Failures > 0 })
		before := backlog(t, publisher)
		published := relay.Stats().Published
		time.Sleep(time.Minute)
		if got := backlog(t, publisher); got-before < 100 {
			t.Errorf("events written in the minute: got %d, want hundreds: the publishers were held up", got-before)
		}
		if got := relay.Stats().Published; got != published {
			t.Errorf("events published in the minute: got %d, want none", got-published)
		}
		broker = openBroker(t, dir)
		for i := range ways {
			ways[i].to(broker)
		}
		eventually(t, "publishing goes on", true, func() bool { return relay.Stats().Published > published })
		stop()

		eventually(t, "outbox rows", 0, func() int64 { return backlog(t, publisher) })
		wantEffects(t, reader, "a0", numbers(written[0])...)
		wantEffects(t, reader, "a1", numbers(written[1])...)
		wantEffects(t, reader, "raced for", effectsOf(t, publisher, "raced for")...)
		eventually(t, "events handled", uint64(written[0]+written[1]+written[2]+written[3]), func() uint64 { return subscriber.Stats().Handled })
		if got := len(letters(t, reader)); got != 0 {
			t.Errorf("dead letters: got %d, want 0: an outage is no failure of an event", got)
		}
	})
}
