package order

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"galleria/platform/money"
)

// Purchase is what a shopper agreed to buy, priced.
type Purchase struct {
	// Key makes repeated calls one order; Fingerprint tells whether a repeat
	// asks for the same.
	Key, Fingerprint string
	CartID           string
	// Client is who asked, as far as that is known.
	Client  string
	Contact Contact
	Address Address
	// ReturnURL is where the page of payment leads back to.
	ReturnURL string
	// Currency is an ISO 4217 code; all amounts are in its minor units.
	Currency string
	Lines    []Line
	Totals   Totals
	Terms    Terms
}

// Line is one sku at the price it is sold for.
type Line struct {
	// ID is unique in the order.
	ID                                string
	SKU, Name, Variant, Slug, Picture string
	Quantity                          int64
	UnitPrice, Discount, Tax          int64
	// Total is what is paid for the line.
	Total int64
}

// Totals of an order: Goods − Discount + Delivery is Total, and Tax is in it
// when TaxesIncluded says so, else added.
type Totals struct {
	Goods, Discount, Delivery, Tax, Total int64
	TaxesIncluded                         bool
}

// Terms are what the price was made of, to be shown. They are kept as JSON:
// fields are added, not renamed.
type Terms struct {
	DeliveryOption, DeliveryName string
	Discounts                    []Discount `json:",omitempty"`
	// Codes that are redeemed for the order.
	Codes []string `json:",omitempty"`
	Taxes []Tax    `json:",omitempty"`
}

// Discount is a promotion that lessened the price.
type Discount struct {
	Code, Name string
	Amount     int64
}

// Tax is one rate's part of the price.
type Tax struct {
	Name     string
	Amount   int64
	Included bool
}

// Payment is what is known of an order's payments: of the last one, for there
// is no other while one can still be paid.
type Payment struct {
	// Attempt counts the payments that were started.
	Attempt int
	State   PaymentState
	// URL is where the shopper pays while it waits.
	URL          string
	Brand, Last4 string
	// Amount is what was taken, or is held.
	Amount int64
}

// Ending is why an order failed or was cancelled.
type Ending struct {
	// Because is one word: OutOfStock, ByGuest, ….
	Because string
	// By is who decided it: Guest, Operator, Shop.
	By string
	// Note is what an operator wrote about it.
	Note string
	// Facts for programs, such as the sku that ran out.
	Facts map[string]string
}

// Words an Ending may give.
const (
	OutOfStock         = "out_of_stock"
	QuoteChanged       = "quote_changed"
	CodeUsedUp         = "code_used_up"
	PaymentUnavailable = "payment_unavailable"
	PaymentRefused     = "payment_refused"
	Unavailable        = "unavailable"
	NotPaid            = "not_paid"
	OnRequest          = "on_request"
	Replaced           = "replaced"
)

// Who does something to an order.
const (
	Guest    = "guest"
	Operator = "operator"
	Shop     = "shop"
)

// Attention is what an operator must look at; the zero value: nothing.
type Attention struct {
	Reason string
	Since  time.Time
}

// Entry is one line of an order's timeline.
type Entry struct {
	At time.Time
	// What is a word for programs; Note a sentence for people.
	What, Note string
	// Answer is the operator's that was noted; only of a resolved attention.
	Answer Answer
}

// Answer is what an operator answers to an order that needs attention.
type Answer struct {
	Key string
	// Retry: what could not be done is tried again; else it is left as it is.
	Retry bool
}

// Snapshot is all there is to know of an order, as a value.
type Snapshot struct {
	ID, Number, Token string
	Purchase
	CreatedAt time.Time

	Status     Status
	HoldEndsAt time.Time
	Payment    Payment
	// WasPayable: the shopper was sent to pay.
	WasPayable bool
	Ending     Ending
	Attention  Attention
	Timeline   []Entry

	Fulfilments []Fulfilment
	Refunds     []Refund
	Returns     []Return

	// What is still to be done in other modules. GiveBack: goods, codes and
	// payments of an order that ended; TakeFromCart: what was bought.
	GiveBack, TakeFromCart bool
	// Refused are those of it, and of the parts that are not booked, that another module has
	// refused for good: GivingBack, and the ids of parts.
	Refused []string

	// DueAt is when to go on with the order; zero: there is nothing to do.
	DueAt time.Time
	// Attempts is how often that failed since it last got anywhere.
	Attempts int
	// Version counts the changes stored; a change of an older one is refused.
	Version int64
}

// Order is an order in one of its states. Its methods change it in memory
// only; the store keeps a change if none was stored meanwhile. Not safe for
// concurrent use.
type Order struct {
	s Snapshot
	// was is the order as the store has it.
	was Snapshot
}

