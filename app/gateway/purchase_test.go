package gateway_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"galleria/app/edge"
	"galleria/app/gateway"
	accountsv1 "galleria/modules/accounts/v1"
	pricingv1 "galleria/modules/pricing/v1"
)

func TestACartIsFilledChangedAndPriced(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	c := s.filled(2)
	if c.ItemCount != 2 || c.Address.Country != "PT" || len(c.DeliveryOptions) < 2 || c.DeliveryOption != c.DeliveryOptions[0].ID ||
		c.Totals.Total.Amount != c.Totals.Goods.Amount+c.DeliveryOptions[0].Price.Amount || !strings.Contains(c.Taxes[0].Name, "23") {
		t.Errorf("got %+v, want 2 mugs, sent to Portugal the cheapest way", c)
	}
	path := "/carts/" + c.ID
	s.put(path+"/delivery", `{"option":"express"}`).want(http.StatusOK).into(&c)
	if c.DeliveryOption != "express" {
		t.Errorf("got delivery %q, want express", c.DeliveryOption)
	}
	if p := s.put(path+"/delivery", `{"option":"teleport"}`).problem(http.StatusUnprocessableEntity, "invalid"); p.Errors[0].Pointer != "#/option" {
		t.Errorf("got %+v, want the option named", p.Errors)
	}
	for range 2 {
		s.put(path+"/codes/welcome10", "").want(http.StatusOK).into(&c)
	}
	if len(c.Codes) != 1 || !c.Codes[0].Applied || c.Totals.Discount.Amount == 0 || c.Discounts[0].Code != "WELCOME10" {
		t.Errorf("got codes %+v and discounts %+v, want WELCOME10 once", c.Codes, c.Discounts)
	}
	if p := s.put(path+"/codes/MADEUP", "").problem(http.StatusUnprocessableEntity, "code-refused"); p.Errors[0].Parameter != "code" {
		t.Errorf("got %+v, want the code named", p.Errors)
	}
	s.send(http.MethodDelete, gateway.Prefix+path+"/codes/WELCOME10", "").want(http.StatusOK).into(&c)
	if len(c.Codes) > 0 || c.Totals.Discount.Amount > 0 {
		t.Errorf("got codes %+v, want none", c.Codes)
	}
	s.put(path+"/items/NO-SUCH-THING", `{"quantity":1}`).problem(http.StatusConflict, "not-sold")
	s.put(path+"/items/"+mug, `{"quantity":100}`).problem(http.StatusUnprocessableEntity, "invalid")
	s.send(http.MethodDelete, gateway.Prefix+path+"/items/"+mug, "").want(http.StatusOK).into(&c)
	if len(c.Items) > 0 || c.Totals.Total.Amount != 0 {
		t.Errorf("got %+v, want nothing in it", c)
	}
}

// The second call changes the codes between the look at them of the first one and its change.
func TestCodesThatAreChangedByTwoCallsAtOnceAreNotLost(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	var p []*pricingv1.Promotion
	for _, code := range []string{"AUTUMN", "WINTER", "SPRING", "SUMMER", "FIFTH"} {
		p = append(p, &pricingv1.Promotion{Id: strings.ToLower(code), Name: code, Kind: pricingv1.Promotion_KIND_PERCENT, PercentMillionths: 10_000, Codes: []string{code}, Combinable: true})
	}
	if _, err := pricingv1.NewPricingServiceClient(s.operated["pricing"]).UpsertPromotions(t.Context(), &pricingv1.UpsertPromotionsRequest{Promotions: p}); err != nil {
		t.Fatal(err)
	}
	path := "/carts/" + s.filled(1).ID
	add := func(code string) answer { return s.put(path+"/codes/"+code, "") }
	remove := func(code string) answer {
		return s.send(http.MethodDelete, gateway.Prefix+path+"/codes/"+code, "")
	}
	want := func(codes ...string) {
		t.Helper()
		var c gateway.Cart
		s.get(path).want(http.StatusOK).into(&c)
		var got []string
		for _, code := range c.Codes {
			got = append(got, code.Code)
		}
		if !slices.Equal(got, codes) {
			t.Errorf("got codes %q, want %q", got, codes)
		}
	}
	s.cart.Meanwhile(func() { add("AUTUMN").want(http.StatusOK) })
	add("WELCOME10").want(http.StatusOK)
	want("AUTUMN", "WELCOME10")

	s.cart.Meanwhile(func() { add("WINTER").want(http.StatusOK) })
	remove("AUTUMN").want(http.StatusOK)
	want("WELCOME10", "WINTER")

	s.cart.Meanwhile(func() { remove("WELCOME10").want(http.StatusOK) })
	add("SPRING").want(http.StatusOK)
	want("WINTER", "SPRING")

	add("SUMMER").want(http.StatusOK)
	add("AUTUMN").want(http.StatusOK)
	s.cart.Meanwhile(func() { add("FIFTH").want(http.StatusOK) })
	add("WELCOME10").problem(http.StatusConflict, "cart-full")
	want("WINTER", "SPRING", "SUMMER", "AUTUMN", "FIFTH")
}

