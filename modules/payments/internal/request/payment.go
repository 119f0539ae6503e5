package request

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/payment"
	"galleria/platform/contract"
)

// Bounds of texts, which keep rows small.
const (
	maxDescription = 500
	maxURL         = 2000
	maxWebhook     = 256 << 10
)

// Start is what a StartPayment asks for; the provider and the time of the capture
// are the caller's to fill in.
func Start(r *paymentsv1.StartPaymentRequest) (payment.Terms, payment.Page, error) {
	var bad violations
	bad.key("payment_id", r.GetPaymentId())
	bad.key("order_id", r.GetOrderId())
	bad.amount("amount_minor", r.GetAmountMinor())
	if !currency(r.GetCurrencyCode()) {
		bad.add("currency_code", "must be an ISO 4217 code such as EUR")
	}
	if utf8.RuneCountInString(r.GetDescription()) > maxDescription {
		bad.add("description", "must have at most %d characters", maxDescription)
	}
	if len(r.GetEmail()) > 254 {
		bad.add("email", "must have at most 254 bytes")
	}
	bad.address("return_url", r.GetReturnUrl())
	bad.address("cancel_url", r.GetCancelUrl())
	if !r.GetExpiresAt().IsValid() {
		bad.add("expires_at", "must be a time, at most %s ahead", payment.MostAhead)
	}
	t := payment.Terms{
		ID: r.GetPaymentId(), OrderID: r.GetOrderId(), Currency: r.GetCurrencyCode(), Amount: r.GetAmountMinor(),
		Expires: r.GetExpiresAt().AsTime(),
	}
	p := payment.Page{Description: r.GetDescription(), Email: r.GetEmail(), ReturnURL: r.GetReturnUrl(), CancelURL: r.GetCancelUrl()}
	return t, p, bad.err()
}

// BadExpiry is the error of a payment that would end at once, or too late.
func BadExpiry() error {
	var bad violations
	bad.add("expires_at", "must be later than now, and at most %s ahead", payment.MostAhead)
	return bad.err()
}

// PaymentID is that of a request about one payment.
func PaymentID(r interface{ GetPaymentId() string }) (string, error) {
	var bad violations
	bad.key("payment_id", r.GetPaymentId())
	return r.GetPaymentId(), bad.err()
}

// Refund is what a RefundPayment asks for.
func Refund(r *paymentsv1.RefundPaymentRequest) (paymentID, refundID string, amount int64, err error) {
	var bad violations
	bad.key("payment_id", r.GetPaymentId())
	bad.key("refund_id", r.GetRefundId())
	bad.amount("amount_minor", r.GetAmountMinor())
	return r.GetPaymentId(), r.GetRefundId(), r.GetAmountMinor(), bad.err()
}

// Webhook is what a ReceiveWebhook brings.
func Webhook(r *paymentsv1.ReceiveWebhookRequest) (provider string, body []byte, headers map[string]string, err error) {
	var bad violations
	bad.key("provider", r.GetProvider())
	if len(r.GetBody()) == 0 || len(r.GetBody()) > maxWebhook {
		bad.add("body", "must have 1 to %d bytes", maxWebhook)
	}
	headers = map[string]string{}
	for name, value := range r.GetHeaders() {
		headers[strings.ToLower(name)] = value
	}
	return r.GetProvider(), r.GetBody(), headers, bad.err()
}

func (v *violations) address(field, text string) {
	u, err := url.Parse(text)
	whole := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
	path := err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//")
	if len(text) > maxURL || !whole && !path {
		v.add(field, "must be an address such as https://shop.example/orders/1, of at most %d bytes", maxURL)
	}
}

// Payment is the contract's form of a payment.
func Payment(p payment.Payment) *paymentsv1.Payment {
	t, s := p.Terms(), p.State()
	out := &paymentsv1.Payment{
		Id: t.ID, OrderId: t.OrderID, Status: statuses[s.Status], CurrencyCode: t.Currency, AmountMinor: t.Amount,
		CapturedMinor: s.Captured, RefundedMinor: s.Refunded, RefundingMinor: s.Refunding,
		Provider: t.Provider, ProviderReference: s.Intent, RedirectUrl: s.RedirectURL, DeclineCode: s.DeclineCode,
		Disputed: s.Disputed, ExpiresAt: timestamppb.New(t.Expires),
	}
	if s.Last4 != "" {
		out.Method = &paymentsv1.PaymentMethod{Brand: s.Brand, Last4: s.Last4}
	}
	if s.Cancelling {
		out.RedirectUrl = "" // no shopper is to be led there any more
	}
	for _, r := range p.Refunds() {
		out.Refunds = append(out.Refunds, RefundOf(r))
	}
	return out
}

