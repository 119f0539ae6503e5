package storefront_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/payments/paymentstest"
)

// buy fills the cart and the form.
func buy(t *testing.T, s *shop, card string) (*visitor, url.Values) {
	t.Helper()
	v := s.visitor(t)
	v.put("LMP-MSH-08", 2)
	return v, v.order(card)
}

// key is the idempotency key of the form on the page.
func (p *page) key() string { p.t.Helper(); return attr(p.field("idempotency_key"), "value") }

func TestSomebodyBuysALamp(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s, paymentstest.CardVisa)
	p := v.post("/checkout", form).want(http.StatusSeeOther)
	at := p.header.Get("Location")
	if !strings.HasPrefix(at, "/orders/") || !strings.Contains(at, "?token=") {
		t.Fatalf("got Location %q, want the order's page", at)
	}
	order := v.get(at).want(http.StatusOK)
	order.says("Thank you, Ana.", "Porcino Table Lamp", "€144.00", "Visa ending in 4242", "Via Roma 1", "10121 Torino", "Italy", "Confirmed", "Cancel the order")
	if got := order.badge(); got != "" {
		t.Errorf("after buying: got badge %q, want none", got)
	}
	v.get("/cart").says("Nothing in it yet")
}

func TestTheFormSentTwiceIsOneOrder(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s, paymentstest.CardVisa)
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
	if got := slices.Compact(places); len(got) != 1 || got[0] == "" {
		t.Errorf("got orders %q, want one", got)
	}
	if n := len(s.payments.Payments()); n != 1 {
		t.Errorf("got %d payments, want 1", n)
	}
}

func TestAllThatIsWrongIsSaidAtOnceAndWhatWasTypedStays(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s, "4242")
	form.Set("email", "not an address")
	form.Set("city", "")
	form.Set("name", `Ana "<b>" Arco`)
	form.Set("exp_month", "13")
	form.Set("cvc", "")
	p := v.post("/checkout", form).want(http.StatusUnprocessableEntity)
	for field, want := range map[string]string{
		"email": "E-mail must not have a space in it.", "city": "Please fill in the city.",
		"exp_month": "From 01 to 12.", "cvc": "Please fill in the security code.", "name": "", "line1": "",
	} {
		if got := p.wrong(field); got != want {
			t.Errorf("field %s: got %q, want %q", field, got, want)
		}
	}
	if got := attr(p.field("name"), "value"); got != `Ana "<b>" Arco` {
		t.Errorf("the name came back as %q", got)
	}
	if got := attr(p.field("email"), "value"); got != "not an address" {
		t.Errorf("the e-mail came back as %q", got)
	}
	p.says("Please look at this again")
	chosen := ""
	for _, o := range p.all("option") {
		if has(o, "selected") {
			chosen = attr(o, "value")
		}
	}
	if chosen != "IT" {
		t.Errorf("the country came back as %q", chosen)
	}
	if p.key() != form.Get("idempotency_key") {
		t.Error("nothing was tried, and the key changed")
	}
}

func TestTheModulesHaveTheLastWordOnFields(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s, "4242424242424241")
	p := v.post("/checkout", form).want(http.StatusUnprocessableEntity)
	if got := p.wrong("card_number"); got != "This is not the number of a card. Please check the digits." {
		t.Errorf("a wrong check digit: the field says %q", got)
	}
	form.Set("card_number", paymentstest.CardVisa)
	form.Set("exp_year", "2020")
	if p := v.post("/checkout", form).want(http.StatusUnprocessableEntity); p.wrong("exp_year") == "" && p.wrong("exp_month") == "" {
		t.Error("an expired card: no field says so")
	}
	form.Set("exp_year", "39")
	form.Set("country", "XX")
	if got := v.post("/checkout", form).want(http.StatusUnprocessableEntity).wrong("country"); !strings.Contains(got, "two letters") {
		t.Errorf("a country that is none: the field says %q", got)
	}
	form.Set("country", "it") // and a year of two digits is fine
	v.post("/checkout", form).want(http.StatusSeeOther)
}

func TestANameThatHoldsALinkIsRefusedAtItsField(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s, paymentstest.CardVisa)
	form.Set("name", "Win a prize at https://evil.example/x")
	p := v.post("/checkout", form).want(http.StatusUnprocessableEntity)
	if got := p.wrong("name"); got != "Full name must be a name, without a link; please put a space after a dot." {
		t.Errorf("the field says %q, want that a link is no name", got)
	}
	form.Set("name", "Ana Arco")
	v.post("/checkout", form).want(http.StatusSeeOther)
}

