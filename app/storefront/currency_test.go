package storefront_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	catalogv1 "galleria/modules/catalog/v1"
	settingsv1 "galleria/modules/settings/v1"
)

// openInTwo opens a shop that sells in euros and dollars, and one lamp of it in both.
func openInTwo(t *testing.T) (*shop, *staffDesk, *visitor) {
	t.Helper()
	s, d := openWithDesk(t)
	got, err := s.catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Skus: []string{"LMP-ARC-01"}})
	if err != nil {
		t.Fatal(err)
	}
	lamp := got.GetProducts()[0]
	lamp.Variants[0].Prices = append(lamp.Variants[0].Prices, &catalogv1.Price{CurrencyCode: "USD", AmountMinor: 31000})
	if _, err := s.catalog.UpsertProducts(t.Context(), &catalogv1.UpsertProductsRequest{Products: []*catalogv1.Product{lamp}}); err != nil {
		t.Fatal(err)
	}
	d.change(&settingsv1.Settings{Currencies: []string{"EUR", "USD"}}, 0)
	v := s.visitor(t)
	d.later(v)
	s.clock.pass(time.Minute)
	return s, d, v
}

// shows is what the visitor chooses at the foot of a page; the answer leads back there.
func (v *visitor) shows(currency, from string) string {
	v.t.Helper()
	v.header.Set("Referer", v.at.String()+from)
	defer v.header.Del("Referer")
	return v.post("/currency", url.Values{"currency": {currency}}).want(http.StatusSeeOther).header.Get("Location")
}

const arcLamp = "/products/aria-arc-floor-lamp"

func TestAShopperChoosesTheCurrencyOfPrices(t *testing.T) {
	_, _, v := openInTwo(t)
	euros := v.get(arcLamp).want(http.StatusOK)
	if attr(euros.byID("currency"), "name") != "currency" || !strings.Contains(euros.body, `<option value="EUR" selected>`) {
		t.Fatalf("the page offers no currencies:\n%s", euros.text())
	}
	euros.says("€289.00").saysNot("$310.00")
	if at := v.shows("USD", arcLamp); at != arcLamp {
		t.Errorf("the choice leads to %s, want back to the page", at)
	}
	dollars := v.get(arcLamp).want(http.StatusOK).says("$310.00").saysNot("€289.00")
	for _, is := range []string{`"priceCurrency":"USD"`, `"price":"310.00"`, `<option value="USD" selected>`} {
		if !strings.Contains(dollars.body, is) {
			t.Errorf("the page in dollars lacks %s", is)
		}
	}
	// One who chose nothing sees the kept page in euros, and machines do.
	other := v.shop.visitor(t)
	if got := other.get(arcLamp).want(http.StatusOK).says("€289.00"); !strings.Contains(got.body, `"priceCurrency":"EUR"`) || got.header.Get("Etag") == dollars.header.Get("Etag") {
		t.Error("the page of another visitor is not in the shop's own currency, or has the tag of the other one")
	}
	// Lists are filtered and sorted in it, and what has no price in it says none.
	v.get("/c/lighting?sort=price&min=300&max=320").want(http.StatusOK).says("Aria Arc Floor Lamp", "$310.00")
	v.get("/c/lighting?min=280&max=299").want(http.StatusOK).saysNot("Aria Arc Floor Lamp")
	other.get("/c/lighting?min=280&max=299").want(http.StatusOK).says("Aria Arc Floor Lamp", "€289.00")
	if home := v.get("/").want(http.StatusOK).text(); strings.Contains(home, "€") {
		t.Error("the home page in dollars has prices in euros")
	}

	for from, want := range map[string]string{
		"/c/lighting?cursor=x&sort=price": "/c/lighting?sort=price", "/search?q=lamp": "/search?q=lamp", "/nothing": "/", "": "/", "//evil.example": "/",
	} {
		if got := v.shows("USD", from); got != want {
			t.Errorf("the choice made at %q leads to %s, want %s", from, got, want)
		}
	}
	v.header.Set("Referer", "https://evil.example"+arcLamp)
	if got := v.post("/currency", url.Values{"currency": {"USD"}}).header.Get("Location"); got != "/" {
		t.Errorf("a choice from elsewhere leads to %s", got)
	}
	v.header.Del("Referer")
	for _, strange := range []string{"", "usd", "<b>", "DOLLARS"} {
		v.post("/currency", url.Values{"currency": {strange}}).want(http.StatusBadRequest)
	}
}

