package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
	"galleria/platform/money"
)

// decide stores a decision about an order, and has it carried out. The drive
// that works on the order just now finds the decision when it stores its own next
// step, and turns around. The order answered is as it was stored.
func (s *Service) decide(ctx context.Context, name string, read func() (*order.Order, error), change func(o *order.Order) error) (*order.Order, error) {
	for {
		o, err := read()
		if err != nil {
			return nil, err
		}
		before := len(o.Snapshot().Timeline) + len(o.Snapshot().Refunds) + len(o.Snapshot().Returns) + len(o.Snapshot().Fulfilments)
		if err := change(o); err != nil {
			return nil, wrongTime(o, err)
		}
		after := o.Snapshot()
		if before == len(after.Timeline)+len(after.Refunds)+len(after.Returns)+len(after.Fulfilments) &&
			after.Payment == o.Was().Payment && after.Ending.Because == o.Was().Ending.Because {
			return o, nil // decided before
		}
		if o.Status() == order.Placing || o.HasChores() {
			o.Due(s.Now())
		}
		err = s.save(ctx, name, o)
		if errors.Is(err, order.ErrStale) {
			continue // it has moved on meanwhile: decide again
		}
		if err != nil {
			return nil, err
		}
		s.start(ctx, o.ID(), nil, &drive{}, func() {})
		return o, nil
	}
}

// byToken and byID read an order to be decided about.
func (s *Service) byToken(ctx context.Context, orderID, token string) func() (*order.Order, error) {
	return func() (*order.Order, error) { return s.openWith(ctx, orderID, token) }
}

func (s *Service) byID(ctx context.Context, orderID string) func() (*order.Order, error) {
	return func() (*order.Order, error) {
		o, err := s.Store.ByID(ctx, orderID)
		if errors.Is(err, order.ErrNotFound) {
			return nil, noOrder()
		}
		return o, err
	}
}

// PayOrder answers where the shopper pays, and has another payment started when
// the one before was stopped.
func (s *Service) PayOrder(ctx context.Context, req *ordersv1.PayOrderRequest) (*ordersv1.PayOrderResponse, error) {
	o, err := s.openWith(ctx, req.GetOrderId(), req.GetToken())
	if err != nil {
		return nil, err
	}
	if !arranged(o) { // after an outage its shopper is not to wait until it is tried again
		s.start(ctx, o.ID(), nil, &drive{}, func() {})
	}
	if o, err = s.awaitPayment(ctx, req.GetOrderId()); err != nil {
		return nil, err
	}
	if o, err = s.noticeStopped(ctx, o); err != nil {
		return nil, err
	}
	if o.Status() == order.Placing && o.Snapshot().Payment.State == order.Stopped {
		_, err := s.decide(ctx, "pay", s.byToken(ctx, req.GetOrderId(), req.GetToken()), func(o *order.Order) error {
			if o.Snapshot().Payment.State != order.Stopped {
				return nil // another call was quicker
			}
			return o.PayAgain()
		})
		if err != nil {
			return nil, err
		}
		if o, err = s.awaitPayment(ctx, o.ID()); err != nil {
			return nil, err
		}
	}
	switch snapshot := o.Snapshot(); {
	case snapshot.Payment.URL != "":
		return &ordersv1.PayOrderResponse{RedirectUrl: snapshot.Payment.URL}, nil
	case !paymentKnown(o):
		return nil, notKnown(o.ID())
	case slices.Contains([]string{order.PaymentUnavailable, order.Unavailable, order.PaymentRefused}, snapshot.Ending.Because):
		return nil, failure(snapshot.Ending)
	}
	return nil, wrongTime(o, order.ErrNotPayable)
}

// noticeStopped looks whether an order's payment has ended that it takes for one that can
// be made: the shopper may be quicker than its event, and is not to be led to a page that
// is closed. When payments does not answer soon, what was known holds.
func (s *Service) noticeStopped(ctx context.Context, o *order.Order) (*order.Order, error) {
	waits := func(o *order.Order) bool {
		return o.Status() == order.Placing && !o.Leaving() && o.Snapshot().Payment.State == order.Waiting
	}
	if !waits(o) {
		return o, nil
	}
	paymentID := o.PaymentID()
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if now, err := s.Money.Get(soon, paymentID); err != nil || now.State != order.Stopped {
		return o, nil
	}
	return s.decide(ctx, "pay", s.byID(ctx, o.ID()), func(o *order.Order) error {
		if waits(o) && o.PaymentID() == paymentID {
			o.PaymentStopped()
		}
		return nil
	})
}

