package stripetest

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"path"
	"testing"
)

// PageHost is where Stripe's pages are, and pagePath what comes before a session's id.
// A browser has to be told to find them at Pages.
const (
	PageHost = "checkout.stripe.com"
	pagePath = "/c/pay/"
)

// Pages is where a browser that is sent to PageHost finds the pages, by TLS with a
// certificate that no browser trusts, until the test ends.
func (a *Account) Pages(t testing.TB) (address string) {
	server := httptest.NewTLSServer(a)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// page is what a shopper sees at the address of a session, and what the shopper does
// there.
func (a *Account) page(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id := path.Base(r.URL.Path)
	session, v := a.objects[id], a.visits[id]
	if v == nil {
		http.NotFound(w, r)
		return
	}
	if r.Method == http.MethodPost {
		if answer := r.PostForm.Get("consent"); answer != "" {
			a.answers(session, v, answer == "yes")
		} else {
			a.types(session, v, r.PostForm.Get("card_number"))
		}
		if back := a.back(session, v); back != "" {
			http.Redirect(w, r, back, http.StatusSeeOther)
			return
		}
	}
	drawn.Execute(w, struct {
		Name            string
		Session, Intent object
		Refused         bool
	}{v.name, session, a.intentOf(session), v.refused})
}

// back is where the browser goes after a step; "" when the page has something to say.
func (a *Account) back(session object, v *visit) string {
	if session["status"] != "complete" || v.card == NoReturn {
		return ""
	}
	return session["success_url"].(string)
}

var drawn = template.Must(template.New("page").Parse(`<!doctype html><html lang="en"><title>Pay</title><link rel="icon" href="data:,">
<h1>{{.Name}}: {{.Session.amount_total}} {{.Session.currency}}</h1>
{{if eq .Session.status "complete"}}<p class="said">Paid.</p>
{{else if eq .Session.status "expired"}}<p class="said">This page is out of date.</p>
{{else if and .Intent (eq .Intent.status "requires_action")}}<form method="post"><p>Your bank asks: do you agree?</p>
<button name="consent" value="yes">Yes</button> <button name="consent" value="no">No</button></form>
{{else}}{{if .Refused}}<p class="said">Your card was declined.</p>{{end}}
<form method="post"><label>Card number <input name="card_number" inputmode="numeric"></label> <button class="pay">Pay</button></form>
<p><a href="{{.Session.cancel_url}}">Back to the shop</a></p>{{end}}`))
