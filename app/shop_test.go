package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"galleria/app/shoptest"
)

// The same story must be told wherever the modules are.
var layouts = []struct {
	name   string
	layout shoptest.Layout
}{
	{"one process", shoptest.Layout{Raced: true}},
	{"processes of their own", shoptest.Layout{Raced: true, Apart: shoptest.Modules}},
	{"PostgreSQL", shoptest.Layout{Raced: true, Postgres: true}},
	{"two copies of each module", shoptest.Layout{Raced: true, Apart: shoptest.Modules, Copies: true, Postgres: true}},
}

// TestTheShop is what guests do in a shop. The stories share a shop, as
// guests do; what one needs for itself has a product of its own.
func TestTheShop(t *testing.T) {
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			if !l.layout.Copies { // thirteen processes want the machine for themselves
				t.Parallel()
			}
			shop := shoptest.Open(t, l.layout)
			for _, story := range stories {
				t.Run(story.name, func(t *testing.T) { story.tell(t, shop) })
			}
			if got := shop.Books(t); got.Completed == 0 || got.Cancelled == 0 || got.Failed == 0 {
				t.Errorf("got orders %+v, want some of each kind", got)
			}
		})
	}
}

var stories = []struct {
	name string
	tell func(t *testing.T, shop *shoptest.Shop)
}{
	{"a guest buys", aGuestBuys},
	{"the cart keeps a voucher code", theCartKeepsAVoucherCode},
	{"a declined card, then another", aDeclinedCardThenAnother},
	{"insufficient funds", insufficientFunds},
	{"a guest never pays", aGuestNeverPays},
	{"a guest looks twice, in two tabs", aGuestInTwoTabs},
	{"sold out", soldOut},
	{"two want the last one", twoWantTheLastOne},
	{"a guest cancels by double click", aGuestCancelsByDoubleClick},
	{"the form is sent twice", theFormIsSentTwice},
	{"one key five times at once", oneKeyFiveTimesAtOnce},
	{"one key for another order", oneKeyForAnotherOrder},
	{"a hundred buyers for ten", aHundredBuyersForTen},
	{"posts of other sites are refused", postsOfOtherSitesAreRefused},
	{"an order opens by its token only", anOrderOpensByItsTokenOnly},
	{"what is not there is not found", whatIsNotThereIsNotFound},
}

func aGuestBuys(t *testing.T, shop *shoptest.Shop) {
	ana := shop.Guest(t, "Ana")
	ana.Get("/").Want(http.StatusOK)
	ana.Get("/c/kitchen").Want(http.StatusOK).Says(shoptest.Teapot.Name)
	ana.Get("/search?q=teapot").Want(http.StatusOK).Says(shoptest.Teapot.Name)
	ana.Adds(2, shoptest.Mug)
	ana.Adds(1, shoptest.Teapot)
	ana.Adds(1, shoptest.Mug)
	ana.Cart().Says(shoptest.Mug.Name, shoptest.Teapot.Name, "77.40")
	ana.Post("/cart/items/"+shoptest.Mug.SKU, url.Values{"quantity": {"2"}}).Want(http.StatusSeeOther)
	ana.Cart().Says("64.90")
	order := ana.Pays(shoptest.Visa)
	ana.Get(order.Path).Says(shoptest.Mug.Name, shoptest.Teapot.Name, "Delivery", "VAT 23 %", "Visa ending in 4242", "ana@example.org", "Confirmed")
	ana.Cart().SaysNot(shoptest.Mug.SKU)
	shop.AwaitMail(t, "is confirmed")
}

func theCartKeepsAVoucherCode(t *testing.T, shop *shoptest.Shop) {
	if out, code := shop.Run(t, "promotions", "add", "story", "--name", "Story", "--percent", "10", "--code", "STORY10"); code != 0 {
		t.Fatalf("add a promotion: got exit %d and\n%s", code, out)
	}
	eva := shop.Guest(t, "Eva")
	eva.Adds(2, shoptest.Mug)
	// Another process may know a promotion a moment later.
	shop.Await(t, "the code is known", func() bool {
		return eva.Post("/cart/code", url.Values{"code": {"Story10"}}).Status == http.StatusSeeOther
	})
	eva.Cart().Says("STORY10", "-€2.50", "€27.40")
	form := eva.FillsIn(shoptest.Visa)
	if got := form.Get("code"); got != "STORY10" {
		t.Errorf("the checkout begins with the code %q, want the cart's", got)
	}
	order := eva.Bought(eva.Submits(form))
	eva.Get(order.Path).Says("STORY10", "-€2.50")
	eva.Cart().SaysNot("STORY10")
}

