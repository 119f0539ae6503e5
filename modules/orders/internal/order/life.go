package order

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"galleria/platform/money"
)

// Why something comes at the wrong time.
var (
	ErrShipped     = errors.New("a part of the order was shipped")
	ErrEnded       = errors.New("there is nothing to cancel")
	ErrNotOpen     = errors.New("the order is not open")
	ErrNotPayable  = errors.New("nothing is to be paid")
	ErrNotPaid     = errors.New("nothing was paid")
	ErrLetGo       = errors.New("the money that was held was let go")
	ErrTooMuch     = errors.New("more than was paid and is not refunded")
	ErrNotInSteps  = errors.New("the last of the currency's three decimals must be 0")
	ErrNothingElse = errors.New("nothing else of the order is to be sent")
	ErrNotThatMany = errors.New("the order does not have that many")
	ErrKeyReused   = errors.New("the key was used for something else")
	ErrNoAttention = errors.New("the order needs no attention")
	ErrUnread      = errors.New("the order needs attention for something else")
)

// What a store of orders answers.
var (
	// ErrNotFound: there is no such order.
	ErrNotFound = errors.New("no such order")
	// ErrStale: the order was changed since it was read; nothing was stored.
	ErrStale = errors.New("the order has changed meanwhile")
)

// StartPayment notes that a payment may exist from now on.
func (o *Order) StartPayment() { o.s.Payment.Attempt = max(o.s.Payment.Attempt, 1) }

// AwaitPayment notes that the shopper can pay, and where.
func (o *Order) AwaitPayment(url string) {
	o.s.Payment.State, o.s.Payment.URL = Waiting, url
	o.s.WasPayable = true
}

// PaymentStopped notes that the payment was cancelled or has expired. The
// order waits on: another payment may be started while the goods are held. Money that was
// held was never taken: nothing was charged, so that what was to be given back of it is
// nothing.
func (o *Order) PaymentStopped() {
	wasHeld := o.s.Payment.State == Authorized
	o.s.Payment.State, o.s.Payment.URL = Stopped, ""
	if !wasHeld {
		return
	}
	o.s.Payment.Amount = 0
	for i := range o.s.Refunds {
		r := &o.s.Refunds[i]
		if r.Status != RefundPending {
			continue
		}
		r.Amount, r.Status = 0, RefundSucceeded
		r.Pieces = slices.Clone(r.Pieces)
		for j := range r.Pieces {
			r.Pieces[j].Amount = 0
		}
	}
}

// HoldLost notes that the money that was held was let go.
func (o *Order) HoldLost(now time.Time) {
	o.PaymentStopped()
	o.note("let_go", "The money that was held is not held any more. It was not taken.", now)
}

// PayAgain has another payment started, after one that stopped.
func (o *Order) PayAgain() error {
	if o.s.Status != Placing || o.s.Payment.State != Stopped {
		return ErrNotPayable
	}
	o.s.Payment.Attempt++
	o.s.Payment.State = NotStarted
	return nil
}

// PaidBy notes that the money is taken, or held.
func (o *Order) PaidBy(state PaymentState, brand, last4 string, amount int64, now time.Time) {
	if o.s.Payment.State != state {
		switch {
		case state == Authorized:
			o.note("held", "The money is held on your card. It is taken when your parcel leaves.", now)
		case o.s.Payment.State == Authorized:
			o.note("paid", "The money that was held is taken.", now)
		default:
			o.note("paid", "Your payment went through.", now)
		}
	}
	o.s.Payment.State, o.s.Payment.URL, o.s.Payment.Amount = state, "", amount
	o.s.Payment.Brand, o.s.Payment.Last4 = brand, last4
}

// Open says that the order will be sent. What was bought is taken out of the
// cart.
func (o *Order) Open(now time.Time) error {
	if err := o.move(Open); err != nil {
		return err
	}
	o.note("opened", "Your order is confirmed.", now)
	o.s.TakeFromCart = true
	return nil
}

// TakenFromCart notes that the cart no longer holds what was bought.
func (o *Order) TakenFromCart() { o.s.TakeFromCart = false }

