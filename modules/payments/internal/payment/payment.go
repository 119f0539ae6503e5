package payment

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Status is where a payment is in its life. The words are also those stored.
type Status string

const (
	Waiting    Status = "waiting"
	Authorized Status = "authorized"
	Paid       Status = "paid"
	Cancelled  Status = "cancelled"
	Expired    Status = "expired"
)

// Why a step is refused.
var (
	ErrNoPayment     = errors.New("there is no such payment")
	ErrKeyReused     = errors.New("the id was used before for something else")
	ErrCancelled     = errors.New("the payment was cancelled")
	ErrPaid          = errors.New("the payment was paid: refund it")
	ErrNotAuthorized = errors.New("nothing is held for the payment")
	ErrNotCaptured   = errors.New("the payment was not paid")
	ErrTooLarge      = errors.New("more than is left of the payment")
	ErrTooLate       = errors.New("it must end later than now")
)

// MostAhead is how long a payment may wait for its shopper.
const MostAhead = 24 * time.Hour

// Terms are what a payment is about; they never change.
type Terms struct {
	ID, OrderID  string
	Provider     string
	Currency     string // ISO 4217
	Amount       int64  // minor units
	CaptureLater bool   // hold it, and capture when the order ships
	Expires      time.Time
}

// Page is what the provider's page needs to know. It is forgotten as soon as the
// payment waits no more: addresses hold tokens, and the mail address is a person's.
type Page struct {
	Description, Email   string
	ReturnURL, CancelURL string
}

// State is what became of a payment.
type State struct {
	Status      Status
	Cancelling  bool // the provider was asked to end it, and did not answer yet
	Capturing   bool // the provider was asked to capture, and did not answer yet
	Disputed    bool
	Captured    int64
	Refunded    int64 // by refunds that succeeded
	Refunding   int64 // by refunds that are pending
	Session     string
	Intent      string // the provider's name for the money
	RedirectURL string
	Brand       string
	Last4       string
	DeclineCode string
	// Attempt is part of the keys the provider is asked with. It is raised when
	// the provider repeats, under a key, that it failed.
	Attempt int64
	// Tries counts the looks at the provider since the payment last changed.
	Tries int64
}

// Payment is one try to have an order paid on the provider's page. Steps change
// the payment they are called on.
type Payment struct {
	terms   Terms
	page    Page
	state   State
	refunds []Refund
	created time.Time
	version int64
	heard   int64
	facts   []Fact
	// unlooked: something was heard of it, maybe, and the provider was not looked at since.
	unlooked bool
}

// Fact is something to be published: the payment was settled, a refund was, or a
// dispute began.
type Fact struct {
	Settled  bool
	Refund   *Refund
	Disputed bool
}

// New is a payment about to be asked for.
func New(t Terms, p Page, now time.Time) (Payment, error) {
	switch {
	case t.ID == "" || t.OrderID == "" || t.Provider == "" || len(t.Currency) != 3:
		return Payment{}, fmt.Errorf("payment %q of order %q: incomplete terms", t.ID, t.OrderID)
	case t.Amount <= 0:
		return Payment{}, fmt.Errorf("payment %s: amount %d is not positive", t.ID, t.Amount)
	case !t.Expires.After(now) || t.Expires.After(now.Add(MostAhead)):
		return Payment{}, ErrTooLate
	}
	return Payment{terms: t, page: p, state: State{Status: Waiting}, created: now}, nil
}

// NewCancelled is the memory of an id that must not be paid any more.
func NewCancelled(id string, now time.Time) Payment {
	return Payment{terms: Terms{ID: id, Expires: now}, state: State{Status: Cancelled}, created: now}
}

// Restore is a payment as stored.
func Restore(t Terms, p Page, s State, refunds []Refund, created time.Time, version, heard int64) Payment {
	return Payment{terms: t, page: p, state: s, refunds: refunds, created: created, version: version, heard: heard}
}

// Terms are what the payment is about.
func (p Payment) Terms() Terms { return p.terms }

// Page is what the provider's page shows, while the payment waits.
func (p Payment) Page() Page { return p.page }

// State is what became of it.
func (p Payment) State() State { return p.state }

// Refunds are its refunds, the oldest first.
func (p Payment) Refunds() []Refund { return slices.Clone(p.refunds) }

// Created is when the payment was first heard of.
func (p Payment) Created() time.Time { return p.created }

// Version counts the changes stored: each is made on top of the one it saw.
func (p Payment) Version() int64 { return p.version }

// Heard counts the webhooks about it: after a look at the provider it tells whether
// another one came meanwhile.
func (p Payment) Heard() int64 { return p.heard }

// Facts are what happened since the payment was read, to be published with it.
func (p Payment) Facts() []Fact { return slices.Clone(p.facts) }

// SameTerms tells whether a repeated request asks for the same.
func (p Payment) SameTerms(t Terms) bool {
	return p.terms.OrderID == t.OrderID && p.terms.Currency == t.Currency && p.terms.Amount == t.Amount
}

// Refund is the refund with an id.
func (p Payment) Refund(id string) (Refund, bool) {
	for _, r := range p.refunds {
		if r.ID == id {
			return r, true
		}
	}
	return Refund{}, false
}

// Same tells whether nothing changed since the payment was as before.
func (p Payment) Same(before Payment) bool {
	return p.state == before.state && p.page == before.page && slices.Equal(p.refunds, before.refunds)
}
