package console

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"galleria/app/auditlog"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
)

var reasonField = regexp.MustCompile(`name="reason" value="([^"]+)"`)

var keyField = regexp.MustCompile(`name="key" value="([^"]+)"`)

// key is the idempotency key that a page's forms have.
func (o *office) key(path string) string {
	o.t.Helper()
	found := keyField.FindStringSubmatch(o.page(path))
	if found == nil {
		o.t.Fatalf("%s has no form with a key", path)
	}
	return found[1]
}

// post sends a form as the operator.
func (o *office) post(path string, pairs ...string) (*http.Response, string) {
	o.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return o.ask("POST", path, "operator", form)
}

// does sends a form that must lead to a page, and returns that page.
func (o *office) does(path string, pairs ...string) string {
	o.t.Helper()
	r, body := o.post(path, pairs...)
	if r.StatusCode != http.StatusSeeOther {
		o.t.Fatalf("POST %s: got %d, want it done: %.900s", path, r.StatusCode, body)
	}
	return o.page(r.Header.Get("Location"))
}

// refuses sends a form that must be refused, in these words.
func (o *office) refuses(words, path string, pairs ...string) {
	o.t.Helper()
	r, body := o.post(path, pairs...)
	if r.StatusCode < 400 || r.StatusCode >= 500 || !strings.Contains(body, words) {
		o.t.Errorf("POST %s: got %d without %q: %.1500s", path, r.StatusCode, words, body)
	}
}

// audited wants that the newest entry of the audit log says this.
func (o *office) audited(action, thing string) {
	o.t.Helper()
	found, _, err := o.needs.Audit.Find(auditlog.Filter{Limit: 1})
	if err != nil || len(found) != 1 || found[0].Action != action || found[0].Thing != thing || found[0].Who != "olga@example.org" {
		o.t.Errorf("the audit log says %+v (%v), want that olga %s %s", found, err, action, thing)
	}
}

func (o *office) find(number string) *ordersv1.Order {
	o.t.Helper()
	found, err := o.buyers.Orders.FindOrder(o.t.Context(), &ordersv1.FindOrderRequest{Number: number})
	if err != nil {
		o.t.Fatal(err)
	}
	return found.GetOrder()
}

