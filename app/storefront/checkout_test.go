package storefront_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/payments/paymentstest"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
	"galleria/platform/module/moduletest"
)

// buy fills the cart and the form.
func buy(t *testing.T, s *shop) (*visitor, url.Values) {
	t.Helper()
	v := s.visitor(t)
	v.put("LMP-MSH-08", 2)
	return v, v.order()
}

// key is the idempotency key of the form on the page.
func (p *page) key() string { p.t.Helper(); return attr(p.field("idempotency_key"), "value") }

// quoted takes over the key and the quote of a form that came back.
func (p *page) quoted(form url.Values) {
	p.t.Helper()
	form.Set("idempotency_key", p.key())
	form.Set("quote", attr(p.field("quote"), "value"))
}

func TestSomebodyBuysALamp(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	v.get("/checkout?country=IT").says("€144.00", "Standard", "VAT 22 %", "Total")
	at := v.pay(v.post("/checkout", form), paymentstest.CardVisa)
	order := v.get(at).want(http.StatusOK)
	order.says("Thank you, Ana.", "Porcino Table Lamp", "€144.00", "Delivery, Standard", "VAT 22 %", "Visa ending in 4242", "Via Roma 1", "10121 Torino", "Italy", "Confirmed", "Cancel the order")
	if got := v.get("/cart").badge(); got != "" {
		t.Errorf("after buying: got badge %q, want none", got)
	}
	v.get("/cart").says("Nothing in it yet")
}

func TestTheFormSentTwiceIsOneOrder(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	var mu sync.Mutex
	var places []string
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			p := v.post("/checkout", form)
			mu.Lock()
			defer mu.Unlock()
			places = append(places, p.header.Get("Location"))
		})
	}
	all.Wait()
	places = append(places, v.post("/checkout", form).want(http.StatusSeeOther).header.Get("Location")) // and once more, later
	slices.Sort(places)
	if got := slices.Compact(places); len(got) != 1 || !strings.HasPrefix(got[0], "/sandbox/pay/") {
		t.Errorf("got pages of payment %q, want one", got)
	}
}

func TestAnotherTabOfTheSameCartIsLedToItsPayment(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	pay := v.post("/checkout", form).want(http.StatusSeeOther).header.Get("Location")
	if got := v.post("/checkout", v.order()).want(http.StatusSeeOther).header.Get("Location"); got != pay {
		t.Errorf("the second tab is led to %s, want %s", got, pay)
	}
}

func TestWhoGoesBackAndOrdersAnewGetsTheNewOrder(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	pay := v.post("/checkout", form).want(http.StatusSeeOther).header.Get("Location")
	v.put("LMP-ARC-01", 1)
	next := v.post("/checkout", v.order()).want(http.StatusSeeOther)
	if to := next.header.Get("Location"); to == pay || !strings.HasPrefix(to, "/sandbox/pay/") {
		t.Errorf("led to %q, want another page of payment than %q", to, pay)
	}
	v.get(pay).says("can't be made any more")
	v.get(v.pay(next, paymentstest.CardVisa)).says("Thank you", "Porcino Table Lamp")
}

func TestAGuestWhoLogsInDoesNotBuyTwiceWhatWaitsForItsPayment(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	pay := v.post("/checkout", form).want(http.StatusSeeOther)
	v.logIn(s.person(t)).want(http.StatusSeeOther)
	v.put("LMP-ARC-01", 1)
	next := v.post("/checkout", v.order()).want(http.StatusSeeOther)
	v.get(pay.header.Get("Location")).says("can't be made any more")
	v.get(v.pay(next, paymentstest.CardVisa)).says("Thank you", "Porcino Table Lamp")
	v.get("/cart").want(http.StatusOK).says("Nothing in it yet")
}

func TestCancellingOnThePageOfPaymentCallsTheOrderOff(t *testing.T) {
	s := newShop(t)
	s.setStock(t, "LMP-MSH-08", 2)
	v, form := buy(t, s)
	pay := v.post("/checkout", form).want(http.StatusSeeOther).header.Get("Location")
	v.get(pay).want(http.StatusOK).says("Cancel and go back to the shop") // and cancels nothing
	at := v.post(pay, url.Values{"cancel": {"1"}}).want(http.StatusSeeOther).header.Get("Location")
	v.get(at).want(http.StatusOK).says("This order was not placed")
	for end := time.Now().Add(20 * time.Second); !strings.Contains(v.get(pay).body, "can't be made any more"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the page of the payment is still open")
		}
	}
	v.post(pay, typed(paymentstest.CardVisa)).want(http.StatusUnprocessableEntity).says("Closed")
	other := s.visitor(t)
	other.put("LMP-MSH-08", 2)
	other.post("/checkout", other.order()).want(http.StatusSeeOther) // the goods are there again
}

