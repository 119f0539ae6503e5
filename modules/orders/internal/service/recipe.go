package service

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	cartv1 "galleria/modules/cart/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/orders/internal/order"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/contract"
)

// step is one line of the recipe. Both its ways may be repeated at any time:
// the other modules know the order's id.
type step struct {
	name string
	// from is the status the step takes the order on from.
	from order.Status
	// do asks another module and notes its answer on the order. It returns a
	// refusal when the answer is no, for good.
	do func(s *Service, ctx context.Context, o *order.Order) error
	// undo gives back whatever do may have taken, whether or not its answer
	// arrived, and adds what it gave to the balance.
	undo func(s *Service, ctx context.Context, o *order.Order, back *returned) error
}

// recipe is the checkout after acceptance. It is undone from the last step
// the order has reached, backwards.
var recipe = []step{
	{name: "reserve", from: order.Accepted, do: (*Service).reserveStock, undo: (*Service).releaseStock},
	{name: "authorize and confirm", from: order.Reserved, do: (*Service).authorizeAndConfirm, undo: (*Service).returnMoney},
	{name: "capture", from: order.Confirmed, do: (*Service).capture, undo: nil},   // returnMoney also gives back what was taken
	{name: "commit", from: order.Captured, do: (*Service).commitStock, undo: nil}, // releaseStock also gives back what is kept until it is shipped
}

// returned is what came back on the way back.
type returned struct {
	refunded int64
}

// stepFor is the line of the recipe that takes an order on; nil: none does.
func stepFor(o *order.Order) *step {
	for i := range recipe {
		if recipe[i].from == o.Status() {
			return &recipe[i]
		}
	}
	return nil
}

// refusal is another module's final no.
type refusal struct {
	why order.Ending
	// by is what it said, for the log.
	by error
}

func (r *refusal) Error() string { return fmt.Sprintf("refused, %s: %v", r.why.Because, r.by) }

func refused(because string, by error, facts map[string]string) error {
	return &refusal{why: order.Ending{Because: because, Facts: facts}, by: by}
}

// away says that a module gave no answer of its contract: what was asked of it
// may have happened or not. A code alone is none: what lies on the way to the module
// has them, too. The module itself gives a reason, or says which field is wrong.
func away(err error) bool {
	switch status.Code(err) {
	case codes.FailedPrecondition, codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.OutOfRange:
		_, reason := contract.Info(err)
		return !reason && len(contract.Violations(err)) == 0
	}
	return err != nil
}

// holdFor is how long goods are kept for an order that is not paid.
const holdFor = 30 * time.Minute

func goodsOf(o *order.Order) (lines []*inventoryv1.Line) {
	for _, l := range o.Snapshot().Lines {
		lines = append(lines, &inventoryv1.Line{Sku: l.SKU, Quantity: l.Quantity})
	}
	return lines
}

func (s *Service) reserveStock(ctx context.Context, o *order.Order) error {
	req := &inventoryv1.AllocateRequest{OrderId: o.ID(), Lines: goodsOf(o), Hold: durationpb.New(holdFor)}
	err := s.ask("reserve", func() error {
		_, err := s.Inventory.Allocate(ctx, req)
		return err
	})
	switch {
	case contract.Is(err, inventoryv1.Reason_REASON_OUT_OF_STOCK):
		return refused(order.OutOfStock, err, map[string]string{
			"sku": contract.Metadata(err, "sku"), "available": contract.Metadata(err, "available"),
		})
	case err != nil && !away(err):
		return refused(order.Unavailable, err, nil)
	case err != nil:
		return fmt.Errorf("reserve for order %s: %w", o.ID(), err)
	}
	return o.Reserve(s.Now())
}

func (s *Service) releaseStock(ctx context.Context, o *order.Order, _ *returned) error {
	err := s.ask("release", func() error {
		_, err := s.Inventory.Release(ctx, &inventoryv1.ReleaseRequest{OrderId: o.ID()})
		return err
	})
	if err != nil {
		return fmt.Errorf("release for order %s: %w", o.ID(), err)
	}
	return nil
}

// authorizeAndConfirm is one step because nothing can go wrong between the
// card's yes and the shop's.
func (s *Service) authorizeAndConfirm(ctx context.Context, o *order.Order) error {
	card, err := s.authorize(ctx, o.Snapshot())
	if err != nil {
		return err
	}
	if err := o.Authorize(card, s.Now()); err != nil {
		return err
	}
	return o.Confirm(s.Now())
}

