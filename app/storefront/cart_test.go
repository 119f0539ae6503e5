package storefront_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/storefront"
	"galleria/modules/catalog/catalogtest"
	"galleria/modules/payments/paymentstest"
)

func TestThingsGoIntoTheCartAndOut(t *testing.T) {
	v := newShop(t).visitor(t)
	v.get("/cart").want(http.StatusOK).says("Nothing in it yet")

	p := v.post("/cart/items", url.Values{"sku": {"LMP-ARC-01"}, "quantity": {"2"}}).want(http.StatusSeeOther)
	if got := p.header.Get("Location"); got != "/cart" {
		t.Errorf("after adding: got Location %q, want /cart", got)
	}
	v.post("/cart/items", url.Values{"sku": {"KTC-MUG-03"}}).want(http.StatusSeeOther) // no quantity means one
	v.get("/cart").want(http.StatusOK).says("Aria Arc Floor Lamp", "€578.00", "Meadow Stoneware Mug", "3 things", "€597.50")

	v.post("/cart/items/LMP-ARC-01", url.Values{"quantity": {"1"}}).want(http.StatusSeeOther)
	v.get("/cart").says("2 things", "€308.50")
	v.post("/cart/items/LMP-ARC-01", url.Values{"quantity": {"0"}}).want(http.StatusSeeOther)
	c := v.get("/cart").saysNot("Aria Arc")
	if got := c.badge(); got != "1" {
		t.Errorf("got badge %q, want 1", got)
	}
}

// A cart page is still open from before the line was taken out, or bought, in another tab.
func TestAQuantityOfALineThatIsGoneDoesNotBringItBack(t *testing.T) {
	const gone = "It is not in your cart any more"
	s := newShop(t)
	v := s.visitor(t)
	v.put("LMP-ARC-01", 1)
	v.put("KTC-MUG-03", 1)
	v.post("/cart/items/LMP-ARC-01", url.Values{"quantity": {"0"}}).want(http.StatusSeeOther)
	v.post("/cart/items/LMP-ARC-01", url.Values{"quantity": {"2"}}).want(http.StatusConflict).
		says("Your cart did not change", gone, "Meadow Stoneware Mug", "1 thing").saysNot("Aria Arc")
	v.post("/cart/items/LMP-ARC-01", url.Values{"quantity": {"0"}}).want(http.StatusSeeOther)

	v.pay(v.post("/checkout", v.order()), paymentstest.CardVisa)
	v.post("/cart/items/KTC-MUG-03", url.Values{"quantity": {"3"}}).want(http.StatusConflict).says(gone, "Nothing in it yet")
	if got := v.held().GetItemCount(); got != 0 {
		t.Errorf("got %d things in the cart, want none", got)
	}
}

func TestWhatTheCartRefusesItSaysAndKeeps(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	v.put("LMP-ARC-01", 98)
	for _, refused := range []struct {
		path     string
		form     url.Values
		status   int
		sentence string
	}{
		{"/cart/items", url.Values{"sku": {"LMP-ARC-01"}, "quantity": {"2"}}, 422, "up to 99 of one thing"},
		{"/cart/items", url.Values{"sku": {"LMP-ARC-01"}, "quantity": {"0"}}, 422, "from 1 to 99"},
		{"/cart/items", url.Values{"sku": {"LMP-ARC-01"}, "quantity": {"-3"}}, 422, "from 1 to 99"},
		{"/cart/items", url.Values{"sku": {"LMP-ARC-01"}, "quantity": {"1e3"}}, 422, "from 1 to 99"},
		{"/cart/items", url.Values{"sku": {"LMP-ARC-01"}, "quantity": {"99999999999999999999"}}, 422, "from 1 to 99"},
		{"/cart/items", url.Values{"sku": {"NO-SUCH"}, "quantity": {"1"}}, 409, "no longer sold"},
		{"/cart/items", url.Values{}, 422, "do not know what to put"},
		{"/cart/items/LMP-ARC-01", url.Values{"quantity": {"100"}}, 422, "from 0 to 99"},
		{"/cart/items/LMP-ARC-01", url.Values{}, 422, "from 0 to 99"},
		{"/cart/items/LMP-ARC-01", url.Values{"quantity": {"many"}}, 422, "from 0 to 99"},
	} {
		v.post(refused.path, refused.form).want(refused.status).says("Your cart did not change", refused.sentence, "98 things")
	}
}