// eventually waits for a fact.
func (o *office) eventually(what string, is func() bool) {
	o.t.Helper()
	for range 500 {
		if is() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	o.t.Fatalf("never: %s", what)
}

func TestAnOrderIsShippedInPartsAndEachFormOnce(t *testing.T) {
	o := openOffice(t)
	bought := o.buyers.Buy(o.buyers.Stock(10, 1290), 3).GetOrder()
	at, line := "/console/orders/"+bought.GetNumber(), "piece."+bought.GetLines()[0].GetId()
	key := o.key(at)
	parcel := []string{"key", key, line, "1", "carrier", "CTT", "tracking", "RR1PT", "tracking_url", "https://ctt.example/RR1PT"}
	for range 2 { // a double click
		body := o.does(at+"/ship", parcel...)
		for _, want := range []string{"The parcel is noted", "CTT", `href="https://ctt.example/RR1PT"`, "1 sent", `max="2"`} {
			if !strings.Contains(body, want) {
				t.Errorf("after shipping the page lacks %q", want)
			}
		}
		if !strings.Contains(body, "Cancel the rest") || strings.Contains(body, "Cancel the order") {
			t.Error("of an order of which a part was shipped, its page does not offer to cancel the rest alone")
		}
	}
	o.audited("shipped", "order "+bought.GetNumber())
	if got := o.find(bought.GetNumber()); len(got.GetFulfilments()) != 1 || got.GetLines()[0].GetShipped() != 1 {
		t.Errorf("got %v, want one parcel", got.GetFulfilments())
	}
	o.refuses("does not have that many", at+"/ship", "key", o.key(at), line, "3")
	o.refuses("how many of which line", at+"/ship", "key", o.key(at), line, "0")
	o.refuses("not a number of pieces", at+"/ship", "key", o.key(at), line, "many")
	o.refuses("tracking url must be an address", at+"/ship", "key", o.key(at), line, "1", "tracking_url", "javascript:alert(1)")
	if body := o.does(at+"/ship", "key", o.key(at), line, "2"); strings.Contains(body, `id="ship"`) || !strings.Contains(body, "closed") {
		t.Error("nothing is left to send, and it is offered")
	}
	o.does(at+"/return", "key", o.key(at), line, "1", "reason", "too blue", "restock", "yes")
	o.audited("noted goods that came back of", "order "+bought.GetNumber())
	if got := o.find(bought.GetNumber()); got.GetLines()[0].GetReturned() != 1 || !got.GetReturns()[0].GetRestock() {
		t.Errorf("got returns %v", got.GetReturns())
	}
}

func TestMoneyIsGivenBackByPiecesByAmountAndWhole(t *testing.T) {
	o := openOffice(t)
	bought := o.buyers.Buy(o.buyers.Stock(10, 1000), 3).GetOrder()
	at, line := "/console/orders/"+bought.GetNumber(), "piece."+bought.GetLines()[0].GetId()
	paid := bought.GetTotals().GetTotalMinor()
	o.refuses("whether pieces, an amount or all", at+"/refund", "key", o.key(at))
	o.refuses("one of EUR above 0", at+"/refund", "key", o.key(at), "how", "amount", "amount", "five")
	o.refuses("has less paid", at+"/refund", "key", o.key(at), "how", "amount", "amount", "5000.00")
	o.refuses("how many of which line", at+"/refund", "key", o.key(at), "how", "pieces")

	key := o.key(at)
	for range 2 {
		o.does(at+"/refund", "key", key, "how", "pieces", line, "1", "restock", "yes", "reason", "It broke.")
	}
	o.does(at+"/refund", "key", o.key(at), "how", "amount", "amount", "2.50")
	o.audited("refunded", "order "+bought.GetNumber())
	o.eventually("two refunds went through", func() bool { return o.find(bought.GetNumber()).GetRefundedMinor() == 1250 })
	o.shows(at, "1 refunded, 1 not to be sent", "It broke.", "€2.50", "Given back", "€12.50")
	o.does(at+"/refund", "key", o.key(at), "how", "all")
	o.eventually("all is given back", func() bool { return o.find(bought.GetNumber()).GetRefundedMinor() == paid })
	if body := o.page(at); strings.Contains(body, `id="refund"`) {
		t.Error("nothing is left to refund, and it is offered")
	}
	o.refuses("nothing paid that is not refunded", at+"/refund", "key", "another", "how", "all")
}

func TestWhatWasTypedIntoARefusedFormIsKept(t *testing.T) {
	o := openOffice(t)
	bought := o.buyers.Buy(o.buyers.Stock(10, 1000), 3).GetOrder()
	at, line := "/console/orders/"+bought.GetNumber(), "piece."+bought.GetLines()[0].GetId()
	for _, c := range []struct {
		form  string
		typed []string
		kept  []string
	}{
		{"ship", []string{line, "9", "carrier", "CTT", "tracking", "RR1PT", "tracking_url", "https://ctt.example/"}, []string{`value="9"`, `value="CTT"`, `value="RR1PT"`, `value="https://ctt.example/"`}},
		{"refund", []string{"how", "amount", "amount", "5000.00", "reason", "Too <blue>.", "restock", "yes"}, []string{`<details id="refund" open>`, `value="amount" checked`, `value="5000.00"`, `value="Too &lt;blue&gt;."`, `name="restock" value="yes" checked`}},
		{"cancel", []string{"reason", "Sold out."}, []string{`<details id="cancel" open>`, `value="Sold out."`}},
		{"note", []string{"text", strings.Repeat("long ", 500)}, []string{">" + strings.Repeat("long ", 500) + "</textarea>"}},
	} {
		_, body := o.post(at+"/"+c.form, append(c.typed, "key", o.key(at))...)
		for _, want := range append(c.kept, `role="alert"`) {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the page lacks %q of what was typed", c.form, want)
			}
		}
		if n := strings.Count(body, " open>"); n > 2 { // shipping is open in any case
			t.Errorf("%s: %d forms are open, want this one", c.form, n)
		}
	}
}

