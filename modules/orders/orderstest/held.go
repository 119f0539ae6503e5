package orderstest

import (
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	ordersv1 "galleria/modules/orders/v1"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/id"
)

// RunAtShipping tests what is different when payments are captured at shipping.
func RunAtShipping(t *testing.T, w World) {
	for name, test := range map[string]func(t *testing.T){
		"money is held by the order, and taken with the first parcel": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Buy(s.Stock(5, 500), 2)
			total := placed.GetOrder().GetTotals().GetTotalMinor()
			s.wantHeld(placed)

			s.ship(placed, &ordersv1.Piece{LineId: "1", Quantity: 1})
			s.WantMoney(placed.GetOrder().GetId(), total, 0)
			eventually(t, "the order knows that it is paid", func() bool {
				return s.get(placed).GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_PAID
			})
			var told []string
			for _, e := range s.get(placed).GetTimeline() {
				if what := e.GetWhat(); what == "held" || what == "paid" {
					told = append(told, what)
				}
			}
			if !slices.Equal(told, []string{"held", "paid"}) {
				t.Errorf("got %q in the timeline, want that the money was held, and then paid", told)
			}
			if o := s.get(placed); o.GetDeliveryStatus() != ordersv1.DeliveryStatus_DELIVERY_STATUS_PARTLY_SHIPPED {
				t.Errorf("got %v, want a part of it sent", o)
			}

			s.ship(placed)
			s.Awaits(placed, closed)
			s.WantMoney(placed.GetOrder().GetId(), total, 0)
		},
		"what is not sent after the first parcel is refunded": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(5, 500)
			placed := s.Buy(sku, 2)
			total := placed.GetOrder().GetTotals().GetTotalMinor()
			s.ship(placed, &ordersv1.Piece{LineId: "1", Quantity: 1})
			s.WantMoney(placed.GetOrder().GetId(), total, 0)
			eventually(t, "the order knows that it is paid", func() bool {
				return s.get(placed).GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_PAID
			})
			s.refund(placed, &ordersv1.RefundOrderRequest{Pieces: []*ordersv1.Piece{{LineId: "1", Quantity: 1}}, Restock: true})
			s.Awaits(placed, closed)
			s.WantMoney(placed.GetOrder().GetId(), total, 500)
			s.WantLevel(sku, 4, 0)
		},
		"money of a cancelled order is let go, and never taken": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(5, 500)
			placed := s.Buy(sku, 2)
			s.wantHeld(placed)
			for range 2 {
				got, err := s.cancel(placed)
				s.must("cancel", err)
				wantStatus(t, got, cancelled)
			}
			eventually(t, "the payment is cancelled", func() bool {
				return s.paymentOf(placed).GetStatus() == paymentsv1.Status_STATUS_CANCELLED
			})
			s.WantMoney(placed.GetOrder().GetId(), 0, 0)
			s.WantLevel(sku, 5, 0)
			eventually(t, "the order knows that nothing is held any more", func() bool {
				return s.get(placed).GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_NONE
			})
			if o := s.get(placed); len(o.GetRefunds()) > 0 || o.GetAttention() != nil {
				t.Errorf("got %v, want no refund, and nothing for an operator", o)
			}
		},
		"money that the bank has let go is said, and nothing is sent for it": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Buy(s.Stock(5, 500), 2)
			s.wantHeld(placed)
			_, err := s.Payments.CancelPayment(t.Context(), &paymentsv1.CancelPaymentRequest{PaymentId: placed.GetOrder().GetId()})
			s.must("let the money go", err)
			eventually(t, "the order needs attention", func() bool { return s.get(placed).GetAttention() != nil })
			if o := s.get(placed); o.GetStatus() != opened || o.GetPaymentStatus() != ordersv1.PaymentStatus_PAYMENT_STATUS_NONE {
				t.Errorf("got %v, want it open, and nothing held", o)
			}
			_, err = s.Orders.ShipOrder(t.Context(), &ordersv1.ShipOrderRequest{OrderId: placed.GetOrder().GetId(), IdempotencyKey: id.New()})
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_PAID, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

func (s Shop) paymentOf(placed *ordersv1.PlaceOrderResponse) *paymentsv1.Payment {
	s.t.Helper()
	got, err := s.Payments.GetPayment(s.t.Context(), &paymentsv1.GetPaymentRequest{PaymentId: placed.GetOrder().GetId()})
	s.must("read the payment", err)
	return got.GetPayment()
}

// wantHeld wants the money of an order to be held and not taken.
func (s Shop) wantHeld(placed *ordersv1.PlaceOrderResponse) {
	s.t.Helper()
	if p := s.paymentOf(placed); p.GetStatus() != paymentsv1.Status_STATUS_AUTHORIZED || p.GetCapturedMinor() != 0 {
		s.t.Fatalf("got the payment %v, want it held", p)
	}
	if o := s.get(placed); o.GetPaymentStatus() != ordersv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED {
		s.t.Fatalf("got %v, want its payment authorized", o)
	}
}