// Fail decides that an order being placed ends, and why. What was begun is
// still to be given back.
func (o *Order) Fail(why Ending, now time.Time) error {
	if o.s.Status != Placing {
		return fmt.Errorf("order %s is %s: it can't fail any more", o.s.ID, o.s.Status)
	}
	if err := o.move(Failed); err != nil {
		return err
	}
	o.end(why, "failed", now)
	return nil
}

// Cancel decides that the order is given back, and why: when it is paid it is
// cancelled, when it can't have been paid it fails, and while its shopper can pay
// it is leaving. Cancelling twice is cancelling once, for the first reason. The
// shop may cancel what is left of an order of which a part was shipped.
// ErrShipped, ErrEnded when it is too late.
func (o *Order) Cancel(why Ending, now time.Time) error {
	switch o.s.Status {
	case Placing:
		return o.leave(why, now)
	case Failed, Cancelled:
		if o.s.Ending.Because == OnRequest {
			return nil
		}
		return ErrEnded
	case Closed:
		if slices.ContainsFunc(o.s.Refunds, Refund.OfCancellation) {
			return nil // its rest was cancelled
		}
		if len(o.s.Fulfilments) == 0 {
			return ErrEnded // all of it was taken out
		}
		return ErrShipped
	}
	if len(o.s.Fulfilments) == 0 {
		return o.giveBack(why, now)
	}
	if why.By != Operator {
		return ErrShipped
	}
	return o.cancelRest(why, now)
}

// cancelRest gives back what is not shipped of an order that is shipped in parts:
// it is not sent, and refunded as far as it was not refunded before.
func (o *Order) cancelRest(why Ending, now time.Time) error {
	counts, said := o.Counts(), strings.TrimSpace("The shop cancelled the rest of the order. "+why.Note)
	r := Refund{ID: o.s.ID, Key: cancelKey, Restock: true, Unbooked: true, Reason: said, By: why.By, Status: RefundPending, At: stored(now)}
	for _, l := range o.s.Lines {
		if left := counts[l.ID].ToSend(l); left > 0 {
			refunded := counts[l.ID].Refunded
			amount := min(o.share(l, refunded, min(left, l.Quantity-refunded)), o.owed()-r.Amount)
			r.Pieces = append(r.Pieces, Piece{Line: l.ID, Quantity: left, Amount: amount})
			r.Amount += amount
		}
	}
	if r.Amount == 0 {
		r.Status = RefundSucceeded
	}
	o.s.Refunds = append(o.s.Refunds, r)
	o.note("cancelled", said, now)
	return o.closeIfDone(now)
}

// GiveWay decides that an order being placed ends for a newer one of its cart or its
// customer. It is leaving then, but other than one that is cancelled it stands when it
// turns out to be paid. What is not being placed any more stays as it is.
func (o *Order) GiveWay(now time.Time) error {
	if o.s.Status != Placing {
		return nil
	}
	return o.leave(Ending{Because: Replaced, By: Guest}, now)
}

// GivesWay says that the order is leaving for a newer one.
func (o *Order) GivesWay() bool { return o.Leaving() && o.s.Ending.Because == Replaced }

// Stand takes back that the order gives way: it is paid.
func (o *Order) Stand() { o.s.Ending = Ending{} }

// leave ends an order that is being placed. While its shopper can pay it, it is
// not known whether that was done: then it is told first that it is to end, and
// it ends when its payment is stopped, or turns out to be made.
func (o *Order) leave(why Ending, now time.Time) error {
	if o.Leaving() && (!o.GivesWay() || why.Because == Replaced) {
		return nil // one that gives way can still be cancelled
	}
	if o.s.Payment.State == NotStarted && o.s.Totals.Total > 0 {
		o.StartPayment() // a process may be about to: that payment is stopped, too
	}
	if o.s.Payment.State == NotStarted || o.s.Payment.State == Stopped {
		return o.Fail(why, now)
	}
	o.s.Ending = why
	o.s.Payment.URL = ""
	o.Due(now)
	return nil
}

