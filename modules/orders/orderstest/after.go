package orderstest

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

func getCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"says the same for a wrong id and a wrong token": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Place(s.Stock(1, 500), 1)
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

func payCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"leads to the payment that waits, and to another one after it was stopped": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Place(s.Stock(1, 500), 1)
			req := &ordersv1.PayOrderRequest{OrderId: placed.GetOrder().GetId(), Token: placed.GetToken()}
			got, err := s.Orders.PayOrder(t.Context(), req)
			s.must("pay", err)
			if got.GetRedirectUrl() != placed.GetRedirectUrl() {
				t.Errorf("got %s, want %s", got.GetRedirectUrl(), placed.GetRedirectUrl())
			}
			_, err = s.Payments.CancelPayment(t.Context(), &paymentsv1.CancelPaymentRequest{PaymentId: placed.GetOrder().GetId()})
			s.must("stop the payment", err)
			eventually(t, "the order knows", func() bool { return s.get(placed).GetPaymentUrl() == "" })
			got, err = s.Orders.PayOrder(t.Context(), req)
			s.must("pay again", err)
			if got.GetRedirectUrl() == placed.GetRedirectUrl() || got.GetRedirectUrl() == "" {
				t.Errorf("got %q, want another payment", got.GetRedirectUrl())
			}
			s.Pay(got.GetRedirectUrl())
			s.Awaits(placed, opened)
			_, err = s.Orders.PayOrder(t.Context(), req)
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_PAYABLE, nil)
		},
	}
}

func cancelCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"gives money and goods back, once": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(5, 500)
			placed := s.Buy(sku, 2)
			total := placed.GetOrder().GetTotals().GetTotalMinor()
			for range 3 {
				got, err := s.cancel(placed)
				s.must("cancel", err)
				wantStatus(t, got, cancelled)
			}
			eventually(t, "the money is back", func() bool { return s.get(placed).GetRefundedMinor() == total })
			if o := s.get(placed); o.GetEndedBecause() != "on_request" || o.GetEndedBy() != "guest" || o.GetPaymentStatus() != ordersv1.PaymentStatus_PAYMENT_STATUS_REFUNDED {
				t.Errorf("got %v, want it cancelled by its guest and refunded", o)
			}
			s.WantLevel(sku, 5, 0)
			s.WantMoney(placed.GetOrder().GetId(), total, total)
		},
		"ends an order that is not paid, which then can't be": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(5, 500)
			placed := s.Place(sku, 2)
			got, err := s.cancel(placed)
			s.must("cancel", err)
			wantStatus(t, got, failed)
			s.WantLevel(sku, 5, 0)
			eventually(t, "the payment is cancelled", func() bool {
				p, err := s.Payments.GetPayment(t.Context(), &paymentsv1.GetPaymentRequest{PaymentId: placed.GetOrder().GetId()})
				return err == nil && p.GetPayment().GetStatus() == paymentsv1.Status_STATUS_CANCELLED
			})
		},
		"gives back what is left after a refund of a part": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Buy(s.Stock(5, 500), 2)
			total := placed.GetOrder().GetTotals().GetTotalMinor()
			s.refund(placed, &ordersv1.RefundOrderRequest{AmountMinor: 300})
			s.WantMoney(placed.GetOrder().GetId(), total, 300)
			_, err := s.cancel(placed)
			s.must("cancel", err)
			s.WantMoney(placed.GetOrder().GetId(), total, total)
		},
		"needs no token of an operator, and says who and why": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Buy(s.Stock(5, 500), 1)
			got, err := s.Orders.CancelOrder(t.Context(), &ordersv1.CancelOrderRequest{OrderId: placed.GetOrder().GetId(), Operator: true, Reason: "It broke in the store."})
			s.must("cancel", err)
			if o := got.GetOrder(); o.GetEndedBy() != "operator" || o.GetEndedNote() != "It broke in the store." {
				t.Errorf("got %v, want who and why", o)
			}
		},
		"is too late when goods have left": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Buy(s.Stock(5, 500), 2)
			s.ship(placed, &ordersv1.Piece{LineId: "1", Quantity: 1})
			for range 2 {
				_, err := s.cancel(placed)
				wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_SHIPPED, nil)
			}
		},
		"is the rest for an operator when a part has left": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(5, 500)
			placed := s.Buy(sku, 3)
			s.ship(placed, &ordersv1.Piece{LineId: "1", Quantity: 1})
			req := &ordersv1.CancelOrderRequest{OrderId: placed.GetOrder().GetId(), Operator: true, Reason: "Two broke."}
			for range 2 {
				got, err := s.Orders.CancelOrder(t.Context(), req)
				s.must("cancel", err)
				if l := got.GetOrder().GetLines()[0]; got.GetOrder().GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_CLOSED || l.GetShipped() != 1 || l.GetCancelled() != 2 || l.GetRefunded() != 2 {
					t.Errorf("got %v that is %s, want one piece sent and two given back", l, got.GetOrder().GetStatus())
				}
			}
			total := placed.GetOrder().GetTotals().GetTotalMinor()
			s.WantMoney(placed.GetOrder().GetId(), total, 1000)
			s.WantLevel(sku, 4, 0)
			whole := s.Buy(sku, 1)
			s.ship(whole, &ordersv1.Piece{LineId: "1", Quantity: 1})
			_, err := s.Orders.CancelOrder(t.Context(), &ordersv1.CancelOrderRequest{OrderId: whole.GetOrder().GetId(), Operator: true})
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_SHIPPED, nil)
		},
		"knows only who holds the token": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Place(s.Stock(5, 500), 1)
			_, err := s.Orders.CancelOrder(t.Context(), &ordersv1.CancelOrderRequest{OrderId: placed.GetOrder().GetId(), Token: id.Secret()})
			wantReason(t, err, codes.NotFound, ordersv1.Reason_REASON_NO_ORDER, nil)
		},
	}
}