func (s *Service) authorize(ctx context.Context, o order.Snapshot) (order.Card, error) {
	if o.Total == 0 {
		return order.Card{}, nil // a gift: there is no payment of nothing
	}
	var payment *paymentsv1.CardPayment
	err := s.ask("authorize", func() error {
		got, err := s.Payments.Authorize(ctx, &paymentsv1.AuthorizeRequest{
			OrderId: o.ID, CurrencyCode: o.Currency, AmountMinor: o.Total, PaymentMethodId: o.PaymentMethodID,
		})
		payment = got.GetPayment()
		return err
	})
	switch {
	case contract.Is(err, paymentsv1.Reason_REASON_NO_PAYMENT_METHOD):
		return order.Card{}, refused(order.PaymentDeclined, err, map[string]string{"decline_code": "no_payment_method"})
	case err != nil && !away(err):
		return order.Card{}, refused(order.PaymentUnavailable, err, nil)
	case err != nil:
		return order.Card{}, fmt.Errorf("authorize for order %s: %w", o.ID, err)
	}
	switch payment.GetStatus() {
	case paymentsv1.CardStatus_CARD_STATUS_AUTHORIZED, paymentsv1.CardStatus_CARD_STATUS_CAPTURED:
		return order.Card{Brand: payment.GetPaymentMethod().GetBrand(), Last4: payment.GetPaymentMethod().GetLast4()}, nil
	case paymentsv1.CardStatus_CARD_STATUS_DECLINED:
		declined := fmt.Errorf("the card was declined: %s", payment.GetDeclineCode())
		return order.Card{}, refused(order.PaymentDeclined, declined, map[string]string{"decline_code": payment.GetDeclineCode()})
	}
	return order.Card{}, status.Errorf(codes.Unavailable, "authorize for order %s: payment is %s", o.ID, payment.GetStatus())
}

// returnMoney lets the held amount go or, when it was taken, gives it back.
// Whether it was taken only payments knows for sure: an answer may be lost.
func (s *Service) returnMoney(ctx context.Context, o *order.Order, back *returned) error {
	err := s.ask("void", func() error {
		_, err := s.Payments.Void(ctx, &paymentsv1.VoidRequest{OrderId: o.ID()})
		return err
	})
	if contract.Is(err, paymentsv1.Reason_REASON_CAPTURED) {
		return s.refund(ctx, o.Snapshot(), back)
	}
	if err != nil {
		return fmt.Errorf("void for order %s: %w", o.ID(), err)
	}
	return nil
}

func (s *Service) refund(ctx context.Context, o order.Snapshot, back *returned) error {
	err := s.ask("refund", func() error {
		_, err := s.Payments.Refund(ctx, &paymentsv1.RefundRequest{
			// One refund per order, however often it is asked for.
			OrderId: o.ID, IdempotencyKey: "cancel-" + o.ID, AmountMinor: o.Total,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("refund for order %s: %w", o.ID, err)
	}
	back.refunded = o.Total
	return nil
}

func (s *Service) capture(ctx context.Context, o *order.Order) error {
	if o.Snapshot().Total > 0 {
		err := s.ask("capture", func() error {
			_, err := s.Payments.Capture(ctx, &paymentsv1.CaptureRequest{OrderId: o.ID()})
			return err
		})
		if err != nil && !away(err) {
			return refused(order.PaymentRefused, err, nil)
		}
		if err != nil {
			return fmt.Errorf("capture for order %s: %w", o.ID(), err)
		}
	}
	return o.Capture(s.Now())
}

// commitStock keeps the goods until they are shipped. It may still hear that there
// are none: when the hold ended during an outage, and another order got the last one.
func (s *Service) commitStock(ctx context.Context, o *order.Order) error {
	err := s.ask("commit", func() error {
		_, err := s.Inventory.Allocate(ctx, &inventoryv1.AllocateRequest{OrderId: o.ID(), Lines: goodsOf(o)})
		return err
	})
	if err != nil && !away(err) {
		return refused(order.OutOfStock, err, nil)
	}
	if err != nil {
		return fmt.Errorf("commit for order %s: %w", o.ID(), err)
	}
	return o.Complete(s.Now())
}

// takeFromCart empties the guest's cart of what was bought. It stands outside
// of the recipe: an order does not depend on it, so its failure is only noted.
func (s *Service) takeFromCart(ctx context.Context, o *order.Order) error {
	snapshot := o.Snapshot()
	req := &cartv1.TakeItemsRequest{CartId: snapshot.CartID, OrderId: snapshot.ID}
	for _, l := range snapshot.Lines {
		req.Items = append(req.Items, &cartv1.TakeItemsRequest_Item{Sku: l.SKU, Quantity: l.Quantity})
	}
	err := s.ask("take", func() error {
		_, err := s.Cart.TakeItems(ctx, req)
		return err
	})
	if away(err) {
		return fmt.Errorf("take order %s from its cart: %w", o.ID(), err)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "the cart refuses to give what was bought; it is left as it is", "order", o.ID(), "error", err)
	}
	o.TakenFromCart()
	return nil
}

// ask makes a call between its two points.
func (s *Service) ask(name string, call func() error) error {
	s.Hook(name + ":before")
	err := call()
	s.Hook(name + ":after")
	return err
}
