package console

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func copyTo(b *strings.Builder, r *http.Response) (int64, error) { return io.Copy(b, r.Body) }

// pages are all that staff can look at.
var pages = []string{"/console", "/console/traces", "/console/traces/trace-1", "/console/rooms/catalog", "/console/rooms/cart", "/console/events"}

// changes are all that staff can do by a form.
var changes = []string{
	"/console/events/catalog/resend", "/console/logout",
	"/console/orders/ship", "/console/orders/G-1/ship", "/console/orders/G-1/cancel", "/console/orders/G-1/refund", "/console/orders/G-1/return",
	"/console/orders/G-1/attention", "/console/orders/G-1/note", "/console/stock/MUG/receive", "/console/stock/MUG/adjust",
	"/console/promotions/end", "/console/mails/m/resend",
}

func TestWithoutAccountsThereIsNoConsole(t *testing.T) {
	s := open(t, nil)
	for _, path := range append([]string{"/console/login", "/console/live"}, pages...) {
		if r, _ := s.ask("GET", path, "admin", nil); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", path, r.StatusCode)
		}
	}
	for _, path := range append([]string{"/console/login"}, changes...) {
		if r, _ := s.ask("POST", path, "admin", url.Values{}); r.StatusCode != http.StatusNotFound {
			t.Errorf("POST %s: got %d, want 404", path, r.StatusCode)
		}
	}
}

func TestOnlyStaffWithTheirSecondFactorSeeTheConsole(t *testing.T) {
	s := open(t, newTeam())
	for session, want := range map[string]int{
		"": http.StatusSeeOther, "unknown": http.StatusSeeOther, "customer": http.StatusForbidden, "admin-no-factor": http.StatusForbidden,
		"factor-missing": http.StatusForbidden, "operator": http.StatusOK, "admin": http.StatusOK,
	} {
		for _, path := range pages {
			r, body := s.ask("GET", path, session, nil)
			if r.StatusCode != want {
				t.Errorf("%q asks for %s: got %d, want %d", session, path, r.StatusCode, want)
			}
			if want != http.StatusOK && (strings.Contains(body, "GetOffers") || strings.Contains(body, "floorplan")) {
				t.Errorf("%q is shown figures by %s: %.200s", session, path, body)
			}
			if want == http.StatusSeeOther && r.Header.Get("Location") != "/console/login?next="+url.QueryEscape(path) {
				t.Errorf("%q is led to %s, want the log-in with the way back", session, r.Header.Get("Location"))
			}
		}
		for _, path := range changes {
			if r, _ := s.ask("POST", path, session, url.Values{"id": {"event-1"}}); want != http.StatusOK && r.StatusCode < 400 {
				t.Errorf("%q changes something by %s: got %d", session, path, r.StatusCode)
			}
		}
		if r, _ := s.ask("GET", "/console/live", session, nil, "Connection", "close"); want != http.StatusOK && r.StatusCode < 400 {
			t.Errorf("%q listens to what is new: got %d", session, r.StatusCode)
		}
		if session == "operator" || session == "admin" {
			s.console.Staff.(team)[session] = newTeam()[session] // who logged out above
		}
	}
	if len(s.shop.resent) != 2 {
		t.Errorf("got letters sent again %v, want one by the operator and one by the administrator", s.shop.resent)
	}
}

func TestTheConsoleSaysWhatHelpsThoseWhoHaveLostTheirPasskeys(t *testing.T) {
	s := open(t, newTeam())
	for _, words := range []string{"If you have lost your passkeys", `href="/account/security"`} {
		if _, body := s.ask("GET", "/console", "admin-no-factor", nil); !strings.Contains(body, words) {
			t.Errorf("an administrator without a second factor does not read %q", words)
		}
	}
	if _, body := openOffice(t).ask("GET", "/console/customers", "admin", nil); !strings.Contains(body, "has lost every passkey needs you") {
		t.Error("an administrator does not read how to help at the form for roles")
	}
}

func TestAFormFromAnotherSiteIsRefused(t *testing.T) {
	s := open(t, newTeam())
	for _, path := range append([]string{"/console/login"}, changes...) {
		for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
			if r, _ := s.ask("POST", path, "admin", url.Values{"id": {"event-1"}}, headers...); r.StatusCode != http.StatusForbidden {
				t.Errorf("POST %s with %v: got %d, want 403", path, headers, r.StatusCode)
			}
		}
	}
	if len(s.shop.resent) != 0 {
		t.Errorf("got letters sent again %v, want none", s.shop.resent)
	}
}