func TestAnOrderIsCancelledOnlyWhenThePersonIsSure(t *testing.T) {
	o := openOffice(t)
	bought := o.buyers.Buy(o.buyers.Stock(10, 1000), 1).GetOrder()
	at := "/console/orders/" + bought.GetNumber()
	o.refuses("tick the box", at+"/cancel", "reason", "no reason")
	for range 2 {
		o.does(at+"/cancel", "reason", "The kiln broke.", "sure", "yes")
	}
	o.audited("cancelled", "order "+bought.GetNumber())
	o.shows(at, "The kiln broke.", "cancelled")
	if body := o.page(at); strings.Contains(body, `id="cancel"`) || strings.Contains(body, `id="ship"`) {
		t.Error("a cancelled order can be cancelled or shipped, by its page")
	}
}

func TestWhatNeedsAttentionIsAnsweredAsItWasRead(t *testing.T) {
	o := openOffice(t)
	placed := o.buyers.Place(o.buyers.Stock(5, 500), 1)
	o.buyers.PayWith(placed.GetRedirectUrl(), paymentstest.CardRefundRefused)
	o.buyers.Awaits(placed, ordersv1.OrderStatus_ORDER_STATUS_OPEN)
	at := "/console/orders/" + placed.GetOrder().GetNumber()
	o.does(at+"/cancel", "sure", "yes", "reason", "asked for by phone")
	o.eventually("the order needs attention", func() bool { return o.find(placed.GetOrder().GetNumber()).GetAttention() != nil })
	read := reasonField.FindStringSubmatch(o.shows(at, "This order needs you"))
	if read == nil {
		t.Fatal("the form does not carry what was read")
	}
	answer := []string{"key", o.key(at), "note", "paid back by hand", "action", "close"}
	o.refuses("needs attention for something else", at+"/attention", append(answer, "reason", "what was read long ago")...)
	answer = append(answer, "reason", html.UnescapeString(read[1]))
	if body := o.does(at+"/attention", answer...); strings.Contains(body, "This order needs you") {
		t.Error("an answered order still needs somebody")
	}
	o.audited("answered what needed attention of", "order "+placed.GetOrder().GetNumber())
	o.does(at+"/attention", answer...) // pressed twice
}

func TestANoteIsForTheStaffAlone(t *testing.T) {
	o := openOffice(t)
	placed := o.buyers.Place(o.buyers.Stock(10, 1000), 1)
	at := "/console/orders/" + placed.GetOrder().GetNumber()
	key := o.key(at)
	for range 2 {
		o.does(at+"/note", "key", key, "text", "Ring <twice>")
	}
	if body := o.shows(at, "Ring &lt;twice&gt;", "olga@example.org"); strings.Count(body, "Ring &lt;twice&gt;") != 1 {
		t.Error("the note is there twice")
	}
	seen, err := o.buyers.Orders.GetOrder(t.Context(), &ordersv1.GetOrderRequest{OrderId: placed.GetOrder().GetId(), Token: placed.GetToken()})
	if err != nil || len(seen.GetOrder().GetNotes()) != 0 {
		t.Errorf("the customer is shown %v (%v)", seen.GetOrder().GetNotes(), err)
	}
	o.refuses("text must have 1 to 2000", at+"/note", "key", o.key(at), "text", " ")
}