func TestACartThatWasNotMadeHereIsNone(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	none := "/carts/" + strings.Repeat("x", 43)
	s.get(none).problem(http.StatusNotFound, "not-found")
	s.put(none+"/items/"+mug, `{"quantity":1}`).problem(http.StatusNotFound, "not-found")
	s.put(none+"/address", `{"country":"PT"}`).problem(http.StatusNotFound, "not-found")
	s.put(none+"/codes/WELCOME10", "").problem(http.StatusNotFound, "not-found")
	s.get(none).problem(http.StatusNotFound, "not-found")
}

func TestACartIsMadeOncePerKey(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	var first, again, other gateway.Cart
	s.post("/carts", "", "Idempotency-Key", "0a4f6d0e-9a51-4b57-9d3f-6f3a9f7f2b11").want(http.StatusCreated).into(&first)
	s.put("/carts/"+first.ID+"/items/"+mug, `{"quantity":1}`).want(http.StatusOK)
	s.post("/carts", "", "Idempotency-Key", "0a4f6d0e-9a51-4b57-9d3f-6f3a9f7f2b11").want(http.StatusCreated).into(&again)
	s.post("/carts", "").want(http.StatusCreated).into(&other)
	if first.ID != again.ID || again.ItemCount != 1 || other.ID == first.ID {
		t.Errorf("got carts %s, %s with %d things, and %s", first.ID, again.ID, again.ItemCount, other.ID)
	}
	s.post("/carts", "", "Idempotency-Key", "guessable").problem(http.StatusUnprocessableEntity, "invalid")
}

func TestOneKeyIsOneOrder(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	body := order(s.filled(1))
	var first, again gateway.PlacedOrder
	answer := s.place("one", body).want(http.StatusCreated)
	answer.into(&first)
	s.place("one", body).want(http.StatusCreated).into(&again)
	if text(first) != text(again) || first.Payment.RedirectURL == "" || first.Payment.Status != "waiting" || answer.header.Get("Location") != "/api/v1/orders/"+first.ID {
		t.Errorf("got %+v and then %+v, want one order that waits for its payment", first, again)
	}
	body["email"] = "eve@example.org"
	s.place("one", body).problem(http.StatusUnprocessableEntity, "idempotency-key-reused")
	var newer gateway.PlacedOrder
	s.place("two", body).want(http.StatusCreated).into(&newer)
	if newer.ID == first.ID || newer.Payment.RedirectURL == first.Payment.RedirectURL {
		t.Errorf("got %+v, want another order in place of the first", newer)
	}
	body["email"] = "ana@example.org"
	s.place("one", body).problem(http.StatusConflict, "order-ended")
}

func TestAnotherPriceIsAnsweredWithTheNewQuote(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	c := s.filled(1)
	body := order(c)
	body["expected_total"] = gateway.Money{Currency: "EUR", Amount: c.Totals.Total.Amount - 1}
	p := s.place("k", body).problem(http.StatusConflict, "price-changed")
	if p.Cart == nil || p.Cart.Totals.Total != c.Totals.Total {
		t.Fatalf("got %+v, want the cart at %+v", p.Cart, c.Totals.Total)
	}
	body["expected_total"] = p.Cart.Totals.Total
	s.place("k", body).want(http.StatusCreated)
}

