package webhookstest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/id"
	"galleria/platform/module/moduletest"
)

func (w World) testCases() cases {
	return cases{
		"a test arrives, signed, whatever the endpoint wants to hear": func(t *testing.T) {
			to := NewReceiver(t)
			e, secret := w.Add(t, to.URL, "stock.low")
			key := id.New()
			var made []string
			for range 2 {
				got, err := w.Webhooks.SendTest(t.Context(), &webhooksv1.SendTestRequest{Id: e.GetId(), IdempotencyKey: key})
				if err != nil {
					t.Fatal(err)
				}
				made = append(made, got.GetDelivery().GetId())
			}
			if made[0] != made[1] {
				t.Errorf("repeated: got deliveries %v, want one", made)
			}
			r := to.Wait(t, 1)[0]
			if err := Verify(r, secret, time.Now()); err != nil {
				t.Error(err)
			}
			if kind, data := r.Message(t); kind != "webhook.test" || data["endpoint_id"] != e.GetId() || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("got %s with %v, want webhook.test with the endpoint's id", kind, data)
			}
			other, _ := w.Add(t, to.URL)
			_, err := w.Webhooks.SendTest(t.Context(), &webhooksv1.SendTestRequest{Id: other.GetId(), IdempotencyKey: key})
			moduletest.WantReason(t, err, codes.InvalidArgument, webhooksv1.Reason_REASON_KEY_REUSED)
		},
		"refuses what it can't do": func(t *testing.T) {
			_, err := w.Webhooks.SendTest(t.Context(), &webhooksv1.SendTestRequest{Id: id.New()})
			moduletest.WantFields(t, err, "idempotency_key")
			_, err = w.Webhooks.SendTest(t.Context(), &webhooksv1.SendTestRequest{Id: id.New(), IdempotencyKey: id.New()})
			moduletest.WantReason(t, err, codes.NotFound, webhooksv1.Reason_REASON_NO_ENDPOINT)
		},
	}
}