func TestAPaymentThatIsNotAnsweredIsSaidToBeNotKnown(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	pay := v.post("/checkout", form).want(http.StatusSeeOther).header.Get("Location")
	p := v.post(pay, typed(paymentstest.CardLostPayment)).want(http.StatusServiceUnavailable)
	p.says("We have not heard how that went", "not known whether you have paid", "charged once at most").saysNot("Nothing is lost")
	if got := p.link("Try again"); got != pay {
		t.Errorf("trying again leads to %q, want the page of the payment %q", got, pay)
	}
}

func TestMoreThanThereIsCantBeOrderedAndIsSaidAlike(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	v.get("/checkout").want(http.StatusOK).says("Order and pay")
	s.setStock(t, "LMP-MSH-08", 1)
	s.clock.pass(time.Minute)
	v.get("/checkout").want(http.StatusOK).says("Only 1 is left.", "can't be ordered", "Change your cart").saysNot("Order and pay")
	v.post("/checkout", form).want(http.StatusConflict).says("less of it than you want", "Only 1 of Porcino Table Lamp is left.").saysNot("quicker", "Order and pay")
}

func TestAllThatIsWrongIsSaidAtOnceAndWhatWasTypedStays(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	form.Set("email", "not an address")
	form.Set("city", "")
	form.Set("name", `Ana "<b>" Arco`)
	p := v.post("/checkout", form).want(http.StatusUnprocessableEntity)
	for field, want := range map[string]string{
		"email": "E-mail must not have a space in it.", "city": "Please fill in the city.", "name": "", "line1": "",
	} {
		if got := p.wrong(field); got != want {
			t.Errorf("field %s: got %q, want %q", field, got, want)
		}
	}
	if got := attr(p.field("name"), "value"); got != `Ana "<b>" Arco` {
		t.Errorf("the name came back as %q", got)
	}
	p.says("Please look at this again")
	if p.key() != form.Get("idempotency_key") {
		t.Error("nothing was tried, and the key changed")
	}
	form.Set("email", "ana@example.org")
	form.Set("city", "Torino")
	form.Set("name", "Ana Arco")
	form.Set("country", "XX")
	if got := v.post("/checkout", form).want(http.StatusUnprocessableEntity).wrong("country"); !strings.Contains(got, "two letters") {
		t.Errorf("a country that is none: the field says %q", got)
	}
}

func TestAnotherCountryIsAnotherTotalThatMustBeSeenFirst(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	form.Set("country", "US")
	form.Set("region", "CA")
	p := v.post("/checkout", form).want(http.StatusConflict).says("The total has changed", "New total", "Nothing was charged")
	p.quoted(form)
	v.pay(v.post("/checkout", form), paymentstest.CardVisa)
}

func TestAStateIsChosenWhereTaxesDependOnIt(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	p := v.get("/checkout?country=US").want(http.StatusOK).says("New York", "Puerto Rico", "Estimate, without the taxes of a state")
	if got := p.field("region"); got.Data != "select" || !has(got, "required") {
		t.Errorf("the form for the USA has the field region as %s, want a choice that is required", got.Data)
	}
	v.get("/checkout?country=DE").want(http.StatusOK).saysNot("New York", "Estimate, without")
	form.Set("country", "US")
	for _, typed := range []string{"", "Yorkshire"} {
		form.Set("region", typed)
		form.Set("quote", attr(v.get("/checkout?"+url.Values{"country": {"US"}, "region": {typed}}.Encode()).field("quote"), "value"))
		p := v.post("/checkout", form).want(http.StatusUnprocessableEntity).says("Please look at this again")
		if got := p.wrong("region"); !strings.HasPrefix(got, "Choose a state") {
			t.Errorf("region %q: the field says %q", typed, got)
		}
	}
	form.Set("region", "new york")
	p = v.post("/checkout", form).want(http.StatusConflict).says("New total", "Sales tax 4 %")
	for _, o := range p.all("option") {
		if has(o, "selected") != (attr(o, "value") == "NY" || attr(o, "value") == "US") {
			t.Errorf("New York, by name: of the option %s it is wrong whether it is chosen", attr(o, "value"))
		}
	}
	p.quoted(form)
	v.get(v.pay(v.post("/checkout", form), paymentstest.CardVisa)).says("Sales tax 4 %", "10121 Torino NY United States")
}

