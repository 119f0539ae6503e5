package database_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// network is between a process and its PostgreSQL, and can swallow everything.
type network struct {
	swallows atomic.Bool
	listener net.Listener

	mu    sync.Mutex
	conns []net.Conn
}

// throughNetwork leads the DSN of o through a network.
func throughNetwork(t *testing.T, o *database.Options) *network {
	t.Helper()
	dsn, err := url.Parse(o.DSN)
	if err != nil {
		t.Fatal(err)
	}
	server := dsn.Host
	n := &network{}
	if n.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var carrying sync.WaitGroup
	carrying.Go(func() {
		for {
			from, err := n.listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", server)
			if err != nil {
				from.Close()
				continue
			}
			n.mu.Lock()
			n.conns = append(n.conns, from, to)
			n.mu.Unlock()
			carrying.Go(func() { n.carry(from, to) })
			carrying.Go(func() { n.carry(to, from) })
		}
	})
	t.Cleanup(func() {
		n.listener.Close()
		n.mu.Lock()
		for _, conn := range n.conns {
			conn.Close()
		}
		n.mu.Unlock()
		carrying.Wait()
	})
	dsn.Host = n.listener.Addr().String()
	o.DSN = dsn.String()
	return n
}

// cut ends all connections, and lets no other be made.
func (n *network) cut() {
	n.listener.Close()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, conn := range n.conns {
		conn.Close()
	}
}

// carry drops data while the network swallows, and keeps the connection open.
func (n *network) carry(from, to net.Conn) {
	data := make([]byte, 4096)
	for {
		read, err := from.Read(data)
		if err != nil {
			if !n.swallows.Load() {
				to.Close()
			}
			return
		}
		if !n.swallows.Load() {
			if _, err := to.Write(data[:read]); errors.Is(err, io.ErrClosedPipe) {
				return
			}
		}
	}
}

// within fails when do takes so long that it can only be waiting for the server.
func within(t *testing.T, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatalf("%s waits for a server out of reach", what)
	}
}

func TestCloseEndsInTimeWhenTheServerIsOutOfReach(t *testing.T) {
	o := databasetest.Postgres(t)
	network := throughNetwork(t, &o)
	o.Migrations, o.Log = notes, slog.New(slog.DiscardHandler)
	d, err := database.Open(background, o)
	if err != nil {
		t.Fatal(err)
	}
	working, writing := make(chan struct{}), make(chan struct{})
	held, written := make(chan error, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(background)
	go func() {
		held <- d.Hold(ctx, "relay", func(ctx context.Context) error { close(working); <-ctx.Done(); return ctx.Err() })
	}()
	go func() {
		written <- d.Write(background, func(tx *gorm.DB) error {
			close(writing)
			<-ctx.Done()
			return insert("x")(tx)
		})
	}()
	<-working
	<-writing
	network.swallows.Store(true)
	cancel()
	closing, end := context.WithTimeout(background, 500*time.Millisecond)
	defer end()
	within(t, "Close", func() { d.Close(closing) })
	within(t, "Write", func() {
		if err := <-written; err == nil {
			t.Error("a write that was cut off says that it is written")
		}
	})
	within(t, "Hold", func() { <-held })
}

func TestACommitToAServerOutOfReachIsUncertain(t *testing.T) {
	o := databasetest.Postgres(t)
	network := throughNetwork(t, &o)
	o.Migrations, o.Log = notes, slog.New(slog.DiscardHandler)
	d, err := database.Open(background, o)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "Write", func() {
		err := d.Write(background, func(tx *gorm.DB) error {
			err := insert("x")(tx)
			network.swallows.Store(true)
			return err
		})
		if !errors.Is(err, database.ErrUncertain) {
			t.Errorf("got %v, want ErrUncertain", err)
		}
	})
	closing, end := context.WithTimeout(background, 100*time.Millisecond)
	defer end()
	within(t, "Close", func() { d.Close(closing) })
}

func TestOpenEndsInTimeWhenTheServerIsOutOfReach(t *testing.T) {
	o := databasetest.Postgres(t)
	throughNetwork(t, &o).swallows.Store(true)
	o.OpenWithin = 200 * time.Millisecond
	within(t, "Open", func() {
		if _, err := database.Open(background, o); err == nil {
			t.Error("opened a database out of reach")
		}
	})
}