// TestWhatIsNoTextIsTheSendersMistake: no module is asked with it, for the network carries
// text alone.
func TestWhatIsNoTextIsTheSendersMistake(t *testing.T) {
	s := open(t, newTeam())
	for _, path := range []string{"/console", "/console/orders", "/console/stock", "/console/products", "/console/customers", "/console/traces"} {
		for _, query := range []string{"?q=%ff", "?q=a%00b", "?before=%c3%28"} {
			if r, _ := s.ask("GET", path+query, "admin", nil); r.StatusCode != http.StatusBadRequest {
				t.Errorf("GET %s: got %d, want 400", path+query, r.StatusCode)
			}
		}
	}
	for _, path := range append([]string{"/console/login", "/console/login/passkey"}, changes...) {
		for _, text := range []string{"\xff", "a\x00b"} {
			if r, _ := s.ask("POST", path, "admin", url.Values{"key": {text}}); r.StatusCode != http.StatusBadRequest && r.StatusCode != http.StatusNotFound {
				t.Errorf("POST %s with %q: got %d, want 400", path, text, r.StatusCode)
			}
		}
	}
}

// TestAFormSentAfterTheSessionEndedLeadsToTheLogIn, and from there back to its page.
func TestAFormSentAfterTheSessionEndedLeadsToTheLogIn(t *testing.T) {
	s := open(t, newTeam())
	for _, c := range []struct{ referer, next string }{
		{s.server.URL + "/console/stock/MUG", "%2Fconsole%2Fstock%2FMUG"},
		{"https://evil.example/somewhere", "%2Fconsole"},
		{"", "%2Fconsole"},
	} {
		r, text := s.ask("POST", "/console/stock/MUG/receive", "ended", url.Values{"key": {"k"}}, "Referer", c.referer)
		if link := `href="/console/login?next=` + c.next + `"`; r.StatusCode != http.StatusUnauthorized || !strings.Contains(text, link) {
			t.Errorf("from %q: got %d and\n%s\nwant 401 and %s", c.referer, r.StatusCode, text, link)
		}
	}
}

func TestPagesAnswerHEADAsGETWithoutABody(t *testing.T) {
	s := open(t, newTeam())
	for _, path := range pages {
		get, _ := s.ask("GET", path, "admin", nil)
		head, text := s.ask("HEAD", path, "admin", nil)
		if head.StatusCode != get.StatusCode || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") || text != "" {
			t.Errorf("HEAD %s: got %d, %q and %d bytes, want what GET has: %d, without a body", path, head.StatusCode, head.Header.Get("Content-Type"), len(text), get.StatusCode)
		}
	}
}

func TestTheLogInGivesANewSessionAndLeadsBack(t *testing.T) {
	s := open(t, newTeam())
	in := func(next, email, password, code string) (*http.Response, string) {
		return s.ask("POST", "/console/login", "planted", url.Values{"next": {next}, "email": {email}, "password": {password}, "code": {code}, "key": {"k"}})
	}
	r, _ := in("/console/rooms/cart", "olga@example.org", "right", "")
	cookies := r.Cookies()
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/console/rooms/cart" || len(cookies) != 1 {
		t.Fatalf("got %d to %s with %v", r.StatusCode, r.Header.Get("Location"), cookies)
	}
	if k := cookies[0]; k.Name != "session" || k.Value != "operator" || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" {
		t.Errorf("got cookie %v, want a session that scripts and other sites do not get", k)
	}
	for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "/console//evil.example", "/consolex", ""} {
		if r, _ := in(next, "olga@example.org", "right", ""); r.Header.Get("Location") != "/console" {
			t.Errorf("next=%q leads to %q", next, r.Header.Get("Location"))
		}
	}
	if r, body := in("", "olga@example.org", "wrong", ""); r.StatusCode != http.StatusUnprocessableEntity || len(r.Cookies()) != 0 || strings.Contains(body, `value="wrong"`) {
		t.Errorf("a wrong password: got %d and cookies %v", r.StatusCode, r.Cookies())
	}
	if r, body := in("", "admin@example.org", "right", ""); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `name="code"`) {
		t.Errorf("a code is missing: got %d, want a form that asks for it", r.StatusCode)
	}
	if r, _ := in("", "admin@example.org", "right", "123456"); r.StatusCode != http.StatusSeeOther {
		t.Errorf("with the code: got %d, want 303", r.StatusCode)
	}
	if r, _ := in("", "tired@example.org", "right", ""); r.StatusCode != http.StatusTooManyRequests || r.Header.Get("Retry-After") != "7" {
		t.Errorf("too many tries: got %d, retry after %q", r.StatusCode, r.Header.Get("Retry-After"))
	}
}

