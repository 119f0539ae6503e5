package storefront_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"galleria/modules/accounts/accountstest"
	accountsv1 "galleria/modules/accounts/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
	"galleria/platform/id"
)

// mailed is the last event of accounts, from which a mail would be made.
func (s *shop) mailed(t *testing.T, event proto.Message) {
	t.Helper()
	var payload []byte
	err := s.people.Read(t.Context()).Raw("SELECT payload FROM outbox ORDER BY seq DESC LIMIT 1").Row().Scan(&payload)
	if err == nil {
		err = protojson.Unmarshal(payload, event)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// signUp makes an account by the page and the mailed link, and is logged in then.
func (v *visitor) signUp(t *testing.T, email string) {
	t.Helper()
	v.fill(v.get("/signup").want(http.StatusOK), "/signup", map[string]string{"email": email, "name": "Ana Arco", "password": accountstest.Password}).want(http.StatusOK)
	var started accountsv1.SignUpStarted
	v.shop.mailed(t, &started)
	v.fill(v.get("/verify?token="+started.GetLink()).want(http.StatusOK), "/verify", nil).want(http.StatusSeeOther)
}

// buyFor buys a lamp with an address, and answers the address of the order's page.
func (v *visitor) buyFor(email string) string {
	v.t.Helper()
	v.put("LMP-ARC-01", 1)
	form := v.order()
	form.Set("email", email)
	return v.pay(v.post("/checkout", form), paymentstest.CardVisa)
}

func TestOrdersOfTheVerifiedAddressAreInTheAccount(t *testing.T) {
	s := newShop(t)
	email := "ana." + id.New() + "@example.com"
	guest, v, other := s.visitor(t), s.visitor(t), s.visitor(t)
	at := guest.buyFor(strings.ToUpper(email))
	order, token := opens(t, at)
	v.get("/account/orders").want(http.StatusSeeOther)
	v.signUp(t, email)
	p := v.get("/account/orders").want(http.StatusOK).says("being packed")
	if !strings.Contains(p.body, `"/orders/`+order+`"`) || strings.Contains(p.body, token) {
		t.Errorf("got\n%s\nwant a link to order %s without its token", p.body, order)
	}
	v.get("/orders/"+order).want(http.StatusOK).says("Your order is confirmed", "All your orders")

	other.signUp(t, "ben."+email)
	other.get("/account/orders").want(http.StatusOK).says("You have not ordered anything")
	other.get("/orders/" + order).want(http.StatusNotFound)
	other.post("/orders/"+order+"/cancel", url.Values{}).want(http.StatusNotFound)
	guest.post("/orders/"+order+"/cancel", url.Values{}).want(http.StatusNotFound)

	v.post("/orders/"+order+"/cancel", url.Values{"token": {""}}).want(http.StatusSeeOther)
	v.get("/orders/" + order).want(http.StatusOK).says("Called off")
	v.post("/logout", url.Values{}).want(http.StatusSeeOther)
	if to := v.get("/orders/" + order).want(http.StatusSeeOther).header.Get("Location"); to != "/login?next=%2Forders%2F"+order {
		t.Errorf("the order leads to %s, want the log-in", to)
	}
}

func TestAnOrderThatWasRefundedBeforeItWasSentIsNotListedAsSent(t *testing.T) {
	s := newShop(t)
	email := "ana." + id.New() + "@example.com"
	order, token := opens(t, s.visitor(t).buyFor(email))
	got, err := s.staffOrders.GetOrder(t.Context(), &ordersv1.GetOrderRequest{OrderId: order, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	all := []*ordersv1.Piece{{LineId: got.GetOrder().GetLines()[0].GetId(), Quantity: 1}}
	if _, err := s.staffOrders.RefundOrder(t.Context(), &ordersv1.RefundOrderRequest{OrderId: order, IdempotencyKey: "refund", Pieces: all, Restock: true}); err != nil {
		t.Fatal(err)
	}
	v := s.visitor(t)
	v.signUp(t, email)
	for end := time.Now().Add(20 * time.Second); !strings.Contains(v.get("/orders/"+order).want(http.StatusOK).text(), "The money went back"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no money came back")
		}
	}
	v.get("/account/orders").want(http.StatusOK).says("€289.00, refunded")
}

func TestAnAddressThatIsNotVerifiedHasNoOrders(t *testing.T) {
	s := newShop(t)
	email := s.person(t)
	order, _ := opens(t, s.visitor(t).buyFor(email))
	v := s.visitor(t)
	v.logIn(email).want(http.StatusSeeOther)
	v.get("/account/orders").want(http.StatusOK).says("once your address is confirmed")
	v.get("/orders/" + order).want(http.StatusNotFound)
}

func TestTheHistoryOfOrdersHasPages(t *testing.T) {
	s := newShop(t)
	email := "ana." + id.New() + "@example.com"
	s.setStock(t, "LMP-ARC-01", 100)
	for range 21 {
		s.visitor(t).buyFor(email)
		s.clock.pass(time.Hour) // so that no limit of the client is met
	}
	v := s.visitor(t)
	v.signUp(t, email)
	p := v.get("/account/orders").want(http.StatusOK).says("Older orders")
	if n := strings.Count(p.body, `href="/orders/`); n != 20 {
		t.Errorf("got %d orders on the first page, want 20", n)
	}
	var older string
	for _, a := range p.all("a") {
		if strings.Contains(attr(a, "href"), "before=") {
			older = attr(a, "href")
		}
	}
	p = v.get(older).want(http.StatusOK).says("Newest orders").saysNot("Older orders")
	if n := strings.Count(p.body, `href="/orders/`); n != 1 {
		t.Errorf("got %d orders on the second page, want 1", n)
	}
	v.get("/account/orders?before=elsewhere").want(http.StatusNotFound)
}
