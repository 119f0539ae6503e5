package order

import (
	"errors"
	"fmt"
	"maps"
	"time"
)

// Why a guest's or the shop's wish comes at the wrong time.
var (
	ErrShipped      = errors.New("the goods have left")
	ErrNotConfirmed = errors.New("the order is not confirmed")
	ErrNotCompleted = errors.New("the order is not ready to be sent")
)

// What a store of orders answers.
var (
	// ErrNotFound: there is no such order.
	ErrNotFound = errors.New("no such order")
	// ErrStale: somebody else changed the order since it was read; nothing
	// was stored.
	ErrStale = errors.New("the order has changed meanwhile")
)

// Reserve notes that the goods are set aside.
func (o *Order) Reserve(now time.Time) error { return o.move(Reserved, now) }

// Authorize notes that the money is held on the card.
func (o *Order) Authorize(card Card, now time.Time) error {
	if err := o.move(Authorized, now); err != nil {
		return err
	}
	o.s.Card = card
	return nil
}

// Confirm is the shop's word. From here on the order can't fail, and what was
// bought is to be taken out of the cart.
func (o *Order) Confirm(now time.Time) error {
	if err := o.move(Confirmed, now); err != nil {
		return err
	}
	o.s.CartPending = true
	return nil
}

// Capture notes that the money is taken.
func (o *Order) Capture(now time.Time) error { return o.move(Captured, now) }

// Complete notes that the goods are sold.
func (o *Order) Complete(now time.Time) error { return o.move(Completed, now) }

// TakenFromCart notes that the cart no longer holds what was bought.
func (o *Order) TakenFromCart() {
	o.s.CartPending = false
	o.s.Attempts = 0
}

// Ship notes that the goods have left; ErrNotCompleted unless they may.
// Shipping twice is shipping once.
func (o *Order) Ship(now time.Time) error {
	switch o.s.Status {
	case Shipped:
		return nil
	case Completed:
		return o.move(Shipped, now)
	}
	return ErrNotCompleted
}

// Fail decides that an order not yet confirmed will never be, and why. What
// was begun is still to be undone.
func (o *Order) Fail(why Ending, now time.Time) error {
	if !o.s.Status.leadsTo(Failing) {
		return o.refuse(Failing)
	}
	o.end(why)
	return o.move(Failing, now)
}

// Cancel decides that a confirmed order is given back, and why; what that
// takes is still to be done. Cancelling twice is cancelling once, for the
// first reason. ErrShipped, ErrNotConfirmed when there is nothing to decide.
func (o *Order) Cancel(why Ending, now time.Time) error {
	switch o.s.Status {
	case Cancelling, Cancelled:
		return nil
	case Shipped:
		return ErrShipped
	case Confirmed, Captured, Completed:
		o.end(why)
		// The guest gives back what was bought: the cart may keep it.
		o.s.CartPending = false
		return o.move(Cancelling, now)
	}
	return ErrNotConfirmed
}

// Undone notes that money and goods are back. refunded is what came back of
// money that had been taken.
func (o *Order) Undone(refunded int64, now time.Time) error {
	if refunded < 0 || refunded > o.s.Total {
		return fmt.Errorf("order %s: a refund of %d for an order of %d", o.s.ID, refunded, o.s.Total)
	}
	o.s.Refunded = refunded
	if o.s.Status == Failing {
		return o.move(Failed, now)
	}
	return o.move(Cancelled, now)
}

func (o *Order) end(why Ending) {
	o.s.Ending = Ending{Because: why.Because, Facts: maps.Clone(why.Facts)}
}

func (o *Order) move(to Status, now time.Time) error {
	if !o.s.Status.leadsTo(to) {
		return o.refuse(to)
	}
	o.enter(to, now)
	return nil
}

func (o *Order) refuse(to Status) error {
	return fmt.Errorf("order %s: no way from %s to %s", o.s.ID, o.s.Status, to)
}

// enter is progress: the next trouble is the first one again.
func (o *Order) enter(status Status, now time.Time) {
	o.s.Status = status
	o.s.Attempts = 0
	o.s.Timeline = append(o.s.Timeline, Entry{Status: status, At: stored(now), Note: o.note()})
}

// note says to people what just happened.
func (o *Order) note() string {
	switch o.s.Status {
	case Accepted:
		return "We have your order."
	case Reserved:
		return "The goods are set aside for you."
	case Authorized:
		return "Your card is approved."
	case Confirmed:
		return "Your order is confirmed."
	case Captured:
		return "Your payment went through."
	case Completed:
		return "Your order is ready to be sent."
	case Shipped:
		return "Your parcel is on its way."
	case Failing, Cancelling:
		return o.s.Ending.note()
	case Failed:
		return "Nothing was bought, and nothing is charged."
	}
	if o.s.Refunded > 0 {
		return "Your money is on its way back."
	}
	return "Your card is not charged."
}

func (e Ending) note() string {
	switch e.Because {
	case OutOfStock:
		return "We are sold out."
	case PaymentDeclined:
		return "Your card was declined."
	case PaymentUnavailable:
		return "We could not reach the payment service."
	case PaymentRefused:
		return "The payment could not be taken after all."
	case ByGuest:
		return "You cancelled the order."
	}
	return "A part of our shop did not answer."
}
