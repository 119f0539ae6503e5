package edge

import (
	"cmp"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
)

// Limits are how much one client may do; zero fields are as DefaultLimits has them. A
// client is an IPv4 address, or the /64 network of an IPv6 address, which is what one
// household has.
type Limits struct {
	// Carts, Checkouts, Cancellations and Codes are how many a minute, and at once.
	// Codes are voucher codes that are tried: those that the cart has already are not
	// counted again. Requests are all those to the API.
	Carts, Checkouts, Cancellations int
	// CancellationsOfDay are how many a day, and at once: each order that was cancelled is
	// a mail to an address that was only typed.
	CancellationsOfDay int
	Codes, Requests    int
	// Declines is how many refused cards in a row are free. After each further one
	// the client waits, a second at first, and twice as long each time.
	Declines int
	// Loopback lets clients of this machine do what they like: tests, measurements, or
	// a proxy that was not named as one.
	Loopback bool
}

// DefaultLimits leave room for an office, or a mobile network, behind one address.
func DefaultLimits() Limits {
	return Limits{Carts: 60, Checkouts: 60, Cancellations: 30, CancellationsOfDay: 60, Codes: 60, Requests: 600, Declines: 5, Loopback: true}
}

func (l Limits) orDefaults() Limits {
	d := DefaultLimits()
	l.Carts, l.Checkouts = cmp.Or(l.Carts, d.Carts), cmp.Or(l.Checkouts, d.Checkouts)
	l.Cancellations, l.Codes = cmp.Or(l.Cancellations, d.Cancellations), cmp.Or(l.Codes, d.Codes)
	l.CancellationsOfDay = cmp.Or(l.CancellationsOfDay, d.CancellationsOfDay)
	l.Requests = cmp.Or(l.Requests, d.Requests)
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

// Kind is what is limited.
type Kind int

// The kinds.
const (
	NewCarts Kind = iota
	CheckoutAttempts
	Cancellations
	VoucherCodes
	// Requests are those of programs, to the API. Those to pages are not counted.
	Requests
	// CancellationsOfDay are Cancellations by shoppers, which are counted twice. Those by
	// staff are not counted here.
	CancellationsOfDay
	kinds
)

// Clients remember what each client did. Safe for concurrent use.
type Clients struct {
	limits atomic.Pointer[Limits]
	now    func() time.Time

	mu    sync.Mutex
	known map[netip.Prefix]*client
}

// client is a bucket for each kind, which fills up by the limit in its span and is
// full in the end, and what was refused lately.
type client struct {
	used     [kinds]float64
	at       time.Time // of used
	declined int       // cards in a row, with those that are being tried
	until    time.Time // no checkout before
}

// NewClients knows no client yet.
func NewClients(limits Limits, now func() time.Time) *Clients {
	c := &Clients{now: now, known: map[netip.Prefix]*client{}}
	c.SetLimits(limits)
	return c
}

// SetLimits changes how much one client may do; what it has done already counts.
func (c *Clients) SetLimits(limits Limits) {
	limits = limits.orDefaults()
	c.limits.Store(&limits)
}

// Take takes one of a kind for the client; otherwise it says how long the client has
// to wait.
func (c *Clients) Take(address netip.Addr, k Kind) (wait time.Duration) {
	return c.Allow(address, k).Wait
}

// Allowance is what a client may still do of a kind.
type Allowance struct {
	// Most is how many in the kind's span there may be, and at once; 0: there is no limit for
	// this client, and nothing else is said.
	Most int
	// Left is how many there may be at once now.
	Left int
	// Wait is how long the client has to wait; 0: what it asked for was taken.
	Wait time.Duration
	// Full is when all of Most is there again.
	Full time.Duration
}

// Allow takes one of a kind for the client, unless it has to wait, and says what is
// left.
func (c *Clients) Allow(address netip.Addr, k Kind) Allowance {
	who, limited := c.who(address)
	if !limited {
		return Allowance{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	return c.take(c.of(who, now), k, now)
}

// GiveBack makes undone that one of a kind was taken, which it turns out not to have been.
func (c *Clients) GiveBack(address netip.Addr, k Kind) {
	who, limited := c.who(address)
	if !limited {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.of(who, c.now())
	one.used[k] = max(one.used[k]-1, 0)
}

// take is Allow for a client that is limited.
func (c *Clients) take(one *client, k Kind, now time.Time) Allowance {
	most := float64(c.most(k))
	a := Allowance{Most: c.most(k)}
	switch {
	case k == CheckoutAttempts && now.Before(one.until):
		a.Wait = one.until.Sub(now)
	case one.used[k]+1 > most:
		a.Wait = time.Duration((one.used[k] + 1 - most) / most * float64(k.Span()))
	default:
		one.used[k]++
	}
	a.Left, a.Full = int(most-one.used[k]), time.Duration(one.used[k]/most*float64(k.Span()))
	return a
}

// TakeCard takes an attempt to pay with a card for the client, unless it has to wait. The
// card counts as declined from now on, until Settled says otherwise: of many that are
// tried at once, no more are let through than one after the other.
func (c *Clients) TakeCard(address netip.Addr) (wait time.Duration) {
	who, limited := c.who(address)
	if !limited {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	one := c.of(who, now)
	if a := c.take(one, CheckoutAttempts, now); a.Wait > 0 {
		return a.Wait
	}
	one.declined++
	c.hold(one, now)
	return 0
}

// hold makes the client wait for as long as its declined cards want.
func (c *Clients) hold(one *client, now time.Time) {
	one.until = time.Time{}
	if over := one.declined - c.limits.Load().Declines; over > 0 {
		one.until = now.Add(min(time.Second<<min(over-1, 20), longestWait))
	}
}

// Outcome is how an attempt to pay with a card went.
type Outcome int

// How an attempt went.
const (
	// Unsettled: nothing was heard of a card, such as when it can't be one.
	Unsettled Outcome = iota
	Declined
	Accepted
)

// Settled notes how an attempt went that TakeCard let through.
func (c *Clients) Settled(address netip.Addr, how Outcome) {
	who, limited := c.who(address)
	if !limited || how == Declined { // which it counts as already
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	one := c.of(who, now)
	one.declined--
	if how == Accepted {
		one.declined = 0
	}
	one.declined = max(one.declined, 0)
	c.hold(one, now)
}

// of is what is known of a client, as of now.
func (c *Clients) of(who netip.Prefix, now time.Time) *client {
	one := c.known[who]
	if one == nil {
		if len(c.known) >= mostClients {
			c.forget(now)
		}
		one = &client{at: now}
		c.known[who] = one
	}
	passed := now.Sub(one.at)
	for k := range kinds {
		// There may have been more when the limit was higher: what is waited for is never longer
		// than the span of the kind.
		most := float64(c.most(k))
		one.used[k] = max(min(one.used[k], most)-float64(passed)/float64(k.Span())*most, 0)
	}
	if passed > longestWait && now.After(one.until) {
		one.declined = 0
	}
	one.at = now
	return one
}

// forget makes room: clients that did nothing for a while go, unless what they did in a day
// counts, and, if that is not enough, any others, so that memory stays bounded.
func (c *Clients) forget(now time.Time) {
	for who, one := range c.known {
		idle := now.Sub(one.at)
		if idle > longestWait && (one.used[CancellationsOfDay] == 0 || idle > CancellationsOfDay.Span()) {
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

func (c *Clients) most(k Kind) int {
	switch k {
	case NewCarts:
		return c.limits.Load().Carts
	case CheckoutAttempts:
		return c.limits.Load().Checkouts
	case VoucherCodes:
		return c.limits.Load().Codes
	case Requests:
		return c.limits.Load().Requests
	case CancellationsOfDay:
		return c.limits.Load().CancellationsOfDay
	}
	return c.limits.Load().Cancellations
}

// Span is the time that the limit of a kind is for.
func (k Kind) Span() time.Duration {
	if k == CancellationsOfDay {
		return 24 * time.Hour
	}
	return time.Minute
}

// who is the client at an address, and whether there are limits for it.
func (c *Clients) who(address netip.Addr) (netip.Prefix, bool) {
	address = address.Unmap().WithZone("")
	if !address.IsValid() || address.IsLoopback() && c.limits.Load().Loopback {
		return netip.Prefix{}, false
	}
	bits := 32
	if address.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(address, bits).Masked(), true
}

// LimitedNetworkOf is NetworkOf a client that has limits, and empty for one that has none.
func (c *Clients) LimitedNetworkOf(ctx echo.Context) string {
	if _, limited := c.who(ClientOf(ctx)); !limited {
		return ""
	}
	return NetworkOf(ctx)
}

// TooOften is an error for a client that has to wait.
type TooOften struct{ Wait time.Duration }

// Error implements error.
func (t *TooOften) Error() string { return "too often; the client has to wait " + t.Wait.String() }

// Seconds is a wait as Retry-After has it.
func Seconds(wait time.Duration) string {
	return strconv.Itoa(int((wait + time.Second - 1) / time.Second))
}

// InWords is a wait as people say it.
func InWords(wait time.Duration) string {
	switch {
	case wait <= time.Second:
		return "a second"
	case wait < 2*time.Minute:
		return Seconds(wait) + " seconds"
	}
	return strconv.Itoa(int((wait+time.Minute-1)/time.Minute)) + " minutes"
}
