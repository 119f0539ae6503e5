package service

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/orders/internal/order"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/contract"
)

// OfPayments takes the money and gives it back.
type OfPayments struct {
	Payments paymentsv1.PaymentsServiceClient
}

var _ Money = OfPayments{}

// Start opens a payment that the shopper makes on the provider's page.
func (p OfPayments) Start(ctx context.Context, w PaymentWish) (Payment, error) {
	got, err := p.Payments.StartPayment(ctx, &paymentsv1.StartPaymentRequest{
		PaymentId: w.ID, OrderId: w.OrderID, CurrencyCode: w.Currency, AmountMinor: w.Amount, Description: w.Description, Email: w.Email,
		ReturnUrl: w.ReturnURL, CancelUrl: w.ReturnURL, ExpiresAt: timestamppb.New(w.ExpiresAt),
	})
	if contract.Is(err, paymentsv1.Reason_REASON_CANCELLED) {
		return Payment{State: order.Stopped}, nil
	}
	if contract.Is(err, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE) {
		return Payment{}, err
	}
	return paymentOf(got.GetPayment()), refusable(err, order.PaymentRefused)
}

// Get looks at a payment.
func (p OfPayments) Get(ctx context.Context, id string) (Payment, error) {
	got, err := p.Payments.GetPayment(ctx, &paymentsv1.GetPaymentRequest{PaymentId: id})
	return paymentOf(got.GetPayment()), refusable(err, order.PaymentRefused)
}

// Cancel ends a payment that is not paid.
func (p OfPayments) Cancel(ctx context.Context, id string) error {
	_, err := p.Payments.CancelPayment(ctx, &paymentsv1.CancelPaymentRequest{PaymentId: id})
	if contract.Is(err, paymentsv1.Reason_REASON_PAID) {
		return ErrPaid()
	}
	return refusable(err, order.PaymentRefused)
}

// Capture takes what is held.
func (p OfPayments) Capture(ctx context.Context, id string) (Payment, error) {
	got, err := p.Payments.CapturePayment(ctx, &paymentsv1.CapturePaymentRequest{PaymentId: id})
	return paymentOf(got.GetPayment()), refusable(err, order.PaymentRefused)
}

// Refund gives an amount back.
func (p OfPayments) Refund(ctx context.Context, id, refundID string, amount int64) (order.RefundStatus, string, error) {
	got, err := p.Payments.RefundPayment(ctx, &paymentsv1.RefundPaymentRequest{PaymentId: id, RefundId: refundID, AmountMinor: amount})
	if err != nil {
		return "", "", refusable(err, order.PaymentRefused)
	}
	switch got.GetRefund().GetStatus() {
	case paymentsv1.RefundStatus_REFUND_STATUS_SUCCEEDED:
		return order.RefundSucceeded, "", nil
	case paymentsv1.RefundStatus_REFUND_STATUS_FAILED:
		return order.RefundFailed, got.GetRefund().GetFailure(), nil
	}
	if got.GetRefund().GetProviderReference() == "" {
		return order.RefundPending, "", ErrUnanswered()
	}
	return order.RefundPending, "", nil
}

func paymentOf(p *paymentsv1.Payment) Payment {
	v := Payment{Brand: p.GetMethod().GetBrand(), Last4: p.GetMethod().GetLast4()}
	switch p.GetStatus() {
	case paymentsv1.Status_STATUS_WAITING:
		v.State, v.URL = order.Waiting, p.GetRedirectUrl()
	case paymentsv1.Status_STATUS_AUTHORIZED:
		v.State, v.Amount = order.Authorized, p.GetAmountMinor()
	case paymentsv1.Status_STATUS_PAID:
		v.State, v.Amount = order.Paid, p.GetCapturedMinor()
	case paymentsv1.Status_STATUS_CANCELLED, paymentsv1.Status_STATUS_EXPIRED:
		v.State = order.Stopped
	}
	return v
}
