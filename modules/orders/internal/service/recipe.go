package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"galleria/modules/orders/internal/order"
)

// place takes an order that is being placed on: from goods that are set aside to a payment the
// shopper can make, and from there to OPEN or to an end.
func (s *Service) place(ctx context.Context, d *drive, o *order.Order) error {
	snapshot := o.Snapshot()
	if o.Leaving() {
		err := s.orAttention(ctx, o, s.leave(ctx, o))
		if err == nil && o.Leaving() {
			o.Rest() // until the operator has answered
		}
		return err
	}
	if snapshot.Payment.State != order.NotStarted {
		return s.settle(ctx, o)
	}
	if !d.fresh && snapshot.Totals.Total > 0 {
		o.StartPayment() // an earlier attempt may have done so
	}
	if !s.Now().Before(snapshot.HoldEndsAt) {
		why := order.Unavailable
		if snapshot.Payment.Attempt > 1 {
			why = order.NotPaid
		}
		return o.Fail(order.Ending{Because: why, By: order.Shop}, s.Now())
	}
	return s.arrange(ctx, d, o)
}

// step is one line of the recipe. Each may be repeated at any time: the other
// modules know the order's id. The way back is in giveBack, and never asks what
// a step did: releasing and cancelling are remembered for orders that are not
// known yet.
type step struct {
	name string
	do   func(s *Service, ctx context.Context, o *order.Order) error
	// outage is what the order fails for when the step is not answered.
	outage string
}

// recipe is the checkout until the shopper can pay.
var recipe = []step{
	{"allocate", (*Service).allocate, order.Unavailable},
	{"redeem", (*Service).redeem, order.Unavailable},
	{"start", (*Service).startPayment, order.PaymentUnavailable},
}

// arrange goes through the recipe; the whole is stored once. What is refused,
// or not answered while the shopper waits, is the order's end. When another payment is
// started of an order, no answer is not its end: that is tried again until its hold ends.
func (s *Service) arrange(ctx context.Context, d *drive, o *order.Order) error {
	until := d.until
	if until.IsZero() {
		until = time.Now().Add(arrangeFor)
	}
	limited, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	for _, next := range recipe {
		err := s.patiently(limited, func() error { return next.do(s, limited, o) })
		no := refusalOf(err)
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil, no == nil && o.Snapshot().Payment.Attempt > 1:
			return err
		case no != nil:
			level := slog.LevelInfo
			if no.Because == order.PaymentRefused { // the shop's settings, or its prices, don't go with the provider
				level = slog.LevelWarn
			}
			s.Log.Log(ctx, level, "order refused", "order", o.ID(), "step", next.name, "because", no.Because, "error", no.By)
			return o.Fail(order.Ending{Because: no.Because, By: order.Shop, Facts: no.Facts}, s.Now())
		}
		s.Log.WarnContext(ctx, "order given up for an outage", "order", o.ID(), "step", next.name, "error", err)
		return o.Fail(order.Ending{Because: next.outage, By: order.Shop}, s.Now())
	}
	switch o.Snapshot().Payment.State {
	case order.Waiting:
		s.lookLater(o)
		return nil
	case order.Stopped:
		o.Due(o.Snapshot().HoldEndsAt)
		return nil
	}
	return s.open(ctx, o)
}

// allocate sets the goods aside a little longer than the shopper has time to
// pay, so that what is paid in the last moment is there.
func (s *Service) allocate(ctx context.Context, o *order.Order) error {
	snapshot := o.Snapshot()
	return s.ask("allocate", func() error {
		return s.Goods.Allocate(ctx, o.ID(), snapshot.Lines, snapshot.HoldEndsAt.Sub(s.Now())+holdSlack)
	})
}

func (s *Service) redeem(ctx context.Context, o *order.Order) error {
	snapshot := o.Snapshot()
	if len(snapshot.Terms.Codes) == 0 {
		return nil
	}
	return s.ask("redeem", func() error {
		return s.Prices.Redeem(ctx, o.ID(), snapshot.Terms.Codes, snapshot.Contact.Email, snapshot.Currency)
	})
}

