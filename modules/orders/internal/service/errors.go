package service

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"

	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
)

// failure is the answer of an order that failed: the same at every repetition.
func failure(why order.Ending) error {
	no := func(reason ordersv1.Reason, format string, args ...any) error {
		return contract.Error(codes.FailedPrecondition, reason, format, args...)
	}
	var err error
	switch why.Because {
	case order.OutOfStock:
		err = no(ordersv1.Reason_REASON_OUT_OF_STOCK, "not enough of %s on the shelf", why.Facts["sku"])
	case order.QuoteChanged:
		err = no(ordersv1.Reason_REASON_QUOTE_CHANGED, "the cart is not what it was when it was priced")
	case order.CodeUsedUp:
		err = no(ordersv1.Reason_REASON_CODE_USED_UP, "the code %s is used up", why.Facts["code"])
	case order.OnRequest:
		err = no(ordersv1.Reason_REASON_CANCELLED, "the order was cancelled before it was paid")
	case order.Replaced:
		err = no(ordersv1.Reason_REASON_CANCELLED, "a newer order took the place of this one before it was paid")
	case order.NotPaid:
		err = no(ordersv1.Reason_REASON_NOT_PAID_IN_TIME, "the order was not paid in time")
	case order.PaymentRefused:
		err = no(ordersv1.Reason_REASON_PAYMENT_REFUSED, "payments refuses the payment; nothing is bought")
	case order.PaymentUnavailable:
		err = contract.Error(codes.Unavailable, ordersv1.Reason_REASON_PAYMENT_UNAVAILABLE, "payments did not answer; nothing is bought")
	default:
		err = contract.Error(codes.Unavailable, ordersv1.Reason_REASON_UNAVAILABLE, "another module did not answer; nothing is bought")
	}
	return contract.WithMetadata(err, why.Facts)
}

// notKnown is the answer of a call whose time is over before it is decided how
// the order goes on.
func notKnown(orderID string) error {
	return contract.Error(codes.Unavailable, ordersv1.Reason_REASON_NOT_KNOWN,
		"it is not known yet how order %s ends; ask again with the same key", orderID)
}

// unavailable is the answer of a call that another module's outage ended
// before anything was stored.
func (s *Service) unavailable(ctx context.Context, what string, cause error) error {
	s.Log.WarnContext(ctx, "checkout refused for an outage", "failed", what, "error", cause)
	return contract.Error(codes.Unavailable, ordersv1.Reason_REASON_UNAVAILABLE, "another module did not answer; nothing is bought")
}

func notSold(skus []string) error {
	sku := strings.Join(skus, " ")
	err := contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_SOLD, "%s is not sold", sku)
	return contract.WithMetadata(err, map[string]string{"sku": sku})
}

func noOrder() error {
	return contract.Error(codes.NotFound, ordersv1.Reason_REASON_NO_ORDER, "no such order, or the token is not its")
}

func keyReused() error {
	return contract.Error(codes.InvalidArgument, ordersv1.Reason_REASON_KEY_REUSED, "the idempotency key was used for another request")
}
