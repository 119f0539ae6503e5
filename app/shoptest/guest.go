package shoptest

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"galleria/modules/payments/stripetest"
)

// The cards of the sandbox.
const (
	Visa              = "4242424242424242"
	Mastercard        = "5555555555554444"
	Declined          = "4000000000000002"
	InsufficientFunds = "4000000000009995"
	LostPayment       = "4000000000002024"
)

// Order is an order that a guest was shown.
type Order struct {
	ID, Token string
	// Number is what people call it; known of orders that were Bought.
	Number string
	// Path is the address of its page.
	Path string
}

var orderNumber = regexp.MustCompile(`G-[0-9A-Z]{4}-[0-9A-Z]{2,}`)

// Adds puts a number of a product into the cart, from the product's page.
func (g *Guest) Adds(quantity int, p Product) {
	g.t.Helper()
	form := g.Get("/products/" + p.slug()).Want(http.StatusOK).Form("/cart/items")
	if form.Get("sku") != p.SKU {
		g.t.Fatalf("the page of %s sells sku %q, want %q", p.Name, form.Get("sku"), p.SKU)
	}
	form.Set("quantity", strconv.Itoa(quantity))
	if to := g.Post("/cart/items", form).Want(http.StatusSeeOther).Location(); to != "/cart" {
		g.t.Errorf("adding to the cart leads to %s, want /cart", to)
	}
}

// Takes makes the cart hold a number of a product, whatever its page says.
func (g *Guest) Takes(quantity int, p Product) {
	g.t.Helper()
	g.Post("/cart/items", url.Values{"sku": {p.SKU}, "quantity": {strconv.Itoa(quantity)}}).Want(http.StatusSeeOther)
}

// Cart opens the cart.
func (g *Guest) Cart() *Page {
	g.t.Helper()
	return g.Get("/cart").Want(http.StatusOK)
}

// FillsIn opens the checkout and fills the form in, to be sent any number of
// times.
func (g *Guest) FillsIn(card string) url.Values {
	g.t.Helper()
	return g.With(card, g.Get("/checkout?country=PT").Want(http.StatusOK).Form("/checkout"))
}

// With types person and card into a checkout form.
func (g *Guest) With(card string, form url.Values) url.Values {
	for name, value := range map[string]string{
		"email": strings.ToLower(strings.ReplaceAll(g.name, " ", ".")) + "@example.org", "name": g.name + " Example",
		"line1": "1 Arcade", "city": "Lisbon", "postal_code": "1100-000", "country": "PT",
		"card_number": card, "exp_month": "12", "exp_year": "2039", "cvc": "123",
	} {
		form.Set(name, value)
	}
	return form
}

// Submits sends a filled form; what the shop acknowledges goes into the
// ledger.
func (g *Guest) Submits(form url.Values) *Page {
	g.t.Helper()
	return g.trySubmit(form).answered()
}

// Again is the form to send after an answer that is not the end: the one that the
// page has, or, where it is the payment's, the same.
func (g *Guest) Again(form url.Values, answer *Page) url.Values {
	g.t.Helper()
	if !strings.Contains(answer.Body, `action="/checkout"`) {
		return form
	}
	return g.With(form.Get("card_number"), answer.Form("/checkout"))
}

// SubmitsUntilKnown sends a filled form, and again, as the page asks, while the
// shop has not heard whether there is an order.
func (g *Guest) SubmitsUntilKnown(form url.Values) *Page {
	g.t.Helper()
	for began := time.Now(); ; g.isPatient(began) {
		answer := g.Submits(form)
		if answer.Status != http.StatusServiceUnavailable || !strings.Contains(answer.Text(), "We have not heard") {
			return answer
		}
		form = g.Again(form, answer)
	}
}

// isPatient wants that the shop, which says that it can't just now, can after a
// while.
func (g *Guest) isPatient(since time.Time) {
	g.t.Helper()
	if time.Since(since) > patience {
		g.t.Fatalf("the shop could not sell for %s", patience)
	}
}

// Tries sends a filled form to a shop that may die meanwhile: nil when there
// was no answer.
func (g *Guest) Tries(form url.Values) *Page { return answer(g.trySubmit(form)) }

// TriesToCancel cancels in a shop that may die meanwhile: nil when there was
// no answer.
func (g *Guest) TriesToCancel(o Order) *Page {
	return answer(g.tryCancel(o, url.Values{"token": {o.Token}}))
}

// TriesToSend sends a form to a shop that may die meanwhile: nil when there was
// no answer.
func (g *Guest) TriesToSend(path string, form url.Values) *Page {
	return answer(g.try(http.MethodPost, path, form))
}

// TriesToSee opens a page of a shop that may die meanwhile: nil when there was
// no answer.
func (g *Guest) TriesToSee(path string) *Page {
	return answer(g.try(http.MethodGet, path, nil))
}

