package storefront_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"galleria/modules/accounts/accountstest"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/id"
)

// person makes an account and returns its address.
func (s *shop) person(t *testing.T) string {
	t.Helper()
	email := "ana." + id.New() + "@example.com"
	_, err := s.operator.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{Email: email, Name: "Ana Arco", Password: accountstest.Password, Role: accountsv1.Role_ROLE_CUSTOMER})
	if err != nil {
		t.Fatal(err)
	}
	return email
}

// fill fills in the form of a page and sends it.
func (v *visitor) fill(p *page, to string, values map[string]string) *page {
	v.t.Helper()
	form := url.Values{}
	for _, input := range p.all("input") {
		if name := attr(input, "name"); name != "" && name != "q" && name != "view" {
			form.Set(name, attr(input, "value"))
		}
	}
	for name, value := range values {
		form.Set(name, value)
	}
	return v.post(to, form)
}

func (v *visitor) logIn(email string) *page {
	v.t.Helper()
	return v.fill(v.get("/login").want(http.StatusOK), "/login", map[string]string{"email": email, "password": accountstest.Password})
}

func (v *visitor) cookie(name string) *http.Cookie {
	for _, c := range v.jar.Cookies(&url.URL{Scheme: "https", Host: v.at.Host, Path: "/"}) {
		if strings.HasSuffix(c.Name, name) {
			return c
		}
	}
	return nil
}

func TestWhatABrowserSendsMayBeNoText(t *testing.T) {
	s := newShop(t)
	v, email := s.visitor(t), s.person(t)
	v.header["User-Agent"] = []string{"a browser \xff"}
	v.header["Cookie"] = []string{"session=\xff; cart=\xff; count=\xff; currency=\xff"}
	v.header["Accept-Language"], v.header["If-None-Match"], v.header["Referer"] = []string{"\xff"}, []string{"\"\xff\""}, []string{"http://localhost:8080/\xff"}
	for _, path := range []string{"/", "/cart", "/checkout", "/login"} {
		if p := v.get(path); p.status >= 400 {
			t.Errorf("GET %s: got %d", path, p.status)
		}
	}
	v.logIn(email).want(http.StatusSeeOther)
}

func TestACustomerLogsInAndOut(t *testing.T) {
	s := newShop(t)
	v, email := s.visitor(t), s.person(t)
	to := v.get("/account").want(http.StatusSeeOther).header.Get("Location")
	if to != "/login?next=%2Faccount" {
		t.Errorf("the account of nobody leads to %s, want the log-in", to)
	}
	v.fill(v.get(to), "/login", map[string]string{"email": email, "password": "something else"}).want(http.StatusUnauthorized).says("No account has this e-mail address and password")
	in := v.logIn(email).want(http.StatusSeeOther)
	if to := in.header.Get("Location"); to != "/account" {
		t.Errorf("the log-in leads to %s, want the account", to)
	}
	set := strings.Join(in.header.Values("Set-Cookie"), "\n")
	if !strings.Contains(set, "__Host-session=") || !strings.Contains(set, "HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("got cookies\n%s\nwant a session that no script and no other site can use", set)
	}
	v.get("/account").want(http.StatusOK).says("Hello Ana Arco", email)
	before := v.cookie("session").Value
	v.post("/logout", url.Values{}).want(http.StatusSeeOther)
	v.get("/account").want(http.StatusSeeOther)
	v.jar.SetCookies(&url.URL{Scheme: "https", Host: v.at.Host, Path: "/"}, []*http.Cookie{{Name: "__Host-session", Value: before, Secure: true, Path: "/"}})
	v.get("/account").want(http.StatusSeeOther) // the session has ended, and not only the cookie is gone
}

func TestASessionIsAnotherOneAfterLoggingIn(t *testing.T) {
	s := newShop(t)
	v, email := s.visitor(t), s.person(t)
	planted := id.Secret()
	v.jar.SetCookies(&url.URL{Scheme: "https", Host: v.at.Host, Path: "/"}, []*http.Cookie{{Name: "__Host-session", Value: planted, Secure: true, Path: "/"}})
	v.logIn(email).want(http.StatusSeeOther)
	if v.cookie("session").Value == planted {
		t.Error("the session that was planted before is the person's now")
	}
}

func TestALogInLeadsToNoOtherSite(t *testing.T) {
	s := newShop(t)
	v, email := s.visitor(t), s.person(t)
	for _, to := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "javascript:alert(1)", "http:/evil", "/\t/evil.example", "evil"} {
		p := v.get("/login?next=" + url.QueryEscape(to)).want(http.StatusOK)
		in := v.fill(p, "/login", map[string]string{"email": email, "password": accountstest.Password, "next": to}).want(http.StatusSeeOther)
		if got := in.header.Get("Location"); got != "/account" {
			t.Errorf("next=%q leads to %q, want the account", to, got)
		}
	}
	in := v.fill(v.get("/login?next=/checkout"), "/login", map[string]string{"email": email, "password": accountstest.Password})
	if got := in.header.Get("Location"); got != "/checkout" {
		t.Errorf("next=/checkout leads to %q", got)
	}
}

func TestFormsOfAccountsAreRefusedFromOtherSites(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	v.logIn(s.person(t)).want(http.StatusSeeOther)
	v.header.Set("Sec-Fetch-Site", "cross-site")
	for _, path := range []string{"/login", "/logout", "/signup", "/verify", "/forgot", "/reset", "/account/password", "/account/sessions", "/account/second-factor", "/account/second-factor/start",
		"/account/email", "/account/delete", "/account/second-factor/off", "/account/profile", "/account/addresses", "/account/addresses/first", "/account/addresses/delete",
	} {
		v.post(path, url.Values{}).want(http.StatusForbidden)
	}
	v.header.Del("Sec-Fetch-Site")
	v.get("/account").want(http.StatusOK)
}

