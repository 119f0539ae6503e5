package events

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// external is a NATS server of its own, on a port of this machine, as an operator
// runs one beside the program.
type external struct {
	options server.Options
	server  *server.Server
}

func runExternal(t *testing.T, o server.Options) *external {
	t.Helper()
	o.Host, o.Port = "127.0.0.1", server.RANDOM_PORT
	o.JetStream, o.StoreDir, o.SyncAlways = true, t.TempDir(), true
	o.NoLog, o.NoSigs = true, true
	e := &external{options: o}
	e.start(t)
	// Stopping is nothing to a server that was stopped.
	t.Cleanup(func() { e.stop() })
	return e
}

// start starts the server on its files, and at its address if it had one.
func (e *external) start(t *testing.T) {
	t.Helper()
	useClock()     // its clock would go on by itself when it has stopped; see clock.go
	o := e.options // the server writes into its options
	s, err := server.NewServer(&o)
	if err != nil {
		t.Fatalf("make the NATS server: %v", err)
	}
	e.server = s
	s.Start()
	if !s.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	e.options.Port = s.Addr().(*net.TCPAddr).Port
}

func (e *external) stop() {
	e.server.Shutdown()
	e.server.WaitForShutdown()
}

func (e *external) url(scheme, user string) string {
	if user != "" {
		user += "@"
	}
	return fmt.Sprintf("%s://%s127.0.0.1:%d", scheme, user, e.options.Port)
}

func connectBy(t *testing.T, o ConnectOptions) *Conn {
	t.Helper()
	if o.Log == nil {
		o.Log = quietLog
	}
	c, err := Connect(t.Context(), o)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

// selfSigned is a certificate for 127.0.0.1, and the file that vouches for it.
func selfSigned(t *testing.T) (*tls.Config, string) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	file := filepath.Join(t.TempDir(), "authority.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12}, file
}

// Publisher and subscriber are different connections to a server over TCP, which
// is restarted on its files while both have work.
func TestExternalServerIsReachedByURL(t *testing.T) {
	t.Parallel()
	certificate, authority := selfSigned(t)
	for name, way := range map[string]struct {
		server       server.Options
		scheme, user string
		authority    string
	}{
		"open to all":            {server.Options{}, "nats", "", ""},
		"user and password":      {server.Options{Username: "ana", Password: "s3cret/ä"}, "nats", "ana:s3cret%2F%C3%A4", ""},
		"token":                  {server.Options{Authorization: "t0ken"}, "nats", "t0ken", ""},
		"TLS and password":       {server.Options{TLSConfig: certificate, Username: "ana", Password: "s3cret"}, "tls", "ana:s3cret", authority},
		"TLS that it asks for":   {server.Options{TLSConfig: certificate}, "nats", "", authority},
		"a name it does not ask": {server.Options{}, "nats", "ana:s3cret", ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := runExternal(t, way.server)
			o := ConnectOptions{URL: e.url(way.scheme, way.user), RootCAs: way.authority, MaxBytes: 8 << 20}
			publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
			start(t, newRelay(publisher, connectBy(t, o)).Run)
			start(t, newSubscriber(t, "reader", reader, connectBy(t, o), onText(nil)).Run)
			publish(t, publisher, "a", numbers(10)...)
			wantEffects(t, reader, "a", numbers(10)...)

			e.stop()
			publish(t, publisher, "a", "11", "12")
			if got := backlog(t, publisher); got != 2 {
				t.Errorf("outbox rows while the server is away: got %d, want 2", got)
			}
			e.start(t)
			publish(t, publisher, "a", "13")
			wantEffects(t, reader, "a", numbers(13)...)
			eventually(t, "outbox rows", 0, func() int64 { return backlog(t, publisher) })
			if got := stored(t, connectBy(t, o)); got != 13 {
				t.Errorf("events in the stream: got %d, want 13, those before the restart too", got)
			}
		})
	}
}

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// A broker that refuses its clients is a broker that is away: events wait. The
// log says the reason, once, and never the password.
func TestRefusalOfAnExternalServerIsExplained(t *testing.T) {
	t.Parallel()
	certificate, _ := selfSigned(t)
	for name, refused := range map[string]struct {
		server             server.Options
		scheme, user, want string
	}{
		"wrong password":  {server.Options{Username: "ana", Password: "right"}, "nats", "ana:wr0ngpass", "authorization violation"},
		"wrong token":     {server.Options{Authorization: "right"}, "nats", "wr0ngpass", "authorization violation"},
		"not vouched for": {server.Options{TLSConfig: certificate}, "tls", "ana:wr0ngpass", "certificate signed by unknown authority"},
		"it speaks plain": {server.Options{}, "tls", "ana:wr0ngpass", "secure connection not available"},
	} {
		t.Run(name, func(t *testing.T) {
			e := runExternal(t, refused.server)
			var log lines
			logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			c := connectBy(t, ConnectOptions{URL: e.url(refused.scheme, refused.user), Log: logger})
			publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
			relay := newRelay(publisher, c)
			relay.log = logger
			subscriber := newSubscriber(t, "reader", reader, c, onText(nil))
			subscriber.log = logger
			publish(t, publisher, "a", "1")
			start(t, relay.Run)
			start(t, subscriber.Run)
			for _, who := range []string{"events wait in the outbox", "receiving events was interrupted"} {
				eventually(t, who+", with the reason", true, func() bool {
					for line := range strings.Lines(log.String()) {
						if strings.Contains(line, who) && strings.Contains(strings.ToLower(line), refused.want) {
							return true
						}
					}
					return false
				})
			}
			failures := relay.Stats().Failures
			eventually(t, "more attempts", true, func() bool { return relay.Stats().Failures > failures+10 })
			if got := strings.Count(log.String(), "events wait in the outbox"); got > 4 {
				t.Errorf("the outage was told %d times:\n%s", got, log.String())
			}
			if strings.Contains(log.String(), "wr0ngpass") {
				t.Errorf("the log has the password:\n%s", log.String())
			}
			if got := backlog(t, publisher); got != 1 {
				t.Errorf("outbox rows: got %d, want the event to wait", got)
			}
		})
	}
}

func TestUnreadableURLIsRefusedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	_, err := Connect(t.Context(), ConnectOptions{URL: "nats://ana:hun/ter2@h:4222", Log: quietLog})
	if err == nil || strings.Contains(err.Error(), "hun") || strings.Contains(err.Error(), "ter2") {
		t.Errorf("got %v, want an error without the password", err)
	}
}