func aDeclinedCardThenAnother(t *testing.T, shop *shoptest.Shop) {
	ben := shop.Guest(t, "Ben")
	ben.Adds(1, shoptest.Tray)
	form := ben.FillsIn(shoptest.Declined)
	ben.Submits(form).Want(http.StatusUnprocessableEntity).Says("The card was refused").SaysNot(shoptest.Declined)
	ben.Cart().Says(shoptest.Tray.Name)
	form.Set("card_number", shoptest.Mastercard) // the order is still open to another card
	ben.Bought(ben.Submits(form))
}

func insufficientFunds(t *testing.T, shop *shoptest.Shop) {
	ida := shop.Guest(t, "Ida")
	ida.Adds(3, shoptest.Mug)
	ida.Submits(ida.FillsIn(shoptest.InsufficientFunds)).Want(http.StatusUnprocessableEntity).Says("The card was refused")
	ida.Cart().Says(shoptest.Mug.Name)
}

func aGuestNeverPays(t *testing.T, shop *shoptest.Shop) {
	may := shop.Guest(t, "May")
	may.Adds(1, shoptest.Mug)
	to := may.Post("/checkout", may.FillsIn(shoptest.Visa)).Want(http.StatusSeeOther).Location()
	if !strings.HasPrefix(to, "/sandbox/pay/") {
		t.Errorf("the checkout leads to %s, want the page of payment", to)
	}
	may.Get(to).Want(http.StatusOK)
	may.Cart().Says(shoptest.Mug.Name)
}

// One cart is one open order: the second tab is led to the payment of the first.
func aGuestInTwoTabs(t *testing.T, shop *shoptest.Shop) {
	ned := shop.Guest(t, "Ned")
	ned.Adds(1, shoptest.Mug)
	first, second := ned.FillsIn(shoptest.Visa), ned.FillsIn(shoptest.Visa)
	pay := ned.Post("/checkout", first).Want(http.StatusSeeOther).Location()
	if same := ned.Post("/checkout", second).Want(http.StatusSeeOther).Location(); same != pay {
		t.Errorf("the second tab leads to %s, want %s", same, pay)
	}
	order := shop.Unpaid(t, pay)
	page := ned.Get(order.Path).Want(http.StatusOK).Says("We are waiting for your payment")
	if !page.IsRefreshed() {
		t.Error("the page of an order that is being paid does not look again by itself")
	}
	again := ned.Post("/orders/"+order.ID+"/pay", page.Form("/orders/"+order.ID+"/pay")).Want(http.StatusSeeOther).Location()
	if again != pay {
		t.Errorf("paying again leads to %s, want %s", again, pay)
	}
	if bought := ned.Bought(ned.Submits(first)); bought.ID != order.ID {
		t.Errorf("got orders %s and %s of one cart", order.ID, bought.ID)
	}
}

func soldOut(t *testing.T, shop *shoptest.Shop) {
	leo := shop.Guest(t, "Leo")
	leo.Get("/products/sold-out-bowl").Want(http.StatusOK).Says("Sold out")
	leo.Takes(1, shoptest.Bowl) // from a page that was open for long
	leo.Cart().Says("Sold out")
	leo.Submits(leo.FillsIn(shoptest.Visa)).Want(http.StatusConflict).Says("Nothing was charged", shoptest.Bowl.Name+" is sold out")
}

func twoWantTheLastOne(t *testing.T, shop *shoptest.Shop) {
	answers := atOnce(2, func(n int) *shoptest.Page {
		guest := shop.Guest(t, []string{"Eva", "Tom"}[n])
		guest.Takes(1, shoptest.Vase)
		return guest.Submits(guest.FillsIn(shoptest.Visa))
	})
	wantStatuses(t, answers, map[int]int{http.StatusSeeOther: 1, http.StatusConflict: 1})
}

func aGuestCancelsByDoubleClick(t *testing.T, shop *shoptest.Shop) {
	zoe := shop.Guest(t, "Zoe")
	zoe.Adds(2, shoptest.Tray)
	order := zoe.Pays(shoptest.Visa)
	action := "/orders/" + order.ID + "/cancel"
	form := zoe.Get(order.Path).Form(action)
	answers := atOnce(2, func(int) *shoptest.Page { return zoe.SubmitsCancel(order, form) })
	wantStatuses(t, answers, map[int]int{http.StatusSeeOther: 2})
	shop.Await(t, "the order is cancelled", func() bool { return !zoe.Get(order.Path).HasForm(action) })
	shop.Await(t, "the money is back", func() bool { return strings.Contains(zoe.Get(order.Path).Text(), "Given back") })
	zoe.Get(order.Path).Says("Called off")
	zoe.SubmitsCancel(order, form).Want(http.StatusSeeOther) // and once more, later
	shop.AwaitMail(t, "is cancelled")
}

