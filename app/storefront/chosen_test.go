package storefront_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/storefront"
	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	"galleria/modules/payments/paymentstest"
	pricingv1 "galleria/modules/pricing/v1"
)

// promote makes WELCOME10, which takes a tenth off.
func (s *shop) promote(t *testing.T) { t.Helper(); s.promoteUpTo(t, 0) }

// promoteUpTo makes WELCOME10 for so many orders in all; 0: for any number.
func (s *shop) promoteUpTo(t *testing.T, uses int64) {
	t.Helper()
	p := &pricingv1.Promotion{
		Id: "welcome", Name: "Welcome", Kind: pricingv1.Promotion_KIND_PERCENT, PercentMillionths: 100_000, Codes: []string{"WELCOME10"}, Combinable: true,
		MaxUses: uses,
	}
	if _, err := s.staffPricing.UpsertPromotions(t.Context(), &pricingv1.UpsertPromotionsRequest{Promotions: []*pricingv1.Promotion{p}}); err != nil {
		t.Fatal(err)
	}
}

// promoteMore makes a promotion for each of more codes.
func (s *shop) promoteMore(t *testing.T, codes ...string) {
	t.Helper()
	var all []*pricingv1.Promotion
	for _, code := range codes {
		all = append(all, &pricingv1.Promotion{
			Id: strings.ToLower(code), Name: code, Kind: pricingv1.Promotion_KIND_PERCENT, PercentMillionths: 10_000, Codes: []string{code}, Combinable: true,
		})
	}
	if _, err := s.staffPricing.UpsertPromotions(t.Context(), &pricingv1.UpsertPromotionsRequest{Promotions: all}); err != nil {
		t.Fatal(err)
	}
}

// held is the visitor's cart, as the module has it.
func (v *visitor) held() *cartv1.Cart {
	v.t.Helper()
	for _, c := range v.jar.Cookies(&url.URL{Scheme: "https", Host: "localhost"}) {
		if c.Name != "__Host-galleria_cart" {
			continue
		}
		got, err := v.shop.cart.GetCart(v.t.Context(), &cartv1.GetCartRequest{CartId: c.Value})
		if err != nil {
			v.t.Fatal(err)
		}
		return got.GetCart()
	}
	v.t.Fatal("the visitor has no cart")
	return nil
}

func TestTheCartTakesVoucherCodes(t *testing.T) {
	s := newShop(t)
	s.promote(t)
	v := s.visitor(t)
	v.post("/cart/code", url.Values{"code": {"welcome10"}}).want(http.StatusConflict).says("no such cart")
	v.put("LMP-MSH-08", 2)
	for typed, want := range map[string]string{"nosuch": "NOSUCH is not a code of ours.", " ": "Please type a code.", "a,b,c,d,e,f": "A cart takes up to 5 codes. Take one out first."} {
		if got := v.post("/cart/code", url.Values{"code": {typed}}).want(http.StatusUnprocessableEntity).wrong("code"); got != want {
			t.Errorf("%q: the field says %q, want %q", typed, got, want)
		}
	}
	for range 2 {
		v.post("/cart/code", url.Values{"code": {" welcome10"}}).want(http.StatusSeeOther)
		v.get("/cart").want(http.StatusOK).says("WELCOME10", "Remove", "Welcome", "-€14.40", "€129.60", "Estimated for")
	}
	p := v.get("/checkout?country=IT").want(http.StatusOK).says("€129.60")
	if got := attr(p.field("code"), "value"); got != "WELCOME10" {
		t.Errorf("the checkout's code: got %q, want the cart's", got)
	}
	v.post("/cart/code", url.Values{"remove": {"WELCOME10"}}).want(http.StatusSeeOther)
	v.get("/cart").saysNot("WELCOME10").says("€144.00")
}

