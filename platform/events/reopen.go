package events

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"galleria/platform/lifecycle"
)

// Problem says why the broker can't store or deliver events just now; nil: it can. It waits
// for nothing.
func (b *Broker) Problem() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var err error
	switch {
	case b.life.Err() != nil:
		return nil
	case b.reopening:
		err = fmt.Errorf("it is being opened again: %w", b.illness.reason())
	case b.server == nil:
		err = errors.New("it is not open")
	default:
		if err = b.storeState(); err == nil {
			err = b.illness.reason()
		}
	}
	if err != nil {
		return fmt.Errorf("the event broker: %w", err)
	}
	return nil
}

// stateFor is how long an answer about the store counts: each module asks whether
// its events go out, and the server walks through its directories for an answer.
const stateFor = time.Second

// stateWithin is how long the server may look at its files before that is a problem itself.
const stateWithin = 10 * time.Second

// storeState is what the server said of its files a moment ago; it is asked in the background,
// for with its answer it waits for a disk that is slow. The caller holds mu.
func (b *Broker) storeState() error {
	s := b.server
	if b.asked != s {
		b.asked, b.asking, b.answeredAt, b.state = s, time.Time{}, time.Time{}, nil
	}
	if waited := time.Since(b.asking); !b.asking.IsZero() && waited > stateWithin {
		return fmt.Errorf("its files have not answered for %s", waited.Round(time.Second))
	}
	if !b.asking.IsZero() || b.closed || time.Since(b.answeredAt) <= stateFor {
		return b.state
	}
	b.asking = time.Now()
	b.tasks.Go(func() {
		state := b.storeFailure(s)
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.asked == s {
			b.asking, b.answeredAt, b.state = time.Time{}, time.Now(), state
		}
	})
	return b.state
}

// storeFailure is what the server says of its files. Once they could not be
// written, it never tries again.
func storeFailure(s *server.Server) error {
	if health := s.Healthz(&server.HealthzOptions{}); health.Error != "" {
		return errors.New(health.Error)
	}
	return nil
}

// mend removes what made publishing fail: a store that failed, a stream that is
// full or not there.
func (b *Broker) mend(ctx context.Context) error {
	b.mu.Lock()
	s := b.server
	b.mu.Unlock()
	if s == nil {
		return errors.New("the broker is being opened again")
	}
	if err := b.storeFailure(s); err != nil {
		b.reopen(err)
		return fmt.Errorf("the broker is opened again, for %w", err)
	}
	b.keeping.Lock()
	defer b.keeping.Unlock()
	err := b.own.makeRoom(ctx)
	if err == nil {
		b.illness.over()
	} else if ctx.Err() == nil {
		b.illness.because(err)
	}
	return err
}

// reopen opens a new server, in the background and until that succeeds.
func (b *Broker) reopen(why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.reopening || b.closed {
		return
	}
	b.reopening = true
	b.illness.because(why)
	b.o.Log.Error("the event broker can't write its files; it is opened again when they can be written; events wait in the outboxes", "dir", b.o.Dir, "error", why)
	b.tasks.Go(func() {
		var told lifecycle.Said
		for wait := 200 * time.Millisecond; b.life.Err() == nil; wait = min(2*wait, 5*time.Second) {
			err := b.openAgain()
			if err == nil {
				b.o.Log.Info("the event broker is open again", "dir", b.o.Dir)
				return
			}
			b.illness.because(err)
			if told.IsNew(err) {
				b.o.Log.Warn("the event broker can't be opened again yet", "dir", b.o.Dir, "error", err)
			}
			lifecycle.Pause(b.life, wait)
		}
	})
}

func (b *Broker) openAgain() error {
	if err := probe(b.o.Dir); err != nil {
		return err
	}
	b.mu.Lock()
	s := b.server
	b.server = nil
	b.mu.Unlock()
	if s != nil {
		shutDown(s)
	}
	s, err := b.serve()
	if err != nil {
		return err
	}
	b.mu.Lock()
	b.server, b.reopening = s, false
	b.mu.Unlock()
	b.illness.over()
	return nil
}

// probeBytes is the room the disk must have before the broker is opened again:
// enough for what it writes when it opens.
const probeBytes = 256 << 10

// probe writes a file in dir and removes it.
func probe(dir string) error {
	name := filepath.Join(dir, "probe")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, probeBytes))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(name))
}