// Leaving says that the order is to end, and that it is not known yet whether it
// was paid.
func (o *Order) Leaving() bool { return o.s.Status == Placing && o.s.Ending.Because != "" }

// PaidTooLate notes that an order was paid that can't be sent any more: it
// failed before, or its goods are gone. The money goes back.
func (o *Order) PaidTooLate(why Ending, amount int64, now time.Time) error {
	if o.s.Status != Failed && o.s.Status != Placing {
		return fmt.Errorf("order %s is %s: it can't be paid too late", o.s.ID, o.s.Status)
	}
	if o.s.Payment.State != Paid && o.s.Payment.State != Authorized {
		o.s.Payment.State, o.s.Payment.Amount = Paid, amount
	}
	return o.giveBack(why, now)
}

// giveBack cancels a paid order: all that is not refunded yet is, and never
// more. The refund has the order's id, for there is one: it may be asked for
// before it is stored, and then again by who did not see it stored.
func (o *Order) giveBack(why Ending, now time.Time) error {
	if err := o.move(Cancelled); err != nil {
		return err
	}
	o.end(why, "cancelled", now)
	// All goods go back with the order, those of earlier refunds among them.
	for i, r := range o.s.Refunds {
		if r.Unbooked {
			o.s.Refunds[i].Unbooked = false
			o.answered(r.ID)
		}
	}
	if left := o.owed(); o.s.Payment.State == Paid && left > 0 {
		o.s.Refunds = append(o.s.Refunds, Refund{
			ID: o.s.ID, Key: cancelKey, Amount: left, Reason: why.sentence(), By: why.By, Status: RefundPending, At: stored(now),
		})
	}
	return nil
}

func (o *Order) end(why Ending, what string, now time.Time) {
	o.s.Ending = why
	o.s.GiveBack = true
	o.Due(now) // others wait for the goods
	o.s.Payment.URL = ""
	o.note(what, why.sentence(), now)
}

// GivenBack notes that other modules hold nothing of the order any more.
func (o *Order) GivenBack() {
	o.s.GiveBack = false
	o.answered(GivingBack)
}

// GivingBack names in Refused what GiveBack stands for.
const GivingBack = "give back"

// Refuse notes that another module has refused for good what is to be done there.
func (o *Order) Refuse(what string) {
	o.answered(what)
	o.s.Refused = append(o.s.Refused, what)
}

func (o *Order) answered(what string) {
	o.s.Refused = slices.DeleteFunc(slices.Clone(o.s.Refused), func(s string) bool { return s == what })
}

// Due says when to go on with the order, after an attempt that got somewhere.
func (o *Order) Due(at time.Time) { o.s.DueAt, o.s.Attempts = stored(at), 0 }

// Delay says when to try again what failed.
func (o *Order) Delay(at time.Time) {
	o.s.DueAt = stored(at)
	o.s.Attempts++
}

// Tried says how often the order was tried so far, so that the pauses go on to grow.
func (o *Order) Tried(attempts int) { o.s.Attempts = attempts }

// Rest says that there is nothing to do.
func (o *Order) Rest() { o.s.DueAt, o.s.Attempts = time.Time{}, 0 }

// NeedAttention asks for an operator: what is said can't be done by the
// program. Reasons add up: a larger refund that fails after a small one is not
// hidden by it.
func (o *Order) NeedAttention(reason string, now time.Time) {
	if before := o.s.Attention.Reason; before != "" {
		if !strings.Contains(before, reason) && len(before) < LongestReason {
			o.s.Attention.Reason = before + "; " + reason
		}
		return
	}
	o.s.Attention = Attention{Reason: reason, Since: stored(now)}
	o.note("attention", "", now)
}

// LongestReason is from where on no more is added to what needs attention, in bytes.
const LongestReason = 1000

// GiveUp asks for an operator about what another module did not answer for too long, and
// lets the order rest. A refund that payments did not answer for is not asked for again
// before the operator has answered, who may make it by hand meanwhile. One of money that is
// only held was not asked for yet.
func (o *Order) GiveUp(reason string, now time.Time) {
	o.NeedAttention(reason, now)
	for i := range o.s.Refunds {
		if r := &o.s.Refunds[i]; r.Status == RefundPending && !r.Accepted && r.Failure == "" && o.s.Payment.State != Authorized {
			r.Failure = Unanswered
		}
	}
	o.Rest()
}