// What the staff changed a moment ago is not known to pages yet.
func TestACurrencyIsChosenAsSoonAsItIsThere(t *testing.T) {
	_, d, v := openInTwo(t)
	v.shows("USD", arcLamp)
	choose := func(currency string) *page {
		v.header.Set("Referer", v.at.String()+arcLamp)
		defer v.header.Del("Referer")
		return v.post("/currency", url.Values{"currency": {currency}})
	}
	asked := func() int {
		n := len(d.heard)
		for range n {
			<-d.heard
		}
		return n
	}
	asked()
	refused := choose("CHF").want(http.StatusConflict).says("does not sell in CHF just now, but in EUR, USD")
	if !strings.Contains(refused.body, `href="`+arcLamp+`"`) {
		t.Error("the page does not lead back to where the choice was made")
	}
	v.get(arcLamp).want(http.StatusOK).says("$310.00")
	for range 20 {
		choose("CHF").want(http.StatusConflict)
		choose("SEK").want(http.StatusConflict)
	}
	if n := asked(); n != 1 {
		t.Errorf("41 choices within a second asked the settings %d times, want once", n)
	}

	// The pages' own questions are not due for a second yet, those for a choice are.
	d.clock.pass(time.Second)
	v.get("/cart")
	<-d.heard
	d.change(&settingsv1.Settings{Currencies: []string{"EUR", "CHF"}}, 1)
	choose("CHF").want(http.StatusSeeOther)
	if n := asked(); n != 1 {
		t.Errorf("a choice that is not known asked the settings %d times, want once", n)
	}
	if got := v.get(arcLamp).want(http.StatusOK); !strings.Contains(got.body, `<option value="CHF" selected>`) {
		t.Error("the currency that was added is not the one that was chosen")
	}
	choose("USD").want(http.StatusConflict).says("does not sell in USD just now, but in EUR, CHF")
	if n := asked(); n != 0 {
		t.Errorf("within the second the settings are asked %d times, want not at all", n)
	}
}

// hooked is a request during which a test does something, after its currency was looked up.
type hooked struct {
	echo.Context
	during func()
}

func (h *hooked) Request() *http.Request {
	if during := h.during; during != nil {
		h.during = nil
		during()
	}
	return h.Context.Request()
}

func TestAPageInTheFormerOwnCurrencyIsNotServedInTheNewOne(t *testing.T) {
	s, d, v := openInTwo(t)
	draws := func(during func()) string {
		t.Helper()
		answer := httptest.NewRecorder()
		c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/lamp", nil), answer)
		if err := s.front.Kept(&hooked{c, during}, "lamp", func(currency string) string { return "prices in " + currency }); err != nil {
			t.Fatal(err)
		}
		return answer.Body.String()
	}
	// The shop's own becomes another when the first request has it, and nothing else is known.
	late := draws(func() {
		d.change(&settingsv1.Settings{Currencies: []string{"USD", "EUR"}}, 1)
		d.later(v)
		s.front.AwaitSettings(2)
	})
	if !strings.Contains(late, "prices in EUR") {
		t.Fatalf("the request during which the currency became another got %q", late)
	}
	s.clock.pass(time.Minute)
	if got := draws(nil); !strings.Contains(got, "prices in USD") {
		t.Errorf("after that, got %q, want prices in USD", got)
	}
}

func TestACartKeepsTheCurrencyItBeganWith(t *testing.T) {
	_, _, v := openInTwo(t)
	v.put("LMP-ARC-01", 1)
	v.get("/cart").want(http.StatusOK).says("€289.00").saysNot("Your cart is in")
	v.shows("USD", "/cart")
	v.put("LMP-ARC-01", 1)
	v.get("/cart").want(http.StatusOK).says("€578.00", "Your cart is in EUR", "to pay in that, empty your cart first").saysNot("$310.00")

	v.post("/cart/items/LMP-ARC-01", url.Values{"quantity": {"0"}}).want(http.StatusSeeOther)
	v.put("LMP-ARC-01", 1)
	v.get("/cart").want(http.StatusOK).says("$310.00").saysNot("Your cart is in")
	form := v.order()
	v.pay(v.post("/checkout", form), "4242424242424242")
	// What has no price in the cart's currency does not come into it.
	v.put("LMP-ARC-01", 1)
	v.post("/cart/items", url.Values{"sku": {"KTC-MUG-03"}}).want(http.StatusConflict).says("not sold in USD")
}

func TestPagesFollowTheCurrenciesOfTheShop(t *testing.T) {
	s, d, v := openInTwo(t)
	v.shows("USD", arcLamp)
	v.get(arcLamp).want(http.StatusOK).says("$310.00")
	d.change(&settingsv1.Settings{Currencies: []string{"USD"}}, 1)
	d.later(v)
	s.clock.pass(time.Minute)
	alone := v.get(arcLamp).want(http.StatusOK).says("$310.00")
	if strings.Contains(alone.body, `action="/currency"`) {
		t.Error("a shop that sells in one currency offers a choice")
	}
	s.visitor(t).get(arcLamp).want(http.StatusOK).says("$310.00").saysNot("€289.00")
	d.change(&settingsv1.Settings{}, 2)
	d.later(v)
	s.clock.pass(time.Minute)
	v.get(arcLamp).want(http.StatusOK).says("€289.00").saysNot("$310.00")
}
