package order

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"galleria/platform/money"
)

// Purchase is what a guest wants, at the shop's prices.
type Purchase struct {
	// Key makes repeated calls one order; Fingerprint tells whether a repeat
	// asks for the same.
	Key, Fingerprint string
	CartID           string
	// PaymentMethodID refers to a card at the payment provider.
	PaymentMethodID string
	Contact         Contact
	Address         Address
	// Currency is an ISO 4217 code; all amounts are in its minor units.
	Currency string
	Lines    []Line
}

// Line is one sku at the price it is sold for.
type Line struct {
	SKU, Name, Slug, Picture string
	Quantity, UnitPrice      int64
}

// Total is the price of the whole line. Accept has checked that it fits.
func (l Line) Total() int64 { return l.Quantity * l.UnitPrice }

// Card is what is known of the card that pays.
type Card struct {
	Brand, Last4 string
}

// Ending is why an order failed or was cancelled.
type Ending struct {
	// Because is one word: OutOfStock, ByGuest, ….
	Because string
	// Facts for programs, such as the sku that ran out.
	Facts map[string]string
}

// Words an Ending may give.
const (
	OutOfStock         = "out_of_stock"
	PaymentDeclined    = "payment_declined"
	PaymentUnavailable = "payment_unavailable"
	Unavailable        = "unavailable"
	PaymentRefused     = "payment_refused"
	ByGuest            = "guest"
)

// Entry is one line of an order's timeline.
type Entry struct {
	Status Status
	At     time.Time
	// Note is a sentence for people.
	Note string
}

// Snapshot is all there is to know of an order, as a value.
type Snapshot struct {
	ID, Token string
	Purchase
	Total     int64
	CreatedAt time.Time

	Status   Status
	Card     Card
	Refunded int64
	Ending   Ending
	Timeline []Entry
	// CartPending: what was bought still lies in the cart.
	CartPending bool
	Claim
	// Version counts the changes stored; a change of an older one is refused.
	Version int64
}

// Order is an order in one of its states. Its methods change it in memory
// only; the store keeps a change if nobody was faster. Not safe for concurrent
// use.
type Order struct{ s Snapshot }

// Accept makes an order of a purchase. It fails for what must never be an
// order: nothing bought, nobody to send it to, a price that is no amount.
func Accept(id, token string, p Purchase, now time.Time) (*Order, error) {
	if id == "" || token == "" || p.Key == "" || p.Fingerprint == "" || p.CartID == "" || p.PaymentMethodID == "" || p.Currency == "" {
		return nil, errors.New("accept an order: id, token, key, fingerprint, cart, payment method and currency are required")
	}
	if bad := slices.Concat(p.Contact.Problems(), p.Address.Problems()); len(bad) > 0 {
		return nil, fmt.Errorf("accept order %s: %s %s", id, bad[0].Field, bad[0].Message)
	}
	total, err := Total(p.Currency, p.Lines)
	if err != nil {
		return nil, fmt.Errorf("accept order %s: %w", id, err)
	}
	p.Lines = slices.Clone(p.Lines)
	o := &Order{s: Snapshot{ID: id, Token: token, Purchase: p, Total: total, CreatedAt: stored(now), Version: 1}}
	o.enter(Accepted, now)
	return o, nil
}

// FromStore makes the order a store has kept; nothing is checked again.
func FromStore(s Snapshot) *Order { return &Order{s: s} }

// Snapshot is the order as it is now; changing it changes nothing.
func (o *Order) Snapshot() Snapshot {
	s := o.s
	s.Lines = slices.Clone(s.Lines)
	s.Timeline = slices.Clone(s.Timeline)
	s.Ending.Facts = maps.Clone(s.Ending.Facts)
	return s
}

// Saved tells the order that its change was stored.
func (o *Order) Saved() { o.s.Version++ }

// ID is the order's number.
func (o *Order) ID() string { return o.s.ID }

// Status is where it stands.
func (o *Order) Status() Status { return o.s.Status }

// CartPending says that what was bought still lies in the cart.
func (o *Order) CartPending() bool { return o.s.CartPending }

// Reached says that the order once stood there, whatever came after.
func (o *Order) Reached(status Status) bool {
	return slices.ContainsFunc(o.s.Timeline, func(e Entry) bool { return e.Status == status })
}

// Age is how long ago it was accepted.
func (o *Order) Age(now time.Time) time.Duration { return now.Sub(o.s.CreatedAt) }

// Open says that something is left to do that nobody needs to ask for.
func (o *Order) Open() bool { return !o.s.Status.resting() || o.s.CartPending }

// Total adds up lines at their prices. It fails when there are none, for
// quantities below one, for negative prices, and for sums that are no amount.
func Total(currency string, lines []Line) (int64, error) {
	if len(lines) == 0 {
		return 0, errors.New("nothing is bought")
	}
	sum, err := money.New(currency, 0)
	if err != nil {
		return 0, err
	}
	for _, l := range lines {
		if l.SKU == "" || l.Quantity < 1 || l.UnitPrice < 0 {
			return 0, fmt.Errorf("line %q: %d at %d can't be sold", l.SKU, l.Quantity, l.UnitPrice)
		}
		unit, err := money.New(currency, l.UnitPrice)
		if err != nil {
			return 0, err
		}
		line, err := unit.Times(l.Quantity)
		if err != nil {
			return 0, fmt.Errorf("line %q: %w", l.SKU, err)
		}
		if sum, err = sum.Add(line); err != nil {
			return 0, fmt.Errorf("line %q: %w", l.SKU, err)
		}
	}
	return sum.Minor(), nil
}

// stored is a time as it comes back from the store.
func stored(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).UTC() }