// The second tab changes the codes between the look at them of the first one and its change.
func TestCodesThatAreChangedInTwoTabsAtOnceAreNotLost(t *testing.T) {
	s := newShop(t)
	s.promote(t)
	v := s.visitor(t)
	v.put("LMP-MSH-08", 2)
	second := func(form url.Values) { v.post("/cart/code", form).want(http.StatusSeeOther) }
	want := func(codes ...string) {
		t.Helper()
		if got := v.held().GetCodes(); !slices.Equal(got, codes) {
			t.Errorf("got codes %q, want %q", got, codes)
		}
	}
	s.promoteMore(t, "AUTUMN", "WINTER", "SPRING", "SUMMER", "FIFTH")

	s.cart.Meanwhile(func() { second(url.Values{"code": {"autumn"}}) })
	v.post("/cart/code", url.Values{"code": {"welcome10"}}).want(http.StatusSeeOther)
	want("AUTUMN", "WELCOME10")

	s.cart.Meanwhile(func() { second(url.Values{"code": {"winter"}}) })
	v.post("/cart/code", url.Values{"remove": {"AUTUMN"}}).want(http.StatusSeeOther)
	want("WELCOME10", "WINTER")

	s.cart.Meanwhile(func() { second(url.Values{"remove": {"WINTER"}}) })
	v.post("/cart/code", url.Values{"code": {"spring summer"}}).want(http.StatusSeeOther)
	want("WELCOME10", "SPRING", "SUMMER")

	s.cart.Meanwhile(func() { second(url.Values{"code": {"autumn winter"}}) })
	p := v.post("/cart/code", url.Values{"code": {"fifth"}}).want(http.StatusUnprocessableEntity)
	if got := p.wrong("code"); got != "A cart takes up to 5 codes. Take one out first." {
		t.Errorf("a sixth code: the field says %q", got)
	}
	want("WELCOME10", "SPRING", "SUMMER", "AUTUMN", "WINTER")
}

// A checkout form was drawn before the codes changed in another tab.
func TestACheckoutFormKeepsTheCodesOfAnotherTab(t *testing.T) {
	s := newShop(t)
	s.promote(t)
	s.promoteMore(t, "AUTUMN", "WINTER", "SPRING")
	v, form := buy(t, s)
	v.post("/cart/code", url.Values{"code": {"autumn"}}).want(http.StatusSeeOther)
	form.Set("chosen", attr(v.get("/checkout?country=IT").field("chosen"), "value"))
	v.post("/cart/code", url.Values{"code": {"winter"}}).want(http.StatusSeeOther)

	s.cart.Meanwhile(func() { v.post("/cart/code", url.Values{"code": {"spring"}}).want(http.StatusSeeOther) })
	form.Set("requote", "1")
	form.Set("code", "welcome10") // instead of AUTUMN
	v.post("/checkout", form).want(http.StatusOK)
	if got, want := v.held().GetCodes(), []string{"WINTER", "SPRING", "WELCOME10"}; !slices.Equal(got, want) {
		t.Errorf("got codes %q, want %q", got, want)
	}
}

// chosen is what the form on the page says that it was drawn with.
func (p *page) chosen() string { p.t.Helper(); return attr(p.field("chosen"), "value") }

// A form that comes back because the shopper has to wait was not kept in the cart; it is when
// it is sent again as it is.
func TestWhatWasTypedWhileTheShopperHadToWaitIsKeptTheNextTime(t *testing.T) {
	s := newShop(t, func(o *storefront.Options) { o.Limits.Codes = 3 })
	s.promote(t)
	s.promoteMore(t, "AUTUMN", "WINTER")
	v, form := buy(t, s)
	v.post("/cart/code", url.Values{"code": {"autumn"}}).want(http.StatusSeeOther)
	form.Set("chosen", v.get("/checkout?country=IT").chosen())
	v.post("/cart/code", url.Values{"code": {"winter"}}).want(http.StatusSeeOther) // in another tab
	v.post("/cart/code", url.Values{"code": {"nosuch"}}).want(http.StatusUnprocessableEntity)

	form.Set("requote", "1")
	form.Set("code", "welcome10") // instead of AUTUMN
	form.Set("delivery", "express")
	p := v.post("/checkout", form).want(http.StatusTooManyRequests)
	if got := p.chosen(); got != form.Get("chosen") {
		t.Errorf("the form that came back was drawn with %q, want %q as before: nothing was kept", got, form.Get("chosen"))
	}
	if got := v.get("/checkout?country=IT&code=welcome10").want(http.StatusTooManyRequests).chosen(); got != "AUTUMN WINTER|standard" {
		t.Errorf("a form by its address was drawn with %q, want what the cart has", got)
	}
	form.Set("chosen", p.chosen())
	s.clock.pass(time.Minute)
	p = v.post("/checkout", form).want(http.StatusOK)
	if got := v.held(); !slices.Equal(got.GetCodes(), []string{"WINTER", "WELCOME10"}) || got.GetDeliveryOption() != "express" {
		t.Errorf("got %v, want WINTER, WELCOME10 and express in the cart", got)
	}
	if got := p.chosen(); got != "WELCOME10|express" {
		t.Errorf("a form that was kept was drawn with %q, want what is in it", got)
	}
}

