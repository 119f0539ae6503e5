package storefront_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// keepAddress adds an address to the account.
func (v *visitor) keepAddress(street, country string) *page {
	v.t.Helper()
	return v.fill(v.get("/account/addresses").want(http.StatusOK), "/account/addresses", map[string]string{
		"name": "Ana Arco", "line1": street, "city": "Lisboa", "postal_code": "1100-001", "country": country,
	})
}

func TestAddressesAreKeptChangedAndDeleted(t *testing.T) {
	s := newShop(t)
	v, other := s.visitor(t), s.visitor(t)
	v.get("/account/addresses").want(http.StatusSeeOther)
	v.logIn(s.person(t)).want(http.StatusSeeOther)
	other.logIn(s.person(t)).want(http.StatusSeeOther)
	if p := v.keepAddress("", "PT").want(http.StatusUnprocessableEntity); p.wrong("line1") == "" || attr(p.field("city"), "value") != "Lisboa" {
		t.Errorf("the form does not say what is wrong, or forgot what was typed:\n%s", p.text())
	}
	v.keepAddress("Rua Um <1>", "PT").want(http.StatusSeeOther)
	v.keepAddress("Rua Dois 2", "PT").want(http.StatusSeeOther)
	p := v.get("/account/addresses").want(http.StatusOK).says("Rua Um <1>", "Rua Dois 2", "Portugal")
	var ids []string
	for _, a := range p.all("a") {
		if id, is := strings.CutPrefix(attr(a, "href"), "/account/addresses?change="); is {
			ids = append(ids, id)
		}
	}
	if len(ids) != 2 {
		t.Fatalf("got %d links to change an address, want 2", len(ids))
	}
	other.post("/account/addresses/first", url.Values{"id": {ids[1]}}).want(http.StatusNotFound)
	other.post("/account/addresses/delete", url.Values{"id": {ids[1]}}).want(http.StatusSeeOther)
	v.fill(v.get("/account/addresses?change="+ids[1]).says("Change this address"), "/account/addresses", map[string]string{"line1": "Rua Nova 3", "country": "PT"}).want(http.StatusSeeOther)
	v.get("/account/addresses").says("Rua Nova 3").saysNot("Rua Dois 2")
	v.post("/account/addresses/first", url.Values{"id": {ids[1]}}).want(http.StatusSeeOther)
	if text := v.get("/account/addresses").text(); strings.Index(text, "Rua Nova 3") > strings.Index(text, "Rua Um") {
		t.Errorf("got\n%s\nwant the one that is used first at the top", text)
	}
	v.post("/account/addresses/delete", url.Values{"id": {ids[0]}}).want(http.StatusSeeOther)
	v.get("/account/addresses").saysNot("Rua Um <1>")
}

func TestTheCheckoutIsFilledInForWhoIsLoggedIn(t *testing.T) {
	s := newShop(t)
	v, email := s.visitor(t), s.person(t)
	v.logIn(email).want(http.StatusSeeOther)
	v.put("LMP-ARC-01", 1)
	p := v.get("/checkout").want(http.StatusOK)
	if attr(p.field("email"), "value") != email || attr(p.field("name"), "value") != "Ana Arco" || attr(p.field("line1"), "value") != "" {
		t.Errorf("got\n%s\nwant e-mail address and name filled in, and no address", p.body)
	}
	v.keepAddress("Rua Um 1", "PT").want(http.StatusSeeOther)
	v.keepAddress("Via Due 2", "IT").want(http.StatusSeeOther)
	p = v.get("/checkout").want(http.StatusOK).says("Ana Arco, Rua Um 1, Lisboa", "Ana Arco, Via Due 2, Lisboa", "including VAT 23 %")
	if got := attr(p.field("line1"), "value"); got != "Rua Um 1" {
		t.Errorf("got street %q, want that of the first address", got)
	}
	for _, a := range p.all("a") {
		if strings.Contains(attr(a, "href"), "/checkout?address=") && attr(a, "aria-current") == "" {
			p = v.get(attr(a, "href")).want(http.StatusOK).says("including VAT 22 %")
			break
		}
	}
	if got := attr(p.field("line1"), "value"); got != "Via Due 2" {
		t.Errorf("got street %q, want that of the address that was chosen", got)
	}
	p = v.get("/checkout?country=IT&line1=Elsewhere").want(http.StatusOK)
	if got := attr(p.field("line1"), "value"); got != "Elsewhere" || attr(p.field("city"), "value") != "" {
		t.Errorf("got street %q, want the one that was typed, and not mixed with another", got)
	}
}

func TestTheNameOfAnAccountIsChanged(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	v.logIn(s.person(t)).want(http.StatusSeeOther)
	v.post("/account/profile", url.Values{"name": {"Bea Beck"}}).want(http.StatusSeeOther)
	v.get("/account").want(http.StatusOK).says("Hello Bea Beck")
	if p := v.post("/account/profile", url.Values{"name": {"see http://evil.example"}}).want(http.StatusUnprocessableEntity); p.wrong("name") == "" {
		t.Error("the field does not say what is wrong with it")
	}
}