// Place makes an order of a purchase. It fails for what must never be an
// order: nothing bought, no customer, a price whose parts do not add up.
func Place(id, number, token string, p Purchase, now, holdEnds time.Time) (*Order, error) {
	if id == "" || number == "" || token == "" || p.Key == "" || p.Fingerprint == "" || p.CartID == "" || p.Currency == "" {
		return nil, errors.New("place an order: id, number, token, key, fingerprint, cart and currency are required")
	}
	if bad := slices.Concat(p.Contact.Problems(), p.Address.Problems()); len(bad) > 0 {
		return nil, fmt.Errorf("place order %s: %s %s", id, bad[0].Field, bad[0].Message)
	}
	p.Lines = slices.Clone(p.Lines)
	for i := range p.Lines {
		p.Lines[i].ID = strconv.Itoa(i + 1)
	}
	if err := addsUp(p); err != nil {
		return nil, fmt.Errorf("place order %s: %w", id, err)
	}
	o := &Order{s: Snapshot{
		ID: id, Number: number, Token: token, Purchase: p, CreatedAt: stored(now), Status: Placing, HoldEndsAt: stored(holdEnds), Version: 1,
	}}
	o.note("placed", "We have your order.", now)
	o.was = o.Snapshot()
	return o, nil
}

// addsUp wants that the parts of a price are amounts, and sum to the total.
func addsUp(p Purchase) error {
	if len(p.Lines) == 0 {
		return errors.New("nothing is bought")
	}
	t := p.Totals
	if _, err := money.New(p.Currency, t.Total); err != nil {
		return err
	}
	if t.Goods < 0 || t.Discount < 0 || t.Delivery < 0 || t.Tax < 0 || t.Total < 0 {
		return fmt.Errorf("an amount is below zero: %+v", t)
	}
	total := t.Goods - t.Discount + t.Delivery
	if !t.TaxesIncluded {
		total += t.Tax
	}
	if total != t.Total {
		return fmt.Errorf("goods, discount, delivery and tax make %d, not the total of %d", total, t.Total)
	}
	var lines, goods int64
	for _, l := range p.Lines {
		if l.SKU == "" || l.Quantity < 1 || l.UnitPrice < 0 || l.Total < 0 {
			return fmt.Errorf("line %q: %d at %d can't be sold", l.SKU, l.Quantity, l.UnitPrice)
		}
		lines += l.Total
		goods += l.Quantity * l.UnitPrice
	}
	if goods != t.Goods {
		return fmt.Errorf("the lines' goods make %d, not %d", goods, t.Goods)
	}
	var discounts int64
	for _, d := range p.Terms.Discounts {
		discounts += d.Amount
	}
	if len(p.Terms.Discounts) > 0 && discounts != t.Discount {
		return fmt.Errorf("the discounts make %d, not %d", discounts, t.Discount)
	}
	if lines > t.Total {
		return fmt.Errorf("the lines make %d, more than the total of %d", lines, t.Total)
	}
	return nil
}

// FromStore makes the order a store has kept; nothing is checked again.
func FromStore(s Snapshot) *Order {
	o := &Order{s: s}
	o.was = o.Snapshot()
	return o
}

// Was is the order as it was stored last.
func (o *Order) Was() Snapshot { return o.was }

// Snapshot is the order as it is now; changing it changes nothing.
func (o *Order) Snapshot() Snapshot {
	s := o.s
	s.Lines = slices.Clone(s.Lines)
	s.Timeline = slices.Clone(s.Timeline)
	s.Ending.Facts = maps.Clone(s.Ending.Facts)
	s.Fulfilments = slices.Clone(s.Fulfilments)
	s.Refunds = slices.Clone(s.Refunds)
	s.Returns = slices.Clone(s.Returns)
	s.Refused = slices.Clone(s.Refused)
	return s
}

// Saved tells the order that its change was stored.
func (o *Order) Saved() {
	o.s.Version++
	o.was = o.Snapshot()
}

// ID is the order's.
func (o *Order) ID() string { return o.s.ID }

// Status is where it stands.
func (o *Order) Status() Status { return o.s.Status }

// PaymentID names the order's last payment. The first has the order's id.
func (o *Order) PaymentID() string { return o.s.PaymentID(o.s.Payment.Attempt) }

// PaymentID names one of the order's payments.
func (s Snapshot) PaymentID(attempt int) string {
	if attempt <= 1 {
		return s.ID
	}
	return s.ID + "-" + strconv.Itoa(attempt)
}

// Forgotten says that the order does not know any more who bought, nor what was typed
// about it.
func (s Snapshot) Forgotten() bool { return s.Contact.Email == "" }

// stored is a time as it comes back from the store.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

func (o *Order) note(what, sentence string, now time.Time) {
	o.s.Timeline = append(o.s.Timeline, Entry{At: stored(now), What: what, Note: sentence})
}
