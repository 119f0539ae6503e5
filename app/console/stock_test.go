package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"galleria/app/auditlog"
)

func TestStockIsListedWithWhatRunsOutFirst(t *testing.T) {
	o := openOffice(t)
	many, few := o.buyers.Stock(100, 1000), o.buyers.Stock(2, 1000)
	body := o.shows("/console/stock", many, few)
	if strings.Index(body, few) > strings.Index(body, many) {
		t.Error("what runs out does not stand first")
	}
	if body := o.shows("/console/stock?state=low", few); strings.Contains(body, many) {
		t.Error("what there is enough of is among what runs out")
	}
	o.shows("/console/stock?q="+strings.ToUpper(many), many)
	o.shows("/console/stock?state=out", "no such levels")
	if r, body := o.ask("GET", "/console/stock.csv", "operator", nil); r.StatusCode != http.StatusOK || !strings.Contains(body, few+",main,2,0,2\n") {
		t.Errorf("got %d %q, want the levels as CSV", r.StatusCode, body)
	}
}

func TestADeliveryAndACorrectionAreMadeOnce(t *testing.T) {
	o := openOffice(t)
	sku := o.buyers.Stock(4, 1000)
	at := "/console/stock/" + sku
	key := o.key(at)
	for range 2 {
		o.does(at+"/receive", "key", key, "quantity", "6", "location", "main")
	}
	o.audited("received", "stock of "+sku)
	o.buyers.WantLevel(sku, 10, 0)
	key = o.key(at)
	for range 2 {
		if body := o.does(at+"/adjust", "key", key, "by", "-3", "reason", "damage", "note", "fell off", "location", "main"); !strings.Contains(body, "fell off") || !strings.Contains(body, "-3") {
			t.Error("the page lacks what moved")
		}
	}
	o.buyers.WantLevel(sku, 7, 0)
	found, _, err := o.needs.Audit.Find(auditlog.Filter{Any: "fell off", Limit: 1})
	if err != nil || len(found) != 1 || found[0].From != "10" || found[0].To != "7" {
		t.Errorf("the audit log says %+v, want from 10 to 7", found)
	}
	o.refuses("number above 0", at+"/receive", "key", o.key(at), "quantity", "no")
	o.refuses("not 0", at+"/adjust", "key", o.key(at), "by", "0", "reason", "damage")
	o.refuses("reason", at+"/adjust", "key", o.key(at), "by", "1", "reason", "magic", "location", "main")
	o.refuses("This was not done", at+"/adjust", "key", o.key(at), "by", "-50", "reason", "loss", "location", "main")
	_, body := o.post(at+"/adjust", "key", o.key(at), "by", "-50", "reason", "loss", "location", "main", "note", "after the flood")
	for _, typed := range []string{`value="-50"`, `value="after the flood"`, `<option value="loss" selected`} {
		if !strings.Contains(body, typed) {
			t.Errorf("the form that was refused lacks %s, which was typed into it", typed)
		}
	}
	o.shows("/console/audit?q=stock", "corrected", "stock of "+sku, "olga@example.org")
}

func TestNumbersAddUpWhatWasSold(t *testing.T) {
	o := openOffice(t)
	sku := o.buyers.Stock(10, 1000)
	bought := o.buyers.Buy(sku, 3).GetOrder()
	o.buyers.Place(sku, 1)
	o.shows("/console/numbers?state=hours", "Carts begun", "Conversion, orders of carts begun")
	if body := o.page("/console/numbers?state=quarter"); strings.Contains(body, "Carts begun") {
		t.Error("carts of 90 days are counted, and are forgotten after 30")
	}
	for _, path := range []string{"/console/numbers", "/console/numbers?state=hours", "/console/numbers?state=quarter"} {
		body := o.shows(path, "<svg", `class="bar"`, sku, amount("EUR", bought.GetTotals().GetTotalMinor()), "Sales by")
		if !strings.Contains(body, "1 order</title>") {
			t.Errorf("%s: the plot does not say that there was 1 order", path)
		}
	}
}

func TestAPlotNamesRoundNumbersAndEscapesWords(t *testing.T) {
	for n, want := range map[int64]int64{0: 2, 1: 2, 3: 4, 5: 10, 11: 20, 4100: 10000} {
		if got := ceiling(n); got != want {
			t.Errorf("ceiling(%d) = %d, want %d", n, got, want)
		}
	}
	if svg := plot("a <plot>", []plotted{{3, "<x>", "3 & more"}}, func(n int64) string { return fmt.Sprint(n) }); strings.Contains(svg, "<x>") || !strings.Contains(svg, "3 &amp; more") {
		t.Error(svg)
	}
	for minor, want := range map[int64]string{2: "0.02", 10_000: "100", 150_000: "1.5k", 20_000_000_000: "200M"} {
		if got := moneyMark("EUR")(minor); got != want {
			t.Errorf("%d cents are marked %s, want %s", minor, got, want)
		}
	}
	// The picture has room for the longest number at its left, in the type of a phone.
	svg := plot("p", []plotted{{10_000_000, "", "much"}}, moneyMark("EUR"))
	if !strings.Contains(svg, `x="52" y="24" text-anchor="end">100k<`) {
		t.Errorf("got %s, want 100k to end 52 units from the left, at 13 a letter", svg)
	}
}
