package gateway_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/app/edge"
	"galleria/app/gateway"
	"galleria/modules/accounts/accountstest"
	accountsv1 "galleria/modules/accounts/v1"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/id"
)

const password = "nine teapots on a shelf"

// caller is one of those that every route is asked for as.
type caller struct {
	name, authorization string
	// by is what it shows: nothing, a wrong key, a key with scope, an order's token, or a
	// session; what is asked for belongs to the caller when owns is set.
	by, scope string
	owns      bool
	// staff are people with the rights of those who work in the shop.
	staff bool
}

// callers are all kinds of them. Customer A has the orders that are asked for.
func (s *shop) callers(scopes []string) []caller {
	s.t.Helper()
	s.from = fromElsewhere()
	var others gateway.PlacedOrder
	s.post("/orders", text(order(s.filled(1))), "Idempotency-Key", id.New()).want(http.StatusCreated).into(&others)
	all := []caller{
		{name: "no caller"},
		{name: "a wrong key", authorization: "Bearer gk_" + strings.Repeat("x", 43), by: "wrong key"},
		{name: "customer A", authorization: "Bearer " + s.signUp(customerA, password), by: "session", owns: true},
		{name: "customer B", authorization: "Bearer " + s.signUp("ben@example.org", password), by: "session"},
		{name: "an operator", authorization: s.staffSession(accountsv1.Role_ROLE_OPERATOR), by: "session", staff: true},
		{name: "an administrator without the second factor", authorization: s.staffSession(accountsv1.Role_ROLE_ADMIN), by: "session"},
		{name: "an administrator", authorization: s.adminSession(), by: "session", staff: true},
		{name: "the token of another order", authorization: "Bearer " + others.AccessToken, by: "order"},
		{name: "the token of the order", by: "order", owns: true}, // which has one of its own each time
	}
	for _, scope := range scopes {
		all = append(all, caller{name: "a key with " + scope, authorization: s.bearer(scope), by: "key", scope: scope})
	}
	return all
}

const customerA = "cleo@example.org"

// adminSession is the session of an administrator who gave the code of a second factor.
func (s *shop) adminSession() string {
	s.t.Helper()
	ctx, email := s.t.Context(), "head@example.org"
	_, err := accountsv1.NewAccountsServiceClient(s.operated["accounts"]).CreateAccount(ctx, &accountsv1.CreateAccountRequest{Email: email, Password: password, Role: accountsv1.Role_ROLE_ADMIN})
	if err != nil {
		s.t.Fatal(err)
	}
	var first, second gateway.Session
	s.post("/sessions", text(map[string]any{"email": email, "password": password})).want(http.StatusCreated).into(&first)
	started, err := s.accounts.StartSecondFactor(ctx, &accountsv1.StartSecondFactorRequest{Session: first.Token, Password: password})
	if err != nil {
		s.t.Fatal(err)
	}
	enabled, err := s.accounts.EnableSecondFactor(ctx, &accountsv1.EnableSecondFactorRequest{Session: first.Token, Code: accountstest.Code(started.GetSecret(), time.Now()), IdempotencyKey: id.New()})
	if err != nil {
		s.t.Fatal(err)
	}
	s.post("/sessions", text(map[string]any{"email": email, "password": password, "code": enabled.GetRecoveryCodes()[0]})).want(http.StatusCreated).into(&second)
	return "Bearer " + second.Token
}

// done is the status that is expected of a request that does what it asks for: any below
// 300.
const done = 0

// expected is what a caller of a route is answered, after what the document says of the
// route.
func expected(o operation, c caller) int {
	schemes := map[string]bool{}
	for _, one := range o.Security {
		for name := range one {
			schemes[name] = true
		}
	}
	scope := scopeOf(o)
	switch {
	case len(schemes) == 0:
		return done
	case c.by == "", c.by == "wrong key":
		return http.StatusUnauthorized
	case c.by == "key" && scope != "" && c.scope == scope:
		return done
	case c.by == "key" && (scope != "" || schemes["order"]):
		return http.StatusForbidden
	case c.by == "key":
		return http.StatusUnauthorized // it is no session
	case c.by == "order" && !schemes["order"]:
		return http.StatusUnauthorized
	case c.staff && scope != "":
		return done
	case schemes["order"] && !c.owns:
		return http.StatusNotFound // as if there were none
	case schemes["order"]:
		return done
	case scope != "":
		return http.StatusForbidden
	}
	return done
}