func (s *Service) startPayment(ctx context.Context, o *order.Order) error {
	if o.Snapshot().Totals.Total == 0 {
		return nil // a gift: there is no payment of nothing
	}
	o.StartPayment()
	snapshot := o.Snapshot()
	var started Payment
	err := s.ask("start", func() (err error) {
		started, err = s.Money.Start(ctx, PaymentWish{
			ID: o.PaymentID(), OrderID: o.ID(), Description: "Order " + snapshot.Number,
			Currency: snapshot.Currency, Amount: snapshot.Totals.Total, Email: snapshot.Contact.Email,
			ReturnURL: snapshot.ReturnURL, ExpiresAt: snapshot.HoldEndsAt,
		})
		return err
	})
	if err != nil {
		return err
	}
	s.note(o, started)
	return nil
}

// note takes over what payments says of the order's payment.
func (s *Service) note(o *order.Order, p Payment) {
	switch p.State {
	case order.Waiting:
		o.AwaitPayment(p.URL)
	case order.Stopped:
		o.PaymentStopped()
	case order.Paid, order.Authorized:
		o.PaidBy(p.State, p.Brand, p.Last4, p.Amount, s.Now())
	}
}

// settle looks at the payment of an order that waits for it. When the time is
// over the payment is cancelled, so that it can't be made any more; the goods
// went back to the shelf by themselves.
func (s *Service) settle(ctx context.Context, o *order.Order) error {
	snapshot := o.Snapshot()
	if state := snapshot.Payment.State; state == order.Paid || state == order.Authorized {
		return s.open(ctx, o) // it is known that it was made: only the goods were waited for
	}
	over := !s.Now().Before(snapshot.HoldEndsAt)
	if snapshot.Payment.State == order.Stopped && !over {
		o.Due(snapshot.HoldEndsAt)
		return nil
	}
	if over {
		err := s.ask("stop", func() error { return s.Money.Cancel(ctx, o.PaymentID()) })
		if err == nil {
			return o.Fail(order.Ending{Because: order.NotPaid, By: order.Shop}, s.Now())
		}
		if !errors.Is(err, errPaid) {
			return fmt.Errorf("cancel payment %s: %w", o.PaymentID(), err)
		}
	}
	var now Payment
	err := s.ask("look", func() (err error) {
		now, err = s.Money.Get(ctx, o.PaymentID())
		return err
	})
	if err != nil {
		return fmt.Errorf("look at payment %s: %w", o.PaymentID(), err)
	}
	s.note(o, now)
	switch now.State {
	case order.Paid, order.Authorized:
		return s.open(ctx, o)
	case order.Stopped:
		o.Due(snapshot.HoldEndsAt)
	default:
		s.lookLater(o)
	}
	return nil
}

// firstPoll is when the payment of a new order is looked at first.
const firstPoll = 5 * time.Second

// lookLater has the payment looked at again: an event of payments usually comes
// before, but not while the broker is away. Shoppers who pay do so soon, so the
// pauses are short at first, and then as long as the order is old, up to Poll.
func (s *Service) lookLater(o *order.Order) {
	at := s.Now().Add(min(s.Poll, max(firstPoll, s.Now().Sub(o.Snapshot().CreatedAt))))
	if ends := o.Snapshot().HoldEndsAt; ends.Before(at) {
		at = ends
	}
	o.Due(at)
}

// open keeps the goods for good and says that the order will be sent. Goods
// that are gone meanwhile mean that the money goes back.
func (s *Service) open(ctx context.Context, o *order.Order) error {
	snapshot := o.Snapshot()
	err := s.ask("allocate", func() error { return s.Goods.Allocate(ctx, o.ID(), snapshot.Lines, 0) })
	if no := refusalOf(err); no != nil {
		s.Log.WarnContext(ctx, "an order was paid whose goods are gone", "order", o.ID(), "error", no.By)
		why := order.Ending{Because: order.OutOfStock, By: order.Shop, Facts: no.Facts}
		if snapshot.Totals.Total == 0 {
			return o.Fail(why, s.Now())
		}
		if err := o.PaidTooLate(why, snapshot.Payment.Amount, s.Now()); err != nil {
			return err
		}
		o.Due(s.Now())
		return nil
	}
	if err != nil {
		return fmt.Errorf("keep the goods: %w", err)
	}
	if err := o.Open(s.Now()); err != nil {
		return err
	}
	if err := s.takeFromCart(ctx, o); err != nil {
		s.Log.WarnContext(ctx, "the cart keeps what was bought for now", "order", o.ID(), "error", err)
		o.Due(s.Now())
		return nil
	}
	// While only its goods were waited for it may have been refunded, and the bank may have
	// let its money go.
	if o.HasChores() || o.Was().Payment.State == order.Authorized {
		o.Due(s.Now())
	} else {
		o.Rest()
	}
	return nil
}
