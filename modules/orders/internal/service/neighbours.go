package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/modules/orders/internal/order"
)

// Neighbours are what orders needs of other modules, in its own words. Each
// call may be repeated. An error is either a *Refusal, the other module's final
// no, or no answer at all: then the call may have done its work or not.
type Neighbours struct {
	Goods  Goods
	Prices Prices
	Carts  Carts
	Money  Money
}

// Goods is inventory.
type Goods interface {
	// Allocate sets an order's goods aside, for a time or, when hold is 0, until
	// they are sent or released. It refuses with OutOfStock.
	Allocate(ctx context.Context, orderID string, lines []order.Line, hold time.Duration) error
	// Release gives back all that is set aside for an order; it is remembered
	// for orders that are not known, so that nothing is set aside later.
	Release(ctx context.Context, orderID string) error
	// ReleaseSome gives back a part, once per key.
	ReleaseSome(ctx context.Context, orderID, key string, of []Amount) error
	// Ship says that goods have left, once per key.
	Ship(ctx context.Context, orderID, key string, of []Amount) error
	// PutBack puts goods that came back on the shelf, once per key and sku.
	PutBack(ctx context.Context, orderID, key string, of []Amount, note string) error
}

// Amount is a number of one sku.
type Amount struct {
	SKU      string
	Quantity int64
}

// Ask is what a quote is asked for.
type Ask struct {
	Lines          []Amount
	Currency       string
	Address        order.Address
	DeliveryOption string
	Codes          []string
	Email          string
	// Replaces is the order that ends for this one; "": none.
	Replaces string
}

// Quote is a price, and whether it can be bought at it.
type Quote struct {
	Fingerprint string
	// Lines that are sold, priced.
	Lines    []order.Line
	NotSold  []string
	Totals   order.Totals
	Terms    order.Terms
	Delivers bool
	// Region tells whether the address says enough for the taxes.
	Region RegionNeed
}

// RegionNeed is whether the region that taxes depend on is known.
type RegionNeed int

// The needs.
const (
	RegionKnown   RegionNeed = iota // or it does not matter
	RegionMissing                   // taxes depend on it, and the address names none
	RegionUnknown                   // taxes depend on it, and what the address names is none
)

// Prices is pricing.
type Prices interface {
	Quote(ctx context.Context, ask Ask) (Quote, error)
	// Redeem takes a use of each code; it refuses with CodeUsedUp.
	Redeem(ctx context.Context, orderID string, codes []string, email, currency string) error
	// Unredeem gives the uses back; it is remembered for orders not known.
	Unredeem(ctx context.Context, orderID string) error
}

// Basket is what is in a cart.
type Basket struct {
	Currency string
	Lines    []Amount
	// What was chosen in the cart.
	DeliveryOption string
	Codes          []string
	// MergedFrom are the carts whose lines came into this one.
	MergedFrom []string
}

// Carts is cart.
type Carts interface {
	Get(ctx context.Context, cartID string) (Basket, error)
	// Take takes out what was bought and the codes that were used for it, once per order.
	Take(ctx context.Context, cartID, orderID string, of []Amount, codes []string) error
}

// Payment is what payments says of one.
type Payment struct {
	State        order.PaymentState
	URL          string
	Brand, Last4 string
	Amount       int64
}

// PaymentWish is a payment to be started.
type PaymentWish struct {
	ID, OrderID, Description string
	Currency                 string
	Amount                   int64
	Email, ReturnURL         string
	ExpiresAt                time.Time
}

// errPaid is the answer of Cancel for a payment that was paid.
var errPaid = errors.New("it is paid")

// ErrPaid makes the answer of Cancel for a payment that was paid.
func ErrPaid() error { return errPaid }

// errUnanswered is the answer of Refund for one that payments has, and about which its
// provider does not answer.
var errUnanswered = errors.New("the provider of payments does not answer")

// ErrUnanswered makes the answer of Refund for one that payments has, and about which its
// provider does not answer.
func ErrUnanswered() error { return errUnanswered }

// Money is payments.
type Money interface {
	Start(ctx context.Context, w PaymentWish) (Payment, error)
	Get(ctx context.Context, id string) (Payment, error)
	// Cancel ends a payment that is not paid, so that it never is; it is
	// remembered for payments not known. ErrPaid when it was paid.
	Cancel(ctx context.Context, id string) error
	// Capture takes an amount that is held.
	Capture(ctx context.Context, id string) (Payment, error)
	// Refund gives an amount back, once per refund's id. That the provider
	// refuses for good is an answer: RefundFailed, and why. ErrUnanswered when payments
	// goes on asking for it by itself.
	Refund(ctx context.Context, id, refundID string, amount int64) (order.RefundStatus, string, error)
}

// Refusal is another module's final no.
type Refusal struct {
	Because string
	Facts   map[string]string
	// By is what it said, for the log.
	By error
}

func (r *Refusal) Error() string { return fmt.Sprintf("refused, %s: %v", r.Because, r.By) }

func refusalOf(err error) *Refusal {
	var no *Refusal
	if errors.As(err, &no) {
		return no
	}
	return nil
}