func TestWhatCouldNotBeKeptInTheCartIsKeptTheNextTime(t *testing.T) {
	s := newShop(t)
	s.promote(t)
	v, form := buy(t, s)
	p := v.get("/checkout?country=IT&code=welcome10").want(http.StatusOK)
	form.Set("chosen", p.chosen())
	form.Set("code", attr(p.field("code"), "value"))
	form.Set("delivery", "standard")
	form.Set("requote", "1")
	s.cart.Fail(status.Error(codes.Unavailable, "away"))
	if got := v.post("/checkout", form).chosen(); got != "|standard" {
		t.Errorf("without the cart the form was drawn with %q, want what the cart had", got)
	}
	s.cart.Fail(nil)
	v.post("/checkout", form).want(http.StatusOK)
	if got := v.held().GetCodes(); !slices.Equal(got, []string{"WELCOME10"}) {
		t.Errorf("got the codes %q, want WELCOME10", got)
	}
}

// The shopper adds a code in another tab while the order waits for its payment.
func TestACodeThatAnOrderDidNotUseStaysInTheCartWhenItIsPaid(t *testing.T) {
	s := newShop(t)
	s.promote(t)
	s.promoteMore(t, "AUTUMN")
	v := s.visitor(t)
	v.put("LMP-MSH-08", 2)
	v.post("/cart/code", url.Values{"code": {"WELCOME10"}}).want(http.StatusSeeOther)
	form := v.order()
	form.Set("code", "WELCOME10")
	waiting := v.post("/checkout", form).want(http.StatusSeeOther)
	v.put("LMP-ARC-01", 1)
	v.post("/cart/code", url.Values{"code": {"autumn"}}).want(http.StatusSeeOther)
	v.get(v.pay(waiting, paymentstest.CardVisa)).says("Thank you", "-€14.40")
	if got := v.held(); !slices.Equal(got.GetCodes(), []string{"AUTUMN"}) || got.GetItemCount() != 1 {
		t.Errorf("after buying: got %v, want one thing and AUTUMN, which came meanwhile", got)
	}
}

// backFromPaying is a visitor who has used WELCOME10 for the last time in an order of two lamps,
// and went back from the page where that is paid.
func (s *shop) backFromPaying(t *testing.T) *visitor {
	t.Helper()
	s.promoteUpTo(t, 1)
	v := s.visitor(t)
	v.put("LMP-MSH-08", 2)
	v.post("/cart/code", url.Values{"code": {"WELCOME10"}}).want(http.StatusSeeOther)
	form := v.order()
	form.Set("code", "WELCOME10")
	v.post("/checkout", form).want(http.StatusSeeOther)
	return v
}

// The last use of a code is in an order that waits for its payment. A shopper who goes back
// from there gets the price of the order that will take its place; another shopper does not.
func TestACodeInOnesOwnOrderThatIsNotPaidIsNotUsedUp(t *testing.T) {
	s := newShop(t)
	v := s.backFromPaying(t)
	s.clock.pass(time.Second)
	for _, path := range []string{"/cart", "/checkout?country=IT"} {
		v.get(path).want(http.StatusOK).says("-€14.40").saysNot("used up")
	}
	v.post("/cart/code", url.Values{"remove": {"WELCOME10"}}).want(http.StatusSeeOther)
	v.post("/cart/code", url.Values{"code": {"WELCOME10"}}).want(http.StatusSeeOther)
	anew := v.order()
	anew.Set("code", "WELCOME10")
	v.get(v.pay(v.post("/checkout", anew), paymentstest.CardVisa)).says("Thank you", "-€14.40")

	other := s.visitor(t)
	other.put("LMP-MSH-08", 1)
	other.post("/cart/code", url.Values{"code": {"WELCOME10"}}).want(http.StatusUnprocessableEntity).says("WELCOME10 is used up.")
}

