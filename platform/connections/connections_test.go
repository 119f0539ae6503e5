package connections

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// dialled is a client's end of a connection.
type dialled struct {
	net.Conn
	t *testing.T
}

// dial connects from an address of this machine.
func dial(t *testing.T, l net.Listener, from string) dialled {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := dialer.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return dialled{c, t}
}

// answered tells whether a request on the connection gets an answer; if not, the
// connection is closed.
func (d dialled) answered() bool {
	d.t.Helper()
	if _, err := d.Write([]byte("GET / HTTP/1.1\r\nHost: h\r\n\r\n")); err != nil {
		return false
	}
	answer := make([]byte, 1024)
	n, err := d.Read(answer)
	return err == nil && bytes.HasPrefix(answer[:n], []byte("HTTP/1.1 200"))
}

// serving serves pages within limits; those at /hang wait.
func serving(t *testing.T, limits Limits) *Listener {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := Limit(inner, limits)
	server := &http.Server{ConnState: l.State, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return l
}

func (l *Listener) counts() (open, addresses, idle int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open, len(l.byAddress), l.idle.Len()
}

func TestAnAddressHasItsShareOnly(t *testing.T) {
	var log record
	l := serving(t, Limits{Name: "front", Most: 100, PerAddress: 3, Log: log.logger()})
	other := dial(t, l, "127.0.0.9")
	var first []dialled
	for range 10 {
		c := dial(t, l, "127.0.0.2")
		if !c.answered() {
			t.Fatal("a new connection is to be served")
		}
		first = append(first, c)
	}
	if !other.answered() {
		t.Error("the connection of another address was closed")
	}
	alive := 0
	for _, c := range first {
		if c.answered() {
			alive++
		}
	}
	if open, _, _ := l.counts(); alive != 3 || open != 4 {
		t.Errorf("%d connections of the address are served and %d open, want 3 and 4", alive, open)
	}
	if text := log.String(); strings.Count(text, "too many connections") != 1 || !strings.Contains(text, "address=127.0.0.2") {
		t.Errorf("want it said once, with the address:\n%s", text)
	}
}

func TestManyAddressesDoNotUseUpAll(t *testing.T) {
	l := serving(t, Limits{Most: 5, PerAddress: 3})
	for i := range 20 {
		from := net.IPv4(127, 0, 1, byte(i+1)).String()
		if !dial(t, l, from).answered() {
			t.Fatalf("connection %d is to be served, for an idle one", i)
		}
	}
	if open, _, _ := l.counts(); open > 5 {
		t.Errorf("%d are open, want at most 5", open)
	}
}

func TestABusyConnectionIsNotClosedForAnother(t *testing.T) {
	l := serving(t, Limits{Most: 2, PerAddress: 2})
	for range 2 {
		c := dial(t, l, "127.0.0.1")
		if _, err := c.Write([]byte("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if dial(t, l, "127.0.0.2").answered() {
		t.Error("a third connection was served, beyond the bound")
	}
	if open, addresses, idle := l.counts(); open != 2 || addresses != 1 || idle != 0 {
		t.Errorf("%d open of %d addresses, %d idle; want 2 of 1, 0", open, addresses, idle)
	}
}

func TestAProxyBringsMany(t *testing.T) {
	l := serving(t, Limits{Most: 10, PerAddress: 2, Exempt: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/30")}})
	var all []dialled
	for range 8 {
		all = append(all, dial(t, l, "127.0.0.1"))
	}
	for i, c := range all {
		if !c.answered() {
			t.Errorf("connection %d of the proxy was closed", i)
		}
	}
}

func TestAClosedConnectionMakesRoom(t *testing.T) {
	l := serving(t, Limits{Most: 2})
	for range 20 {
		c := dial(t, l, "127.0.0.1")
		if !c.answered() {
			t.Fatal("not served")
		}
		c.Close()
		// The listener hears of it when the other side has read the end.
		for open, _, _ := l.counts(); open > 1; open, _, _ = l.counts() {
			time.Sleep(time.Millisecond)
		}
	}
	l.Close()
}

// exhausted is a listener of a process that has no file left.
type exhausted struct{ net.Listener }

func (exhausted) Accept() (net.Conn, error) {
	return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
}

func TestWhyNothingIsAcceptedIsLogged(t *testing.T) {
	var log record
	l := Limit(exhausted{}, Limits{Name: "front", Log: log.logger()})
	for range 3 {
		if _, err := l.Accept(); !errors.Is(err, syscall.EMFILE) {
			t.Errorf("got %v", err)
		}
	}
	if text := log.String(); strings.Count(text, "level=ERROR") != 1 || !strings.Contains(text, "too many open files") || !strings.Contains(text, "listener=front") {
		t.Errorf("want it said once, with listener and reason:\n%s", text)
	}
}

// record is a log that is read while it is written.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) logger() *slog.Logger { return slog.New(slog.NewTextHandler(r, nil)) }

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}