// scopeOf is the scope that an API key needs for a route; "" when none opens it.
func scopeOf(o operation) string {
	for _, one := range o.Security {
		if scopes := one["key"]; len(scopes) > 0 {
			return scopes[0]
		}
	}
	return ""
}

// things are what routes are asked for about, by the names that the document has for
// them.
type things struct {
	names map[string]string
	token string // of the order
}

// things makes what a path names, or a thing of each kind for an empty one. The order is
// customer A's.
func (s *shop) things(path string, paid bool) things {
	s.t.Helper()
	s.from = fromElsewhere()
	wanted := func(name string) bool { return path == "" || strings.Contains(path, "{"+name+"}") }
	key := s.bearer("products:write", "promotions:write", "webhooks:write")
	made := things{names: map[string]string{"cart_id": s.filled(1).ID, "sku": mug, "code": "WELCOME10", "promotion_id": "spring"}}
	if wanted("order_id") {
		body := order(s.filled(1))
		body["email"] = customerA
		var o gateway.PlacedOrder
		s.place(id.New(), body).want(http.StatusCreated).into(&o)
		if paid {
			s.pay(o)
		}
		made.names["order_id"], made.token = o.ID, o.AccessToken
	}
	if wanted("slug_or_sku") {
		slug := "thing-" + strings.ToLower(id.New())
		s.send(http.MethodPut, gateway.Prefix+"/catalogue/"+slug, thing(slug), "Authorization", key, "If-None-Match", "*").want(http.StatusOK)
		made.names["slug_or_sku"] = slug
	}
	if wanted("promotion_id") {
		s.send(http.MethodPut, gateway.Prefix+"/promotions/spring", spring, "Authorization", key).want(http.StatusOK)
	}
	if wanted("endpoint_id") || wanted("delivery_id") {
		made.names["endpoint_id"], made.names["delivery_id"] = s.endpoint(key)
	}
	return made
}

// endpoint registers an endpoint of webhooks that something is to be sent to.
func (s *shop) endpoint(key string) (endpointID, deliveryID string) {
	s.t.Helper()
	var endpoint gateway.NewEndpoint
	s.post("/webhooks", `{"url":"https://hooks.example.com/","events":["order.placed"]}`, "Authorization", key, "Idempotency-Key", id.New()).want(http.StatusCreated).into(&endpoint)
	webhooks := webhooksv1.NewWebhooksServiceClient(s.operated["webhooks"])
	if _, err := webhooks.SendTest(s.t.Context(), &webhooksv1.SendTestRequest{Id: endpoint.ID, IdempotencyKey: id.New()}); err != nil {
		s.t.Fatal(err)
	}
	deliveries, err := webhooks.ListDeliveries(s.t.Context(), &webhooksv1.ListDeliveriesRequest{EndpointId: endpoint.ID})
	if err != nil {
		s.t.Fatal(err)
	}
	return endpoint.ID, deliveries.GetDeliveries()[0].GetId()
}

// fromElsewhere is the address of another client each time: each may have only so many
// orders that are not paid.
var fromElsewhere = func() func() string {
	n := 0
	return func() string { n++; return fmt.Sprintf("10.1.%d.%d:4711", n/250, n%250+1) }
}()

// bodyOf is a body that a route takes; "" where it needs none, or the case is missing here.
func (s *shop) bodyOf(o operation, about things) string {
	switch o.OperationID {
	case "setCartItem":
		return `{"quantity":2}`
	case "setCartAddress":
		return `{"country":"PT"}`
	case "setCartDelivery":
		return `{"option":"standard"}`
	case "placeOrder":
		return text(order(s.filled(1)))
	case "logIn":
		return `{"email":"` + customerA + `","password":"` + password + `"}`
	case "fulfilOrder", "refundOrder":
		return `{}`
	case "putProduct":
		return thing(about.names["slug_or_sku"])
	case "adjustStock":
		return `{"by":-1,"reason":"damage"}`
	case "receiveStock":
		return `{"quantity":3}`
	case "putPromotion":
		return spring
	case "addWebhook":
		return `{"url":"https://hooks.example.com/","events":["order.placed"]}`
	}
	return ""
}

// documented is one of the routes of the document.
type documented struct {
	method, path string
	operation
}

func (r documented) String() string { return r.method + " " + r.path }

