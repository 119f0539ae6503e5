package storefront

import (
	"cmp"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// Limits are how much one client may do; zero fields are as DefaultLimits has them. A
// client is an IPv4 address, or the /64 network of an IPv6 address, which is what one
// household has.
type Limits struct {
	// Carts, Checkouts, Cancellations and Codes are how many a minute, and at once.
	// Codes are voucher codes that are tried: those that the cart has already are not
	// counted again.
	Carts, Checkouts, Cancellations, Codes int
	// Declines is how many refused cards in a row are free. After each further one
	// the client waits, a second at first, and twice as long each time.
	Declines int
	// Loopback lets clients of this machine do what they like: tests, measurements, or
	// a proxy that was not named as one.
	Loopback bool
}

// DefaultLimits leave room for an office, or a mobile network, behind one address.
func DefaultLimits() Limits {
	return Limits{Carts: 60, Checkouts: 60, Cancellations: 30, Codes: 60, Declines: 5, Loopback: true}
}

func (l Limits) orDefaults() Limits {
	d := DefaultLimits()
	l.Carts, l.Checkouts = cmp.Or(l.Carts, d.Carts), cmp.Or(l.Checkouts, d.Checkouts)
	l.Cancellations, l.Codes = cmp.Or(l.Cancellations, d.Cancellations), cmp.Or(l.Codes, d.Codes)
	l.Declines = cmp.Or(l.Declines, d.Declines)
	return l
}

const (
	// longestWait is the longest that a client waits after refusals, and how long
	// one is remembered.
	longestWait = 10 * time.Minute
	// mostClients bounds the memory: each takes about 200 bytes.
	mostClients = 50_000
)

// kind is what is limited.
type kind int

const (
	newCarts kind = iota
	checkoutAttempts
	cancellations
	voucherCodes
	kinds
)

// clients remember what each client did.
type clients struct {
	limits Limits
	now    func() time.Time

	mu    sync.Mutex
	known map[netip.Prefix]*client
}

// client is a bucket for each kind, which fills up by the limit in a minute and is
// full in the end, and what was refused lately.
type client struct {
	used     [kinds]float64
	at       time.Time // of used
	declined int       // cards in a row
	until    time.Time // no checkout before
}

func newClients(limits Limits, now func() time.Time) *clients {
	return &clients{limits: limits, now: now, known: map[netip.Prefix]*client{}}
}

// take takes one of a kind for the client; otherwise it says how long the client has
// to wait.
func (c *clients) take(address netip.Addr, k kind) (wait time.Duration) {
	who, limited := c.who(address)
	if !limited {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	one := c.of(who, now)
	if k == checkoutAttempts && now.Before(one.until) {
		return one.until.Sub(now)
	}
	most := float64(c.most(k))
	if one.used[k]+1 > most {
		return time.Duration((one.used[k] + 1 - most) / most * float64(time.Minute))
	}
	one.used[k]++
	return 0
}

// settled notes whether a card of the client was declined, or taken.
func (c *clients) settled(address netip.Addr, declined bool) {
	who, limited := c.who(address)
	if !limited {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	one := c.of(who, now)
	if !declined {
		one.declined, one.until = 0, time.Time{}
		return
	}
	one.declined++
	if over := one.declined - c.limits.Declines; over > 0 {
		one.until = now.Add(min(time.Second<<min(over-1, 20), longestWait))
	}
}

// of is what is known of a client, as of now.
func (c *clients) of(who netip.Prefix, now time.Time) *client {
	one := c.known[who]
	if one == nil {
		if len(c.known) >= mostClients {
			c.forget(now)
		}
		one = &client{at: now}
		c.known[who] = one
	}
	minutes := now.Sub(one.at).Minutes()
	for k := range kinds {
		one.used[k] = max(one.used[k]-minutes*float64(c.most(k)), 0)
	}
	if now.Sub(one.at) > longestWait && now.After(one.until) {
		one.declined = 0
	}
	one.at = now
	return one
}

// forget makes room: clients that did nothing for a while go, and, if that is not
// enough, any others, so that memory stays bounded.
func (c *clients) forget(now time.Time) {
	for who, one := range c.known {
		if now.Sub(one.at) > longestWait {
			delete(c.known, who)
		}
	}
	for who := range c.known {
		if len(c.known) < mostClients*9/10 {
			return
		}
		delete(c.known, who)
	}
}

func (c *clients) most(k kind) int {
	switch k {
	case newCarts:
		return c.limits.Carts
	case checkoutAttempts:
		return c.limits.Checkouts
	case voucherCodes:
		return c.limits.Codes
	}
	return c.limits.Cancellations
}

// who is the client at an address, and whether there are limits for it.
func (c *clients) who(address netip.Addr) (netip.Prefix, bool) {
	address = address.Unmap().WithZone("")
	if !address.IsValid() || address.IsLoopback() && c.limits.Loopback {
		return netip.Prefix{}, false
	}
	bits := 32
	if address.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(address, bits).Masked(), true
}

// tooOften is an error for a client that has to wait.
type tooOften struct{ wait time.Duration }

func (t *tooOften) Error() string { return "too often; the client has to wait " + t.wait.String() }

// seconds is a wait as Retry-After has it.
func seconds(wait time.Duration) string {
	return strconv.Itoa(int((wait + time.Second - 1) / time.Second))
}

// inWords is a wait as people say it.
func inWords(wait time.Duration) string {
	switch {
	case wait <= time.Second:
		return "a second"
	case wait < 2*time.Minute:
		return seconds(wait) + " seconds"
	}
	return strconv.Itoa(int((wait+time.Minute-1)/time.Minute)) + " minutes"
}

// clientOf is the address of the request's client, behind proxies of ours.
func clientOf(c echo.Context) netip.Addr {
	// An address that can't be read has no limits: it is no client of the network.
	address, _ := netip.ParseAddr(c.RealIP())
	return address
}

// limited refuses what the client does too often, as a page: 429.
func (s *Storefront) limited(c echo.Context, k kind) error {
	if wait := s.clients.take(clientOf(c), k); wait > 0 {
		return echo.NewHTTPError(http.StatusTooManyRequests).SetInternal(&tooOften{wait})
	}
	return nil
}
