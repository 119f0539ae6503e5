package order

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"galleria/platform/money"
)

// Piece is a number of one line's pieces and, of a refund, what is paid back
// for them.
type Piece struct {
	Line     string
	Quantity int64
	Amount   int64
}

// Fulfilment is a parcel that was sent.
type Fulfilment struct {
	ID, Key                        string
	Carrier, Tracking, TrackingURL string
	Pieces                         []Piece
	At                             time.Time
	// Unbooked: inventory does not know of it yet.
	Unbooked bool
}

// RefundStatus is how a refund went. The words are stored.
type RefundStatus string

// The statuses of a refund.
const (
	RefundPending   RefundStatus = "pending"
	RefundSucceeded RefundStatus = "succeeded"
	RefundFailed    RefundStatus = "failed"
)

// cancelKey is the key of the refund of a cancellation. Callers' keys can't
// begin with a space.
const cancelKey = " cancel"

// Refund is money that goes back.
type Refund struct {
	ID, Key string
	Amount  int64
	Reason  string
	By      string
	Restock bool
	Status  RefundStatus
	Failure string
	// Pieces it is for; none: an amount.
	Pieces []Piece
	At     time.Time
	// Attempt counts the refunds that were refused and asked for again.
	Attempt int
	// Accepted: payments has it, and did not say yet how it went.
	Accepted bool
	// Unbooked: inventory does not know yet that pieces are not sent.
	Unbooked bool
}

// OfCancellation says that the refund belongs to the order's end.
func (r Refund) OfCancellation() bool { return r.Key == cancelKey }

// RefusedAfter says that the provider does not carry the refund out, which is news for its
// customer: it was before that, and a refusal was not told already, or a success was since.
func (r Refund) RefusedAfter(before Refund) bool {
	return r.Status == RefundFailed && !r.Left() && before.Status != RefundFailed && (r.Attempt == 0 || before.Failure == TakenBack)
}

// TakenBack is the failure of a refund that is asked about once more, because it failed
// after it had succeeded.
const TakenBack = "it had succeeded"

// LeftByOperator begins the failure of a refund that is not tried any more: it was made by
// hand, or is not to be made.
const LeftByOperator = "left by an operator"

// Left says that an operator has left the refund.
func (r Refund) Left() bool { return strings.HasPrefix(r.Failure, LeftByOperator) }

// Unanswered is the failure of a pending refund that was given up: whether payments has it is
// not known.
const Unanswered = "payments did not answer"

// GivenUp says that the refund is not asked for again before an operator has answered.
func (r Refund) GivenUp() bool { return r.Status == RefundPending && r.Failure == Unanswered }

// leave ends a refund that was refused or given up. One that payments has, or is asked for,
// goes on.
func (r *Refund) leave() {
	switch {
	case r.Status == RefundFailed && !r.Left():
		r.Failure = strings.TrimSuffix(LeftByOperator+": "+r.Failure, ": ")
	case r.GivenUp():
		r.Status, r.Failure = RefundFailed, LeftByOperator
	}
}

// PaymentsID names the refund at payments: one that was refused for good is
// another one when it is asked for again.
func (r Refund) PaymentsID() string {
	if r.Attempt == 0 {
		return r.ID
	}
	return fmt.Sprintf("%s-%d", r.ID, r.Attempt+1)
}

// RefundOf is the inverse of PaymentsID.
func RefundOf(paymentsID string) (id string, attempt int) {
	id, suffix, found := strings.Cut(paymentsID, "-")
	n, err := strconv.Atoi(suffix)
	if !found || err != nil {
		return paymentsID, 0
	}
	return id, n - 1
}

// Return is goods that came back.
type Return struct {
	ID, Key  string
	Pieces   []Piece
	Reason   string
	Restock  bool
	At       time.Time
	Unbooked bool
}