func TestTheCartWarnsOfWhatIsShortOrGone(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	v.put("LMP-ARC-01", 20)
	v.put("KTC-MUG-03", 1)
	gone := catalogtest.Product("KTC-MUG-03")
	gone.Active = false
	s.catalog.Put(gone)
	p := v.get("/cart").want(http.StatusOK).says("Only 14 are left.", "No longer sold. It will not be part of your order.", "€5,780.00")
	if got := p.wrong("quantity"); got != "Only 14 are left. Please change the quantity before you order." {
		t.Errorf("the quantity's field says %q", got)
	}
}

func TestTheCartsCookieIsASecret(t *testing.T) {
	s := newShop(t, func(o *storefront.Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		o.BaseURL = ""
	})
	add := func(prepare func(r *http.Request)) *http.Cookie {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "http://shop.example/cart/items", strings.NewReader("sku=LMP-ARC-01"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		prepare(r)
		w := httptest.NewRecorder()
		s.front.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			if strings.HasSuffix(c.Name, "galleria_cart") {
				return c
			}
		}
		t.Fatalf("got status %d and no cart", w.Code)
		return nil
	}
	c := add(func(*http.Request) {})
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge != 30*24*3600 || len(c.Value) < 22 {
		t.Errorf("got cookie %v", c)
	}
	if c.Secure {
		t.Error("Secure over plain HTTP: the browser would not keep it")
	}
	if other := add(func(*http.Request) {}); other.Value == c.Value {
		t.Error("two visitors got one cart")
	}
	for name, secure := range map[string]struct {
		prepare func(*http.Request)
		want    bool
	}{
		"TLS":                    {func(r *http.Request) { r.TLS = &tls.ConnectionState{} }, true},
		"a proxy of ours":        {func(r *http.Request) { r.RemoteAddr = "10.1.2.3:99"; r.Header.Set("X-Forwarded-Proto", "https") }, true},
		"plain through a proxy":  {func(r *http.Request) { r.RemoteAddr = "10.1.2.3:99"; r.Header.Set("X-Forwarded-Proto", "http") }, false},
		"somebody who claims it": {func(r *http.Request) { r.RemoteAddr = "192.0.2.1:99"; r.Header.Set("X-Forwarded-Proto", "https") }, false},
	} {
		c := add(secure.prepare)
		if c.Secure != secure.want || strings.HasPrefix(c.Name, "__Host-") != secure.want {
			t.Errorf("over %s: got %s with Secure %v, want __Host- and Secure %v", name, c.Name, c.Secure, secure.want)
		}
	}
	forged := add(func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "galleria_cart", Value: "short"}) })
	if forged.Value == "short" {
		t.Error("an id that can be guessed was taken for a cart's")
	}
}

func TestTheShopsAddressSaysWhetherItIsSecure(t *testing.T) {
	for base, want := range map[string]bool{"https://shop.example": true, "http://shop.example": false} {
		s := newShop(t, func(o *storefront.Options) { o.BaseURL = base })
		p := s.visitor(t).post("/cart/items", url.Values{"sku": {"LMP-ARC-01"}}).want(http.StatusSeeOther)
		if got := p.header.Get("Strict-Transport-Security") != ""; got != want {
			t.Errorf("%s: got Strict-Transport-Security %v, want %v", base, got, want)
		}
		cookies := p.header.Values("Set-Cookie")
		if len(cookies) != 2 {
			t.Fatalf("%s: got the cookies %q, want cart and count", base, cookies)
		}
		for _, c := range cookies {
			if strings.HasPrefix(c, "__Host-") != want || strings.Contains(c, "; Secure") != want {
				t.Errorf("%s: got the cookie %s, want __Host- and Secure %v", base, c, want)
			}
		}
	}
}

func TestOverHTTPSACartOfAnotherHostIsNotTaken(t *testing.T) {
	s := newShop(t)
	eve := s.visitor(t)
	eve.put("LMP-ARC-01", 1)
	v := s.visitor(t)
	for _, c := range eve.jar.Cookies(&url.URL{Scheme: "https", Host: "localhost"}) {
		v.header.Add("Cookie", strings.TrimPrefix(c.Name, "__Host-")+"="+c.Value)
	}
	v.get("/cart").want(http.StatusOK).saysNot("Aria Arc")
}