// A guest goes back from the page where an order is paid, logs in, and orders anew: the cart is
// another one, into which that of the guest was merged.
func TestWhoLogsInBeforePayingKeepsTheCodeOfOneUse(t *testing.T) {
	s := newShop(t)
	v := s.backFromPaying(t)
	v.logIn(s.person(t)).want(http.StatusSeeOther)
	s.clock.pass(time.Second)
	for _, path := range []string{"/cart", "/checkout?country=IT"} {
		v.get(path).want(http.StatusOK).says("-€14.40").saysNot("used up", "take it out before you order")
	}
	anew := v.order()
	anew.Set("code", "WELCOME10")
	v.get(v.pay(v.post("/checkout", anew), paymentstest.CardVisa)).says("Thank you", "-€14.40")
}

// A form that is sent again leads to its order, though the code that was typed into it is used
// up by that.
func TestAFormWithACodeOfOneUseThatIsSentAgainLeadsToItsOrder(t *testing.T) {
	s := newShop(t)
	s.promoteUpTo(t, 1)
	v, form := buy(t, s)
	form.Set("code", "WELCOME10")
	v.post("/checkout", form).want(http.StatusConflict).sendsBack(form)
	at := v.pay(v.post("/checkout", form), paymentstest.CardVisa)
	v.get(at).says("Thank you", "-€14.40")
	v.put("LMP-ARC-01", 1)
	form.Set("priced", "") // as if it had been typed just now
	if p := v.post("/checkout", form).want(http.StatusSeeOther); p.header.Get("Location") != at {
		t.Errorf("got %s, want the order at %s", p.header.Get("Location"), at)
	}
}

func TestTheCartKeepsWhatWasChosenAtTheCheckout(t *testing.T) {
	s := newShop(t)
	s.promote(t)
	v, form := buy(t, s)
	p := v.get("/checkout?country=IT")
	form.Set("chosen", attr(p.field("chosen"), "value"))
	form.Set("delivery", "standard")
	before := v.held().GetVersion()
	form.Set("requote", "1")
	v.post("/checkout", form).want(http.StatusOK)
	if got := v.held(); got.GetVersion() != before {
		t.Errorf("a form with what it was drawn with changed the cart: %v", got)
	}
	form.Set("delivery", "express")
	form.Set("code", "welcome10")
	v.post("/checkout", form).want(http.StatusOK)
	if got := v.held(); got.GetDeliveryOption() != "express" || !slices.Equal(got.GetCodes(), []string{"WELCOME10"}) {
		t.Errorf("got %v, want express and WELCOME10 in the cart", got)
	}
	v.get("/cart").says("WELCOME10", "Delivery")
	p = v.get("/checkout?country=IT").want(http.StatusOK)
	if got := attr(p.field("code"), "value"); got != "WELCOME10" {
		t.Errorf("got the code %q, want the cart's", got)
	}
	if got := attr(p.field("chosen"), "value"); got != "WELCOME10|express" {
		t.Errorf("got the choice %q, want the cart's", got)
	}
	p.quoted(form)
	form.Del("requote")
	v.pay(v.post("/checkout", form), paymentstest.CardVisa)
	if got := v.held(); len(got.GetCodes()) > 0 || len(got.GetLines()) > 0 {
		t.Errorf("after buying: got %v, want neither lines nor codes", got)
	}
}

