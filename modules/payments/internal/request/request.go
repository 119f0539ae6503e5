// Package request reads the contract's requests into the domain, or says which
// of their fields are wrong, and writes the answers. The service and the fake
// both stand on it, so that they refuse the same things in the same words.
package request

import (
	"fmt"
	"time"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/card"
	"galleria/modules/payments/internal/payment"
	"galleria/platform/contract"
)

// maxKey bounds ids and keys, in bytes, which keeps rows small.
const maxKey = 200

// maxAmount keeps sums of amounts far from overflowing: 10^15 minor units.
const maxAmount = 1_000_000_000_000_000

// Card is the card of a CreatePaymentMethod.
func Card(r *paymentsv1.CreatePaymentMethodRequest, now time.Time) (card.Card, error) {
	in := r.GetCard()
	c, problems := card.Parse(in.GetNumber(), int(in.GetExpMonth()), int(in.GetExpYear()), in.GetCvc(), now)
	return c, Refused(problems)
}

// Refused is the error of a card that can't be one; nil without problems.
func Refused(problems []card.Problem) error {
	var bad violations
	for _, p := range problems {
		bad.add("card."+p.Field, "%s", p.Message)
	}
	return bad.err()
}

// Terms are those of an Authorize; the provider is the caller's to fill in.
func Terms(r *paymentsv1.AuthorizeRequest) (payment.Terms, error) {
	var bad violations
	bad.key("order_id", r.GetOrderId())
	bad.key("payment_method_id", r.GetPaymentMethodId())
	bad.amount("amount_minor", r.GetAmountMinor())
	if !currency(r.GetCurrencyCode()) {
		bad.add("currency_code", "must be an ISO 4217 code such as EUR")
	}
	return payment.Terms{
		OrderID: r.GetOrderId(), Currency: r.GetCurrencyCode(), Amount: r.GetAmountMinor(), Method: r.GetPaymentMethodId(),
	}, bad.err()
}

// OrderID is that of a Capture, Void or GetPayment.
func OrderID(r interface{ GetOrderId() string }) (string, error) {
	var bad violations
	bad.key("order_id", r.GetOrderId())
	return r.GetOrderId(), bad.err()
}

// Refund is what a Refund asks for.
func Refund(r *paymentsv1.RefundRequest) (payment.Refund, error) {
	var bad violations
	bad.key("order_id", r.GetOrderId())
	bad.key("idempotency_key", r.GetIdempotencyKey())
	bad.amount("amount_minor", r.GetAmountMinor())
	return payment.Refund{OrderID: r.GetOrderId(), Key: r.GetIdempotencyKey(), Amount: r.GetAmountMinor()}, bad.err()
}

type violations []contract.Violation

func (v violations) err() error { return contract.Invalid(v...) }

func (v *violations) add(field, format string, args ...any) {
	*v = append(*v, contract.Violation{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (v *violations) amount(field string, minor int64) {
	if minor <= 0 || minor > maxAmount {
		v.add(field, "must be more than 0, and at most %d", int64(maxAmount))
	}
}

func (v *violations) key(field, key string) {
	if key == "" || len(key) > maxKey {
		v.add(field, "must have 1 to %d bytes", maxKey)
		return
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			v.add(field, "must be printable ASCII without spaces")
			return
		}
	}
}

func currency(code string) bool {
	ok := len(code) == 3
	for _, c := range []byte(code) {
		ok = ok && c >= 'A' && c <= 'Z'
	}
	return ok
}
