package service

import (
	"context"
	"slices"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
)

func toProto(o *order.Order) *ordersv1.Order {
	s := o.Snapshot()
	p := &ordersv1.Order{
		Id: s.ID, Status: statusToProto(s.Status),
		Contact: &ordersv1.Contact{Email: s.Contact.Email, Name: s.Contact.Name},
		Address: &ordersv1.Address{
			Line1: s.Address.Line1, Line2: s.Address.Line2, City: s.Address.City, PostalCode: s.Address.PostalCode, Country: s.Address.Country,
		},
		CurrencyCode: s.Currency, TotalMinor: s.Total, RefundedMinor: s.Refunded, CardBrand: s.Card.Brand, CardLast4: s.Card.Last4,
		EndedBecause: s.Ending.Because, CreatedAt: timestamppb.New(s.CreatedAt),
	}
	for _, l := range s.Lines {
		p.Lines = append(p.Lines, &ordersv1.Line{
			Sku: l.SKU, Name: l.Name, Slug: l.Slug, Picture: l.Picture, Quantity: l.Quantity, UnitPriceMinor: l.UnitPrice, TotalMinor: l.Total(),
		})
	}
	for _, e := range s.Timeline {
		p.Timeline = append(p.Timeline, &ordersv1.TimelineEntry{Status: statusToProto(e.Status), At: timestamppb.New(e.At), Note: e.Note})
	}
	return p
}

// The contract's enum has the statuses in the same order, after UNSPECIFIED.
func statusToProto(s order.Status) ordersv1.OrderStatus {
	return ordersv1.OrderStatus(slices.Index(order.Statuses, s) + 1)
}

func fromProto(s ordersv1.OrderStatus) (order.Status, bool) {
	if s < 1 || int(s) > len(order.Statuses) {
		return "", false
	}
	return order.Statuses[s-1], true
}

// factsOf are what the world is told when an order has just got where it is.
func factsOf(o *order.Order, now time.Time) []proto.Message {
	switch o.Status() {
	case order.Confirmed:
		return []proto.Message{&ordersv1.OrderConfirmed{Order: toProto(o), Token: o.Snapshot().Token, At: timestamppb.New(now)}}
	case order.Cancelled:
		return []proto.Message{&ordersv1.OrderCancelled{Order: toProto(o), Token: o.Snapshot().Token, At: timestamppb.New(now)}}
	}
	return nil
}

// failure is the answer of an order that failed: the same at every repetition.
func failure(why order.Ending) error {
	var err error
	switch why.Because {
	case order.OutOfStock:
		err = contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_OUT_OF_STOCK, "not enough of %s on the shelf", why.Facts["sku"])
	case order.PaymentDeclined:
		err = contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_PAYMENT_DECLINED, "the card was declined: %s", why.Facts["decline_code"])
	case order.PaymentUnavailable:
		err = contract.Error(codes.Unavailable, ordersv1.Reason_REASON_PAYMENT_UNAVAILABLE, "payments did not answer; nothing is bought")
	default:
		err = contract.Error(codes.Unavailable, ordersv1.Reason_REASON_UNAVAILABLE, "another module did not answer; nothing is bought")
	}
	return contract.WithMetadata(err, why.Facts)
}

// unavailable is the answer of a call that another module's outage ended
// before anything was written down.
func (s *Service) unavailable(ctx context.Context, what string, cause error) error {
	s.Log.WarnContext(ctx, "checkout refused for an outage", "failed", what, "error", cause)
	return contract.Error(codes.Unavailable, ordersv1.Reason_REASON_UNAVAILABLE, "another module did not answer; nothing is bought")
}

func notSold(sku string) error {
	err := contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_SOLD, "%s is not sold", sku)
	return contract.WithMetadata(err, map[string]string{"sku": sku})
}

func priceChanged(expected, now int64) error {
	err := contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_PRICE_CHANGED, "the cart costs %d now, not %d", now, expected)
	return contract.WithMetadata(err, map[string]string{"total_minor": strconv.FormatInt(now, 10)})
}

func noOrder() error {
	return contract.Error(codes.NotFound, ordersv1.Reason_REASON_NO_ORDER, "no such order, or the token is not its")
}