func TestSigningUpSaysTheSameForAnAddressWithAnAccount(t *testing.T) {
	s := newShop(t)
	var pages []string
	for _, email := range []string{"new." + id.New() + "@example.com", s.person(t)} {
		v := s.visitor(t)
		p := v.fill(v.get("/signup").want(http.StatusOK), "/signup", map[string]string{"email": email, "password": accountstest.Password}).want(http.StatusOK)
		pages = append(pages, p.says("A mail is on its way").body)
	}
	if pages[0] != pages[1] {
		t.Errorf("the pages differ:\n%s\n\n%s", pages[0], pages[1])
	}
	v := s.visitor(t)
	p := v.fill(v.get("/signup"), "/signup", map[string]string{"email": "nobody", "password": "password1"}).want(http.StatusUnprocessableEntity)
	if p.wrong("email") == "" || p.wrong("password") == "" {
		t.Error("the fields do not say what is wrong with them")
	}
	v.fill(v.get("/verify?token=x"), "/verify", nil).want(http.StatusNotFound).says("The link was used, or is too old")
	v.fill(v.get("/reset?token=x"), "/reset", map[string]string{"password": accountstest.Password}).want(http.StatusNotFound).says("The link was used, or is too old")
	v.fill(v.get("/forgot"), "/forgot", map[string]string{"email": "nobody@example.com"}).want(http.StatusOK).says("If the address has an account")
}

func TestAGuestsCartIsTakenAlong(t *testing.T) {
	s := newShop(t)
	email := s.person(t)
	home, other := s.visitor(t), s.visitor(t)
	home.put("LMP-ARC-01", 2)
	home.logIn(email).want(http.StatusSeeOther)
	other.put("LMP-ARC-01", 1)
	other.logIn(email).want(http.StatusSeeOther)
	if got := other.get("/cart").want(http.StatusOK).text(); !strings.Contains(got, "3 things") {
		t.Errorf("got\n%s\nwant the 2 of one device and the 1 of the other", got)
	}
	other.post("/logout", url.Values{}).want(http.StatusSeeOther)
	other.get("/cart").want(http.StatusOK).saysNot("3 things")
}

func TestACartThatAnotherCustomerLeftIsNotTakenAlong(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	v.logIn(s.person(t)).want(http.StatusSeeOther)
	v.put("LMP-ARC-01", 2)
	// The session is gone, by age, and the cart's cookie is still there.
	v.jar.SetCookies(&url.URL{Scheme: "https", Host: v.at.Host, Path: "/"}, []*http.Cookie{{Name: "__Host-session", Path: "/", Secure: true, Expires: time.Unix(1, 0)}})
	v.logIn(s.person(t)).want(http.StatusSeeOther)
	v.get("/cart").want(http.StatusOK).saysNot("2 things")
}

func TestSecurityOfAnAccount(t *testing.T) {
	s := newShop(t)
	v, elsewhere, email := s.visitor(t), s.visitor(t), s.person(t)
	v.header.Set("User-Agent", "Browser <here>")
	elsewhere.header.Set("User-Agent", "Browser there")
	v.logIn(email).want(http.StatusSeeOther)
	elsewhere.logIn(email).want(http.StatusSeeOther)
	v.get("/account/security").want(http.StatusOK).says("Browser <here>", "Browser there")
	v.post("/account/sessions", url.Values{}).want(http.StatusUnprocessableEntity).says("Your password is another one")
	elsewhere.get("/account").want(http.StatusOK)
	ending := v.get("/account/sessions").want(http.StatusOK).says("Log out everywhere else")
	v.fill(ending, "/account/sessions", map[string]string{"password": accountstest.Password}).want(http.StatusSeeOther)
	elsewhere.get("/account").want(http.StatusSeeOther)

	change := func(present, next string) *page {
		return v.post("/account/password", url.Values{"password": {present}, "new_password": {next}})
	}
	change("something else", "another good password").want(http.StatusUnprocessableEntity).says("Your present password is another one")
	if p := change(accountstest.Password, "short").want(http.StatusUnprocessableEntity); p.wrong("new_password") == "" {
		t.Error("the field does not say what is wrong with it")
	}
	change(accountstest.Password, "another good password").want(http.StatusOK).says("Your password is changed")
	elsewhere.logIn(email).want(http.StatusUnauthorized)

	start := func(password string) *page {
		return v.fill(v.get("/account/second-factor").want(http.StatusOK), "/account/second-factor/start", map[string]string{"password": password})
	}
	start("something else").want(http.StatusUnprocessableEntity).says("Your password is another one")
	p := start("another good password").want(http.StatusOK)
	secret := attr(p.field("secret"), "value")
	v.fill(p, "/account/second-factor", map[string]string{"code": "000000x"}).want(http.StatusUnprocessableEntity).says("That code is not right")
	v.fill(p, "/account/second-factor", map[string]string{"code": accountstest.Code(secret, time.Now())}).want(http.StatusOK).says("Your second factor is on")
	v.get("/account/second-factor").want(http.StatusSeeOther)
	again := elsewhere.fill(elsewhere.get("/login"), "/login", map[string]string{"email": email, "password": "another good password"}).want(http.StatusUnauthorized).says("One thing more")
	elsewhere.fill(again, "/login", map[string]string{"email": email, "password": "another good password", "code": accountstest.Code(secret, time.Now().Add(30*time.Second))}).want(http.StatusSeeOther)
}