func TestWithoutTheCartModuleTheRestGoesOn(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	v.put("LMP-ARC-01", 2)
	s.cart.Fail(status.Error(codes.Unavailable, "away"))
	if got := v.get("/").want(http.StatusOK).badge(); got != "2" {
		t.Errorf("got badge %q, want 2", got)
	}
	v.get(lamp).want(http.StatusOK)
	v.get("/cart").want(http.StatusServiceUnavailable).says("your cart is kept")
	v.get("/checkout").want(http.StatusServiceUnavailable).says("your cart is kept")
	v.post("/cart/items", url.Values{"sku": {"LMP-ARC-01"}}).want(http.StatusServiceUnavailable)
	s.cart.Fail(nil)
	v.get("/cart").want(http.StatusOK).says("2 things")
}

func TestPostsFromOtherSitesAreRefused(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	form := url.Values{"sku": {"LMP-ARC-01"}}
	for _, foreign := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://evil.example"}},
	} {
		v.header = foreign
		for _, path := range []string{"/cart/items", "/cart/items/LMP-ARC-01", "/checkout", "/orders/x/cancel"} {
			v.post(path, form).want(http.StatusForbidden).says("sent from another site")
		}
	}
	for _, ours := range []http.Header{
		{"Sec-Fetch-Site": {"same-origin"}}, {"Origin": {"http://localhost:8080"}}, {"Origin": {"https://shop.example"}}, {},
	} {
		v.header = ours
		v.post("/cart/items", form).want(http.StatusSeeOther)
	}
}

func TestOddBodiesAreRefused(t *testing.T) {
	v := newShop(t).visitor(t)
	for _, path := range []string{"/cart/items", "/cart/items/x", "/checkout", "/orders/x/cancel"} {
		v.post(path, url.Values{"sku": {strings.Repeat("x", 70<<10)}}).want(http.StatusRequestEntityTooLarge).says("too much to carry")
		v.header.Set("Content-Type", "multipart/form-data; boundary=x")
		v.post(path, url.Values{"sku": {"x"}}).want(http.StatusUnsupportedMediaType)
		v.header.Set("Content-Type", "application/json")
		v.post(path, url.Values{"sku": {"x"}}).want(http.StatusUnsupportedMediaType)
		v.header.Del("Content-Type")
	}
	r := httptest.NewRequest(http.MethodPost, "/cart/items", strings.NewReader("sku=%zz"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	v.shop.front.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest {
		t.Errorf("a form nobody can read: got %d, want 400", w.Code)
	}
}

func TestAFullCartIsSaid(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	for i := range 101 {
		s.catalog.Put(catalogtest.Product(fmt.Sprintf("FULL-%03d", i)))
	}
	for i := range 100 {
		v.put(fmt.Sprintf("FULL-%03d", i), 1)
	}
	p := v.post("/cart/items", url.Values{"sku": {"FULL-100"}}).want(http.StatusUnprocessableEntity).says("up to 100 different things")
	if got := p.badge(); got != "99+" {
		t.Errorf("got badge %q, want 99+", got)
	}
}

func TestACartThatWasNotMadeHereIsNotAdopted(t *testing.T) {
	s := newShop(t)
	planted := strings.Repeat("planted-", 5)
	post := func(path string, form url.Values) *http.Response {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: "__Host-galleria_cart", Value: planted})
		w := httptest.NewRecorder()
		s.front.ServeHTTP(w, r)
		return w.Result()
	}
	if got := post("/cart/items/LMP-ARC-01", url.Values{"quantity": {"1"}}); got.StatusCode != http.StatusConflict {
		t.Errorf("set: got %d, want 409", got.StatusCode)
	}
	got := post("/cart/items", url.Values{"sku": {"LMP-ARC-01"}})
	if got.StatusCode != http.StatusSeeOther {
		t.Fatalf("add: got %d, want 303", got.StatusCode)
	}
	for _, c := range got.Cookies() {
		if c.Name == "__Host-galleria_cart" && c.Value != planted {
			return
		}
	}
	t.Errorf("got the cookies %v, want a cart of another id", got.Cookies())
}
