package storefront_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/accounts/accountstest"
	accountsv1 "galleria/modules/accounts/v1"
)

// link is where the page's link of that text leads.
func (p *page) link(text string) string {
	p.t.Helper()
	for _, a := range p.all("a") {
		if inner(a) == text {
			return attr(a, "href")
		}
	}
	p.t.Fatalf("the page has no link %q", text)
	return ""
}

func TestTryAgainLeadsToAPageAlsoAfterAForm(t *testing.T) {
	for _, c := range []struct{ referer, want string }{
		{"http://localhost:8080/products/aria?colour=red", "/products/aria?colour=red"},
		{"", "/cart"},
		{"https://other.example/products/aria", "/cart"},
		{"http://localhost:8080//other.example/", "/cart"},
		{"::", "/cart"},
	} {
		s := newShop(t)
		v := s.visitor(t)
		v.put("LMP-ARC-01", 1)
		s.cart.Fail(status.Error(codes.Unavailable, "away"))
		v.header.Set("Referer", c.referer)
		p := v.post("/cart/items", url.Values{"sku": {"LMP-ARC-01"}, "quantity": {"1"}}).want(http.StatusServiceUnavailable).says("not known whether what you sent was done")
		if got := p.link("Try again"); got != c.want {
			t.Errorf("a form sent from %q: got a link to %q, want %q", c.referer, got, c.want)
		}
		if got := v.get("/cart").want(http.StatusServiceUnavailable).link("Try again"); got != "" {
			t.Errorf("a page: got a link to %q, want the page itself", got)
		}
	}
}

func TestAFailureLeadsStaffToItsTrace(t *testing.T) {
	s := newShop(t)
	for _, c := range []struct {
		email string
		role  accountsv1.Role
		leads bool
	}{
		{"olga@example.org", accountsv1.Role_ROLE_OPERATOR, true},
		{"ana@example.org", accountsv1.Role_ROLE_CUSTOMER, false},
	} {
		if _, err := s.operator.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{Email: c.email, Password: accountstest.Password, Role: c.role}); err != nil {
			t.Fatal(err)
		}
		v := s.visitor(t)
		v.put("LMP-ARC-01", 1)
		v.logIn(c.email).want(http.StatusSeeOther)
		s.cart.Fail(status.Error(codes.Unavailable, "away"))
		p := v.get("/cart").want(http.StatusServiceUnavailable)
		s.cart.Fail(nil)
		if leads := strings.Contains(p.text(), "What happened, in the console"); leads != c.leads {
			t.Errorf("%s: is led to the trace: %v, want %v", c.email, leads, c.leads)
		} else if leads {
			if want := "/console/traces?q=" + p.header.Get("X-Request-Id"); p.link("What happened, in the console") != want {
				t.Errorf("got a link to %q, want %q", p.link("What happened, in the console"), want)
			}
		}
	}
}