// Who types a code and orders at once counts on it: nothing is ordered before its problem
// was said.
func TestACodeThatIsTypedAndCannotWorkBringsTheFormBack(t *testing.T) {
	s := newShop(t)
	s.promote(t)
	v, form := buy(t, s)
	v.get("/checkout?country=IT").sendsBack(form)
	form.Set("code", "nosuch")
	s.cart.Fail(status.Error(codes.Unavailable, "away"))
	s.orders.fail(status.Error(codes.Unavailable, "away too"), nil)
	v.post("/checkout", form).want(http.StatusServiceUnavailable).sendsBack(form) // nothing was said of it yet
	s.cart.Fail(nil)
	s.orders.fail(nil, nil)
	p := v.post("/checkout", form).want(http.StatusUnprocessableEntity).says("NOSUCH is not a code of ours.")
	if got := v.held().GetItemCount(); got == 0 {
		t.Error("the cart is empty")
	}
	p.sendsBack(form) // it was seen, and left there
	v.get(v.pay(v.post("/checkout", form), paymentstest.CardVisa)).says("Thank you")
}

// Who forgot something else reads of the code, too, and is not told of it again.
func TestACodeThatCannotWorkBesideAnotherMistakeIsSaidOnce(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	v.get("/checkout?country=IT").sendsBack(form)
	name := form.Get("name")
	form.Set("code", "nosuch")
	form.Set("name", "")
	v.post("/checkout", form).want(http.StatusUnprocessableEntity).says("NOSUCH is not a code of ours.").sendsBack(form)
	form.Set("name", name)
	v.get(v.pay(v.post("/checkout", form), paymentstest.CardVisa)).says("Thank you")
}

// A price that changed is said, whatever was typed beside it.
func TestACodeThatCannotWorkDoesNotHideAnotherTotal(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	v.get("/checkout?country=IT").sendsBack(form)
	form.Set("code", "nosuch")
	dearer := catalogtest.Product("LMP-MSH-08")
	catalogtest.SetPrice(dearer, "EUR", 9900)
	s.catalog.Put(dearer)
	v.post("/checkout", form).want(http.StatusConflict).says("The total has changed", "NOSUCH is not a code of ours.")
}

func TestACodeWhoseProblemWasSaidIsNotInTheWay(t *testing.T) {
	s := newShop(t)
	s.promote(t)
	v, form := buy(t, s)
	form.Set("code", "nosuch")
	v.get("/checkout?country=IT&code=nosuch").want(http.StatusOK).says("NOSUCH is not a code of ours.").sendsBack(form)
	s.orders.fail(status.Error(codes.Unavailable, "away"), nil)
	s.cart.Fail(status.Error(codes.Unavailable, "away too"))
	p := v.post("/checkout", form).want(http.StatusServiceUnavailable)
	s.orders.fail(nil, nil)
	s.cart.Fail(nil)
	p.sendsBack(form) // what was shown before still holds
	v.get(v.pay(v.post("/checkout", form), paymentstest.CardVisa)).says("Thank you")
}

// sendsBack takes over what a browser sends unseen with the form on the page.
func (p *page) sendsBack(form url.Values) {
	p.t.Helper()
	for _, name := range []string{"idempotency_key", "quote", "chosen", "priced"} {
		form.Set(name, attr(p.field(name), "value"))
	}
}

func TestWhatCannotBeBoughtIsToldAlikeAndKeptOutOfTheOrder(t *testing.T) {
	const gone, yen = "No longer sold. It will not be part of your order.", "Not sold in EUR. It will not be part of your order."
	s := newShop(t)
	v := s.visitor(t)
	inYen := catalogtest.Product("YEN")
	s.catalog.Put(inYen)
	v.put("KTC-MUG-03", 1)
	v.put("YEN", 2)
	v.put("LMP-MSH-08", 1)
	form := v.order()

	withdrawn := catalogtest.Product("KTC-MUG-03")
	withdrawn.Active = false
	catalogtest.SetPrice(inYen, "JPY", 900)
	s.catalog.Put(withdrawn, inYen)

	v.get("/cart").want(http.StatusOK).says(gone, yen, "Go to checkout")
	p := v.post("/checkout", form).want(http.StatusConflict).says("The total has changed", withdrawn.Name+": "+gone, inYen.Name+": "+yen)
	p.quoted(form)
	at := v.pay(v.post("/checkout", form), paymentstest.CardVisa)
	v.get(at).want(http.StatusOK).says("Porcino Table Lamp").saysNot(withdrawn.Name, inYen.Name)
	v.get("/cart").want(http.StatusOK).says(gone, yen).saysNot("Porcino Table Lamp", "Go to checkout")

	fresh := s.visitor(t)
	fresh.put("LMP-MSH-08", 1)
	fresh.post("/cart/items", url.Values{"sku": {"YEN"}}).want(http.StatusConflict).says("That is not sold in EUR, so it is not in your cart.")
	fresh.post("/cart/items", url.Values{"sku": {"KTC-MUG-03"}}).want(http.StatusConflict).says("That is no longer sold, so it is not in your cart.")
}