func TestWhatIsSoldOutIsListed(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	c := s.filled(3)
	var bottle gateway.Product
	s.get("/products/" + bowl).want(http.StatusOK).into(&bottle)
	other := bottle.Variants[0].SKU
	s.put("/carts/"+c.ID+"/items/"+other, `{"quantity":2}`).want(http.StatusOK).into(&c)
	s.setStock(mug, 1)
	s.setStock(other, 0)
	p := s.place("k", order(c)).problem(http.StatusConflict, "out-of-stock")
	lines := map[string]gateway.ShortLine{}
	for _, l := range p.Lines {
		lines[l.SKU] = l
	}
	if len(lines) != 2 || lines[mug] != (gateway.ShortLine{SKU: mug, Quantity: 3, Available: 1}) || lines[other] != (gateway.ShortLine{SKU: other, Quantity: 2}) {
		t.Errorf("got %+v, want 1 of 3 mugs and none of 2 bottles", p.Lines)
	}
}

func TestAnOrderIsSeenByWhoHasItsToken(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	var mine, others gateway.PlacedOrder
	s.place("mine", order(s.filled(1))).want(http.StatusCreated).into(&mine)
	s.place("others", order(s.filled(1))).want(http.StatusCreated).into(&others)
	path, bearer := "/orders/"+mine.ID, "Bearer "+mine.AccessToken
	var seen gateway.Order
	s.get(path, "Authorization", bearer).want(http.StatusOK).into(&seen)
	if seen.ID != mine.ID || seen.Payment.RedirectURL != mine.Payment.RedirectURL || seen.Totals != mine.Totals {
		t.Errorf("got %+v, want %+v", seen, mine.Order)
	}
	for _, route := range []struct{ method, path string }{{http.MethodGet, path}, {http.MethodPost, path + "/cancel"}, {http.MethodPost, path + "/payments"}} {
		send := func(authorization string) answer {
			return s.send(route.method, gateway.Prefix+route.path, "", "Authorization", authorization, "Cookie", "galleria_cart=x; session="+mine.AccessToken)
		}
		send("Bearer "+others.AccessToken).problem(http.StatusNotFound, "not-found")
		send("Bearer made-up").problem(http.StatusNotFound, "not-found")
		for _, none := range []string{"", "Bearer", "Basic " + mine.AccessToken} {
			a := send(none)
			a.problem(http.StatusUnauthorized, "unauthorized")
			if got := a.header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") {
				t.Errorf("got WWW-Authenticate %q, want Bearer", got)
			}
		}
	}
	var again struct{ Payment gateway.PaymentPage }
	s.post(path+"/payments", "", "Authorization", bearer).want(http.StatusOK).into(&again)
	if again.Payment.RedirectURL != mine.Payment.RedirectURL {
		t.Errorf("got %+v, want the same page to pay at", again.Payment)
	}
	s.post(path+"/cancel", "", "Authorization", bearer).want(http.StatusOK).into(&seen)
	if seen.EndedBecause == "" {
		t.Errorf("got %+v, want it cancelled", seen)
	}
	s.post(path+"/payments", "", "Authorization", bearer).problem(http.StatusConflict, "not-payable")
}

// TestStaffCancelMoreThanShoppersMayInADay, by their session as by a key, and use nothing up of
// what shoppers at the same address may.
func TestStaffCancelMoreThanShoppersMayInADay(t *testing.T) {
	s := open(t, edge.Limits{CancellationsOfDay: 1})
	s.from = "192.0.2.1:4711"
	bearer := s.staffSession(accountsv1.Role_ROLE_OPERATOR)
	orders := make([]gateway.PlacedOrder, 5)
	for i := range orders {
		s.place(fmt.Sprint("order", i), order(s.filled(1))).want(http.StatusCreated).into(&orders[i])
		if i < 2 {
			s.post("/orders/"+orders[i].ID+"/cancel", "", "Authorization", bearer).want(http.StatusOK)
		}
	}
	for range 3 { // with nothing cancelled none of the day's is used up
		s.post("/orders/"+orders[2].ID+"/cancel", "", "Authorization", "Bearer "+orders[3].AccessToken).want(http.StatusNotFound)
	}
	s.post("/orders/"+orders[2].ID+"/cancel", "", "Authorization", "Bearer "+orders[2].AccessToken).want(http.StatusOK)
	s.post("/orders/"+orders[3].ID+"/cancel", "", "Authorization", "Bearer "+orders[3].AccessToken).problem(http.StatusTooManyRequests, "too-many-requests")
	s.post("/orders/"+orders[4].ID+"/cancel", "", "Authorization", bearer).want(http.StatusOK)
}