func TestOrdersAreFoundByWhatIsTyped(t *testing.T) {
	o := openOffice(t)
	sku, other := o.buyers.Stock(10, 1000), o.buyers.Stock(10, 1000)
	one, two := o.buyers.Place(sku, 1).GetOrder(), o.buyers.Place(other, 1).GetOrder()
	for _, query := range []string{one.GetNumber(), strings.ToLower(one.GetNumber()), sku} {
		if body := o.shows("/console/orders?q="+url.QueryEscape(query), one.GetNumber()); strings.Contains(body, two.GetNumber()) {
			t.Errorf("%q finds another order, too", query)
		}
	}
	r, _ := o.ask("GET", "/console/orders/G-0000-00", "operator", nil)
	if r.StatusCode != http.StatusBadRequest && r.StatusCode != http.StatusNotFound {
		t.Errorf("a number of no order: got %d", r.StatusCode)
	}
}

func TestSeveralOrdersAreSentAtOnce(t *testing.T) {
	o := openOffice(t)
	sku := o.buyers.Stock(10, 1000)
	one, two := o.buyers.Buy(sku, 1).GetOrder().GetNumber(), o.buyers.Buy(sku, 2).GetOrder().GetNumber()
	unpaid := o.buyers.Place(sku, 1).GetOrder().GetNumber()
	key := o.key("/console/orders?state=open")
	for range 2 {
		r, body := o.post("/console/orders/ship", "key", key, "carrier", "CTT", "order", one, "order", two, "order", unpaid)
		if r.StatusCode != http.StatusOK || !strings.Contains(body, "2 of 3 orders are sent") || !strings.Contains(body, "nothing is to be sent") {
			t.Errorf("got %d: %.2000s", r.StatusCode, body)
		}
	}
	for _, number := range []string{one, two} {
		if got := o.find(number); len(got.GetFulfilments()) != 1 || got.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_CLOSED {
			t.Errorf("got %v, want one parcel with all of it", got)
		}
	}
	if r, _ := o.post("/console/orders/ship", "key", key); r.StatusCode != http.StatusBadRequest {
		t.Errorf("no order chosen: got %d, want 400", r.StatusCode)
	}
}

func TestOrdersAreSavedAsCSV(t *testing.T) {
	o := openOffice(t)
	sku := o.buyers.Stock(10, 1290)
	bought := o.buyers.Buy(sku, 2).GetOrder()
	r, body := o.ask("GET", "/console/orders.csv?state=open", "operator", nil)
	if got := r.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/csv") || !strings.Contains(r.Header.Get("Content-Disposition"), "orders-open.csv") {
		t.Errorf("got %q, %q, want a file", got, r.Header.Get("Content-Disposition"))
	}
	lines := strings.Split(strings.TrimSpace(body), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "number,placed,") || !strings.HasPrefix(lines[1], bought.GetNumber()+",") || !strings.Contains(lines[1], "2 "+sku) {
		t.Errorf("got %q, want a head and the one order", lines)
	}
	for typed, want := range map[string]string{"=1+1": "'=1+1", "@x": "'@x", "-2": "'-2", "Ana": "Ana", "": ""} {
		if got := harmless(typed); got != want {
			t.Errorf("harmless(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestWhatTheModuleRefusesAPersonIsSaid(t *testing.T) {
	o := openOffice(t)
	bought := o.buyers.Buy(o.buyers.Stock(10, 1000), 1).GetOrder()
	// The console would let this person in; the module does not believe the statement.
	people := o.console.Staff.(team)
	p := people["operator"]
	p.Statement = "forged"
	people["operator"] = p
	for _, path := range []string{"/console/orders", "/console/orders.csv", "/console/orders/" + bought.GetNumber()} {
		if r, body := o.ask("GET", path, "operator", nil); r.StatusCode != http.StatusForbidden || strings.Contains(body, bought.GetNumber()+"<") {
			t.Errorf("%s: got %d, want 403", path, r.StatusCode)
		}
	}
}