// Ship notes a parcel with these pieces, or with all that is left to send.
// Shipping twice with one key is shipping once. The order closes when nothing
// is left.
func (o *Order) Ship(f Fulfilment, now time.Time) error {
	for _, before := range o.s.Fulfilments {
		if before.Key == f.Key {
			typed := before.Carrier == f.Carrier && before.Tracking == f.Tracking && before.TrackingURL == f.TrackingURL
			if !typed && !o.s.Forgotten() ||
				len(f.Pieces) > 0 && !samePieces(before.Pieces, f.Pieces) || len(f.Pieces) == 0 && o.isToSend() {
				return ErrKeyReused // with all that is left sent, nothing would be left
			}
			return nil
		}
	}
	if o.s.Status != Open {
		return ErrNotOpen
	}
	if o.s.Payment.State == Stopped {
		return ErrLetGo
	}
	counts := o.Counts()
	if len(f.Pieces) == 0 {
		for _, l := range o.s.Lines {
			if left := counts[l.ID].ToSend(l); left > 0 {
				f.Pieces = append(f.Pieces, Piece{Line: l.ID, Quantity: left})
			}
		}
	}
	if err := o.within(f.Pieces, func(l Line) int64 { return counts[l.ID].ToSend(l) }); err != nil {
		return err
	}
	f.At, f.Unbooked = stored(now), true
	o.s.Fulfilments = append(o.s.Fulfilments, f)
	o.note("shipped", "Your parcel is on its way.", now)
	return o.closeIfDone(now)
}

// isToSend tells whether a piece is left to send.
func (o *Order) isToSend() bool {
	counts := o.Counts()
	return slices.ContainsFunc(o.s.Lines, func(l Line) bool { return counts[l.ID].ToSend(l) > 0 })
}

// isAllToSend tells whether the pieces are all that is left to send.
func (o *Order) isAllToSend(pieces []Piece) bool {
	counts := o.Counts()
	var left int64
	for _, l := range o.s.Lines {
		left += counts[l.ID].ToSend(l)
	}
	for _, p := range pieces {
		left -= p.Quantity
	}
	return left == 0
}

// wasAll tells whether a refund was of all that was left: no pieces are noted with that,
// and nothing can be refunded after it unless a refund failed.
func (o *Order) wasAll(r Refund) bool {
	failed := slices.ContainsFunc(o.s.Refunds, func(r Refund) bool { return r.Status == RefundFailed })
	return len(r.Pieces) == 0 && (failed || o.owed() == 0)
}

// Refund decides that money goes back: for pieces, for an amount, or all that
// is left. With restock the pieces are never sent; they can be taken out of the order
// whatever is left of its money, and of money that is only held the refund waits until
// that is taken. Refunding twice with one key is refunding once.
func (o *Order) Refund(r Refund, now time.Time) error {
	for _, before := range o.s.Refunds {
		if before.Key == r.Key {
			if before.Restock != r.Restock || len(r.Pieces) > 0 && !samePieces(before.Pieces, r.Pieces) ||
				r.Amount > 0 && len(r.Pieces) == 0 && before.Amount != r.Amount ||
				r.Amount == 0 && len(r.Pieces) == 0 && !o.wasAll(before) {
				return ErrKeyReused
			}
			return nil
		}
	}
	left := o.Refundable()
	takesOut := r.Restock && len(r.Pieces) > 0 && (o.s.Payment.State == Paid || o.s.Payment.State == Authorized || o.s.Totals.Total == 0)
	if !takesOut && (o.s.Payment.State != Paid || left == 0) {
		return ErrNotPaid
	}
	// Where pieces are named, and no amount, what was given back by hand is not given again.
	capped := takesOut || len(r.Pieces) > 0 && o.owed() < left
	if capped {
		left = o.owed()
	}
	counts := o.Counts()
	if len(r.Pieces) > 0 {
		if err := o.within(r.Pieces, func(l Line) int64 { return l.Quantity - counts[l.ID].Refunded }); err != nil {
			return err
		}
		r.Pieces, r.Amount = slices.Clone(r.Pieces), 0
		for i, p := range r.Pieces {
			amount := o.share(o.line(p.Line), counts[p.Line].Refunded, p.Quantity)
			if capped {
				amount = min(amount, left-r.Amount)
			}
			r.Pieces[i].Amount = amount
			r.Amount += amount
		}
	} else if r.Amount == 0 {
		if r.Amount = o.owed(); r.Amount == 0 {
			return ErrNotPaid
		}
	}
	if r.Amount > left {
		return ErrTooMuch
	}
	if r.Amount == 0 && capped && !takesOut {
		return ErrNotPaid
	}
	if r.Amount < left && r.Amount%money.Step(o.s.Currency) != 0 {
		return ErrNotInSteps
	}
	if r.Restock {
		if len(r.Pieces) == 0 || o.s.Status != Open {
			return ErrNotThatMany
		}
		if err := o.within(r.Pieces, func(l Line) int64 { return counts[l.ID].ToSend(l) }); err != nil {
			return err
		}
		if o.s.Payment.State == Authorized && len(o.s.Fulfilments) == 0 && o.isAllToSend(r.Pieces) {
			return ErrNothingElse
		}
		r.Unbooked = true
	}
	r.Status, r.At = RefundPending, stored(now)
	if r.Amount == 0 {
		r.Status = RefundSucceeded // pieces that cost nothing
	}
	o.s.Refunds = append(o.s.Refunds, r)
	return o.closeIfDone(now)
}

