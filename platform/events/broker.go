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

	"galleria/platform/id"
	"galleria/platform/lifecycle"
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
	Hears    Hears        // what each module may subscribe to; nil = everything
	Log      *slog.Logger // nil = slog.Default()
}

// Broker is a NATS server with JetStream inside this process. It listens on no
// port: this process reaches it through Conn, other processes through Pipe.
//
// A store that fails, as on a full disk, fails for ever in the server. The broker
// then opens a new server on the same files, as soon as they can be written again;
// connections and pipes break and come again.
//
//	open ──── the store failed ────► reopening ──► open
//	  │                                  │
//	  └────────────► closed ◄────────────┘
type Broker struct {
	o       BrokerOptions
	lock    *os.File
	secret  string // shown by connections of this process, which may do everything
	own     *Conn  // to keep the stream and the consumers with
	grants  grants
	illness illness

	life    context.Context
	end     context.CancelFunc
	tasks   sync.WaitGroup // those that run for as long as the broker lives
	keeping sync.Mutex     // one change to stream and consumers at a time

	mu         sync.Mutex
	server     *server.Server // nil: none could be opened yet
	reopening  bool
	closed     bool
	conns      []*Conn
	asked      *server.Server // said state at answeredAt, of its files
	answeredAt time.Time
	state      error
	asking     time.Time // when the question was asked that has no answer yet; zero: none

	// storeFailure is what the server says of its files; see there. Tests put another one.
	storeFailure func(*server.Server) error
}

// ErrBrokerRuns says that the directory of a broker is another process's just now.
var ErrBrokerRuns = errors.New("another process runs the broker")

// OpenBroker starts the broker on the files in o.Dir and returns when it takes
// events. One process only may have a directory open; for a second one OpenBroker
// fails at once, with ErrBrokerRuns, because two servers would destroy each other's files.
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
	b := &Broker{o: o, lock: lock, secret: id.Secret(), storeFailure: storeFailure}
	b.grants.log = o.Log.With("part", "broker")
	b.life, b.end = context.WithCancel(context.Background())
	useClock()
	b.tasks.Go(b.keepClock)
	if err := b.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("events: start the broker in %s: %w", o.Dir, err), b.Close(context.Background()))
	}
	return b, nil
}

// open starts a server and makes the stream.
func (b *Broker) open() error {
	s, err := b.serve()
	if err != nil {
		return err
	}
	b.mu.Lock()
	b.server = s
	b.mu.Unlock()
	if b.own == nil {
		if b.own, err = b.Conn(); err != nil {
			return err
		}
		if err := b.answer(); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(b.life, openTimeout)
	defer cancel()
	for !b.own.Connected() { // it comes back by itself
		if lifecycle.Pause(ctx, 10*time.Millisecond) != nil {
			return b.own.away()
		}
	}
	_, err = b.own.stream(ctx)
	return err
}

// serve starts a server.
func (b *Broker) serve() (*server.Server, error) {
	s, err := server.NewServer(&server.Options{
		ServerName: "embedded",
		DontListen: true,
		NoSigs:     true, // signals belong to the process, not to one of its parts
		JetStream:  true,
		StoreDir:   b.o.Dir,
		SyncAlways: true, // the default acknowledges up to two minutes before fsync

		JetStreamMaxStore:      b.o.MaxBytes + consumerRoom,
		JetStreamMaxMemory:     1 << 20, // nothing here uses memory streams; 0 would mean "most of the RAM"
		DisableJetStreamBanner: true,
		MaxConn:                256,
		MaxPending:             8 << 20, // per client; a subscriber asks for pullBytes at once, so this is ample
		MaxPayload:             natsMaxPayload,
		NoSublistCache:         true,             // saves memory; few subjects are published per second
		MaxTracedMsgLen:        64,               // payloads hold personal data and stay out of logs
		PingInterval:           20 * time.Second, // finds a tunnel whose far end vanished

		CustomClientAuthentication: b,
	})
	if err != nil {
		return nil, err
	}
	fatal := &serverLog{log: b.o.Log.With("part", "broker")}
	s.SetLoggerV2(fatal, false, false, false)
	s.Start()
	if err := fatal.err(); err != nil {
		shutDown(s)
		return nil, err
	}
	if !s.ReadyForConnections(openTimeout) {
		shutDown(s)
		return nil, fmt.Errorf("not ready after %s", openTimeout)
	}
	return s, nil
}

func shutDown(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// Conn connects to the broker without a socket. The caller may close the
// connection; Close of the broker does otherwise.
func (b *Broker) Conn() (*Conn, error) {
	if b.life.Err() != nil {
		return nil, errBrokerClosed
	}
	c, err := newConn(b.o.Log, withinProcess, nats.DefaultURL, nats.InProcessServer(b), nats.Token(b.secret), nats.Name("in-process"))
	if err != nil {
		return nil, err
	}
	c.maxBytes, c.hears, c.keeper = b.o.MaxBytes, b.o.Hears, b
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		c.Close()
		return nil, errBrokerClosed
	}
	b.conns = append(b.conns, c)
	return c, nil
}

var errBrokerClosed = errors.New("events: the broker is closed")

// InProcessConn opens a connection to the server of the moment. It gives no
// rights: the other end has to know the secret, or to come through a pipe.
func (b *Broker) InProcessConn() (net.Conn, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return nil, errBrokerClosed
	case b.server == nil || b.reopening:
		return nil, errors.New("events: the broker is being opened again")
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
	b.end()
	for _, c := range conns {
		c.Close()
	}
	stopped := make(chan struct{})
	go func() {
		b.tasks.Wait()
		if b.server != nil {
			shutDown(b.server)
		}
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-ctx.Done():
		return fmt.Errorf("events: stop the broker: %w", ctx.Err())
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
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrBrokerRuns
		}
		return nil, errors.Join(fmt.Errorf("events: lock %s: %w", dir, err), f.Close())
	}
	return f, nil
}
