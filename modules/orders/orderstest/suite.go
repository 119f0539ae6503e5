package orderstest

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/module/moduletest"
)

const (
	placing   = ordersv1.OrderStatus_ORDER_STATUS_PLACING
	opened    = ordersv1.OrderStatus_ORDER_STATUS_OPEN
	closed    = ordersv1.OrderStatus_ORDER_STATUS_CLOSED
	failed    = ordersv1.OrderStatus_ORDER_STATUS_FAILED
	cancelled = ordersv1.OrderStatus_ORDER_STATUS_CANCELLED
)

// Run is the contract suite: what every implementation of orders does, wherever
// it runs. It needs a payments with the sandbox, and Vouching.
func Run(t *testing.T, w World) {
	t.Helper()
	moduletest.Cases{
		"PlaceOrder":       placeCases(w),
		"GetOrder":         getCases(w),
		"GetUnpaidOrder":   unpaidCases(w),
		"PayOrder":         payCases(w),
		"CancelOrder":      cancelCases(w),
		"FindOrder":        findCases(w),
		"ListOrders":       listCases(w),
		"ListMyOrders":     myCases(w),
		"ShipOrder":        shipCases(w),
		"RefundOrder":      refundCases(w),
		"ReturnItems":      returnCases(w),
		"ResolveAttention": attentionCases(w),
		"AddNote":          noteCases(w),
		"GetTotals":        totalsCases(w),
	}.Run(t, &ordersv1.OrdersService_ServiceDesc)
}

// wantReason fails unless err has this code and reason, and these facts.
func wantReason(t *testing.T, err error, code codes.Code, reason protoreflect.Enum, facts map[string]string) {
	t.Helper()
	if status.Code(err) != code || !contract.Is(err, reason) {
		info, _ := contract.Info(err)
		t.Fatalf("got %v (%v), want %s with %v", err, info, code, reason)
	}
	for key, want := range facts {
		if got := contract.Metadata(err, key); got != want {
			t.Errorf("%s of the error: got %q, want %q", key, got, want)
		}
	}
}

func wantStatus(t *testing.T, o *ordersv1.Order, want ordersv1.OrderStatus) {
	t.Helper()
	if o.GetStatus() != want {
		t.Fatalf("order %s is %s (%s), want %s", o.GetId(), o.GetStatus(), o.GetEndedBecause(), want)
	}
}

// eventually waits for what follows an answer soon, but not with it.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still not so: %s", what)
		}
	}
}