func TestADeclinedCardIsSaidInTheSameWordsForAllAndTheNextTryIsAnother(t *testing.T) {
	for card, reason := range map[string]string{
		paymentstest.CardDeclined:          "card_declined",
		paymentstest.CardInsufficientFunds: "insufficient_funds",
		paymentstest.CardExpired:           "expired_card",
		paymentstest.CardIncorrectCVC:      "incorrect_cvc",
	} {
		s := newShop(t)
		v, form := buy(t, s, card)
		p := v.post("/checkout", form).want(http.StatusUnprocessableEntity).says("Your card was declined", "Nothing was charged", "your cart is kept")
		if got := p.wrong("card_number"); !strings.HasPrefix(got, "Your bank declined this card") || p.wrong("cvc")+p.wrong("exp_month") != "" {
			t.Errorf("%s: the card's field says %q, want the same words for all cards, and none at another field", card, got)
		}
		if !strings.Contains(s.log.String(), reason) {
			t.Errorf("%s: the log does not give the reason %s", card, reason)
		}
		if p.key() == "" || p.key() == form.Get("idempotency_key") {
			t.Errorf("%s: the form came back with the key of the declined order, which would be declined again", card)
		}
		form.Set("idempotency_key", p.key())
		form.Set("card_number", paymentstest.CardVisa)
		v.post("/checkout", form).want(http.StatusSeeOther)
	}
}

func TestSoldOutIsSaidAndNotAFault(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s, paymentstest.CardVisa)
	s.setStock(t, "LMP-MSH-08", 1)
	p := v.post("/checkout", form).want(http.StatusConflict)
	p.says("Your order was not placed", "Only 1 of Porcino Table Lamp is left.", "Nothing was charged")
	if p.key() == form.Get("idempotency_key") {
		t.Error("the form came back with the key of the order that failed")
	}
	s.setStock(t, "LMP-MSH-08", 0)
	form.Set("idempotency_key", p.key())
	v.post("/checkout", form).want(http.StatusConflict).says("Porcino Table Lamp is sold out.", "Change your cart")
	if got := v.get("/cart").badge(); got != "2" {
		t.Errorf("the cart holds %q things, want 2", got)
	}
}

func TestAPriceThatChangedIsShownBeforeItIsPaid(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s, paymentstest.CardVisa)
	got, err := s.catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Skus: []string{"LMP-MSH-08"}})
	if err != nil {
		t.Fatal(err)
	}
	catalogtest.SetPrice(got.Products[0], "EUR", 9900)
	s.catalog.Put(got.Products[0])
	p := v.post("/checkout", form).want(http.StatusConflict).says("A price has changed", "€198.00", "Nothing was charged")
	form.Set("idempotency_key", p.key())
	form.Set("expected_total", attr(p.field("expected_total"), "value"))
	at := v.post("/checkout", form).want(http.StatusSeeOther).header.Get("Location")
	v.get(at).says("€198.00")
}

func TestSomethingNoLongerSoldIsNamed(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s, paymentstest.CardVisa)
	gone := catalogtest.Product("LMP-MSH-08")
	gone.Active = false
	s.catalog.Put(gone)
	v.post("/checkout", form).want(http.StatusConflict).says("no longer sold", "Change your cart")
}

func TestWithoutPaymentsTheCartIsKept(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s, paymentstest.CardVisa)
	s.payments.Fail("CreatePaymentMethod", paymentstest.Unavailable())
	p := v.post("/checkout", form).want(http.StatusServiceUnavailable)
	p.says("Payment is unavailable just now", "Nothing was charged; your cart is kept", "Porcino Table Lamp")
	if got := attr(p.field("line1"), "value"); got != "Via Roma 1" {
		t.Errorf("what was typed came back as %q", got)
	}
	s.payments.Heal()
	form.Set("idempotency_key", p.key())
	v.post("/checkout", form).want(http.StatusSeeOther)
}

func TestAnOrderThatFailedForPaymentsIsTriedAnew(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s, paymentstest.CardUnavailable)
	p := v.post("/checkout", form).want(http.StatusServiceUnavailable).says("Payment is unavailable just now", "your cart is kept")
	if p.key() == form.Get("idempotency_key") {
		t.Error("the order is settled as failed, and the form came back with its key")
	}
	form.Set("idempotency_key", p.key())
	form.Set("card_number", paymentstest.CardVisa)
	v.post("/checkout", form).want(http.StatusSeeOther)
}

