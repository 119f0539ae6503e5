package request

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/payment"
	"galleria/platform/contract"
)

// Payment is the contract's form of a payment.
func Payment(p payment.Payment) *paymentsv1.CardPayment {
	t, s := p.Terms(), p.State()
	return &paymentsv1.CardPayment{
		OrderId: t.OrderID, Status: statuses[s.Status], CurrencyCode: t.Currency, AmountMinor: t.Amount,
		CapturedMinor: s.Captured, RefundedMinor: s.Refunded,
		PaymentMethod: &paymentsv1.PaymentMethod{Id: t.Method, Brand: s.Brand, Last4: s.Last4},
		Provider:      t.Provider, ProviderReference: s.Reference, DeclineCode: s.DeclineCode,
	}
}

var statuses = map[payment.Status]paymentsv1.CardStatus{
	payment.Pending:    paymentsv1.CardStatus_CARD_STATUS_PENDING,
	payment.Authorized: paymentsv1.CardStatus_CARD_STATUS_AUTHORIZED,
	payment.Declined:   paymentsv1.CardStatus_CARD_STATUS_DECLINED,
	payment.Captured:   paymentsv1.CardStatus_CARD_STATUS_CAPTURED,
	payment.Voided:     paymentsv1.CardStatus_CARD_STATUS_VOIDED,
}

// Failure turns why a step was refused into the contract's error. An error it
// does not know is returned with the order's name in front.
func Failure(orderID string, err error) error {
	for _, f := range failures {
		if errors.Is(err, f.is) {
			return contract.Error(f.code, f.reason, "order %s: %v", orderID, f.is)
		}
	}
	return fmt.Errorf("order %s: %w", orderID, err)
}

var failures = []struct {
	is     error
	code   codes.Code
	reason paymentsv1.Reason
}{
	{payment.ErrVoided, codes.FailedPrecondition, paymentsv1.Reason_REASON_VOIDED},
	{payment.ErrNotAuthorized, codes.FailedPrecondition, paymentsv1.Reason_REASON_NOT_AUTHORIZED},
	{payment.ErrCaptured, codes.FailedPrecondition, paymentsv1.Reason_REASON_CAPTURED},
	{payment.ErrNotCaptured, codes.FailedPrecondition, paymentsv1.Reason_REASON_NOT_CAPTURED},
	{payment.ErrTooLarge, codes.FailedPrecondition, paymentsv1.Reason_REASON_REFUND_TOO_LARGE},
	{payment.ErrUnavailable, codes.Unavailable, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE},
	{payment.ErrNoMethod, codes.NotFound, paymentsv1.Reason_REASON_NO_PAYMENT_METHOD},
	{payment.ErrKeyReused, codes.InvalidArgument, paymentsv1.Reason_REASON_KEY_REUSED},
	{payment.ErrNoPayment, codes.NotFound, paymentsv1.Reason_REASON_NO_PAYMENT},
}
