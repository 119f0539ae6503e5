package storefront_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/storefront"

	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
)

// bought is an order's page and what opens it.
func bought(t *testing.T, s *shop) (v *visitor, at, id, token string) {
	t.Helper()
	v, form := buy(t, s)
	at = v.pay(v.post("/checkout", form), paymentstest.CardVisa)
	id, token = opens(t, at)
	return v, at, id, token
}

// opens takes the address of an order's page apart.
func opens(t *testing.T, at string) (id, token string) {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/orders/"), u.Query().Get("token")
}

func TestOnlyTheTokenOpensAnOrder(t *testing.T) {
	s := newShop(t)
	v, at, id, token := bought(t, s)
	stranger := s.visitor(t)
	stranger.get(at).want(http.StatusOK)
	for _, path := range []string{"/orders/" + id, "/orders/" + id + "?token=", "/orders/other"} {
		if to := v.get(path).want(http.StatusSeeOther).header.Get("Location"); !strings.HasPrefix(to, "/login?next=%2Forders%2F") {
			t.Errorf("%s leads to %s, want the log-in", path, to)
		}
	}
	for _, path := range []string{"/orders/" + id + "?token=x" + token, "/orders/other?token=" + token} {
		p := v.get(path).want(http.StatusNotFound)
		if p.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be stored", path)
		}
	}
}

func TestAnOrdersPageIsPrivate(t *testing.T) {
	s := newShop(t)
	v, at, _, token := bought(t, s)
	p := v.get(at).want(http.StatusOK)
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "same-origin"} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	v.post("/orders/x/cancel", url.Values{"token": {token}})
	if strings.Contains(s.log.String(), token) {
		t.Error("the log holds the order's token")
	}
}

func TestAnOrderIsCalledOff(t *testing.T) {
	s := newShop(t)
	v, at, id, token := bought(t, s)
	for range 2 { // a second click changes nothing
		p := v.post("/orders/"+id+"/cancel", url.Values{"token": {token}}).want(http.StatusSeeOther)
		if got := p.header.Get("Location"); got != at {
			t.Errorf("got Location %q, want %q", got, at)
		}
	}
	v.get(at).want(http.StatusOK).says("Called off").saysNot("Cancel the order")
	for end := time.Now().Add(20 * time.Second); !strings.Contains(v.get(at).text(), "Given back"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no money came back: %s", v.get(at).text())
		}
	}
	v.post("/orders/"+id+"/cancel", url.Values{"token": {"wrong"}}).want(http.StatusNotFound)
}

func TestAnOrdersPageCountsWhatIsInTheCartNow(t *testing.T) {
	s := newShop(t)
	v, at, _, _ := bought(t, s)
	if got := v.get("/").badge(); got != "" {
		t.Errorf("the cart counts %q things when they are bought, want none", got)
	}
	v.put("LMP-MSH-08", 3)
	for _, path := range []string{at, "/"} {
		if got := v.get(path).want(http.StatusOK).badge(); got != "3" {
			t.Errorf("%s, with an order that waits to be packed: the cart counts %q things, want the 3 chosen since", path, got)
		}
	}
	s.cart.Fail(status.Error(codes.Unavailable, "away"))
	if got := v.get(at).want(http.StatusOK).badge(); got != "3" {
		t.Errorf("without the cart: it counts %q things, want the 3 that were known", got)
	}
}

func TestWhatHasLeftIsNotCalledOff(t *testing.T) {
	s := newShop(t)
	v, at, id, token := bought(t, s)
	if _, err := s.staffOrders.ShipOrder(t.Context(), &ordersv1.ShipOrderRequest{OrderId: id, IdempotencyKey: "parcel", Carrier: "Post", Tracking: "XY1"}); err != nil {
		t.Fatal(err)
	}
	v.get(at).want(http.StatusOK).says("It is on its way.", "With Post, number XY1").saysNot("Cancel the order", "2 × Porcino")
	v.post("/orders/"+id+"/cancel", url.Values{"token": {token}}).want(http.StatusConflict).says("Too late to cancel")
}

func TestAnOrdersPageSaysWhichPiecesWereSentAndRefunded(t *testing.T) {
	s := newShop(t)
	v, at, id, token := bought(t, s) // two lamps
	got, err := s.staffOrders.GetOrder(t.Context(), &ordersv1.GetOrderRequest{OrderId: id, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	one := []*ordersv1.Piece{{LineId: got.GetOrder().GetLines()[0].GetId(), Quantity: 1}}
	if _, err := s.staffOrders.ShipOrder(t.Context(), &ordersv1.ShipOrderRequest{OrderId: id, IdempotencyKey: "parcel", Pieces: one}); err != nil {
		t.Fatal(err)
	}
	v.get(at).want(http.StatusOK).says("A parcel 1 × Porcino Table Lamp").saysNot("Refunds")
	if _, err := s.staffOrders.RefundOrder(t.Context(), &ordersv1.RefundOrderRequest{OrderId: id, IdempotencyKey: "refund", Pieces: one, Restock: true}); err != nil {
		t.Fatal(err)
	}
	v.get(at).want(http.StatusOK).says("Refunds €", "back to your card. 1 × Porcino Table Lamp")
}

func TestWithoutOrdersAnOrdersPageSaysSo(t *testing.T) {
	s := newShop(t)
	v, at, _, _ := bought(t, s)
	s.orders.fail(status.Error(codes.Unavailable, "away"), nil)
	if p := v.get(at).want(http.StatusServiceUnavailable); p.header.Get("Cache-Control") != "no-store" {
		t.Error("the failure may be stored")
	}
}

func TestTimesAreThoseOfTheShopsTimeZone(t *testing.T) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	s := newShop(t, func(o *storefront.Options) { o.Zone = tokyo })
	v, at, _, _ := bought(t, s)
	v.get(at).want(http.StatusOK).says(s.clock.now().In(tokyo).Format("2 January, 15:04 JST"))
}