// placed publishes that an order is placed.
func (w World) placed(t *testing.T) *ordersv1.PlaceOrderResponse {
	t.Helper()
	placed, err := w.Orders.PlaceOrder(t.Context(), &ordersv1.PlaceOrderRequest{
		IdempotencyKey: id.New(), Contact: &ordersv1.Contact{Email: "ana@example.com", Name: "Ana Łoś"},
		Address: &ordersv1.Address{Line1: "12 <Main> Street", City: "Kraków", PostalCode: "30-001", Country: "PL"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return placed
}

// about waits for the requests about an order or a sku, by their types.
func (w World) about(t *testing.T, to *Receiver, word string, n int) map[string]Request {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		found := map[string]Request{}
		for _, r := range to.Got() {
			if strings.Contains(string(r.Body), word) {
				kind, _ := r.Message(t)
				found[kind] = r
			}
		}
		if len(found) == n {
			return found
		}
	}
	t.Fatalf("got %d requests, want %d about %s", len(to.Got()), n, word)
	return nil
}

func (w World) deliveriesCases() cases {
	return cases{
		"each event of an order is told, once, with what a program needs and nothing secret": func(t *testing.T) {
			to := NewReceiver(t)
			_, secret := w.Add(t, to.URL)
			placed := w.placed(t)
			order := placed.GetOrder().GetId()
			_, err := w.Orders.ShipOrder(t.Context(), &ordersv1.ShipOrderRequest{OrderId: order, Carrier: "Post", Tracking: "XY123", Pieces: []*ordersv1.Piece{{LineId: "1", Quantity: 1}}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Orders.RefundOrder(t.Context(), &ordersv1.RefundOrderRequest{OrderId: order, AmountMinor: 1290, Reason: "a private remark"}); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := w.Orders.CancelOrder(t.Context(), &ordersv1.CancelOrderRequest{OrderId: order}); err != nil {
					t.Fatal(err)
				}
			}
			got := w.about(t, to, order, 4)
			for kind, r := range got {
				if err := Verify(r, secret, time.Now()); err != nil {
					t.Errorf("%s: %v", kind, err)
				}
				for _, never := range []string{placed.GetToken(), "ana@example.com", "a private remark"} {
					if strings.Contains(string(r.Body), never) {
						t.Errorf("%s has %q in it: %s", kind, never, r.Body)
					}
				}
				if address := strings.Contains(string(r.Body), "12 <Main> Street"); address != (kind == "order.placed") {
					t.Errorf("%s: has the address: %t, want it in order.placed only: %s", kind, address, r.Body)
				}
			}
			_, data := got["order.placed"].Message(t)
			lines, _ := data["lines"].([]any)
			if total := fmt.Sprint(data["total"]); len(lines) != 2 || total != "map[amount:209890 currency:EUR]" || data["status"] != "open" {
				t.Errorf("order.placed: got %v, want 2 lines, the status and the total as currency and amount", data)
			}
			_, data = got["order.shipped"].Message(t)
			if f, _ := data["fulfilment"].(map[string]any); f["tracking"] != "XY123" {
				t.Errorf("order.shipped: got %v, want its tracking", data)
			}
			_, data = got["order.refunded"].Message(t)
			if r, _ := data["refund"].(map[string]any); fmt.Sprint(r["amount"]) != "map[amount:1290 currency:EUR]" {
				t.Errorf("order.refunded: got %v, want the amount", data)
			}
			if _, data = got["order.cancelled"].Message(t); data["because"] != "on_request" || data["by"] != "guest" {
				t.Errorf("order.cancelled: got %v, want why and by whom", data)
			}
		},
		"an endpoint hears what it wants, and two have the same webhook-id": func(t *testing.T) {
			one, two, three := NewReceiver(t), NewReceiver(t), NewReceiver(t)
			w.Add(t, one.URL)
			w.Add(t, two.URL, "order.placed", "stock.low")
			w.Add(t, three.URL, "stock.low")
			order := w.placed(t).GetOrder().GetId()
			sku := "sku-" + id.New()
			if _, err := w.Inventory.SetLevels(t.Context(), &inventoryv1.SetLevelsRequest{Levels: []*inventoryv1.SetLevelsRequest_Count{{Sku: sku, OnHand: 6}}}); err != nil {
				t.Fatal(err)
			}
			_, err := w.Inventory.Allocate(t.Context(), &inventoryv1.AllocateRequest{OrderId: id.New(), Lines: []*inventoryv1.Line{{Sku: sku, Quantity: 2}}})
			if err != nil {
				t.Fatal(err)
			}
			here, there := w.about(t, one, order, 1)["order.placed"], w.about(t, two, order, 1)["order.placed"]
			if here.ID() != there.ID() || string(here.Body) != string(there.Body) {
				t.Errorf("got ids %s and %s, want the same id and body for both", here.ID(), there.ID())
			}
			_, data := w.about(t, three, sku, 1)["stock.low"].Message(t)
			if data["sku"] != sku || data["available"] != 4.0 || data["low_at"] != 5.0 {
				t.Errorf("stock.low: got %v, want 4 of %s at level 5", data, sku)
			}
			w.about(t, one, sku, 1)
			for _, r := range three.Got() {
				if kind, _ := r.Message(t); kind != "stock.low" {
					t.Errorf("one that wants stock.low only got %s", kind)
				}
			}
		},
		"what fails is tried again with the same id, and the last answer is shown": func(t *testing.T) {
			to := NewReceiver(t)
			to.Status(503)
			e, secret := w.Add(t, to.URL)
			d := w.Test(t, e.GetId())
			d = w.Until(t, d, "tried twice", func(d *webhooksv1.Delivery) bool { return d.GetAttempts() >= 2 && d.GetLastStatus() != 0 })
			if d.GetLastStatus() != 503 || d.GetLastAnswer() != "said the receiver\n" || !strings.Contains(d.GetProblem(), "503") || d.GetPayload() == "" {
				t.Errorf("got %v, want the answer 503 and what it said", d)
			}
			if w.Find(t, e.GetId()).GetFailingSince() == nil {
				t.Error("the endpoint does not say since when it fails")
			}
			to.Status(200)
			d = w.Until(t, d, "delivered", Has(webhooksv1.DeliveryStatus_DELIVERY_STATUS_DELIVERED))
			if d.GetProblem() != "" || d.GetDueAt() != nil || d.GetLastStatus() != 200 || w.Find(t, e.GetId()).GetFailingSince() != nil {
				t.Errorf("delivered: got %v, want no problem and the endpoint well", d)
			}
			for _, r := range to.Got() {
				if err := Verify(r, secret, time.Now()); err != nil || r.ID() != d.GetWebhookId() {
					t.Errorf("got %v and webhook-id %s, want each attempt signed and with id %s", err, r.ID(), d.GetWebhookId())
				}
			}
		},
		"an endpoint that answers 410 is switched off": func(t *testing.T) {
			to := NewReceiver(t)
			to.Status(410)
			e, _ := w.Add(t, to.URL)
			w.Until(t, w.Test(t, e.GetId()), "failed", Has(webhooksv1.DeliveryStatus_DELIVERY_STATUS_FAILED))
			if e = w.Find(t, e.GetId()); e.GetActive() || !strings.Contains(e.GetOffBecause(), "410") {
				t.Errorf("got %v, want it off because of 410", e)
			}
		},
		"pages go on where the page before ended": func(t *testing.T) {
			to := NewReceiver(t)
			e, _ := w.Add(t, to.URL)
			var want, got []string
			for range 5 {
				want = append([]string{w.Test(t, e.GetId()).GetId()}, want...)
			}
			for token := ""; ; {
				page, err := w.Webhooks.ListDeliveries(t.Context(), &webhooksv1.ListDeliveriesRequest{EndpointId: e.GetId(), PageSize: 2, PageToken: token})
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range page.GetDeliveries() {
					got = append(got, d.GetId())
				}
				if token = page.GetNextPageToken(); token == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		},
		"refuses what it can't list": func(t *testing.T) {
			e, _ := w.Add(t, "http://127.0.0.1:1")
			list := func(r *webhooksv1.ListDeliveriesRequest) error {
				_, err := w.Webhooks.ListDeliveries(t.Context(), r)
				return err
			}
			moduletest.WantFields(t, list(&webhooksv1.ListDeliveriesRequest{EndpointId: e.GetId(), PageSize: 101}), "page_size")
			for _, token := range []string{"x", id.New(), "\x00"} {
				moduletest.WantReason(t, list(&webhooksv1.ListDeliveriesRequest{EndpointId: e.GetId(), PageToken: token}), codes.InvalidArgument, webhooksv1.Reason_REASON_BAD_PAGE_TOKEN)
			}
			moduletest.WantReason(t, list(&webhooksv1.ListDeliveriesRequest{EndpointId: id.New()}), codes.NotFound, webhooksv1.Reason_REASON_NO_ENDPOINT)
		},
	}
}

func (w World) resendCases() cases {
	resend := func(t *testing.T, delivery, key string) (*webhooksv1.Delivery, error) {
		got, err := w.Webhooks.ResendDelivery(t.Context(), &webhooksv1.ResendDeliveryRequest{Id: delivery, IdempotencyKey: key})
		return got.GetDelivery(), err
	}
	return cases{
		"sends it again with the same id and body, once per key": func(t *testing.T) {
			to := NewReceiver(t)
			e, _ := w.Add(t, to.URL)
			delivered := Has(webhooksv1.DeliveryStatus_DELIVERY_STATUS_DELIVERED)
			d := w.Until(t, w.Test(t, e.GetId()), "delivered", delivered)
			key := id.New()
			if again, err := resend(t, d.GetId(), key); err != nil || again.GetId() != d.GetId() {
				t.Fatalf("got %v, %v", again, err)
			}
			got := to.Wait(t, 2)
			w.Until(t, d, "delivered", delivered)
			if again, err := resend(t, d.GetId(), key); err != nil || again.GetStatus() != webhooksv1.DeliveryStatus_DELIVERY_STATUS_DELIVERED {
				t.Errorf("repeated: got %v, %v; want it as it is by then", again, err)
			}
			if got[0].ID() != got[1].ID() || string(got[0].Body) != string(got[1].Body) || len(to.Got()) != 2 {
				t.Errorf("got %d requests with ids %s and %s, want two of one id and body", len(to.Got()), got[0].ID(), got[1].ID())
			}
			_, err := resend(t, w.Test(t, e.GetId()).GetId(), key)
			moduletest.WantReason(t, err, codes.InvalidArgument, webhooksv1.Reason_REASON_KEY_REUSED)
		},
		"refuses what it can't do": func(t *testing.T) {
			_, err := resend(t, id.New(), "")
			moduletest.WantFields(t, err, "idempotency_key")
			for _, unknown := range []string{"", "x", id.New()} {
				_, err := resend(t, unknown, id.New())
				moduletest.WantReason(t, err, codes.NotFound, webhooksv1.Reason_REASON_NO_DELIVERY)
			}
		},
	}
}
