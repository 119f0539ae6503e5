// Package connections bounds how many connections a listener has open, at all and
// from one address, so that strangers can't use up the files that the process may
// open: databases and logs need files too.
package connections

import (
	"container/list"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// Limits of a listener.
type Limits struct {
	// Name of the listener, for the log.
	Name string
	// Most connections at a time; 0: no bound.
	Most int
	// PerAddress is how many may come from one address; 0: no bound but Most.
	PerAddress int
	// Exempt from PerAddress are proxies, which many clients stand behind.
	Exempt []netip.Prefix
	// Log may be nil: slog.Default().
	Log *slog.Logger
}

// Listener accepts connections up to its limits. Beyond them one that does nothing
// is closed in favour of a new one, the longest idle first; when there is none, the
// new one is closed. Which are idle, State says: without it, none is.
type Listener struct {
	net.Listener
	limits Limits

	mu        sync.Mutex
	open      int
	byAddress map[netip.Addr]int
	idle      *list.List // of *conn, the longest idle first
	refused   int        // connections since the log said so, with those closed for others
	said      time.Time
}

// Limit bounds the connections of l.
func Limit(l net.Listener, limits Limits) *Listener {
	if limits.Log == nil {
		limits.Log = slog.Default()
	}
	return &Listener{Listener: l, limits: limits, byAddress: map[netip.Addr]int{}, idle: list.New()}
}

// conn is an accepted connection that counts until it is closed.
type conn struct {
	net.Conn
	listener *Listener
	address  netip.Addr
	closed   bool          // under the listener's mu
	waiting  *list.Element // in idle; nil: busy
}

// Accept waits for a connection within the limits.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			l.failed(err)
			return nil, err
		}
		c := &conn{Conn: accepted, listener: l, address: addressOf(accepted.RemoteAddr())}
		victim, ok := l.admit(c)
		if victim != nil {
			victim.Close()
		}
		if ok {
			return c, nil
		}
		accepted.Close()
	}
}

// admit counts c if there is room, or if victim makes room.
func (l *Listener) admit(c *conn) (victim *conn, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	full := l.limits.Most > 0 && l.open >= l.limits.Most
	crowded := l.limits.PerAddress > 0 && l.byAddress[c.address] >= l.limits.PerAddress && !l.exempt(c.address)
	if full || crowded {
		l.say(c.address, crowded)
		if victim = l.longestIdle(c.address, crowded); victim == nil {
			return nil, false
		}
		l.forget(victim)
	}
	l.open++
	l.byAddress[c.address]++
	return victim, true
}

// longestIdle is the connection to be closed for a new one of an address: one of
// the same address if that has too many.
func (l *Listener) longestIdle(address netip.Addr, same bool) *conn {
	for e := l.idle.Front(); e != nil; e = e.Next() {
		if c := e.Value.(*conn); !same || c.address == address {
			return c
		}
	}
	return nil
}

func (l *Listener) exempt(address netip.Addr) bool {
	for _, network := range l.limits.Exempt {
		if network.Contains(address) {
			return true
		}
	}
	return false
}

// forget takes a connection out of the counts, once.
func (l *Listener) forget(c *conn) {
	if c.closed {
		return
	}
	c.closed = true
	l.open--
	if l.byAddress[c.address]--; l.byAddress[c.address] == 0 {
		delete(l.byAddress, c.address)
	}
	c.busy()
}

func (c *conn) busy() {
	if c.waiting != nil {
		c.listener.idle.Remove(c.waiting)
		c.waiting = nil
	}
}

// Close closes the connection, and makes room for another one.
func (c *conn) Close() error {
	c.listener.mu.Lock()
	c.listener.forget(c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

// State is an http.Server's ConnState. A connection is idle until it has sent a
// request, and between requests.
func (l *Listener) State(accepted net.Conn, state http.ConnState) {
	c, ours := accepted.(*conn)
	if !ours {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case c.closed:
	case state == http.StateNew, state == http.StateIdle:
		c.busy()
		c.waiting = l.idle.PushBack(c)
	default:
		c.busy()
	}
}

// sayEvery is the pause between two words about the same trouble.
const sayEvery = 10 * time.Second

// say logs that there are too many connections.
func (l *Listener) say(address netip.Addr, crowded bool) {
	l.refused++
	if time.Since(l.said) < sayEvery {
		return
	}
	log := l.limits.Log.With("listener", l.limits.Name, "open", l.open, "refused", l.refused)
	if crowded {
		log.Warn("an address has too many connections; idle ones of its are closed, or new ones refused", "address", address, "most", l.limits.PerAddress)
	} else {
		log.Warn("there are too many connections; idle ones are closed, or new ones refused", "most", l.limits.Most)
	}
	l.refused, l.said = 0, time.Now()
}

// failed logs why no connection can be accepted, which servers try again and say
// nothing of.
func (l *Listener) failed(err error) {
	if errors.Is(err, net.ErrClosed) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.said) < sayEvery {
		return
	}
	l.said = time.Now()
	l.limits.Log.Error("no connection can be accepted; trying again", "listener", l.limits.Name, "open", l.open, "error", err)
}

func addressOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

// Files is how many files this process may have open at a time. The Go runtime has
// raised the limit to the hard one.
func Files() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<20 {
		return 1 << 20
	}
	return int(limit.Cur)
}
