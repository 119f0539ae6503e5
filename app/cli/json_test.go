package cli

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	ordersv1 "galleria/modules/orders/v1"
	processv1 "galleria/platform/process/v1"
)

func TestWhatProgramsReadHasOneForm(t *testing.T) {
	east := time.FixedZone("east", 3600)
	var out strings.Builder
	err := printJSON(&out, []any{
		asFields(&ordersv1.Order{
			Number: "G-1", Status: ordersv1.OrderStatus_ORDER_STATUS_OPEN, PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_PARTLY_REFUNDED,
			RefundedMinor: 100, Contact: &ordersv1.Contact{Name: "Löwe & Söhne"},
			Refunds: []*ordersv1.Refund{{AmountMinor: 9007199254740993, At: timestamppb.New(time.Date(2027, 1, 2, 0, 30, 0, 500, east))}},
		}),
		asFields(&processv1.CompareResponse_Method{Counts: map[string]int64{"same": 3}, FirstP50: durationpb.New(1500 * time.Millisecond)}),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"status": "open"`, `"payment_status": "partly_refunded"`, `"delivery_status": ""`, `"refunded_minor": 100,`, `"name": "Löwe & Söhne"`,
		`"amount_minor": 9007199254740993,`, `"at": "2027-01-01T23:30:00.0000005Z"`, `"lines": []`, `"same": 3`, `"first_p50_seconds": 1.5`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("there is no %s in\n%s", want, out.String())
		}
	}
	for _, unwanted := range []string{"null", "attention\"", "second_p50"} {
		if strings.Contains(out.String(), unwanted) {
			t.Errorf("there is %s, which is not known, in\n%s", unwanted, out.String())
		}
	}
}
