package paymentstest

import (
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/platform/contract"
	"galleria/platform/module/moduletest"
)

// World is what the suite works on: payments through the sandbox. Others may
// use it too: the cases make orders and payments of their own.
type World struct {
	Payments paymentsv1.PaymentsServiceClient
	// Outside is how a caller without rights of its own reaches it, such as the edge.
	Outside grpc.ClientConnInterface
}

// Run tests the contract.
func Run(t *testing.T, w World) {
	moduletest.Cases{
		"StartPayment":         startPayment(w),
		"GetPayment":           getPayment(w),
		"ListPayments":         listPayments(w),
		"CancelPayment":        cancelPayment(w),
		"CapturePayment":       capturePayment(w),
		"RefundPayment":        refundPayment(w),
		"ReceiveWebhook":       receiveWebhook(w),
		"GetSandboxSession":    getSandboxSession(w),
		"PaySandbox":           paySandbox(w),
		"AnswerSandboxConsent": answerSandboxConsent(w),
	}.Run(t, &paymentsv1.PaymentsService_ServiceDesc)
	moduletest.Refused(t, w.Outside, paymentsv1.Reason_REASON_NOT_ALLOWED,
		paymentsv1.PaymentsService_StartPayment_FullMethodName,
		paymentsv1.PaymentsService_GetPayment_FullMethodName,
		paymentsv1.PaymentsService_ListPayments_FullMethodName,
		paymentsv1.PaymentsService_CancelPayment_FullMethodName,
		paymentsv1.PaymentsService_CapturePayment_FullMethodName,
		paymentsv1.PaymentsService_RefundPayment_FullMethodName,
	)
}

type cases = map[string]func(t *testing.T)

const amount = 12_90

// checks fail a test.
type checks struct{ t *testing.T }

func (c checks) works(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("got error %v, want none", err)
	}
}

func (c checks) fails(err error, code codes.Code, reason paymentsv1.Reason) {
	c.t.Helper()
	if status.Code(err) != code || !contract.Is(err, reason) {
		c.t.Fatalf("got %v, want code %v with reason %v", err, code, reason)
	}
}

func (c checks) invalid(err error, fields ...string) {
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
