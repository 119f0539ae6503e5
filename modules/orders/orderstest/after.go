package orderstest

import (
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
	"galleria/platform/id"
)

func getCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"shows the order to who holds its token": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Buy(s.Stock(1, 500), 1)
			if got := s.get(placed); got.GetId() != placed.GetOrder().GetId() || got.GetTotalMinor() != 500 {
				t.Errorf("got %v, want order %s", got, placed.GetOrder().GetId())
			}
		},
		"says the same for a wrong id and a wrong token": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Buy(s.Stock(1, 500), 1)
			for _, req := range []*ordersv1.GetOrderRequest{
				{OrderId: placed.GetOrder().GetId(), Token: id.Secret()},
				{OrderId: placed.GetOrder().GetId()},
				{OrderId: id.New(), Token: placed.GetToken()},
				{},
			} {
				_, err := s.Orders.GetOrder(t.Context(), req)
				wantReason(t, err, codes.NotFound, ordersv1.Reason_REASON_NO_ORDER, nil)
			}
		},
	}
}

func cancelCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"gives money and goods back, once": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(5, 500)
			placed := s.completed(sku, 2)
			for range 3 {
				got, err := s.cancel(placed)
				if err != nil {
					t.Fatal(err)
				}
				if st := got.GetStatus(); st != cancelling && st != cancelled {
					t.Errorf("got %s, want cancelling or cancelled", st)
				}
			}
			eventually(t, "the order is cancelled", func() bool { return s.get(placed).GetStatus() == cancelled })
			if o := s.get(placed); o.GetRefundedMinor() != 1000 || o.GetEndedBecause() != "guest" {
				t.Errorf("got %d back because of %q, want 1000 because of guest", o.GetRefundedMinor(), o.GetEndedBecause())
			}
			s.WantLevel(sku, 5, 0)
			s.WantMoney(placed.GetOrder().GetId(), 1000, 1000)
		},
		"is too late when the goods have left": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.completed(s.Stock(5, 500), 1)
			_, err := s.Orders.ShipOrder(t.Context(), &ordersv1.ShipOrderRequest{OrderId: placed.GetOrder().GetId()})
			s.must("ship", err)
			for range 2 {
				_, err := s.cancel(placed)
				wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_SHIPPED, nil)
			}
		},
		"knows only who holds the token": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.completed(s.Stock(5, 500), 1)
			_, err := s.Orders.CancelOrder(t.Context(), &ordersv1.CancelOrderRequest{OrderId: placed.GetOrder().GetId(), Token: id.Secret()})
			wantReason(t, err, codes.NotFound, ordersv1.Reason_REASON_NO_ORDER, nil)
			wantStatus(t, s.get(placed), completed)
		},
	}
}

func (s Shop) cancel(placed *ordersv1.PlaceOrderResponse) (*ordersv1.Order, error) {
	got, err := s.Orders.CancelOrder(s.t.Context(), &ordersv1.CancelOrderRequest{OrderId: placed.GetOrder().GetId(), Token: placed.GetToken()})
	return got.GetOrder(), err
}

func shipCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"ships once": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.completed(s.Stock(5, 500), 1)
			for range 2 {
				got, err := s.Orders.ShipOrder(t.Context(), &ordersv1.ShipOrderRequest{OrderId: placed.GetOrder().GetId()})
				if err != nil {
					t.Fatal(err)
				}
				wantStatus(t, got.GetOrder(), shipped)
				if n := len(got.GetOrder().GetTimeline()); n != 7 {
					t.Errorf("got %d entries in the timeline, want 7", n)
				}
			}
		},
		"takes the goods off the shelf, once": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(5, 500)
			placed := s.completed(sku, 2)
			for range 3 {
				_, err := s.Orders.ShipOrder(t.Context(), &ordersv1.ShipOrderRequest{OrderId: placed.GetOrder().GetId()})
				s.must("ship", err)
			}
			if l := s.Level(sku); l.GetOnHand() != 3 || l.GetAllocated() != 0 {
				t.Errorf("got %v, want 3 on hand and none allocated", l)
			}
		},
		"ships nothing that was cancelled": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.completed(s.Stock(5, 500), 1)
			_, err := s.cancel(placed)
			s.must("cancel", err)
			_, err = s.Orders.ShipOrder(t.Context(), &ordersv1.ShipOrderRequest{OrderId: placed.GetOrder().GetId()})
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_COMPLETED, nil)
		},
		"knows no such order": func(t *testing.T) {
			_, err := w.Orders.ShipOrder(t.Context(), &ordersv1.ShipOrderRequest{OrderId: id.New()})
			wantReason(t, err, codes.NotFound, ordersv1.Reason_REASON_NO_ORDER, nil)
		},
	}
}

func listCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"lists newest first, page by page": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(10, 100)
			var bought []string
			for range 5 {
				bought = append([]string{s.Buy(sku, 1).GetOrder().GetId()}, bought...)
			}
			var listed []string
			req := &ordersv1.ListOrdersRequest{PageSize: 2}
			for len(listed) < 5 {
				page, err := s.Orders.ListOrders(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range page.GetOrders() {
					listed = append(listed, o.GetId())
				}
				if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
					break
				}
			}
			if len(listed) < 5 || !slices.Equal(listed[:5], bought) {
				t.Errorf("got %v, want %v first", listed, bought)
			}
		},
		"lists by status, failed orders too": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(10, 100)
			s.Buy(sku, 1)
			_, err := s.Orders.PlaceOrder(t.Context(), s.Request(s.Fill(1, sku), paymentstest.CardDeclined))
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_PAYMENT_DECLINED, nil)
			wanted := []ordersv1.OrderStatus{ordersv1.OrderStatus_ORDER_STATUS_FAILING, ordersv1.OrderStatus_ORDER_STATUS_FAILED}
			page, err := s.Orders.ListOrders(t.Context(), &ordersv1.ListOrdersRequest{Statuses: wanted, PageSize: 1})
			if err != nil {
				t.Fatal(err)
			}
			if len(page.GetOrders()) != 1 || page.GetOrders()[0].GetLines()[0].GetSku() != sku || page.GetOrders()[0].GetEndedBecause() != "payment_declined" {
				t.Errorf("got %v, want the declined order", page.GetOrders())
			}
		},
		"refuses page tokens it did not make": func(t *testing.T) {
			_, err := w.Orders.ListOrders(t.Context(), &ordersv1.ListOrdersRequest{PageToken: "elsewhere"})
			wantReason(t, err, codes.InvalidArgument, ordersv1.Reason_REASON_BAD_PAGE_TOKEN, nil)
		},
	}
}
