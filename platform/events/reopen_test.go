package events

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"galleria/platform/durable/durabletest"
)

// The disk of the broker fills up and is freed again, while this process and
// another one publish and receive.
func TestBrokerIsOpenedAgainWhenAFullDiskIsFreed(t *testing.T) {
	durabletest.OnSmallDisk(t, func(t *testing.T, dir string) {
		broker := openBroker(t, filepath.Join(dir, "events"))
		way := &tunnel{}
		way.to(broker)
		here, there := openDB(t, "publisher", t.TempDir()), openDB(t, "publisher", t.TempDir())
		reader := openDB(t, "reader", t.TempDir())
		start(t, newRelay(here, connect(t, broker)).Run)
		relay := newRelay(there, connectThrough(t, way))
		relay.illness.after = 1
		start(t, relay.Run)
		start(t, newSubscriber(t, "reader", reader, connectThrough(t, way), onText(nil)).Run)
		publish(t, here, "before", "1")
		wantEffects(t, reader, "before", "1")

		free := durabletest.Fill(t, dir)
		large := strings.Repeat("x", 100<<10)
		for i := range 3 {
			publish(t, here, fmt.Sprint("large ", i), large)
		}
		publish(t, here, "a", numbers(5)...)
		publish(t, there, "b", numbers(5)...)
		eventually(t, "the broker has a problem", true, func() bool { return broker.Problem() != nil })
		eventually(t, "the relay has a problem", true, func() bool {
			publish(t, there, "more", "x") // the first may have been kept before the disk was full
			return relay.Problem() != nil
		})
		free()
		wantEffects(t, reader, "a", numbers(5)...)
		wantEffects(t, reader, "b", numbers(5)...)
		eventually(t, "the broker's problem", error(nil), broker.Problem)
		eventually(t, "the relay's problem", error(nil), relay.Problem)
	})
}

// The server's answer about its files waits for the disk. Who asks for the broker's problem does
// not: a process that joins this one is told of it in its first answer.
func TestTheBrokersProblemIsToldWhileItsDiskIsSlow(t *testing.T) {
	broker := openBroker(t, t.TempDir())
	asked, answer := make(chan struct{}, 10), make(chan error)
	broker.mu.Lock()
	broker.asked, broker.storeFailure = nil, func(*server.Server) error { asked <- struct{}{}; return <-answer }
	broker.mu.Unlock()
	defer close(answer)
	for range 3 {
		if err := broker.Problem(); err != nil {
			t.Errorf("before there was an answer: got %v, want none", err)
		}
	}
	<-asked
	broker.mu.Lock()
	broker.asking = time.Now().Add(-stateWithin - time.Second)
	broker.mu.Unlock()
	if err := broker.Problem(); err == nil || !strings.Contains(err.Error(), "have not answered for") {
		t.Errorf("while the disk hangs: got %v", err)
	}
	answer <- errors.New("no room")
	eventually(t, "the broker has a problem", true, func() bool { return strings.Contains(fmt.Sprint(broker.Problem()), "no room") })
}

// A subscriber's position is lost on the disk. The stream is not.
func TestDamagedPositionOfASubscriberIsReplaced(t *testing.T) {
	t.Parallel()
	zeros := func(file string) error {
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		return os.WriteFile(file, make([]byte, max(info.Size(), 64)), 0o600)
	}
	for name, damage := range map[string]func(obs string) error{
		"state of zeros":   func(obs string) error { return zeros(filepath.Join(obs, "o.dat")) },
		"state cut off":    func(obs string) error { return os.Truncate(filepath.Join(obs, "o.dat"), 3) },
		"state missing":    func(obs string) error { return os.Remove(filepath.Join(obs, "o.dat")) },
		"options of zeros": func(obs string) error { return zeros(filepath.Join(obs, "meta.inf")) },
		"options missing":  func(obs string) error { return os.Remove(filepath.Join(obs, "meta.inf")) },
		"all missing":      os.RemoveAll,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			broker := openBroker(t, dir)
			c := connect(t, broker)
			publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
			stopRelay := start(t, newRelay(publisher, c).Run)
			stop := start(t, newSubscriber(t, "reader", reader, c, onText(nil)).Run)
			publish(t, publisher, "a", numbers(5)...)
			wantEffects(t, reader, "a", numbers(5)...)
			stop()
			stopRelay()
			closeBroker(t, broker)
			if err := damage(filepath.Join(dir, "jetstream", "$G", "streams", StreamName, "obs", "reader")); err != nil {
				t.Fatal(err)
			}
			c = connect(t, openBroker(t, dir))
			start(t, newRelay(publisher, c).Run)
			start(t, newSubscriber(t, "reader", reader, c, onText(nil)).Run)
			publish(t, publisher, "a", "6", "7")
			wantEffects(t, reader, "a", numbers(7)...)
		})
	}
}
