package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	neturl "net/url"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"galleria/platform/id"
)

const (
	reconnectWait   = 250 * time.Millisecond
	reconnectJitter = 200 * time.Millisecond
	dialTimeout     = 2 * time.Second
	// ackTimeout is how long the broker may take to store one event, which
	// includes those of other publishers that are in line before it.
	ackTimeout = 5 * time.Second
	// natsMaxPayload is the server's own default, made explicit because
	// MaxPayload has to stay below it with room for headers.
	natsMaxPayload = 1 << 20
)

// signs are the signs of life on a connection that has nothing else to carry.
type signs struct {
	// ping is how often a client asks whether the broker is there.
	ping time.Duration
	// heartbeat is how often the broker tells an idle subscriber that it is there.
	heartbeat time.Duration
	// pullExpiry is how long the broker keeps the request of a subscriber that
	// stopped without a word. For that long it may get what the next one wants.
	pullExpiry time.Duration
}

var (
	// Another process, or the network to it, can be gone without a word.
	acrossProcesses = signs{ping: 5 * time.Second, heartbeat: 5 * time.Second, pullExpiry: 15 * time.Second}
	// In one process an end that stops closes the connection or unsubscribes. Signs
	// would only wake an idle program.
	withinProcess = signs{ping: 2 * time.Minute, heartbeat: 30 * time.Second, pullExpiry: time.Minute}
)

// Conn is a connection to the broker, shared by the relays and subscribers of a
// process. It reconnects by itself for as long as it is open.
type Conn struct {
	nc       *nats.Conn
	js       jetstream.JetStream
	keeper   keeper
	signs    signs
	maxBytes int64 // of the stream; 0 = as it is, or the default for a new one
	hears    Hears // nil = not known
	log      *slog.Logger
}

// ConnectOptions says which broker to connect to, and how. Either URL or Dialer
// is set.
type ConnectOptions struct {
	URL         string            // an external NATS cluster: "nats://a:4222,nats://b:4222"
	Credentials string            // file with the NATS user's credentials, for URL; "" = none
	RootCAs     string            // PEM file with the authorities to trust, for URL; "" = the system's
	MaxBytes    int64             // size bound of the stream, in bytes; 0 = as it is, 1 GiB for a new stream; for URL
	Hears       Hears             // what each module subscribes to, for URL; nil = not known
	Dialer      nats.CustomDialer // reaches the broker of another process, say through a tunnel to its Pipe
	Name        string            // of this client, for the broker's own reports
	Log         *slog.Logger      // nil = slog.Default()
}

// Connect returns a connection at once, also when the broker is away: it goes on
// trying until it succeeds or the connection is closed. An error means that the
// options make no sense, or that ctx has ended.
func Connect(ctx context.Context, o ConnectOptions) (*Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("events: connect: %w", err)
	}
	if (o.URL == "") == (o.Dialer == nil) {
		return nil, errors.New("events: connect by URL or through a dialer, one of them")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	opts := []nats.Option{nats.Name(o.Name)}
	url := o.URL
	if o.Dialer != nil {
		// The dialer alone knows the way; the client wants an address to name.
		url = "nats://tunnel:4222"
		inbox := id.Secret()
		opts = append(opts, nats.SetCustomDialer(o.Dialer), nats.SkipHostLookup(), nats.IgnoreDiscoveredServers(),
			nats.UserInfo(inbox, ""), nats.CustomInboxPrefix(inboxPrefix+inbox))
	}
	if o.Credentials != "" {
		opts = append(opts, nats.UserCredentials(o.Credentials))
	}
	if o.RootCAs != "" {
		opts = append(opts, nats.RootCAs(o.RootCAs))
	}
	c, err := newConn(o.Log, acrossProcesses, url, opts...)
	if err != nil {
		return nil, err
	}
	c.maxBytes, c.hears, c.keeper = o.MaxBytes, o.Hears, direct{c}
	if o.Dialer != nil {
		c.keeper = distant{c}
	}
	return c, nil
}

func newConn(log *slog.Logger, signs signs, url string, opts ...nats.Option) (*Conn, error) {
	log = log.With("part", "events")
	opts = append(opts,
		nats.Timeout(dialTimeout),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectJitter, reconnectJitter),
		nats.IgnoreAuthErrorAbort(), // credentials may be repaired at the broker
		nats.PingInterval(signs.ping),
		nats.MaxPingsOutstanding(2),
		// Publishing while disconnected has to fail, not to wait in a buffer:
		// the relay keeps the events and their order itself.
		nats.ReconnectBufSize(-1),
		nats.ConnectHandler(func(nc *nats.Conn) {
			log.Debug("connected to the broker", "broker", nc.ConnectedUrlRedacted())
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("the broker is away; events wait in the outboxes", "error", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			log.Info("the broker is back", "broker", nc.ConnectedUrlRedacted())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("broker connection", "error", err)
		}),
	)
	nc, err := nats.Connect(url, opts...)
	if unreadable := (*neturl.Error)(nil); errors.As(err, &unreadable) {
		return nil, errors.New("events: connect: the URL can't be read") // it may hold a password
	}
	if err != nil {
		return nil, fmt.Errorf("events: connect: %w", err)
	}
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncTimeout(ackTimeout))
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("events: connect: %w", err)
	}
	return &Conn{nc: nc, js: js, signs: signs, log: log}, nil
}

// Connected reports whether the broker can be reached just now.
func (c *Conn) Connected() bool { return c.nc.IsConnected() }

// Close ends the connection for good.
func (c *Conn) Close() { c.nc.Close() }
