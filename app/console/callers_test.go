package console

import (
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// Who a route is for; one that is not named here is for all of the staff.
var (
	forEveryone = []string{
		"GET /console/login", "POST /console/login", "POST /console/login/passkey/begin", "POST /console/login/passkey", "GET /console/assets/:name",
		"GET /console/", // leads to /console
	}
	forAdministrators = []string{
		"GET /console/rooms/:module/move", "GET /console/rooms/:module/move/preview", "POST /console/rooms/:module/move",
		"GET /console/rooms/:module/moves/:id", "POST /console/rooms/:module/moves/:id/back",
		"POST /console/customers/role", "POST /console/programs/keys", "POST /console/programs/keys/revoke",
		"POST /console/settings/delivery", "POST /console/settings/taxes", "GET /console/settings/configured", "POST /console/settings/configured", "POST /console/settings/:form",
	}
)

// expected is what a person, by their session, is answered at a route: a status, or
// letIn.
func expected(method, at, session string) int {
	route := method + " " + at
	switch {
	case route == "POST /console/login/passkey":
		return http.StatusUnauthorized // nothing was signed
	case slices.Contains(forEveryone, route), session == "admin":
		return letIn
	case session == "" && method == http.MethodGet && at != "/console/live":
		return http.StatusSeeOther // to the log-in
	case session == "":
		return http.StatusUnauthorized
	case session == "operator" && !slices.Contains(forAdministrators, route):
		return letIn
	}
	return http.StatusForbidden
}

// letIn stands for every answer but a refusal of the person: also what is said of an empty
// form.
const letIn = 0

// TestEveryRouteOfTheConsoleIsOpenToThoseItIsFor asks for each route that the console has
// as each kind of person, about things that there are.
func TestEveryRouteOfTheConsoleIsOpenToThoseItIsFor(t *testing.T) {
	o := openOffice(t)
	o.console.Places = newFile()
	sku := o.buyers.Stock(10, 1000)
	number := o.buyers.Buy(sku, 1).GetOrder().GetNumber()
	product := regexp.MustCompile(`/console/products/(\w+)"`).FindStringSubmatch(o.page("/console/products"))[1]
	things := map[string]string{":module": "catalog", ":number": number, ":sku": sku, ":name": path.Base(o.console.assets.stylesheet), ":form": "shop"}
	known := map[string]bool{}
	routes := o.console.echo.Routes()
	slices.SortFunc(routes, func(a, b *echo.Route) int { // log-out last: it ends the sessions
		isLogOut := map[string]int{"/console/logout": 1}
		return isLogOut[a.Path] - isLogOut[b.Path]
	})
	for _, r := range routes {
		if r.Method == echo.RouteNotFound {
			continue
		}
		known[r.Method+" "+r.Path] = true
		at := r.Path
		for name, thing := range things {
			at = strings.ReplaceAll(at, name, thing)
		}
		at = strings.ReplaceAll(strings.Replace(at, "products/:id", "products/"+product, 1), ":id", "none")
		for _, session := range []string{"", "customer", "operator", "admin", "admin-no-factor", "factor-missing"} {
			got, want := o.answered(r.Method, at, session), expected(r.Method, r.Path, session)
			if got.wrong(want) {
				t.Errorf("%s %s as %q: got %d to %q, want %d (0: let in); a route that is not for all of the staff is named in forAdministrators or forEveryone", r.Method, at, session, got.status, got.leadsTo, want)
			}
		}
	}
	for _, route := range slices.Concat(forEveryone, forAdministrators) {
		if !known[route] {
			t.Errorf("%s is no route of the console", route)
		}
	}
}

// answered is how a request was answered.
type answered struct {
	status  int
	leadsTo string
}

// wrong tells whether another answer was expected.
func (a answered) wrong(want int) bool {
	refused := a.status == http.StatusUnauthorized || a.status == http.StatusForbidden || strings.HasPrefix(a.leadsTo, "/console/login?next=")
	switch want {
	case letIn:
		return refused || a.status >= 500
	case http.StatusSeeOther:
		return a.status != want || !strings.HasPrefix(a.leadsTo, "/console/login?next=")
	}
	return a.status != want
}

// answered is how a request with an empty form is answered; of a stream, how it begins.
func (o *office) answered(method, at, session string) answered {
	o.t.Helper()
	r, err := http.NewRequestWithContext(o.t.Context(), method, o.server.URL+at, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if session != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: session})
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := client.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer a.Body.Close()
	return answered{a.StatusCode, a.Header.Get("Location")}
}