// Resolve is the operator's answer to the reason that was read: with retry all that could
// not be done is tried again, else what was refused is left: it was done by hand, or is not
// to be done. What another module has only not answered yet goes on all the same: an operator
// who answers for a refund was not asked about goods, codes and carts, and can't give those
// back in its place. But a refund that was given up is left, for it counts as made by hand:
// to go on with it might give the money back twice, and one that is to be made is tried again
// by retry. Answering twice with one key is answering once.
func (o *Order) Resolve(a Answer, read, note string, now time.Time) error {
	for _, before := range o.s.Timeline {
		if before.Answer.Key == a.Key {
			if before.Answer != a {
				return ErrKeyReused
			}
			return nil
		}
	}
	switch o.s.Attention.Reason {
	case "":
		return ErrNoAttention
	case read:
	default:
		return ErrUnread
	}
	refused := o.s.Refused
	o.s.Attention, o.s.Refused = Attention{}, nil
	o.note("resolved", note, now)
	o.s.Timeline[len(o.s.Timeline)-1].Answer = a
	if a.Retry {
		for i := range o.s.Refunds {
			switch r := &o.s.Refunds[i]; {
			case r.GivenUp():
				r.Failure = "" // payments may have it: it is asked for by the same name
			case r.Status == RefundFailed && !r.Left() && r.Amount <= o.owed():
				r.Status, r.Failure, r.Accepted = RefundPending, "", false
				r.Attempt++
			case r.Status == RefundFailed && !r.Left():
				o.NeedAttention("the refund of "+AmountText(o.s.Currency, r.Amount)+" was not tried again: that is more than is left to give back", now)
			}
		}
		o.Due(now)
		return nil
	}
	if o.s.Status == Placing {
		return o.callOff(Ending{Because: OnRequest, By: Operator, Note: note}, now)
	}
	for _, what := range refused {
		if what == GivingBack {
			o.s.GiveBack = false
		}
		o.Booked(what)
	}
	for i := range o.s.Refunds {
		o.s.Refunds[i].leave()
	}
	o.Rest()
	if o.HasChores() {
		o.Due(now)
	}
	return nil
}

// AmountText is an amount as people read it.
func AmountText(currency string, minor int64) string {
	m, err := money.New(currency, minor)
	if err != nil {
		return fmt.Sprint(minor, " ", currency)
	}
	return m.Format()
}

// callOff ends an order that is being placed, whatever is known of its payment: the money
// of one that is paid goes back, and that of any other is stopped, or found to be paid.
func (o *Order) callOff(why Ending, now time.Time) error {
	if o.s.Payment.State == Paid || o.s.Payment.State == Authorized {
		return o.giveBack(why, now)
	}
	if o.s.Totals.Total > 0 {
		o.StartPayment() // a process that died may have begun it: that one is stopped, too
	}
	return o.Fail(why, now)
}

// move changes the status, if there is such a way.
func (o *Order) move(next Status) error {
	if !o.s.Status.leadsTo(next) {
		return fmt.Errorf("order %s is %s and can't become %s", o.s.ID, o.s.Status, next)
	}
	o.s.Status = next
	return nil
}

// sentence says to the customer why an order ended.
func (e Ending) sentence() string {
	said := "A part of our shop did not answer."
	switch e.Because {
	case OutOfStock:
		said = "We are sold out."
	case QuoteChanged:
		said = "The price has changed."
	case CodeUsedUp:
		said = "The voucher code is used up."
	case PaymentUnavailable:
		said = "We could not reach the payment service."
	case PaymentRefused:
		said = "The payment could not be taken."
	case NotPaid:
		said = "It was not paid in time."
	case OnRequest:
		said = "You cancelled the order."
		if e.By == Operator {
			said = "The shop cancelled the order."
		}
	case Replaced:
		said = "You ordered anew before it was paid."
	}
	if e.Note != "" {
		said += " " + e.Note
	}
	return said
}
