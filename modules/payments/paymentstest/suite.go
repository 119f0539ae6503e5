package paymentstest

import (
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/platform/contract"
	"galleria/platform/id"
	"galleria/platform/module/moduletest"
)

// World is what the suite works on: payments through the sandbox. Others may
// use it too: the cases make orders and keys of their own.
type World struct {
	Payments paymentsv1.PaymentsServiceClient
}

// Run tests the contract.
func Run(t *testing.T, w World) {
	moduletest.Cases{
		"CreatePaymentMethod": createPaymentMethod(w),
		"Authorize":           authorize(w),
		"Capture":             capture(w),
		"Void":                void(w),
		"Refund":              refund(w),
		"GetCardPayment":      getPayment(w),

		"StartPayment":         startPayment(w),
		"GetPayment":           getHosted(w),
		"ListPayments":         listPayments(w),
		"CancelPayment":        cancelPayment(w),
		"CapturePayment":       capturePayment(w),
		"RefundPayment":        refundPayment(w),
		"ReceiveWebhook":       receiveWebhook(w),
		"GetSandboxSession":    getSandboxSession(w),
		"PaySandbox":           paySandbox(w),
		"AnswerSandboxConsent": answerSandboxConsent(w),
	}.Run(t, &paymentsv1.PaymentsService_ServiceDesc)
}

type cases = map[string]func(t *testing.T)

const amount = 12_90

// till speaks the suite's language on one world, about one order.
type till struct {
	World
	t     *testing.T
	order string
}

func at(t *testing.T, w World) till { return till{w, t, "order-" + id.New()} }

func (c till) method(number string) string {
	c.t.Helper()
	r, err := c.Payments.CreatePaymentMethod(c.t.Context(), &paymentsv1.CreatePaymentMethodRequest{Card: Card(number)})
	c.works(err)
	return r.GetPaymentMethod().GetId()
}

func (c till) authorize(method string, minor int64) (*paymentsv1.CardPayment, error) {
	r, err := c.Payments.Authorize(c.t.Context(), &paymentsv1.AuthorizeRequest{
		OrderId: c.order, CurrencyCode: "EUR", AmountMinor: minor, PaymentMethodId: method,
	})
	return r.GetPayment(), err
}

func (c till) capture() (*paymentsv1.CardPayment, error) {
	r, err := c.Payments.Capture(c.t.Context(), &paymentsv1.CaptureRequest{OrderId: c.order})
	return r.GetPayment(), err
}

func (c till) void() (*paymentsv1.CardPayment, error) {
	r, err := c.Payments.Void(c.t.Context(), &paymentsv1.VoidRequest{OrderId: c.order})
	return r.GetPayment(), err
}

func (c till) refund(key string, minor int64) (*paymentsv1.CardPayment, error) {
	r, err := c.Payments.Refund(c.t.Context(), &paymentsv1.RefundRequest{OrderId: c.order, IdempotencyKey: key, AmountMinor: minor})
	return r.GetPayment(), err
}

func (c till) get() (*paymentsv1.CardPayment, error) {
	r, err := c.Payments.GetCardPayment(c.t.Context(), &paymentsv1.GetCardPaymentRequest{OrderId: c.order})
	return r.GetPayment(), err
}

// authorized is an order whose card holds the amount.
func authorized(t *testing.T, w World, number string) till {
	t.Helper()
	c := at(t, w)
	p, err := c.authorize(c.method(number), amount)
	c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_AUTHORIZED)
	return c
}

// captured is an order that is paid.
func captured(t *testing.T, w World) till {
	t.Helper()
	c := authorized(t, w, CardVisa)
	p, err := c.capture()
	c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_CAPTURED)
	return c
}

func (c till) works(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("got error %v, want none", err)
	}
}

func (c till) is(p *paymentsv1.CardPayment, err error, want paymentsv1.CardStatus) {
	c.t.Helper()
	c.works(err)
	if p.GetStatus() != want || p.GetOrderId() != c.order {
		c.t.Fatalf("got %v, want %v of %s", p, want, c.order)
	}
}

// money wants the payment to be captured and refunded by so much.
func (c till) money(captured, refunded int64) {
	c.t.Helper()
	p, err := c.get()
	c.works(err)
	if p.GetCapturedMinor() != captured || p.GetRefundedMinor() != refunded {
		c.t.Fatalf("got %d captured and %d refunded, want %d and %d", p.GetCapturedMinor(), p.GetRefundedMinor(), captured, refunded)
	}
}

func (c till) fails(err error, code codes.Code, reason paymentsv1.Reason) {
	c.t.Helper()
	if status.Code(err) != code || !contract.Is(err, reason) {
		c.t.Fatalf("got %v, want code %v with reason %v", err, code, reason)
	}
}

func (c till) invalid(err error, fields ...string) {
	c.t.Helper()
	got := map[string]bool{}
	for _, v := range contract.Violations(err) {
		got[v.Field] = true
	}
	for _, field := range fields {
		if !got[field] {
			c.t.Errorf("got %v, want a violation of %s", err, field)
		}
		delete(got, field)
	}
	if status.Code(err) != codes.InvalidArgument || len(got) > 0 {
		c.t.Errorf("got code %v and also violations of %v, want InvalidArgument and no others", status.Code(err), got)
	}
}

// atOnce runs n at the same time and waits for all.
func atOnce(n int, run func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { run(i) })
	}
	all.Wait()
}