// paymentKnown says that the order's last payment can be made, or has ended. One that
// leads nowhere is just being stopped: another can be made in its place in a moment.
func paymentKnown(o *order.Order) bool {
	p := o.Snapshot().Payment
	return arranged(o) && (o.Status() != order.Placing || o.Leaving() || p.State != order.Waiting || p.URL != "")
}

// awaitPayment waits until the order's last payment is known.
func (s *Service) awaitPayment(ctx context.Context, orderID string) (*order.Order, error) {
	ctx, cancel := leavingTime(ctx)
	defer cancel()
	return s.await(ctx, orderID, paymentKnown)
}

// leavePatience is how long who cancels waits to hear whether the order was paid.
const leavePatience = 2 * time.Second

// CancelOrder decides that an order is given back.
func (s *Service) CancelOrder(ctx context.Context, req *ordersv1.CancelOrderRequest) (*ordersv1.CancelOrderResponse, error) {
	read, by := s.byToken(ctx, req.GetOrderId(), req.GetToken()), order.Guest
	if req.GetOperator() {
		if err := forStaff(ctx, mayWrite); err != nil {
			return nil, err
		}
		read, by = s.byID(ctx, req.GetOrderId()), order.Operator
	}
	var bad violations
	bad.text("reason", req.GetReason(), longestNote)
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	o, err := s.decide(ctx, "cancel", read, func(o *order.Order) error {
		return o.Cancel(order.Ending{Because: order.OnRequest, By: by, Note: strings.TrimSpace(req.GetReason())}, s.Now())
	})
	if err == nil && o.Leaving() {
		// Whether it was paid is known in a moment, unless payments is away.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, leavePatience)
		defer cancel()
		o, err = s.await(ctx, o.ID(), func(o *order.Order) bool { return !o.Leaving() })
	}
	if err != nil {
		return nil, err
	}
	return &ordersv1.CancelOrderResponse{Order: toProto(o)}, nil
}

// ShipOrder notes that a parcel was sent.
func (s *Service) ShipOrder(ctx context.Context, req *ordersv1.ShipOrderRequest) (*ordersv1.ShipOrderResponse, error) {
	if err := forStaff(ctx, mayWrite); err != nil {
		return nil, err
	}
	f := order.Fulfilment{
		Key: req.GetIdempotencyKey(), Carrier: strings.TrimSpace(req.GetCarrier()), Tracking: strings.TrimSpace(req.GetTracking()),
		TrackingURL: req.GetTrackingUrl(), Pieces: piecesOf(req.GetPieces()),
	}
	var bad violations
	bad.key(f.Key)
	bad.line("carrier", f.Carrier, 100)
	bad.line("tracking", f.Tracking, 100)
	bad.want(f.TrackingURL == "" || isAddress(f.TrackingURL), "tracking_url", "must be an address of the web, or empty")
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	o, err := s.decide(ctx, "ship", s.byID(ctx, req.GetOrderId()), func(o *order.Order) error {
		f.ID = id.New()
		return o.Ship(f, s.Now())
	})
	if err != nil {
		return nil, err
	}
	return &ordersv1.ShipOrderResponse{Order: toProto(o)}, nil
}

// RefundOrder decides that money goes back.
func (s *Service) RefundOrder(ctx context.Context, req *ordersv1.RefundOrderRequest) (*ordersv1.RefundOrderResponse, error) {
	if err := forStaff(ctx, mayWrite); err != nil {
		return nil, err
	}
	r := order.Refund{
		Key: req.GetIdempotencyKey(), Amount: req.GetAmountMinor(), Reason: strings.TrimSpace(req.GetReason()), By: order.Operator,
		Restock: req.GetRestock(), Pieces: piecesOf(req.GetPieces()),
	}
	var bad violations
	bad.key(r.Key)
	bad.text("reason", r.Reason, longestNote)
	bad.want(r.Amount >= 0, "amount_minor", "must not be below zero")
	bad.want(r.Amount == 0 || len(r.Pieces) == 0, "amount_minor", "must be 0 with pieces: their price is refunded")
	bad.want(!r.Restock || len(r.Pieces) > 0, "restock", "needs pieces: it says which ones are not sent")
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	o, err := s.decide(ctx, "refund", s.byID(ctx, req.GetOrderId()), func(o *order.Order) error {
		r.ID = id.New()
		return o.Refund(r, s.Now())
	})
	if err != nil {
		return nil, err
	}
	return &ordersv1.RefundOrderResponse{Order: toProto(o)}, nil
}

