package storefront_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/modules/accounts/accountstest"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/id"
)

// forEveryone are the routes that want neither a token nor a log-in. All others are about
// an order or an account.
var forEveryone = []string{
	"GET /", "GET /c/:category", "GET /products/:slug", "GET /search", "GET /legal/:slug",
	"GET /cart", "POST /cart/items", "POST /cart/items/:sku", "POST /cart/code", "GET /cart/items", "GET /cart/items/:sku", "GET /cart/code", // the cart of the browser
	"POST /currency", "GET /checkout", "POST /checkout",
	"GET /signup", "POST /signup", "GET /verify", "POST /verify", "GET /login", "POST /login", "POST /login/passkey/begin", "POST /login/passkey", "POST /logout",
	"GET /first-admin", "POST /first-admin", "GET /forgot", "POST /forgot", "GET /reset", "POST /reset", // by the secret of a mailed or printed link
	"GET /sandbox/pay/:session", "POST /sandbox/pay/:session", "POST /webhooks/payments/:provider", // by the secret of a payment, or a signature
	"GET /robots.txt", "GET /sitemap.xml", "GET /sitemaps/:page", "GET /logo/:hash", "GET /pictures/:name", "GET /pictures/:hash/:name", "GET /assets/:name", "GET /favicon.svg",
}

// What a route answers a caller.
const (
	letIn    = "let in"
	toLogIn  = "led to the log-in"
	notThere = "not there"
)

// expected is what a caller is answered at a route that is about an order or an account;
// "" where there is no rule for it.
func expected(method, path, caller string) string {
	switch {
	case strings.HasPrefix(path, "/account/"), path == "/account":
		if strings.HasPrefix(caller, "customer") {
			return letIn // to their own account, whatever the form names
		}
		return toLogIn
	case strings.HasPrefix(path, "/orders/:id"):
		switch caller {
		case "customer A", "the order's token":
			return letIn
		case "guest":
			if method == http.MethodGet {
				return toLogIn
			}
		}
		return notThere
	}
	return ""
}

// answered is what a page is an answer to a caller.
func (p *page) answered() string {
	switch {
	case p.status == http.StatusSeeOther && strings.HasPrefix(p.header.Get("Location"), "/login?next="):
		return toLogIn
	case p.status == http.StatusNotFound:
		return notThere
	case p.status < 500 && p.status != http.StatusUnauthorized && p.status != http.StatusForbidden:
		return letIn
	}
	return http.StatusText(p.status)
}

// TestEveryRouteAboutAnOrderOrAnAccountIsOpenToItsOwner asks for each of them as each kind
// of caller, about what is customer A's. Nothing is changed or shown to other callers, who
// confirm their forms with a password that is right for them.
func TestEveryRouteAboutAnOrderOrAnAccountIsOpenToItsOwner(t *testing.T) {
	s := newShop(t)
	s.setStock(t, "LMP-ARC-01", 100)
	email, a := "ana."+id.New()+"@example.com", s.visitor(t)
	order, token := opens(t, s.visitor(t).buyFor(email))
	_, others := opens(t, s.visitor(t).buyFor("ben@example.com"))
	a.signUp(t, email)
	a.keepAddress("Rua Um 1", "PT").want(http.StatusSeeOther)
	session := a.cookie("session").Value
	addresses, err := s.accounts.ListAddresses(t.Context(), &accountsv1.ListAddressesRequest{Session: session})
	if err != nil {
		t.Fatal(err)
	}
	sessions := func() (ids []string) {
		t.Helper()
		listed, err := s.accounts.ListSessions(t.Context(), &accountsv1.ListSessionsRequest{Session: session})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range listed.GetSessions() {
			ids = append(ids, one.GetId())
		}
		return ids
	}
	things := url.Values{"id": {addresses.GetAddresses()[0].GetId()}, "password": {accountstest.Password}, "new_password": {accountstest.Password + " of another"}}
	things.Set("change", things.Get("id"))
	ask := func(r *echo.Route, v *visitor, token string) *page {
		form := url.Values{"token": {token}}
		for name := range things {
			form.Set(name, things.Get(name))
		}
		if strings.Contains(r.Path, "/sessions") {
			form.Set("id", sessions()[0])
		}
		at := strings.ReplaceAll(r.Path, ":id", order)
		if r.Method == http.MethodGet {
			return v.get(at + "?" + form.Encode())
		}
		return v.post(at, form)
	}
	seen := func() string {
		var all []string
		for _, at := range []string{"/account", "/account/orders", "/account/addresses", "/orders/" + order} {
			all = append(all, a.get(at).want(http.StatusOK).text())
		}
		return strings.Join(append(all, sessions()...), "\n")
	}
	check := func(r *echo.Route, caller string, p *page) {
		t.Helper()
		want := expected(r.Method, r.Path, caller)
		if want == "" {
			t.Errorf("%s %s: say in expected who may, or name it in forEveryone", r.Method, r.Path)
		} else if got := p.answered(); got != want && (caller != "customer B" || got != notThere) { // in their account there is no such thing
			t.Errorf("%s %s as %s: got %s (%d), want %s", r.Method, r.Path, caller, got, p.status, want)
		}
		if want != letIn || caller == "customer B" {
			if strings.Contains(p.body, email) || strings.Contains(p.body, "Rua Um 1") {
				t.Errorf("%s %s tells %s something of customer A", r.Method, r.Path, caller)
			}
		}
	}

	var owned []*echo.Route
	public := slices.Clone(forEveryone)
	for _, r := range s.front.Routes() {
		if r.Method == http.MethodHead || r.Method == echo.RouteNotFound {
			continue // as GET
		}
		if at := slices.Index(public, r.Method+" "+r.Path); at >= 0 {
			public = slices.Delete(public, at, at+1)
			continue
		}
		owned = append(owned, r)
	}
	if len(public) > 0 {
		t.Errorf("%v are no routes of the shop", public)
	}
	before := seen()
	s.clock.pass(time.Hour)
	for _, r := range owned {
		s.clock.pass(time.Hour) // so that no limit of the client is met
		b := s.visitor(t)
		b.logIn(s.person(t)).want(http.StatusSeeOther) // a form may have ended the account before
		check(r, "guest", ask(r, s.visitor(t), ""))
		check(r, "customer B", ask(r, b, ""))
		check(r, "the token of another order", ask(r, s.visitor(t), others))
	}
	if after := seen(); after != before {
		t.Errorf("callers who may not have changed something of customer A: it was\n%s\nand is\n%s", before, after)
	}
	for _, r := range owned {
		s.clock.pass(time.Hour)
		if strings.HasPrefix(r.Path, "/orders/") {
			check(r, "the order's token", ask(r, s.visitor(t), token))
		}
		if r.Method == http.MethodGet || strings.HasPrefix(r.Path, "/orders/") { // other forms end the session
			check(r, "customer A", ask(r, a, ""))
		}
	}
}
