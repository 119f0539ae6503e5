// Package payment is the domain of payments: the money of one order, what may
// happen to it, and what was asked of the provider and not answered yet.
package payment

import (
	"errors"
	"fmt"
	"time"
)

// Status is where a payment is in its life. The words are also those stored.
//
//	              ┌─> DECLINED
//	(none) ──> PENDING ──> AUTHORIZED ──> CAPTURED ──> CAPTURED, refunded in
//	   │          │             │                      part or as a whole
//	   │          v             v
//	   └───────> VOIDED <───────┘
//
// PENDING is an authorisation asked for and not answered. An open Step beside
// AUTHORIZED or PENDING says what else was asked for and not answered.
type Status string

const (
	Pending    Status = "pending"
	Authorized Status = "authorized"
	Declined   Status = "declined"
	Captured   Status = "captured"
	Voided     Status = "voided"
)

// Step is what the provider was asked to do beyond the authorisation.
type Step string

const (
	NoStep  Step = ""
	Capture Step = "capture"
	Void    Step = "void"
)

// Why a step is refused.
var (
	ErrVoided        = errors.New("the payment was voided")
	ErrNotAuthorized = errors.New("nothing is held for the order")
	ErrCaptured      = errors.New("the payment was captured")
	ErrNotCaptured   = errors.New("the payment was not captured")
	ErrTooLarge      = errors.New("more than is left of the capture")
	ErrNotAsked      = errors.New("the provider was not asked for that")
	ErrUnanswered    = errors.New("an earlier step was not answered yet")
)

// Terms are what a payment is about; they never change.
type Terms struct {
	OrderID  string
	Provider string
	Currency string // ISO 4217
	Amount   int64  // minor units
	Method   string // the provider's reference to the card
}

// State is what became of it.
type State struct {
	Status      Status
	Open        Step // asked of the provider, not answered yet
	Captured    int64
	Refunded    int64 // answered
	Refunding   int64 // asked for, not answered yet
	Brand       string
	Last4       string
	Reference   string // the provider's name for the payment
	DeclineCode string
}

// Payment is the money of one order. It is a value: a step changes the copy it
// is called on.
type Payment struct {
	terms   Terms
	state   State
	created time.Time
	version int64
}

// New is a payment about to be asked for.
func New(t Terms, now time.Time) (Payment, error) {
	switch {
	case t.OrderID == "" || t.Provider == "" || t.Method == "" || len(t.Currency) != 3:
		return Payment{}, fmt.Errorf("payment of order %q: incomplete terms", t.OrderID)
	case t.Amount <= 0:
		return Payment{}, fmt.Errorf("payment of order %s: amount %d is not positive", t.OrderID, t.Amount)
	}
	return Payment{terms: t, state: State{Status: Pending}, created: now, version: 1}, nil
}

// NewVoided is the memory of an order that must not be charged any more.
func NewVoided(orderID string, now time.Time) Payment {
	return Payment{terms: Terms{OrderID: orderID}, state: State{Status: Voided}, created: now, version: 1}
}

// Restore is a payment as stored. version counts its changes.
func Restore(t Terms, s State, created time.Time, version int64) Payment {
	return Payment{terms: t, state: s, created: created, version: version}
}

// Terms are what the payment is about.
func (p Payment) Terms() Terms { return p.terms }

// State is what became of it.
func (p Payment) State() State { return p.state }

// Created is when the payment was first heard of.
func (p Payment) Created() time.Time { return p.created }

// Version counts the changes stored; a change is stored on top of the version
// it was made from, or not at all.
func (p Payment) Version() int64 { return p.version }

// Changed is the payment with the version its changes are stored as.
func (p Payment) Changed() Payment {
	p.version++
	return p
}

// SameTerms tells whether a repeated request asks for the same.
func (p Payment) SameTerms(t Terms) bool {
	return p.terms.Currency == t.Currency && p.terms.Amount == t.Amount && p.terms.Method == t.Method
}