// RefundOf is the contract's form of a refund.
func RefundOf(r payment.Refund) *paymentsv1.Refund {
	return &paymentsv1.Refund{Id: r.ID, AmountMinor: r.Amount, Status: refundStatuses[r.Status], Failure: r.Failure, ProviderReference: r.Reference}
}

// Event is the contract's form of a fact.
func Event(p payment.Payment, f payment.Fact, at time.Time) proto.Message {
	paid, when := Payment(p), timestamppb.New(at)
	switch {
	case f.Refund != nil:
		return &paymentsv1.PaymentRefunded{Payment: paid, Refund: RefundOf(*f.Refund), At: when}
	case f.Disputed:
		return &paymentsv1.PaymentDisputed{Payment: paid, At: when}
	}
	return &paymentsv1.PaymentSettled{Payment: paid, At: when}
}

var statuses = map[payment.Status]paymentsv1.Status{
	payment.Waiting:    paymentsv1.Status_STATUS_WAITING,
	payment.Authorized: paymentsv1.Status_STATUS_AUTHORIZED,
	payment.Paid:       paymentsv1.Status_STATUS_PAID,
	payment.Cancelled:  paymentsv1.Status_STATUS_CANCELLED,
	payment.Expired:    paymentsv1.Status_STATUS_EXPIRED,
}

var refundStatuses = map[payment.RefundStatus]paymentsv1.RefundStatus{
	payment.RefundPending:   paymentsv1.RefundStatus_REFUND_STATUS_PENDING,
	payment.RefundSucceeded: paymentsv1.RefundStatus_REFUND_STATUS_SUCCEEDED,
	payment.RefundFailed:    paymentsv1.RefundStatus_REFUND_STATUS_FAILED,
}

// Failure turns why a step was refused into the contract's error. An error it
// does not know is returned with the payment's id in front.
func Failure(paymentID string, err error) error {
	var no payment.Impossible
	if errors.As(err, &no) {
		return contract.WithMetadata(contract.Error(codes.FailedPrecondition, paymentsv1.Reason_REASON_NOT_POSSIBLE, "payment %s: %v", paymentID, no),
			map[string]string{"problem": string(no)})
	}
	if errors.Is(err, payment.ErrTooLate) {
		return BadExpiry()
	}
	for _, f := range failures {
		if errors.Is(err, f.is) {
			return contract.Error(f.code, f.reason, "payment %s: %v", paymentID, f.is)
		}
	}
	return fmt.Errorf("payment %s: %w", paymentID, err)
}

var failures = []struct {
	is     error
	code   codes.Code
	reason paymentsv1.Reason
}{
	{payment.ErrNoPayment, codes.NotFound, paymentsv1.Reason_REASON_NO_PAYMENT},
	{payment.ErrKeyReused, codes.InvalidArgument, paymentsv1.Reason_REASON_KEY_REUSED},
	{payment.ErrCancelled, codes.FailedPrecondition, paymentsv1.Reason_REASON_CANCELLED},
	{payment.ErrPaid, codes.FailedPrecondition, paymentsv1.Reason_REASON_PAID},
	{payment.ErrNotAuthorized, codes.FailedPrecondition, paymentsv1.Reason_REASON_NOT_AUTHORIZED},
	{payment.ErrNotCaptured, codes.FailedPrecondition, paymentsv1.Reason_REASON_NOT_CAPTURED},
	{payment.ErrTooLarge, codes.FailedPrecondition, paymentsv1.Reason_REASON_REFUND_TOO_LARGE},
	{payment.ErrUnavailable, codes.Unavailable, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE},
	{payment.ErrSignature, codes.InvalidArgument, paymentsv1.Reason_REASON_BAD_SIGNATURE},
}