func TestAMistypedEmailAddressKeepsTheTotal(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	form.Set("email", "ana@example")
	form.Set("requote", "1")
	v.post("/checkout", form).want(http.StatusOK).says("Standard delivery", "€144.00").saysNot("We do not deliver")
}

// Without a total the form keeps what was chosen, and says nothing of where the shop delivers.
func TestAFormWithoutATotalKeepsTheDeliveryThatWasChosen(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	s.catalog.Fail(status.Error(codes.Unavailable, "gone"))
	form.Set("delivery", "express")
	form.Set("requote", "1")
	p := v.post("/checkout", form).want(http.StatusOK).saysNot("We do not deliver")
	if got := attr(p.field("delivery"), "value"); got != "express" {
		t.Errorf("the form has the delivery %q, want what was chosen", got)
	}
}

// Nor does one that came back for a code that no module was asked about.
func TestAFormWithACodeThatIsTooLongSaysNothingOfTheDelivery(t *testing.T) {
	v, form := buy(t, newShop(t))
	form.Set("code", strings.Repeat("X", 65))
	p := v.post("/checkout", form).want(http.StatusUnprocessableEntity).saysNot("We do not deliver")
	if got := p.wrong("code"); got == "" {
		t.Error("nothing is said at the code")
	}
}

func TestTheTotalIsUpdatedWithoutOrdering(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	form.Set("requote", "1")
	form.Set("code", "NOSUCHCODE")
	form.Set("city", "")
	p := v.post("/checkout", form).want(http.StatusOK).saysNot("New total")
	if got := p.wrong("code"); !strings.Contains(got, "NOSUCHCODE is not a code of ours") {
		t.Errorf("an unknown code: the field says %q", got)
	}
	if got := attr(p.field("line1"), "value"); got != "Via Roma 1" {
		t.Errorf("what was typed came back as %q", got)
	}
}

func TestOneOrderCannotTakeAllFromTheOthers(t *testing.T) {
	s := newShop(t)
	s.setStock(t, "LMP-MSH-08", 72)
	greedy := s.visitor(t)
	greedy.put("LMP-MSH-08", 72)
	form := greedy.order()
	greedy.post("/checkout", form).want(http.StatusConflict).
		says("At most 36 of Porcino Table Lamp in one order.", "Nothing was charged").saysNot("quicker")
	greedy = s.visitor(t)
	greedy.put("LMP-MSH-08", 36)
	greedy.post("/checkout", greedy.order()).want(http.StatusSeeOther)
	for range 3 {
		v := s.visitor(t)
		v.put("LMP-MSH-08", 2)
		form := v.order()
		form.Set("email", id.New()+"@example.org")
		v.post("/checkout", form).want(http.StatusSeeOther)
	}
}

func TestSoldOutIsSaidAndNotAFault(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	s.setStock(t, "LMP-MSH-08", 1)
	p := v.post("/checkout", form).want(http.StatusConflict)
	p.says("Your order was not placed", "Only 1 of Porcino Table Lamp is left.", "Nothing was charged")
	if p.key() == form.Get("idempotency_key") {
		t.Error("the form came back with the key of the order that failed")
	}
	s.setStock(t, "LMP-MSH-08", 0)
	p.quoted(form)
	v.post("/checkout", form).want(http.StatusConflict).says("Porcino Table Lamp is sold out.", "Change your cart")
	if got := v.get("/cart").badge(); got != "2" {
		t.Errorf("the cart holds %q things, want 2", got)
	}
}

