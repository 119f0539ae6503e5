package paymentstest

import (
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	paymentsv1 "galleria/modules/payments/v1"

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
	moduletest.WantReason(c.t, err, code, reason)
}

func (c checks) invalid(err error, fields ...string) {
	c.t.Helper()
	moduletest.WantFields(c.t, err, fields...)
}

// atOnce runs n at the same time and waits for all.
func atOnce(n int, run func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { run(i) })
	}
	all.Wait()
}