// ReturnItems notes that goods came back.
func (s *Service) ReturnItems(ctx context.Context, req *ordersv1.ReturnItemsRequest) (*ordersv1.ReturnItemsResponse, error) {
	if err := forStaff(ctx, mayWrite); err != nil {
		return nil, err
	}
	r := order.Return{
		Key: req.GetIdempotencyKey(), Reason: strings.TrimSpace(req.GetReason()), Restock: req.GetRestock(), Pieces: piecesOf(req.GetPieces()),
	}
	var bad violations
	bad.key(r.Key)
	bad.text("reason", r.Reason, longestNote)
	bad.want(len(r.Pieces) > 0, "pieces", "must not be empty")
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	o, err := s.decide(ctx, "return", s.byID(ctx, req.GetOrderId()), func(o *order.Order) error {
		r.ID = id.New()
		return o.Return(r, s.Now())
	})
	if err != nil {
		return nil, err
	}
	return &ordersv1.ReturnItemsResponse{Order: toProto(o)}, nil
}

// ResolveAttention is an operator's answer to an order that needs attention.
func (s *Service) ResolveAttention(ctx context.Context, req *ordersv1.ResolveAttentionRequest) (*ordersv1.ResolveAttentionResponse, error) {
	if err := forStaff(ctx, mayWrite); err != nil {
		return nil, err
	}
	answer := order.Answer{Key: req.GetIdempotencyKey(), Retry: req.GetAction() == ordersv1.ResolveAttentionRequest_ACTION_RETRY}
	var bad violations
	bad.key(answer.Key)
	bad.want(answer.Retry || req.GetAction() == ordersv1.ResolveAttentionRequest_ACTION_CLOSE, "action", "must be RETRY or CLOSE")
	bad.text("note", req.GetNote(), longestNote)
	bad.want(req.GetReason() != "", "reason", "must be the reason that was read")
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	o, err := s.decide(ctx, "resolve", s.byID(ctx, req.GetOrderId()), func(o *order.Order) error {
		return o.Resolve(answer, req.GetReason(), strings.TrimSpace(req.GetNote()), s.Now())
	})
	if err != nil {
		return nil, err
	}
	return &ordersv1.ResolveAttentionResponse{Order: toProto(o)}, nil
}

// wrongTime is the contract's answer to what an order refuses.
func wrongTime(o *order.Order, err error) error {
	no := func(reason ordersv1.Reason, text string) error {
		return contract.Error(codes.FailedPrecondition, reason, "order %s %s", o.Snapshot().Number, text)
	}
	switch {
	case errors.Is(err, order.ErrShipped):
		return no(ordersv1.Reason_REASON_SHIPPED, "is shipped, or a part of it: it can't be cancelled any more")
	case errors.Is(err, order.ErrEnded):
		return no(ordersv1.Reason_REASON_ENDED, "is "+string(o.Status())+": there is nothing to cancel")
	case errors.Is(err, order.ErrNotOpen):
		return no(ordersv1.Reason_REASON_NOT_OPEN, "is "+string(o.Status())+": nothing is to be sent")
	case errors.Is(err, order.ErrNotPayable):
		return no(ordersv1.Reason_REASON_NOT_PAYABLE, "is "+string(o.Status())+", and nothing is to be paid")
	case errors.Is(err, order.ErrNotPaid):
		return no(ordersv1.Reason_REASON_NOT_PAID, "has nothing paid that is not refunded")
	case errors.Is(err, order.ErrLetGo):
		return no(ordersv1.Reason_REASON_NOT_PAID, "is not paid: the money that was held for it was let go, so nothing is to be sent")
	case errors.Is(err, order.ErrTooMuch):
		return no(ordersv1.Reason_REASON_REFUND_TOO_LARGE, "has less paid that is not refunded")
	case errors.Is(err, order.ErrNotInSteps):
		currency := o.Snapshot().Currency
		return contract.Invalid(contract.Violation{Field: "amount_minor", Message: fmt.Sprintf("must be a multiple of %d in %s", money.Step(currency), currency)})
	case errors.Is(err, order.ErrNothingElse):
		return no(ordersv1.Reason_REASON_NOT_PAID, "has nothing else to send, and its money is only held: cancel it instead")
	case errors.Is(err, order.ErrNotThatMany):
		return no(ordersv1.Reason_REASON_NOT_THAT_MANY, "does not have that many of these pieces")
	case errors.Is(err, order.ErrNoAttention):
		return no(ordersv1.Reason_REASON_NO_ATTENTION, "needs no attention")
	case errors.Is(err, order.ErrUnread):
		return no(ordersv1.Reason_REASON_NO_ATTENTION, "needs attention for something else than was answered: "+o.Snapshot().Attention.Reason)
	case errors.Is(err, order.ErrKeyReused):
		return keyReused()
	}
	return err
}
