package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/modules/orders/internal/order"
)

const (
	// holdSlack is how much longer goods are held than a payment can be made.
	holdSlack = time.Minute
	// cartPatience bounds the wait for a cart that nothing depends on.
	cartPatience = time.Second
)

// doChores does what is left to do in other modules for an order that is
// decided: each by itself, so that one module's outage holds up nothing else.
// The error is all that was not answered. What is refused for good needs an
// operator.
func (s *Service) doChores(ctx context.Context, o *order.Order) error {
	var unanswered []error
	tried := o.Snapshot().Attempts
	o.Rest()
	for _, chore := range []func(context.Context, *order.Order) error{
		s.giveBack, s.takeFromCart, s.bookParts, s.lookAtHold, s.capture, s.refund,
	} {
		unanswered = append(unanswered, s.orAttention(ctx, o, chore(ctx, o)))
	}
	err := errors.Join(unanswered...)
	if err != nil {
		o.Tried(tried)
	}
	return err
}

// orAttention is err, unless it is a final no, for which an operator is asked.
func (s *Service) orAttention(ctx context.Context, o *order.Order, err error) error {
	no := refusalOf(err)
	if no == nil {
		return err
	}
	s.Log.ErrorContext(ctx, "an order needs attention", "order", o.ID(), "error", err)
	o.NeedAttention(brief(err), s.Now())
	return nil
}

// giveBack gives back what an order that ended holds: goods first, for others
// wait for them; then codes; then its payments, which must not be made any
// more. One that was made nevertheless is refunded.
func (s *Service) giveBack(ctx context.Context, o *order.Order) error {
	if !o.Snapshot().GiveBack {
		return nil
	}
	err := s.giveBackAll(ctx, o)
	if err == nil {
		o.GivenBack()
	} else if refusalOf(err) != nil {
		o.Refuse(order.GivingBack)
	}
	return err
}

func (s *Service) giveBackAll(ctx context.Context, o *order.Order) error {
	snapshot := o.Snapshot()
	if err := s.release(ctx, o); err != nil {
		return err
	}
	if len(snapshot.Terms.Codes) > 0 {
		err := s.ask("unredeem", func() error { return s.Prices.Unredeem(ctx, o.ID()) })
		if err != nil {
			return fmt.Errorf("give the codes back: %w", err)
		}
	}
	if snapshot.Payment.State == order.Paid {
		return nil
	}
	return s.stopPayments(ctx, o)
}

func (s *Service) release(ctx context.Context, o *order.Order) error {
	if err := s.ask("release", func() error { return s.Goods.Release(ctx, o.ID()) }); err != nil {
		return fmt.Errorf("release the goods: %w", err)
	}
	return nil
}

// leave ends an order that was called off while it could be paid. Goods go back first, for
// others wait for them. It fails when its payments are stopped; when one turns out to be
// made it is cancelled, and the money goes back.
func (s *Service) leave(ctx context.Context, o *order.Order) error {
	if o.GivesWay() {
		return s.giveWay(ctx, o)
	}
	if err := s.release(ctx, o); err != nil {
		return err
	}
	if err := s.stopPayments(ctx, o); err != nil || o.Status() != order.Placing {
		return err
	}
	return o.Fail(o.Snapshot().Ending, s.Now())
}

// giveWay ends an order that a newer one replaces, if it is not paid. The goods stay with it
// until that is known: paid, it is sent. Money that is held, and not taken, is let go: to
// look first and then stop would leave a moment between, and an order without its money.
func (s *Service) giveWay(ctx context.Context, o *order.Order) error {
	err := s.ask("stop", func() error { return s.Money.Cancel(ctx, o.PaymentID()) })
	if err == nil {
		o.PaymentStopped()
		return o.Fail(o.Snapshot().Ending, s.Now())
	}
	if !errors.Is(err, errPaid) {
		return fmt.Errorf("cancel payment %s: %w", o.PaymentID(), err)
	}
	o.Stand()
	return s.settle(ctx, o)
}