// TestWhoComesBackFromThePaymentCanOrderTheLastPiecesAnew, which their own order holds.
func TestWhoComesBackFromThePaymentCanOrderTheLastPiecesAnew(t *testing.T) {
	s := newShop(t)
	s.setStock(t, "LMP-MSH-08", 2)
	v, form := buy(t, s)
	v.post("/checkout", form).want(http.StatusSeeOther)
	s.clock.pass(time.Second)
	other := s.visitor(t)
	other.put("LMP-MSH-08", 1)
	other.get("/cart").says("Sold out").saysNot("waits for its payment")
	for _, path := range []string{"/cart", "/checkout?country=IT"} {
		p := v.get(path).want(http.StatusOK).says("An order of this cart waits for its payment").saysNot("Sold out", "can't be ordered")
		at := regexp.MustCompile(`href="(/orders/[^"]+)"`).FindStringSubmatch(p.body)
		if at == nil {
			t.Fatalf("%s leads to no order", path)
		}
		v.get(at[1]).want(http.StatusOK).says("We are waiting for your payment", "Cancel the order")
	}
	anew := v.order()
	anew.Set("name", "Ana Maria Arco")
	v.get(v.pay(v.post("/checkout", anew), paymentstest.CardVisa)).says("Thank you, Ana.")
	v.put("LMP-MSH-08", 1)
	s.clock.pass(time.Second)
	v.get("/cart").says("Sold out").saysNot("waits for its payment")
}

func TestAPriceThatChangedIsShownBeforeItIsPaid(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	got, err := s.catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Skus: []string{"LMP-MSH-08"}})
	if err != nil {
		t.Fatal(err)
	}
	catalogtest.SetPrice(got.Products[0], "EUR", 9900)
	s.catalog.Put(got.Products[0])
	p := v.post("/checkout", form).want(http.StatusConflict).says("The total has changed", "€198.00", "Nothing was charged")
	p.quoted(form)
	at := v.pay(v.post("/checkout", form), paymentstest.CardVisa)
	v.get(at).says("€198.00")
}

func TestSomethingNoLongerSoldIsNamed(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	gone := catalogtest.Product("LMP-MSH-08")
	gone.Active = false
	s.catalog.Put(gone)
	v.post("/checkout", form).want(http.StatusConflict).says("Your order was not placed", "Nothing that is in your cart can be bought now", "No longer sold. It will not be part of your order.", "Remove")
	if p := v.get("/checkout").want(http.StatusSeeOther); p.header.Get("Location") != "/cart" {
		t.Errorf("nothing to buy: got Location %q, want /cart", p.header.Get("Location"))
	}
}

func TestAnOrderThatFailedForPaymentsIsTriedAnew(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	s.payments.Fail("StartPayment", moduletest.Unavailable("payments"))
	p := v.post("/checkout", form).want(http.StatusServiceUnavailable).says("Payment was unavailable", "your cart is kept", "Porcino Table Lamp")
	if p.header.Get("Retry-After") == "" {
		t.Error("refused without saying when to come again")
	}
	if p.key() == form.Get("idempotency_key") {
		t.Error("the order is settled as failed, and the form came back with its key")
	}
	s.payments.Heal()
	p.quoted(form)
	v.pay(v.post("/checkout", form), paymentstest.CardVisa)
}

func TestAPaymentThatIsRefusedForGoodIsNotToldAsAnOutage(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	s.payments.Fail("StartPayment", contract.Error(codes.FailedPrecondition, paymentsv1.Reason_REASON_NOT_POSSIBLE, "the amount is too small"))
	p := v.post("/checkout", form).want(http.StatusConflict).says("This payment can't be taken", "too small", "your cart is kept", "Porcino Table Lamp")
	if p.key() == form.Get("idempotency_key") {
		t.Error("the order is settled as failed, and the form came back with its key")
	}
}

func TestAnAnswerThatGotLostDoesNotBuyTwice(t *testing.T) {
	for name, lost := range map[string]error{
		"unavailable": status.Error(codes.Unavailable, "gone"), "too late": status.Error(codes.DeadlineExceeded, "late"), "broken": status.Error(codes.Internal, "broken"),
	} {
		s := newShop(t)
		v, form := buy(t, s)
		s.orders.fail(nil, lost)
		p := v.post("/checkout", form).want(http.StatusServiceUnavailable).says("We have not heard", "it is the same order")
		s.orders.fail(nil, nil)
		if p.key() != form.Get("idempotency_key") || attr(p.field("quote"), "value") != form.Get("quote") {
			t.Fatalf("%s: nobody knows whether the order exists, and the form came back as another one", name)
		}
		v.get(v.pay(v.post("/checkout", form), paymentstest.CardMastercard)).says("Thank you, Ana.")
	}
}