// routes are all of the document's, log-out last: the sessions of the callers are needed
// until then.
func (d document) routes() (all []documented) {
	for path, item := range d.Paths {
		for method, o := range item {
			all = append(all, documented{strings.ToUpper(method), path, o})
		}
	}
	isLogOut := map[string]int{"logOut": 1}
	slices.SortFunc(all, func(a, b documented) int {
		return cmp.Or(isLogOut[a.OperationID]-isLogOut[b.OperationID], strings.Compare(a.path+a.method, b.path+b.method))
	})
	return all
}

// scopes are all that an API key may have, as the document has them.
func (d document) scopes() []string {
	all := map[string]bool{}
	for _, r := range d.routes() {
		if scope := scopeOf(r.operation); scope != "" {
			all[scope] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// about makes a request for a route that it takes.
func (s *shop) about(r documented, what things) request {
	s.t.Helper()
	made := request{method: r.method, path: r.path, body: s.bodyOf(r.operation, what)}
	if r.RequestBody != nil && r.RequestBody.Required && made.body == "" {
		s.t.Fatalf("%s: say in bodyOf which body it takes", r)
	}
	query := url.Values{}
	for _, p := range r.Parameters {
		value := what.names[p.Name]
		if p.In != "header" && p.Required && value == "" {
			s.t.Fatalf("%s: say in things what its parameter %s names", r, p.Name)
		}
		switch {
		case p.In == "path":
			made.path = strings.ReplaceAll(made.path, "{"+p.Name+"}", url.PathEscape(value))
		case p.In == "query" && p.Required:
			query.Set(p.Name, value)
		case p.Name == "Idempotency-Key":
			made.headers = append(made.headers, p.Name, id.New())
		case p.Name == "If-Match":
			made.headers = append(made.headers, p.Name, "*")
		}
	}
	if len(query) > 0 {
		made.path += "?" + query.Encode()
	}
	return made
}

// request is one that a test sends.
type request struct {
	method, path, body string
	headers            []string
}

func (s *shop) ask(r request, authorization string) answer {
	s.t.Helper()
	return s.send(r.method, gateway.Prefix+r.path, r.body, append(slices.Clone(r.headers), "Authorization", authorization)...)
}

// TestEveryRouteIsOpenToThoseItIsSaidToBeOpenTo asks for each route of the document as
// each kind of caller. Who is refused has changed nothing.
func TestEveryRouteIsOpenToThoseItIsSaidToBeOpenTo(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	s.setStock(mug, 100_000)
	d := readDocument(s)
	callers, asked := s.callers(d.scopes()), s.things("", false)
	cell := func(r documented, c caller, what things, want int) {
		t.Helper()
		if c.by == "order" && c.owns {
			c.authorization = "Bearer " + what.token
		}
		got := s.ask(s.about(r, what), c.authorization)
		if want == done && got.status >= 300 || want != done && got.status != want {
			t.Errorf("%s as %s: got %d %s, want %s", r, c.name, got.status, got.text, cmp.Or(http.StatusText(want), "it done"))
		}
	}

	before := s.seen(d, asked, callers)
	for _, r := range d.routes() {
		for _, c := range callers {
			if want := expected(r.operation, c); want != done {
				cell(r, c, asked, want)
			}
		}
	}
	if after := s.seen(d, asked, callers); after != before {
		t.Errorf("callers who were refused have changed something: it was\n%s\nand is\n%s", before, after)
	}

	for _, r := range d.routes() {
		paid := r.OperationID == "fulfilOrder" || r.OperationID == "refundOrder"
		what := s.things(r.path, paid)
		for i, c := range callers {
			if expected(r.operation, c) != done {
				continue
			}
			if i > 0 && r.method != http.MethodGet && len(r.Security) > 0 {
				what = s.things(r.path, paid) // the caller before has changed them
			}
			s.from = fromElsewhere()
			cell(r, c, what, done)
		}
	}
}

// seen is everything that an administrator sees of the shop, but for what goes on by
// itself.
func (s *shop) seen(d document, what things, callers []caller) string {
	s.t.Helper()
	admin := callers[slices.IndexFunc(callers, func(c caller) bool { return c.name == "an administrator" })]
	var all strings.Builder
	for _, r := range d.routes() {
		if r.method == http.MethodGet && r.OperationID != "listWebhookDeliveries" {
			all.WriteString(s.ask(s.about(r, what), admin.authorization).want(http.StatusOK).text)
		}
	}
	return goesOnByItself.ReplaceAllString(all.String(), "")
}

// goesOnByItself is what sending to the endpoint finds out meanwhile.
var goesOnByItself = regexp.MustCompile(`"failing_since":"[^"]*",`)
