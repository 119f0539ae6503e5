package console

import (
	"net/http"
	"strings"
	"testing"

	ordersv1 "galleria/modules/orders/v1"
)

func TestOrdersAreListedWithWhatTheyHold(t *testing.T) {
	o := openOffice(t)
	sku := o.buyers.Stock(10, 1290)
	bought := o.buyers.Buy(sku, 2).GetOrder()
	placed := o.buyers.Place(sku, 1)
	unpaid := placed.GetOrder()
	o.shows("/console/orders", bought.GetNumber(), unpaid.GetNumber(), "ana@example.org", "2 × ", `href="/console/orders?state=attention"`)
	if body := o.shows("/console/orders?state=open", bought.GetNumber()); strings.Contains(body, unpaid.GetNumber()) {
		t.Error("an order that is not paid is among those to send")
	}
	if body := o.shows("/console/orders?q=ANA%40example.org&state=placing", unpaid.GetNumber()); strings.Contains(body, bought.GetNumber()) {
		t.Error("a search among the unpaid orders finds one that is paid")
	}
	if _, err := o.buyers.Orders.CancelOrder(t.Context(), &ordersv1.CancelOrderRequest{OrderId: unpaid.GetId(), Token: placed.GetToken()}); err != nil {
		t.Fatal(err)
	}
	o.buyers.Awaits(placed, ordersv1.OrderStatus_ORDER_STATUS_FAILED)
	if body := o.shows("/console/orders", bought.GetNumber()); strings.Contains(body, unpaid.GetNumber()) {
		t.Error("an attempt that was never paid is among the orders that were placed")
	}
	for _, list := range []string{"?state=all", "?state=failed", "?q=ana%40example.org"} {
		o.shows("/console/orders"+list, unpaid.GetNumber())
	}
	o.shows("/console/orders?q=bob%40example.org", "no such orders")
	for path, want := range map[string]int{"/console/orders?state=elsewhere": http.StatusNotFound, "/console/orders?before=elsewhere": http.StatusBadRequest} {
		if r, _ := o.ask("GET", path, "operator", nil); r.StatusCode != want {
			t.Errorf("%s: got %d, want %d", path, r.StatusCode, want)
		}
	}
}

func TestAModuleThatIsAwayIsSaid(t *testing.T) {
	s := open(t, newTeam())
	if r, body := s.ask("GET", "/console/orders", "operator", nil); r.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "is away just now, or too slow") || !strings.Contains(body, `href="/console"`) {
		t.Errorf("got %d, want 503 in words: %.300s", r.StatusCode, body)
	}
}