// share is what n pieces of a line cost after so many before, in amounts that can
// be paid (money.Step): the shares of all pieces sum to the line's total, to the cent.
func (o *Order) share(l Line, before, n int64) int64 {
	step := money.Step(o.s.Currency)
	upTo := func(pieces int64) int64 {
		if pieces == l.Quantity {
			return l.Total
		}
		whole, rest := l.Total/step/l.Quantity, l.Total/step%l.Quantity
		return (whole*pieces + rest*pieces/l.Quantity) * step
	}
	return upTo(before+n) - upTo(before)
}

// Return notes that shipped pieces came back.
func (o *Order) Return(r Return, now time.Time) error {
	for _, before := range o.s.Returns {
		if before.Key == r.Key {
			if before.Restock != r.Restock || !samePieces(before.Pieces, r.Pieces) {
				return ErrKeyReused
			}
			return nil
		}
	}
	counts := o.Counts()
	if err := o.within(r.Pieces, func(l Line) int64 { return counts[l.ID].Shipped - counts[l.ID].Returned }); err != nil {
		return err
	}
	r.At, r.Unbooked = stored(now), r.Restock
	o.s.Returns = append(o.s.Returns, r)
	o.note("returned", "We have your goods back.", now)
	return nil
}

// RefundAccepted notes that payments has a refund: it is made there, whatever an operator
// answers here.
func (o *Order) RefundAccepted(id string) {
	for i := range o.s.Refunds {
		if o.s.Refunds[i].ID == id {
			o.s.Refunds[i].Accepted = true
		}
	}
}

// RefundSettled notes how a refund went at the provider; the first word counts.
func (o *Order) RefundSettled(id string, status RefundStatus, failure string, now time.Time) {
	for i := range o.s.Refunds {
		r := &o.s.Refunds[i]
		if r.ID != id || r.Status != RefundPending || status == RefundPending {
			continue
		}
		r.Status, r.Failure = status, failure
		if status == RefundSucceeded {
			o.note("refunded", "Your money is on its way back.", now)
		}
	}
}

// Booked notes that inventory knows of a fulfilment, refund or return.
func (o *Order) Booked(id string) {
	o.answered(id)
	for i := range o.s.Fulfilments {
		if o.s.Fulfilments[i].ID == id {
			o.s.Fulfilments[i].Unbooked = false
		}
	}
	for i := range o.s.Refunds {
		if o.s.Refunds[i].ID == id {
			o.s.Refunds[i].Unbooked = false
		}
	}
	for i := range o.s.Returns {
		if o.s.Returns[i].ID == id {
			o.s.Returns[i].Unbooked = false
		}
	}
}

// within checks that pieces name lines of the order, each once, and no more of
// each than there may be.
func (o *Order) within(pieces []Piece, most func(Line) int64) error {
	if len(pieces) == 0 {
		return ErrNotThatMany
	}
	seen := map[string]bool{}
	for _, p := range pieces {
		l := o.line(p.Line)
		if l.ID == "" || seen[p.Line] || p.Quantity < 1 || p.Quantity > most(l) {
			return ErrNotThatMany
		}
		seen[p.Line] = true
	}
	return nil
}

func (o *Order) line(id string) Line {
	for _, l := range o.s.Lines {
		if l.ID == id {
			return l
		}
	}
	return Line{}
}

func (o *Order) closeIfDone(now time.Time) error {
	if o.s.Status != Open {
		return nil
	}
	counts := o.Counts()
	for _, l := range o.s.Lines {
		if counts[l.ID].ToSend(l) > 0 {
			return nil
		}
	}
	if err := o.move(Closed); err != nil {
		return err
	}
	o.note("closed", "", now)
	return nil
}

// samePieces compares them in whatever order: they are not stored as they were named.
func samePieces(a, b []Piece) bool {
	byLine := func(x, y Piece) int { return strings.Compare(x.Line, y.Line) }
	return slices.EqualFunc(slices.SortedFunc(slices.Values(a), byLine), slices.SortedFunc(slices.Values(b), byLine),
		func(x, y Piece) bool { return x.Line == y.Line && x.Quantity == y.Quantity })
}