// stopPayments ends the order's payments, so that they can't be made any more.
func (s *Service) stopPayments(ctx context.Context, o *order.Order) error {
	snapshot := o.Snapshot()
	for attempt := 1; attempt <= snapshot.Payment.Attempt; attempt++ {
		if err := s.stopPayment(ctx, o, snapshot.PaymentID(attempt)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) stopPayment(ctx context.Context, o *order.Order, paymentID string) error {
	err := s.ask("stop", func() error { return s.Money.Cancel(ctx, paymentID) })
	if err == nil || !errors.Is(err, errPaid) {
		if err != nil {
			return fmt.Errorf("cancel payment %s: %w", paymentID, err)
		}
		if paymentID == o.PaymentID() {
			o.PaymentStopped() // also one of which the money was held
		}
		return nil
	}
	if o.Status() != order.Failed && o.Status() != order.Placing || paymentID != o.PaymentID() {
		return &Refusal{Because: order.PaymentRefused, By: fmt.Errorf("payment %s was paid, though the order had ended: refund it by hand", paymentID)}
	}
	paid, err := s.Money.Get(ctx, paymentID)
	if err != nil {
		return fmt.Errorf("look at payment %s: %w", paymentID, err)
	}
	s.note(o, paid)
	return o.PaidTooLate(o.Snapshot().Ending, paid.Amount, s.Now())
}

// takeFromCart empties the cart of what was bought, and of the codes that were used for it:
// others may have come into it while the order waited for its payment. The order does not
// depend on it.
func (s *Service) takeFromCart(ctx context.Context, o *order.Order) error {
	snapshot := o.Snapshot()
	if !snapshot.TakeFromCart {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, cartPatience)
	defer cancel()
	err := s.ask("take", func() error {
		return s.Carts.Take(ctx, snapshot.CartID, o.ID(), amountsOfLines(snapshot.Lines), snapshot.Terms.Codes)
	})
	if no := refusalOf(err); no != nil {
		s.Log.WarnContext(ctx, "the cart refuses to give what was bought; it is left as it is", "order", o.ID(), "error", no.By)
	} else if err != nil {
		return fmt.Errorf("take what was bought from its cart: %w", err)
	}
	o.TakenFromCart()
	return nil
}

// bookParts tells inventory what was sent, what is not sent any more, and what
// came back.
func (s *Service) bookParts(ctx context.Context, o *order.Order) error {
	snapshot := o.Snapshot()
	book := func(id string, unbooked bool, what string, call func() error) error {
		if !unbooked {
			return nil
		}
		if err := s.ask("book", call); err != nil {
			if refusalOf(err) != nil {
				o.Refuse(id)
			}
			return s.orAttention(ctx, o, fmt.Errorf("%s %s: %w", what, id, err))
		}
		o.Booked(id)
		return nil
	}
	var all []error
	for _, f := range snapshot.Fulfilments {
		all = append(all, book(f.ID, f.Unbooked, "book fulfilment", func() error {
			return s.Goods.Ship(ctx, o.ID(), f.ID, amountsOf(snapshot, f.Pieces))
		}))
	}
	for _, r := range snapshot.Refunds {
		all = append(all, book(r.ID, r.Unbooked, "give back the goods of refund", func() error {
			return s.Goods.ReleaseSome(ctx, o.ID(), r.ID, amountsOf(snapshot, r.Pieces))
		}))
	}
	for _, r := range snapshot.Returns {
		all = append(all, book(r.ID, r.Unbooked, "put back the goods of return", func() error {
			// Not the reason, which may name the customer: what inventory notes is kept for ever.
			return s.Goods.PutBack(ctx, o.ID(), r.ID, amountsOf(snapshot, r.Pieces), "return of order "+snapshot.Number)
		}))
	}
	return errors.Join(all...)
}

// lookAtHold looks whether the money of an order is still held, before something is sent for
// it: a bank lets it go after some days.
func (s *Service) lookAtHold(ctx context.Context, o *order.Order) error {
	snapshot := o.Snapshot()
	if o.Status() != order.Open || snapshot.Payment.State != order.Authorized || len(snapshot.Fulfilments) > 0 {
		return nil
	}
	var now Payment
	err := s.ask("look", func() (err error) {
		now, err = s.Money.Get(ctx, o.PaymentID())
		return err
	})
	if err != nil {
		return fmt.Errorf("look at payment %s: %w", o.PaymentID(), err)
	}
	if now.State != order.Stopped {
		s.note(o, now)
		return nil
	}
	o.HoldLost(s.Now())
	o.NeedAttention("the bank has let go the money that was held: do not send the order", s.Now())
	s.Log.WarnContext(ctx, "an order is not paid: the money that was held was let go", "order", o.ID(), "payment", o.PaymentID())
	return nil
}

// capture takes money that was only held, once something is sent. Payments refuses it only
// when the money is not held any more.
func (s *Service) capture(ctx context.Context, o *order.Order) error {
	snapshot := o.Snapshot()
	if snapshot.Payment.State != order.Authorized || len(snapshot.Fulfilments) == 0 {
		return nil
	}
	var p Payment
	err := s.ask("capture", func() (err error) {
		p, err = s.Money.Capture(ctx, o.PaymentID())
		return err
	})
	if refusalOf(err) != nil {
		o.HoldLost(s.Now())
	}
	if err != nil {
		return fmt.Errorf("take the money of payment %s: %w", o.PaymentID(), err)
	}
	s.note(o, p)
	return nil
}

// refund has refunds carried out that are decided. What is only held can't be given back:
// that waits until it is taken.
func (s *Service) refund(ctx context.Context, o *order.Order) error {
	if o.Snapshot().Payment.State == order.Authorized {
		return nil
	}
	var all []error
	for _, r := range o.Snapshot().Refunds {
		if r.Status != order.RefundPending || r.GivenUp() {
			continue
		}
		status, failure := order.RefundPending, ""
		err := s.ask("give back", func() (err error) {
			status, failure, err = s.Money.Refund(ctx, o.PaymentID(), r.PaymentsID(), r.Amount)
			return err
		})
		if no := refusalOf(err); no != nil {
			status, failure = order.RefundFailed, brief(no.By)
		} else if err != nil {
			if errors.Is(err, errUnanswered) {
				o.RefundAccepted(r.ID)
			}
			all = append(all, fmt.Errorf("refund %s: %w", r.ID, err))
			continue
		}
		o.RefundSettled(r.ID, status, failure, s.Now())
		switch status {
		case order.RefundFailed:
			amount := order.AmountText(o.Snapshot().Currency, r.Amount)
			o.NeedAttention(fmt.Sprintf("the refund of %s was refused: %s", amount, failure), s.Now())
			s.Log.ErrorContext(ctx, "a refund was refused", "order", o.ID(), "refund", r.ID, "error", failure)
		case order.RefundPending:
			o.RefundAccepted(r.ID)
			o.Due(s.Now().Add(refundPause))
		}
	}
	return errors.Join(all...)
}

func amountsOfLines(lines []order.Line) []Amount {
	all := make([]Amount, len(lines))
	for i, l := range lines {
		all[i] = Amount{SKU: l.SKU, Quantity: l.Quantity}
	}
	return all
}

// amountsOf are pieces by sku.
func amountsOf(o order.Snapshot, pieces []order.Piece) []Amount {
	skus := map[string]string{}
	for _, l := range o.Lines {
		skus[l.ID] = l.SKU
	}
	all := make([]Amount, len(pieces))
	for i, p := range pieces {
		all[i] = Amount{SKU: skus[p.Line], Quantity: p.Quantity}
	}
	return all
}
