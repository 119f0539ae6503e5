package route

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

// reach remembers what the attempts to connect to a process meet. gRPC keeps only
// the text of it.
type reach struct{ last atomic.Pointer[error] }

// cause is why the last attempt failed; nil: it did not, or none has ended.
func (r *reach) cause() error {
	if last := r.last.Load(); last != nil {
		return *last
	}
	return nil
}

func (r *reach) failed(err error) error {
	r.last.Store(&err)
	return err
}

func (r *reach) dial(ctx context.Context, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, r.failed(err)
	}
	return conn, nil
}

// watchedCredentials note how handshakes end.
type watchedCredentials struct {
	credentials.TransportCredentials
	reach *reach
}

func (w watchedCredentials) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := w.TransportCredentials.ClientHandshake(ctx, authority, raw)
	if err != nil {
		return nil, nil, w.reach.failed(err)
	}
	return &greeted{Conn: conn, reach: w.reach}, info, nil
}

func (w watchedCredentials) Clone() credentials.TransportCredentials {
	return watchedCredentials{w.TransportCredentials.Clone(), w.reach}
}

// greeted is a connection on which a server has to say first that it speaks
// HTTP/2. With TLS 1.3 it is only then known whether it takes our certificate.
type greeted struct {
	net.Conn
	reach *reach
	seen  int         // bytes, by the one goroutine that reads
	known atomic.Bool // that it speaks HTTP/2, or why it does not
}

// A server's first frame is its settings: three bytes of length, then the type.
const (
	frameTypeAt  = 3
	settingsType = 4
)

var (
	errOtherProtocol = errors.New("the server does not speak HTTP/2")
	errNoGreeting    = errors.New("the connection ended before the server said anything")
)

func (g *greeted) Read(into []byte) (n int, err error) {
	n, err = g.Conn.Read(into)
	if g.known.Load() {
		return n, err
	}
	switch at := frameTypeAt - g.seen; {
	case n > at && into[at] == settingsType:
		g.known.Store(true)
		g.reach.last.Store(nil)
	case n > at:
		g.failed(errOtherProtocol)
	case errors.Is(err, net.ErrClosed): // by us: it said nothing for too long
		g.failed(os.ErrDeadlineExceeded)
	case err != nil:
		g.failed(fmt.Errorf("%w: %w", errNoGreeting, err))
	}
	g.seen += n
	return n, err
}

// Write fails when the server has ended the connection. Why it did has arrived, and
// gRPC would not read it any more.
func (g *greeted) Write(p []byte) (n int, err error) {
	n, err = g.Conn.Write(p)
	if err != nil && !g.known.Load() {
		g.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, last := g.Conn.Read(make([]byte, 1)); last != nil {
			g.failed(fmt.Errorf("%w: %w", errNoGreeting, last))
		}
	}
	return n, err
}

// failed keeps the first cause of this connection's end.
func (g *greeted) failed(cause error) {
	if g.known.CompareAndSwap(false, true) {
		g.reach.failed(cause)
	}
}

// Why says in plain words, on one line and without the wording of gRPC, why a
// call to another process failed. Where it was to go is the caller's to say.
func Why(err error) string {
	text := status.Convert(err).Message()
	if known := (*unreached)(nil); errors.As(err, &known) {
		err, text = known.cause, known.cause.Error()
	}
	if words := inWords(err); words != "" {
		return words
	}
	return strings.Join(strings.Fields(text), " ")
}

// inWords knows the commonest ways in which a process is not reached.
func inWords(err error) string {
	var (
		noHost    *net.DNSError
		authority x509.UnknownAuthorityError
		noTLS     tls.RecordHeaderError
		network   *net.OpError
		timeout   net.Error
	)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there (connection refused)"
	case errors.As(err, &noHost) && noHost.IsNotFound:
		return "there is no such host"
	case errors.As(err, &authority):
		return "its certificate is of an authority that is not trusted here"
	case errors.As(err, &noTLS):
		return "what listens there does not speak TLS"
	case errors.As(err, &network) && network.Op == "remote error": // so crypto/tls names an alert
		return "it does not trust the certificate shown to it"
	case errors.Is(err, errOtherProtocol):
		return "what listens there speaks another protocol, or wants TLS"
	case errors.Is(err, errNoGreeting):
		return "what listens there ended the connection at once: it is stopping, speaks another protocol, or wants TLS"
	case errors.As(err, &timeout) && timeout.Timeout(), status.Code(err) == codes.DeadlineExceeded:
		return "it did not answer in time"
	}
	return ""
}