func TestADoubleClickAddsOnce(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	press := func(p *page) url.Values {
		t.Helper()
		view := p.field("view")
		if attr(view, "form") != attr(p.formOf("/cart/items"), "id") {
			t.Fatalf("the view is part of the form %q, want that of the button", attr(view, "form"))
		}
		return url.Values{"sku": {"LMP-ARC-01"}, "quantity": {"1"}, "view": {attr(view, "value")}}
	}
	for want := int64(1); want <= 3; want++ { // without a cart, then with one
		p := v.get(lamp).want(http.StatusOK)
		v.header.Set("If-None-Match", p.header.Get("Etag"))
		v.get(lamp).want(http.StatusNotModified)
		form := press(p)
		if to := v.post("/cart/items", form).want(http.StatusSeeOther).header.Get("Location"); to != "/cart" {
			t.Errorf("the first press leads to %s, want /cart", to)
		}
		again := v.post("/cart/items", form).want(http.StatusSeeOther).header.Get("Location")
		v.get(again).want(http.StatusOK).says("It is in your cart", "it was added once")
		if got := v.held().GetItemCount(); got != want {
			t.Errorf("after %d double clicks: got %d things, want as many", want, got)
		}
		v.get(lamp).want(http.StatusOK) // with another view
		v.header.Del("If-None-Match")
	}
	form := press(v.get(lamp).want(http.StatusOK))
	v.post("/cart/items", form).want(http.StatusSeeOther)
	v.put("KTC-MUG-03", 1)
	v.post("/cart/items/LMP-ARC-01", url.Values{"quantity": {"0"}}).want(http.StatusSeeOther) // in another tab
	again := v.post("/cart/items", form).want(http.StatusSeeOther).header.Get("Location")
	v.get(again).want(http.StatusOK).says("It is not in your cart", "it was not added again").saysNot("It is in your cart")
	v.post("/cart/items/KTC-MUG-03", url.Values{"quantity": {"0"}}).want(http.StatusSeeOther)
	v.get(again).want(http.StatusOK).says("It is not in your cart", "Nothing in it yet")
	anew := press(v.get(lamp).want(http.StatusOK))
	anew.Set("quantity", "3")
	v.post("/cart/items", anew).want(http.StatusSeeOther)
	v.get(again).want(http.StatusOK).says("It is in your cart")

	typed := press(v.get(lamp).want(http.StatusOK))
	typed.Set("quantity", " 1 ")
	v.post("/cart/items", typed).want(http.StatusSeeOther)
	v.post("/cart/items/LMP-ARC-01", url.Values{"quantity": {"3"}}).want(http.StatusSeeOther)
	v.put("LMP-ARC-01", 1) // a form that does not say what it was part of
	v.put("LMP-ARC-01", 1)
	if got := v.held().GetItemCount(); got != 5 {
		t.Errorf("got %d things, want 5", got)
	}
}

func TestTheAddressesOfTheCartsFormsLeadToTheCart(t *testing.T) {
	v := newShop(t).visitor(t)
	for _, path := range []string{"/cart/items", "/cart/items/LMP-ARC-01", "/cart/code"} {
		if got := v.get(path).want(http.StatusSeeOther).header.Get("Location"); got != "/cart" {
			t.Errorf("%s: got Location %q, want /cart", path, got)
		}
	}
}

// formOf is the page's form with this action.
func (p *page) formOf(action string) *html.Node {
	p.t.Helper()
	for _, f := range p.all("form") {
		if attr(f, "action") == action {
			return f
		}
	}
	p.t.Fatalf("the page has no form for %s", action)
	return nil
}