func TestAKeyUsedForAnotherOrderIsExplained(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	v.post("/checkout", form).want(http.StatusSeeOther)
	form.Set("city", "Milano")
	p := v.post("/checkout", form).want(http.StatusConflict).says("sent before, with other details", "the new order takes its place")
	if p.key() == form.Get("idempotency_key") {
		t.Error("the form came back with a key that is used up")
	}
}

func TestWithoutOrdersTheFormComesBack(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	s.orders.fail(status.Error(codes.Unavailable, "away"), nil)
	v.post("/checkout", form).want(http.StatusServiceUnavailable).says("Porcino Table Lamp")
	s.cart.Fail(status.Error(codes.Unavailable, "away too"))
	v.post("/checkout", form).want(http.StatusServiceUnavailable).says("Your cart cannot be shown just now")
}

func TestAnAddressThatNoMailReachesIsRefusedBeforeItIsPaidFor(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	for address, want := range map[string]string{
		"ana@example,org":  "E-mail must be one address, without a comma or semicolon.",
		"ana@example.org.": "E-mail must not end with a dot.",
		"ana.@example.org": "E-mail must not have a dot right before the @.",
		"ana@example":      "E-mail must end with a domain such as example.org.",
	} {
		form.Set("email", address)
		if got := v.post("/checkout", form).want(http.StatusUnprocessableEntity).wrong("email"); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func TestAnEmptyCartHasNoCheckout(t *testing.T) {
	v := newShop(t).visitor(t)
	for range 2 {
		if p := v.get("/checkout").want(http.StatusSeeOther); p.header.Get("Location") != "/cart" {
			t.Errorf("got Location %q, want /cart", p.header.Get("Location"))
		}
		v.put("LMP-ARC-01", 1)
		v.post("/cart/items/LMP-ARC-01", url.Values{"quantity": {"0"}})
	}
}

func TestACheckoutTooManyIsToldAtOnceAndKeepsItsKey(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	empty := s.front.FillQueue()
	p := v.post("/checkout", form).want(http.StatusServiceUnavailable).says("Many people are paying just now", "Nothing was charged")
	if strings.Contains(p.body, `http-equiv="refresh"`) {
		t.Error("the page loads the address of a form again, where there is none")
	}
	if p.header.Get("Retry-After") == "" || p.key() != form.Get("idempotency_key") {
		t.Errorf("got Retry-After %q and the key %q, want a time and the same key", p.header.Get("Retry-After"), p.key())
	}
	empty()
	v.post("/checkout", form).want(http.StatusSeeOther)
}

func TestAnotherPaymentWaitsItsTurnToo(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	at := v.post("/checkout", form).want(http.StatusSeeOther).header.Get("Location")
	order, token := s.orders.last()
	empty := s.front.FillQueue()
	p := v.post("/orders/"+order+"/pay", url.Values{"token": {token}}).want(http.StatusServiceUnavailable).says("Many people are paying just now", "Nothing was charged")
	if strings.Contains(p.body, `http-equiv="refresh"`) {
		t.Error("the page loads the address of a form again, where there is none")
	}
	if p.header.Get("Retry-After") == "" {
		t.Error("refused without saying when to come again")
	}
	empty()
	if got := v.post("/orders/"+order+"/pay", url.Values{"token": {token}}).want(http.StatusSeeOther).header.Get("Location"); got != at {
		t.Errorf("got %q, want the payment's page %q", got, at)
	}
}

func TestThoseWhoLookAroundAreRefusedBeforeThoseWhoPay(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s)
	disperse := s.front.Crowd()
	for _, path := range []string{"/", "/c/lighting", lamp, "/search?q=lamp"} {
		p := v.get(path).want(http.StatusServiceUnavailable)
		if p.header.Get("Retry-After") == "" {
			t.Errorf("%s: refused without saying when to come again", path)
		}
	}
	v.get("/cart").want(http.StatusOK)
	at := v.pay(v.post("/checkout", form), paymentstest.CardVisa)
	v.get(at).want(http.StatusOK).says("Thank you")
	disperse()
	v.get("/").want(http.StatusOK)
	if n := strings.Count(s.log.String(), "level=WARN"); n > 0 {
		t.Errorf("%d warnings are in the log: a crowd would fill it", n)
	}
}