func TestAnAnswerThatGotLostDoesNotBuyTwice(t *testing.T) {
	for name, lost := range map[string]error{
		"unavailable": status.Error(codes.Unavailable, "gone"), "too late": status.Error(codes.DeadlineExceeded, "late"), "broken": status.Error(codes.Internal, "broken"),
	} {
		s := newShop(t)
		v, form := buy(t, s, paymentstest.CardVisa)
		s.orders.fail(nil, lost)
		p := v.post("/checkout", form).want(http.StatusServiceUnavailable).says("We have not heard", "it is the same order")
		if p.key() != form.Get("idempotency_key") {
			t.Fatalf("%s: nobody knows whether the order exists, and the form came back with another key", name)
		}
		s.orders.fail(nil, nil)
		form.Set("expected_total", attr(p.field("expected_total"), "value"))
		form.Set("card_number", paymentstest.CardMastercard)
		at := v.post("/checkout", form).want(http.StatusSeeOther).header.Get("Location")
		v.get(at).says("Thank you, Ana.")
		if n := len(s.payments.Payments()); n != 1 {
			t.Errorf("%s: got %d payments, want 1", name, n)
		}
	}
}

func TestAKeyUsedForAnotherOrderIsExplained(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s, paymentstest.CardVisa)
	v.post("/checkout", form).want(http.StatusSeeOther)
	form.Set("city", "Milano")
	p := v.post("/checkout", form).want(http.StatusConflict).says("sent before, with other details", "look for a confirmation")
	if p.key() == form.Get("idempotency_key") {
		t.Error("the form came back with a key that is used up")
	}
}

func TestWithoutOrdersTheFormComesBack(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s, paymentstest.CardVisa)
	s.orders.fail(status.Error(codes.Unavailable, "away"), nil)
	v.post("/checkout", form).want(http.StatusServiceUnavailable).says("your cart is kept", "Porcino Table Lamp")
	s.cart.Fail(status.Error(codes.Unavailable, "away too"))
	v.post("/checkout", form).want(http.StatusServiceUnavailable).says("Your cart cannot be shown just now")
}

func TestAnAddressThatNoMailReachesIsRefusedBeforeItIsPaidFor(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s, paymentstest.CardVisa)
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

// TestTheCardIsNowhere follows a card through every way a checkout can end.
func TestTheCardIsNowhere(t *testing.T) {
	s := newShop(t)
	for _, card := range []string{
		paymentstest.CardVisa, paymentstest.CardDeclined, paymentstest.CardUnavailable, "4242 4242 4242 4241", "4242424242424241-nonsense",
	} {
		v, form := buy(t, s, card)
		form.Set("cvc", "739")
		for _, spoil := range []string{"", "email"} {
			if spoil != "" {
				form.Set(spoil, "")
			}
			p := v.post("/checkout", form)
			for _, secret := range []string{card, "739"} {
				if strings.Contains(p.body, `"`+secret) || strings.Contains(p.body, card) {
					t.Errorf("the page holds %q", secret)
				}
			}
			for _, field := range []string{"card_number", "exp_month", "exp_year", "cvc"} {
				if p.root != nil && p.status != http.StatusSeeOther && attr(p.field(field), "value") != "" {
					t.Errorf("field %s came back filled in", field)
				}
			}
		}
		if strings.Contains(s.log.String(), card) {
			t.Errorf("the log holds %q", card)
		}
	}
}

func TestACheckoutTooManyIsToldAtOnceAndKeepsItsKey(t *testing.T) {
	s := newShop(t)
	v, form := buy(t, s, paymentstest.CardVisa)
	empty := s.front.FillQueue()
	p := v.post("/checkout", form).want(http.StatusServiceUnavailable).says("Many people are paying just now", "Nothing was charged")
	if p.header.Get("Retry-After") == "" || p.key() != form.Get("idempotency_key") {
		t.Errorf("got Retry-After %q and the key %q, want a time and the same key", p.header.Get("Retry-After"), p.key())
	}
	if n := len(s.payments.Payments()); n != 0 {
		t.Errorf("%d payments were begun", n)
	}
	empty()
	v.post("/checkout", form).want(http.StatusSeeOther)
}