func TestLoggingOutEndsTheSession(t *testing.T) {
	s := open(t, newTeam())
	if r, _ := s.ask("POST", "/console/logout", "operator", url.Values{}); r.StatusCode != http.StatusSeeOther || r.Cookies()[0].MaxAge >= 0 {
		t.Errorf("got %d and %v, want a cookie that is removed", r.StatusCode, r.Cookies())
	}
	if r, _ := s.ask("GET", "/console", "operator", nil); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the old session still opens the console: %d", r.StatusCode)
	}
}

func TestPagesAreSmallSafeAndWhole(t *testing.T) {
	s := open(t, newTeam())
	for _, path := range pages {
		r, body := s.ask("GET", path, "operator", nil)
		if len(body) > 100<<10 || !strings.Contains(body, "</html>") {
			t.Errorf("%s has %d bytes, want at most 100 KiB, and all of the page", path, len(body))
		}
		if policy := r.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: got policy %q", path, policy)
		}
		if r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept: %q", path, r.Header.Get("Cache-Control"))
		}
		for _, bad := range []string{"<style", "style=", "onclick", "NO_SUCH_<PRODUCT>", "<script>"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %q in it", path, bad)
			}
		}
	}
}

func TestARoomShowsItsPromisesItsCallersAndItsContract(t *testing.T) {
	s := open(t, newTeam())
	_, body := s.ask("GET", "/console/rooms/catalog", "operator", nil)
	for what, want := range map[string]string{
		"a method": "GetOffers", "its caller": `id="from-cart"`, "a reason of errors": "NO_SUCH_&lt;PRODUCT&gt;", "the latest move": "a test",
		"the contract's comment": "A sku that no product has is left out", "its message": "message GetOffersRequest {", "its promise": "99 of 100 within", "the version": "v1.2.3", "memory": "64 MB",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the room lacks %s (%q)", what, want)
		}
	}
	if r, _ := s.ask("GET", "/console/rooms/nothing", "operator", nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("a module that is not there: got %d, want 404", r.StatusCode)
	}
}

func TestADeadLetterIsShownAndSentAgain(t *testing.T) {
	s := open(t, newTeam())
	_, body := s.ask("GET", "/console/events", "operator", nil)
	for _, want := range []string{"no room", "cart-1", "does not know the type"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page of events lacks %q", want)
		}
	}
	resend := func(id string) int {
		r, _ := s.ask("POST", "/console/events/catalog/resend", "operator", url.Values{"id": {id}})
		return r.StatusCode
	}
	if got := resend(""); got != http.StatusBadRequest {
		t.Errorf("without an id: got %d, want 400, for it would be all of them", got)
	}
	if got := resend("event-9"); got != http.StatusNotFound {
		t.Errorf("an unknown id: got %d, want 404", got)
	}
	if got := resend("event-1"); got != http.StatusSeeOther || len(s.shop.resent) != 1 {
		t.Errorf("got %d and %v, want the letter sent again", got, s.shop.resent)
	}
}

func TestThePageIsToldWhenThereIsSomethingNew(t *testing.T) {
	s := open(t, newTeam())
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.server.URL+"/console/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "session", Value: "operator"})
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("got %q", got)
	}
	lines, looks := bufio.NewScanner(answer.Body), 0
	for looks < 3 && lines.Scan() {
		if lines.Text() == "event: look" {
			looks++
		}
	}
	if looks != 3 {
		t.Errorf("got %d words, want one at once and one for each look: %v", looks, lines.Err())
	}
}

func TestWhatIsNotOfNowSaysSo(t *testing.T) {
	s := open(t, newTeam())
	s.ask("GET", "/console", "operator", nil)
	s.shop.mu.Lock()
	s.shop.broken = errors.New("nothing listens there")
	s.shop.mu.Unlock()
	for {
		r, body := s.ask("GET", "/console", "operator", nil)
		if r.StatusCode != http.StatusOK {
			t.Fatalf("got %d, want the picture as it last was", r.StatusCode)
		}
		if strings.Contains(body, "is not of now") {
			return
		}
	}
}