func (s Shop) cancel(placed *ordersv1.PlaceOrderResponse) (*ordersv1.Order, error) {
	got, err := s.Orders.CancelOrder(s.t.Context(), &ordersv1.CancelOrderRequest{OrderId: placed.GetOrder().GetId(), Token: placed.GetToken()})
	return got.GetOrder(), err
}

func (s Shop) ship(placed *ordersv1.PlaceOrderResponse, pieces ...*ordersv1.Piece) *ordersv1.Order {
	s.t.Helper()
	got, err := s.Orders.ShipOrder(s.t.Context(), &ordersv1.ShipOrderRequest{OrderId: placed.GetOrder().GetId(), Pieces: pieces, IdempotencyKey: id.New()})
	s.must("ship", err)
	return got.GetOrder()
}

func (s Shop) refund(placed *ordersv1.PlaceOrderResponse, req *ordersv1.RefundOrderRequest) *ordersv1.Order {
	s.t.Helper()
	req.OrderId, req.IdempotencyKey = placed.GetOrder().GetId(), id.New()
	got, err := s.Orders.RefundOrder(s.t.Context(), req)
	s.must("refund", err)
	return got.GetOrder()
}

func unpaidCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"gets the order of a cart until it is paid or ended": func(t *testing.T) {
			s := NewShop(t, w)
			cart, other := s.Fill(2, s.Stock(2, 500)), s.Fill(1, s.Stock(1, 500))
			wantNone := func(cart string) {
				t.Helper()
				_, err := s.Orders.GetUnpaidOrder(t.Context(), &ordersv1.GetUnpaidOrderRequest{CartId: cart})
				wantReason(t, err, codes.NotFound, ordersv1.Reason_REASON_NO_ORDER, nil)
			}
			wantNone(cart)
			placed, err := s.Orders.PlaceOrder(t.Context(), s.Request(cart))
			s.must("place", err)
			got, err := s.Orders.GetUnpaidOrder(t.Context(), &ordersv1.GetUnpaidOrderRequest{CartId: cart})
			s.must("get the unpaid order", err)
			if o := got.GetOrder(); o.GetId() != placed.GetOrder().GetId() || got.GetToken() != placed.GetToken() || len(o.GetLines()) != 1 || o.GetLines()[0].GetQuantity() != 2 {
				t.Errorf("got %v, want the order of two things and its token", got)
			}
			wantNone(other)
			s.Pay(placed.GetRedirectUrl())
			s.Awaits(placed, opened)
			wantNone(cart)

			placed, err = s.Orders.PlaceOrder(t.Context(), s.Request(other))
			s.must("place", err)
			_, err = s.cancel(placed)
			s.must("cancel", err)
			wantNone(other)
		},
		"gets the order of a cart that was merged into another": func(t *testing.T) {
			s := NewShop(t, w)
			guests, own := s.Fill(2, s.Stock(2, 500)), s.Fill(1, s.Stock(1, 500))
			placed, err := s.Orders.PlaceOrder(t.Context(), s.Request(guests))
			s.must("place", err)
			s.Merge(guests, own)
			got, err := s.Orders.GetUnpaidOrder(t.Context(), &ordersv1.GetUnpaidOrderRequest{CartId: own})
			s.must("get the unpaid order", err)
			if got.GetOrder().GetId() != placed.GetOrder().GetId() {
				t.Errorf("got %v, want the guest's order", got)
			}
		},
	}
}

func findCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"finds an order by its number, however it is typed, and by its id": func(t *testing.T) {
			s := NewShop(t, w)
			o := s.Place(s.Stock(1, 500), 1).GetOrder()
			for _, text := range []string{o.GetNumber(), strings.ToLower(strings.ReplaceAll(o.GetNumber(), "-", "")), " " + o.GetNumber() + " ", o.GetId()} {
				got, err := s.Orders.FindOrder(t.Context(), &ordersv1.FindOrderRequest{Number: text})
				if err != nil || got.GetOrder().GetId() != o.GetId() {
					t.Errorf("%q: got %v, %v, want order %s", text, got, err, o.GetId())
				}
			}
		},
		"tells a mistyped number from one that is not there": func(t *testing.T) {
			_, err := w.Orders.FindOrder(t.Context(), &ordersv1.FindOrderRequest{Number: "G-0000-01"})
			if len(contract.Violations(err)) != 1 {
				t.Errorf("got %v, want a violation of number", err)
			}
			_, err = w.Orders.FindOrder(t.Context(), &ordersv1.FindOrderRequest{Number: id.New()})
			wantReason(t, err, codes.NotFound, ordersv1.Reason_REASON_NO_ORDER, nil)
		},
	}
}

func shipCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"ships in parts, and closes the order with the last": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(5, 500)
			placed := s.Buy(sku, 3)
			o := s.ship(placed, &ordersv1.Piece{LineId: "1", Quantity: 2})
			if o.GetDeliveryStatus() != ordersv1.DeliveryStatus_DELIVERY_STATUS_PARTLY_SHIPPED || o.GetLines()[0].GetShipped() != 2 {
				t.Errorf("got %v, want two pieces shipped", o)
			}
			s.WantLevel(sku, 3, 1)
			wantStatus(t, s.ship(placed), closed)
			s.WantLevel(sku, 2, 0)
		},
		"ships once per key": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Buy(s.Stock(5, 500), 1)
			req := &ordersv1.ShipOrderRequest{OrderId: placed.GetOrder().GetId(), Carrier: "Post", IdempotencyKey: id.New()}
			for range 2 {
				got, err := s.Orders.ShipOrder(t.Context(), req)
				s.must("ship", err)
				if len(got.GetOrder().GetFulfilments()) != 1 {
					t.Errorf("got %v, want one parcel", got.GetOrder().GetFulfilments())
				}
			}
			req.Carrier = "Another"
			_, err := s.Orders.ShipOrder(t.Context(), req)
			wantReason(t, err, codes.InvalidArgument, ordersv1.Reason_REASON_KEY_REUSED, nil)
			_, err = s.Orders.ShipOrder(t.Context(), &ordersv1.ShipOrderRequest{OrderId: req.GetOrderId(), Carrier: "Po\nst", Tracking: "1\x002", IdempotencyKey: id.New()})
			if wrong := contract.Violations(err); len(wrong) != 2 || wrong[0].Field != "carrier" || wrong[1].Field != "tracking" {
				t.Errorf("control characters: got %v, want carrier and tracking", err)
			}
		},
		"ships nothing that is not paid, not there or not known": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Place(s.Stock(5, 500), 1)
			req := &ordersv1.ShipOrderRequest{OrderId: placed.GetOrder().GetId(), IdempotencyKey: id.New()}
			_, err := s.Orders.ShipOrder(t.Context(), req)
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_OPEN, nil)
			s.Pay(placed.GetRedirectUrl())
			s.Awaits(placed, opened)
			req.Pieces = []*ordersv1.Piece{{LineId: "1", Quantity: 2}}
			_, err = s.Orders.ShipOrder(t.Context(), req)
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_THAT_MANY, nil)
			req.OrderId = id.New()
			_, err = s.Orders.ShipOrder(t.Context(), req)
			wantReason(t, err, codes.NotFound, ordersv1.Reason_REASON_NO_ORDER, nil)
		},
	}
}

func refundCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"gives back pieces that are not sent, and restocks them": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(5, 500)
			placed := s.Buy(sku, 3)
			o := s.refund(placed, &ordersv1.RefundOrderRequest{Pieces: []*ordersv1.Piece{{LineId: "1", Quantity: 1}}, Restock: true, Reason: "Chipped."})
			if o.GetLines()[0].GetCancelled() != 1 || o.GetRefunds()[0].GetAmountMinor() != o.GetLines()[0].GetTotalMinor()/3 {
				t.Errorf("got %v, want a third of the line back", o)
			}
			s.WantMoney(o.GetId(), o.GetTotals().GetTotalMinor(), o.GetRefunds()[0].GetAmountMinor())
			s.WantLevel(sku, 5, 2)
			wantStatus(t, s.ship(placed), closed)
			s.WantLevel(sku, 3, 0)
		},
		"refuses more than was paid": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Place(s.Stock(5, 500), 1)
			req := &ordersv1.RefundOrderRequest{OrderId: placed.GetOrder().GetId(), AmountMinor: 100, IdempotencyKey: id.New()}
			_, err := s.Orders.RefundOrder(t.Context(), req)
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_PAID, nil)
			s.Pay(placed.GetRedirectUrl())
			s.Awaits(placed, opened)
			req.AmountMinor = placed.GetOrder().GetTotals().GetTotalMinor() + 1
			_, err = s.Orders.RefundOrder(t.Context(), req)
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_REFUND_TOO_LARGE, nil)
			req.AmountMinor = 100
			for range 2 {
				_, err = s.Orders.RefundOrder(t.Context(), req)
				s.must("refund", err)
			}
			s.WantMoney(placed.GetOrder().GetId(), placed.GetOrder().GetTotals().GetTotalMinor(), 100)
		},
	}
}

func returnCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"puts back on the shelf what came back": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(5, 500)
			placed := s.Buy(sku, 2)
			req := &ordersv1.ReturnItemsRequest{
				OrderId: placed.GetOrder().GetId(), Pieces: []*ordersv1.Piece{{LineId: "1", Quantity: 2}}, Restock: true, IdempotencyKey: id.New(),
			}
			_, err := s.Orders.ReturnItems(t.Context(), req)
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_THAT_MANY, nil)
			s.ship(placed)
			s.WantLevel(sku, 3, 0)
			for range 2 {
				got, err := s.Orders.ReturnItems(t.Context(), req)
				s.must("return", err)
				if got.GetOrder().GetDeliveryStatus() != ordersv1.DeliveryStatus_DELIVERY_STATUS_RETURNED {
					t.Errorf("got %v, want it returned", got.GetOrder())
				}
			}
			s.WantLevel(sku, 5, 0)
		},
	}
}

func attentionCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"a refund that is refused for good needs an operator, who can leave it": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Place(s.Stock(5, 500), 1)
			s.PayWith(placed.GetRedirectUrl(), paymentstest.CardRefundRefused)
			s.Awaits(placed, opened)
			resolve := &ordersv1.ResolveAttentionRequest{
				OrderId: placed.GetOrder().GetId(), Action: ordersv1.ResolveAttentionRequest_ACTION_CLOSE, Note: "Paid back by bank transfer.",
				Reason: "a reason", IdempotencyKey: id.New(),
			}
			_, err := s.Orders.ResolveAttention(t.Context(), resolve)
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_NO_ATTENTION, nil)
			_, err = s.cancel(placed)
			s.must("cancel", err)
			eventually(t, "the order needs attention", func() bool { return s.get(placed).GetAttention() != nil })
			listed, err := s.Orders.ListOrders(t.Context(), &ordersv1.ListOrdersRequest{Attention: true, PageSize: 200})
			s.must("list", err)
			if !slices.ContainsFunc(listed.GetOrders(), func(o *ordersv1.Order) bool { return o.GetId() == placed.GetOrder().GetId() }) {
				t.Error("the order is not among those that need attention")
			}
			resolve.Action = ordersv1.ResolveAttentionRequest_ACTION_RETRY
			_, err = s.Orders.ResolveAttention(t.Context(), resolve)
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_NO_ATTENTION, nil) // not what was read
			resolve.Reason = s.get(placed).GetAttention().GetReason()
			_, err = s.Orders.ResolveAttention(t.Context(), resolve)
			s.must("retry", err)
			eventually(t, "it is refused again", func() bool { return s.get(placed).GetAttention() != nil })
			again, err := s.Orders.ResolveAttention(t.Context(), resolve)
			s.must("retry, repeated", err)
			if again.GetOrder().GetAttention() == nil {
				t.Error("a repeated answer has answered what came after it")
			}
			resolve.Action = ordersv1.ResolveAttentionRequest_ACTION_CLOSE
			_, err = s.Orders.ResolveAttention(t.Context(), resolve)
			wantReason(t, err, codes.InvalidArgument, ordersv1.Reason_REASON_KEY_REUSED, nil)
			resolve.IdempotencyKey = id.New()
			got, err := s.Orders.ResolveAttention(t.Context(), resolve)
			s.must("leave it", err)
			if o := got.GetOrder(); o.GetAttention() != nil || o.GetRefunds()[0].GetStatus() != ordersv1.RefundStatus_REFUND_STATUS_FAILED {
				t.Errorf("got %v, want no attention, and a refund that failed", o)
			}
		},
		"a refund that fails after it succeeded needs an operator, and is money to give back again": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Place(s.Stock(5, 500), 1)
			s.PayWith(placed.GetRedirectUrl(), paymentstest.CardRefundFails)
			s.Awaits(placed, opened)
			s.refund(placed, &ordersv1.RefundOrderRequest{AmountMinor: 300})
			s.WantMoney(placed.GetOrder().GetId(), placed.GetOrder().GetTotals().GetTotalMinor(), 300)
			eventually(t, "the order needs attention", func() bool { return s.get(placed).GetAttention() != nil })
			o := s.get(placed)
			if r := o.GetRefunds()[0]; r.GetStatus() != ordersv1.RefundStatus_REFUND_STATUS_FAILED || r.GetFailure() == "" || o.GetRefundedMinor() != 0 ||
				o.GetPaymentStatus() != ordersv1.PaymentStatus_PAYMENT_STATUS_PAID {
				t.Errorf("got %v, want a refund that failed, with the reason, and nothing given back", o)
			}
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
				bought = append([]string{s.Place(sku, 1).GetOrder().GetId()}, bought...)
			}
			var listed []string
			req := &ordersv1.ListOrdersRequest{PageSize: 2}
			for len(listed) < 5 {
				page, err := s.Orders.ListOrders(t.Context(), req)
				s.must("list", err)
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
		"lists by status, and by customer": func(t *testing.T) {
			s := NewShop(t, w)
			req := s.Request(s.Fill(1, s.Stock(10, 100)))
			req.Contact.Name, req.Contact.Email = "Zoë "+id.New(), id.New()+"@example.org"
			placed, err := s.Orders.PlaceOrder(t.Context(), req)
			s.must("place", err)
			o := placed.GetOrder()
			for _, query := range []string{
				req.GetContact().GetName()[6:], strings.ToUpper(req.GetContact().GetName()), strings.ToUpper(req.GetContact().GetEmail()), o.GetNumber(), strings.ToLower(strings.ReplaceAll(o.GetNumber(), "-", "")),
				o.GetLines()[0].GetSku(),
			} {
				page, err := s.Orders.ListOrders(t.Context(), &ordersv1.ListOrdersRequest{Query: query, Statuses: []ordersv1.OrderStatus{placing}})
				s.must("list", err)
				if len(page.GetOrders()) != 1 || page.GetOrders()[0].GetId() != placed.GetOrder().GetId() {
					t.Errorf("%q: got %v, want the one order", query, page.GetOrders())
				}
			}
		},
		"refuses page tokens it did not make": func(t *testing.T) {
			_, err := w.Orders.ListOrders(t.Context(), &ordersv1.ListOrdersRequest{PageToken: "elsewhere"})
			wantReason(t, err, codes.InvalidArgument, ordersv1.Reason_REASON_BAD_PAGE_TOKEN, nil)
		},
	}
}
