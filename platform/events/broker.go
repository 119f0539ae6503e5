package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	defaultStreamBytes = 1 << 30
	// consumerRoom is disk the server may use beside the stream, for the
	// positions of the subscribers.
	consumerRoom = 64 << 20
	// openTimeout bounds the recovery of a store after a crash, which reads the
	// last block of the stream again.
	openTimeout = 30 * time.Second
)

// BrokerOptions configures the embedded broker.
type BrokerOptions struct {
	Dir      string       // where the broker keeps its files; made when missing; required
	MaxBytes int64        // most the stream may take on disk, in bytes; 0 = 1 GiB
	Log      *slog.Logger // nil = slog.Default()
}

// Broker is a NATS server with JetStream inside this process. It listens on no
// port: this process reaches it through Conn, other processes through Pipe.
type Broker struct {
	server   *server.Server
	lock     *os.File
	maxBytes int64
	log      *slog.Logger

	mu     sync.Mutex
	closed bool
	conns  []*Conn
}

// OpenBroker starts the broker on the files in o.Dir and returns when it takes
// events. One process only may have a directory open; for a second one OpenBroker
// fails at once, because two servers would destroy each other's files.
func OpenBroker(o BrokerOptions) (*Broker, error) {
	if o.Dir == "" {
		return nil, errors.New("events: the broker needs a directory")
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultStreamBytes
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	lock, err := lockDir(o.Dir)
	if err != nil {
		return nil, err
	}
	b := &Broker{lock: lock, maxBytes: o.MaxBytes, log: o.Log}
	if err := b.start(o); err != nil {
		return nil, errors.Join(fmt.Errorf("events: start the broker in %s: %w", o.Dir, err), b.Close(context.Background()))
	}
	return b, nil
}

func (b *Broker) start(o BrokerOptions) error {
	s, err := server.NewServer(&server.Options{
		ServerName: "embedded",
		DontListen: true,
		NoSigs:     true, // signals belong to the process, not to one of its parts
		JetStream:  true,
		StoreDir:   o.Dir,
		SyncAlways: true, // the default acknowledges up to two minutes before fsync

		JetStreamMaxStore:      o.MaxBytes + consumerRoom,
		JetStreamMaxMemory:     1 << 20, // nothing here uses memory streams; 0 would mean "most of the RAM"
		DisableJetStreamBanner: true,
		MaxConn:                256,
		MaxPending:             8 << 20, // per client; a subscriber has one event in flight, so this is ample
		MaxPayload:             natsMaxPayload,
		NoSublistCache:         true,             // saves memory; few subjects are published per second
		MaxTracedMsgLen:        64,               // payloads hold personal data and stay out of logs
		PingInterval:           20 * time.Second, // finds a tunnel whose far end vanished
	})
	if err != nil {
		return err
	}
	b.server = s
	fatal := &serverLog{log: o.Log.With("part", "broker")}
	s.SetLoggerV2(fatal, false, false, false)
	s.Start()
	if err := fatal.err(); err != nil {
		return err
	}
	if !s.ReadyForConnections(openTimeout) {
		return fmt.Errorf("not ready after %s", openTimeout)
	}
	conn, err := b.Conn()
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	_, err = conn.stream(ctx)
	return err
}

// Conn connects to the broker without a socket. The caller may close the
// connection; Close of the broker does otherwise.
func (b *Broker) Conn() (*Conn, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errors.New("events: the broker is closed")
	}
	c, err := newConn(b.log, b.maxBytes, nats.DefaultURL, nats.InProcessServer(b.server), nats.Name("in-process"))
	if err != nil {
		return nil, err
	}
	b.conns = append(b.conns, c)
	return c, nil
}

// Pipe opens a connection that speaks the NATS client protocol, for a tunnel to
// copy to and from another process, which passes its end to Connect as Dialer.
// Whoever holds the pipe may publish and subscribe everything: authenticating
// the far end is the tunnel's duty.
func (b *Broker) Pipe() (net.Conn, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errors.New("events: the broker is closed")
	}
	return b.server.InProcessConn()
}

// Close closes the broker's connections and pipes and stops the server; all it
// acknowledged is on disk already. When ctx ends first, Close returns its error
// and the directory stays locked until the process ends.
func (b *Broker) Close(ctx context.Context) error {
	b.mu.Lock()
	closed, conns := b.closed, b.conns
	b.closed, b.conns = true, nil
	b.mu.Unlock()
	if closed {
		return nil
	}
	for _, c := range conns {
		c.Close()
	}
	if b.server != nil {
		stopped := make(chan struct{})
		go func() {
			b.server.Shutdown()
			b.server.WaitForShutdown()
			close(stopped)
		}()
		select {
		case <-stopped:
		case <-ctx.Done():
			return fmt.Errorf("events: stop the broker: %w", ctx.Err())
		}
	}
	return b.lock.Close()
}

// lockDir makes dir and takes its lock, which the operating system releases when
// the process dies, however it dies.
func lockDir(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("events: make the broker's directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "broker.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("events: lock the broker's directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("events: another process runs the broker in %s: %w", dir, err), f.Close())
	}
	return f, nil
}