func theFormIsSentTwice(t *testing.T, shop *shoptest.Shop) {
	kim := shop.Guest(t, "Kim")
	kim.Adds(1, shoptest.Mug)
	form := kim.FillsIn(shoptest.Visa)
	first := kim.Bought(kim.Submits(form))
	second := kim.Bought(kim.Submits(form))
	if first.ID != second.ID {
		t.Errorf("the same form made the orders %s and %s, want one", first.ID, second.ID)
	}
}

func oneKeyFiveTimesAtOnce(t *testing.T, shop *shoptest.Shop) {
	pia := shop.Guest(t, "Pia")
	pia.Adds(4, shoptest.Mug)
	form := pia.FillsIn(shoptest.Visa)
	answers := atOnce(5, func(int) *shoptest.Page { return pia.Submits(form) })
	wantStatuses(t, answers, map[int]int{http.StatusSeeOther: 5})
	orders := map[string]bool{}
	for _, a := range answers {
		orders[pia.Bought(a).ID] = true
	}
	if len(orders) != 1 {
		t.Errorf("got %d orders of one key: %v", len(orders), orders)
	}
}

func oneKeyForAnotherOrder(t *testing.T, shop *shoptest.Shop) {
	gus := shop.Guest(t, "Gus")
	gus.Adds(1, shoptest.Mug)
	form := gus.FillsIn(shoptest.Visa)
	gus.Bought(gus.Submits(form))
	gus.Adds(1, shoptest.Teapot)
	form.Set("email", "somebody.else@example.org")
	gus.Submits(form).Want(http.StatusConflict).Says("with other details")
}

func aHundredBuyersForTen(t *testing.T, shop *shoptest.Shop) {
	// They come one after the other and pay at once: the race is for the last
	// of the goods, not for the carts.
	buyers, forms := make([]*shoptest.Guest, 100), make([]url.Values, 100)
	for i := range buyers {
		buyers[i] = shop.Guest(t, "Buyer")
		buyers[i].Takes(1, shoptest.Lamp)
		forms[i] = buyers[i].FillsIn(shoptest.Visa)
	}
	answers := atOnce(100, func(n int) *shoptest.Page { return buyers[n].SubmitsUntilKnown(forms[n]) })
	wantStatuses(t, answers, map[int]int{http.StatusSeeOther: 10, http.StatusConflict: 90})
}

func postsOfOtherSitesAreRefused(t *testing.T, shop *shoptest.Shop) {
	max := shop.Guest(t, "Max")
	max.Adds(1, shoptest.Mug)
	form := max.FillsIn(shoptest.Visa)
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"} {
		max.Header = http.Header{name: {value}}
		max.Submits(form).Want(http.StatusForbidden)
		max.Post("/cart/items", url.Values{"sku": {shoptest.Mug.SKU}}).Want(http.StatusForbidden)
	}
	max.Header = http.Header{}
	max.Bought(max.Submits(form)) // nothing had happened
}

func anOrderOpensByItsTokenOnly(t *testing.T, shop *shoptest.Shop) {
	amy := shop.Guest(t, "Amy")
	amy.Adds(1, shoptest.Mug)
	order := amy.Pays(shoptest.Visa)
	eve := shop.Guest(t, "Eve")
	for _, path := range []string{
		"/orders/" + order.ID + "?token=x", "/orders/" + order.ID + "?token=" + order.Token[1:],
		"/orders/nothing?token=" + order.Token,
	} {
		eve.Get(path).Want(http.StatusNotFound).SaysNot("amy@example.org")
	}
	for _, path := range []string{"/orders/" + order.ID, "/orders/" + order.ID + "?token=", "/orders/nothing"} { // its customer can log in
		eve.Get(path).Want(http.StatusSeeOther)
	}
	eve.Post("/orders/"+order.ID+"/cancel", url.Values{"token": {"guess"}}).Want(http.StatusNotFound)
	eve.Get(order.Path).Want(http.StatusOK).Says("amy@example.org")
}

func whatIsNotThereIsNotFound(t *testing.T, shop *shoptest.Shop) {
	guest := shop.Guest(t, "Nobody")
	for _, path := range []string{"/nowhere", "/products/nothing", "/c/nothing", "/orders/", "/assets/nothing"} {
		guest.Get(path).Want(http.StatusNotFound)
	}
}

// atOnce does something n times, all beginning together.
func atOnce(n int, do func(n int) *shoptest.Page) []*shoptest.Page {
	answers := make([]*shoptest.Page, n)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-begin
			answers[i] = do(i)
		})
	}
	close(begin)
	all.Wait()
	return answers
}

func wantStatuses(t *testing.T, answers []*shoptest.Page, want map[int]int) {
	t.Helper()
	got := map[int]int{}
	for _, a := range answers {
		if a != nil { // nil: it has failed the test already
			got[a.Status]++
		}
	}
	for status, n := range want {
		if got[status] != n {
			t.Errorf("got answers %v by status, want %v", got, want)
			return
		}
	}
}
