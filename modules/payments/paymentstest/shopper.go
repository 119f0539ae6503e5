package paymentstest

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/platform/id"
)

// shopper speaks the suite's language about one payment on the sandbox's page.
type shopper struct {
	World
	checks
	order, payment string
	token          string
}

func (s *shopper) request() *paymentsv1.StartPaymentRequest {
	return &paymentsv1.StartPaymentRequest{
		PaymentId: s.payment, OrderId: s.order, CurrencyCode: "EUR", AmountMinor: amount, Description: "Two mugs",
		Email: "ana@example.org", ReturnUrl: "/orders/1?token=back", CancelUrl: "/orders/1?token=away",
		ExpiresAt: timestamppb.New(time.Now().Add(20 * time.Minute)),
	}
}

// started is a payment that waits for its shopper.
func started(t *testing.T, w World) *shopper {
	t.Helper()
	s := &shopper{World: w, checks: checks{t}, order: "order-" + id.New(), payment: "payment-" + id.New()}
	got, err := w.Payments.StartPayment(t.Context(), s.request())
	s.works(err)
	s.token = strings.TrimPrefix(got.GetPayment().GetRedirectUrl(), "/sandbox/pay/")
	return s
}

// paid is a payment that was paid with a card.
func paid(t *testing.T, w World, number string) *shopper {
	t.Helper()
	s := started(t, w)
	_, err := s.pay(number)
	s.works(err)
	s.becomes(paymentsv1.Status_STATUS_PAID)
	return s
}

func (s *shopper) pay(number string) (*paymentsv1.SandboxNext, error) {
	r, err := s.Payments.PaySandbox(s.t.Context(), &paymentsv1.PaySandboxRequest{Session: s.token, Card: Card(number)})
	return r.GetNext(), err
}

func (s *shopper) consent(yes bool) (*paymentsv1.SandboxNext, error) {
	r, err := s.Payments.AnswerSandboxConsent(s.t.Context(), &paymentsv1.AnswerSandboxConsentRequest{Session: s.token, Yes: yes})
	return r.GetNext(), err
}

func (s *shopper) page() *paymentsv1.SandboxSession {
	s.t.Helper()
	r, err := s.Payments.GetSandboxSession(s.t.Context(), &paymentsv1.GetSandboxSessionRequest{Session: s.token})
	s.works(err)
	return r.GetSession()
}

func (s *shopper) get() *paymentsv1.Payment {
	s.t.Helper()
	r, err := s.Payments.GetPayment(s.t.Context(), &paymentsv1.GetPaymentRequest{PaymentId: s.payment})
	s.works(err)
	return r.GetPayment()
}

func (s *shopper) cancel() (*paymentsv1.Payment, error) {
	r, err := s.Payments.CancelPayment(s.t.Context(), &paymentsv1.CancelPaymentRequest{PaymentId: s.payment})
	return r.GetPayment(), err
}

func (s *shopper) refund(id string, minor int64) (*paymentsv1.Refund, error) {
	r, err := s.Payments.RefundPayment(s.t.Context(), &paymentsv1.RefundPaymentRequest{PaymentId: s.payment, RefundId: id, AmountMinor: minor})
	return r.GetRefund(), err
}

// becomes waits until the payment is settled by the background, for no shopper
// of the suite comes back from the page.
func (s *shopper) becomes(want paymentsv1.Status) {
	s.t.Helper()
	s.until(want.String(), func(p *paymentsv1.Payment) bool { return p.GetStatus() == want })
}

func (s *shopper) until(what string, is func(*paymentsv1.Payment) bool) {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		p := s.get()
		if is(p) {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("got %v, want %s", p, what)
		}
	}
}

func (s *shopper) money(captured, refunded, refunding int64) {
	s.t.Helper()
	p := s.get()
	if p.GetCapturedMinor() != captured || p.GetRefundedMinor() != refunded || p.GetRefundingMinor() != refunding {
		s.t.Fatalf("got %v, want %d captured, %d refunded, %d being refunded", p, captured, refunded, refunding)
	}
}