// TriesToPut adds to the cart of a shop that may die meanwhile: nil when there
// was no answer.
func (g *Guest) TriesToPut(quantity int, p Product) *Page {
	return answer(g.try(http.MethodPost, "/cart/items", url.Values{"sku": {p.SKU}, "quantity": {strconv.Itoa(quantity)}}))
}

// Order is the order a redirect leads to.
func (p *Page) Order() Order {
	p.t.Helper()
	order, ok := OrderAt(p.Location())
	if !ok {
		p.t.Fatalf("%s leads to %s, want an order", p.path, p.Location())
	}
	return order
}

func answer(p *Page) *Page {
	if p.Err != nil {
		return nil
	}
	return p
}

// trySubmit sends the form of the checkout, pays on the page that it leads to,
// and looks at the order until it is known how that went. It gives the last
// answer to a form: the order's address, or why there is none.
func (g *Guest) trySubmit(form url.Values) *Page {
	page := g.tryPay(g.try(http.MethodPost, "/checkout", form), form)
	if page.Err != nil || page.Status != http.StatusSeeOther {
		return page
	}
	order, ok := OrderAt(page.Header.Get("Location"))
	if !ok {
		return page
	}
	for began := time.Now(); time.Since(began) < patience; time.Sleep(20 * time.Millisecond) {
		switch seen := g.try(http.MethodGet, order.Path, nil); {
		case seen.Err != nil:
			return seen
		case seen.Status == http.StatusOK && strings.Contains(seen.Text(), "Your order is confirmed"):
			g.shop.ledger.confirmed(order, form.Get("idempotency_key"))
			return page
		case seen.Status == http.StatusOK && !seen.IsRefreshed():
			return page
		}
	}
	return page
}

// tryPay types the card into the page of payment, if the answer leads there.
func (g *Guest) tryPay(answer *Page, form url.Values) *Page {
	if answer.Status != http.StatusSeeOther {
		return answer
	}
	at, err := url.Parse(answer.Header.Get("Location"))
	if err == nil && at.Host == stripetest.PageHost {
		return g.payAtStripe(at, form.Get("card_number"))
	}
	if err != nil || !strings.HasPrefix(at.Path, "/sandbox/pay/") {
		return answer
	}
	card := url.Values{}
	for _, field := range []string{"card_number", "exp_month", "exp_year", "cvc"} {
		card.Set(field, form.Get(field))
	}
	return g.try(http.MethodPost, at.Path, card)
}

func (g *Guest) payAtStripe(at *url.URL, card string) *Page {
	page := &Page{t: g.t, path: "POST " + at.String(), Status: http.StatusOK, Header: http.Header{}}
	if back := g.shop.layout.Stripe.Types(g.t, at.String(), card); back != "" {
		page.Status = http.StatusSeeOther
		page.Header.Set("Location", back)
	}
	return page
}

// IsRefreshed says that the page loads itself again.
func (p *Page) IsRefreshed() bool { return strings.Contains(p.Body, `http-equiv="refresh"`) }

// Pays checks out and wants to be shown the order.
func (g *Guest) Pays(card string) Order {
	g.t.Helper()
	return g.Bought(g.Submits(g.FillsIn(card)))
}

// Bought wants a submitted checkout to lead to an order that is confirmed.
func (g *Guest) Bought(answer *Page) Order {
	g.t.Helper()
	order, ok := OrderAt(answer.Want(http.StatusSeeOther).Location())
	if !ok {
		g.t.Fatalf("the checkout leads to %s, want an order", answer.Location())
	}
	page := g.Get(order.Path).Want(http.StatusOK).Says("Thank you, " + g.name)
	if order.Number = orderNumber.FindString(page.Text()); order.Number == "" {
		g.t.Fatalf("the page of order %s does not say its number: %s", order.ID, page.Text())
	}
	return order
}

// Cancels cancels an order on its page.
func (g *Guest) Cancels(o Order) {
	g.t.Helper()
	action := "/orders/" + o.ID + "/cancel"
	g.SubmitsCancel(o, g.Get(o.Path).Want(http.StatusOK).Form(action)).Want(http.StatusSeeOther)
}

// SubmitsCancel sends the form that cancels an order.
func (g *Guest) SubmitsCancel(o Order, form url.Values) *Page {
	g.t.Helper()
	return g.tryCancel(o, form).answered()
}

func (g *Guest) tryCancel(o Order, form url.Values) *Page {
	page := g.try(http.MethodPost, "/orders/"+o.ID+"/cancel", form)
	if page.Status == http.StatusSeeOther {
		g.shop.ledger.cancelled(o)
	}
	return page
}

// OrderAt reads the address of an order's page.
func OrderAt(location string) (Order, bool) {
	at, err := url.Parse(location)
	if err != nil {
		return Order{}, false
	}
	id, found := strings.CutPrefix(at.Path, "/orders/")
	token := at.Query().Get("token")
	return Order{ID: id, Token: token, Path: at.RequestURI()}, found && token != ""
}
