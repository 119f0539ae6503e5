package gateway_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/edge"
	"galleria/app/gateway"
	settingsv1 "galleria/modules/settings/v1"
)

func TestEveryErrorIsAProblem(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	cart := s.filled(1)
	body := text(order(cart))
	for name, send := range map[string]func() gateway.Problem{
		"no such address": func() gateway.Problem { return s.get("/nothing").problem(http.StatusNotFound, "not-found") },
		"beside the version": func() gateway.Problem {
			return s.send(http.MethodGet, "/api/v2/products", "").problem(http.StatusNotFound, "not-found")
		},
		"another method": func() gateway.Problem {
			a := s.send(http.MethodDelete, gateway.Prefix+"/products", "")
			if got := a.header.Get("Allow"); !strings.Contains(got, "GET") {
				t.Errorf("got Allow %q, want GET in it", got)
			}
			return a.problem(http.StatusMethodNotAllowed, "method-not-allowed")
		},
		"too large": func() gateway.Problem {
			return s.post("/orders", `{"email":"`+strings.Repeat("a", 70<<10)+`"}`, "Idempotency-Key", "k").problem(http.StatusRequestEntityTooLarge, "too-large")
		},
		"a form": func() gateway.Problem {
			return s.post("/orders", body, "Idempotency-Key", "k", "Content-Type", "application/x-www-form-urlencoded").problem(http.StatusUnsupportedMediaType, "unsupported-media-type")
		},
		"no type": func() gateway.Problem {
			return s.post("/orders", body, "Idempotency-Key", "k", "Content-Type", "").problem(http.StatusUnsupportedMediaType, "unsupported-media-type")
		},
		"no JSON": func() gateway.Problem {
			return s.post("/orders", body+"}", "Idempotency-Key", "k").problem(http.StatusBadRequest, "malformed")
		},
		"no body": func() gateway.Problem {
			return s.post("/orders", "", "Idempotency-Key", "k").problem(http.StatusBadRequest, "malformed")
		},
		"no key": func() gateway.Problem {
			return s.post("/orders", body).problem(http.StatusBadRequest, "idempotency-key-missing")
		},
		"no text": func() gateway.Problem { return s.get("/products?q=%ff").problem(http.StatusBadRequest, "malformed") },
		"no cart": func() gateway.Problem { return s.get("/carts/none").problem(http.StatusNotFound, "not-found") },
		"too many look around": func() gateway.Problem {
			defer s.edge.Lookers.Fill()()
			return s.get("/products").problem(http.StatusServiceUnavailable, "crowded")
		},
		"too many order": func() gateway.Problem {
			defer s.edge.Checkouts.Fill()()
			return s.post("/orders", body, "Idempotency-Key", "k").problem(http.StatusServiceUnavailable, "crowded")
		},
		"a module is away": func() gateway.Problem {
			s.cart.Fail(status.Error(codes.Unavailable, "away"))
			defer s.cart.Fail(nil)
			a := s.get("/carts/" + cart.ID)
			if a.header.Get("Retry-After") == "" {
				t.Error("got no Retry-After")
			}
			return a.problem(http.StatusServiceUnavailable, "unavailable")
		},
		"a module fails": func() gateway.Problem {
			s.cart.Fail(status.Error(codes.Internal, "the secret of the inside"))
			defer s.cart.Fail(nil)
			return s.get("/carts/"+cart.ID).problem(http.StatusInternalServerError, "internal")
		},
	} {
		if p := send(); strings.Contains(text(p), "secret of the inside") {
			t.Errorf("%s: the answer %+v tells what is inside", name, p)
		}
	}
	if !strings.Contains(s.log.String(), "the secret of the inside") || strings.Contains(s.log.String(), cart.ID) {
		t.Error("want the cause in the log, and no id of a cart")
	}
}

func TestHeadersThatAreNoTextAreRefused(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	c := s.filled(1)
	what := s.things("", false)
	for _, r := range readDocument(s).routes() {
		for _, token := range []string{"\xff", "gk_\xff"} {
			if len(r.Security) > 0 {
				s.ask(s.about(r, what), "Bearer "+token).problem(http.StatusUnauthorized, "unauthorized")
			}
		}
	}
	for _, r := range []struct{ method, path, body, header string }{
		{http.MethodPost, "/carts", "", "Idempotency-Key"}, {http.MethodPost, "/orders", text(order(c)), "Idempotency-Key"},
		{http.MethodPut, "/catalogue/thing-1", thing("thing-1"), "If-Match"}, {http.MethodPut, "/catalogue/thing-1", thing("thing-1"), "If-None-Match"},
	} {
		p := s.send(r.method, gateway.Prefix+r.path, r.body, "Authorization", s.bearer("products:write"), r.header, "\"\xff\"").problem(http.StatusBadRequest, "malformed")
		if len(p.Errors) != 1 || p.Errors[0].In != "header" || p.Errors[0].Parameter != r.header {
			t.Errorf("%s %s: got %+v, want the header %s named", r.method, r.path, p.Errors, r.header)
		}
	}
	s.get("/categories", "Authorization", "Bearer \xff", "If-None-Match", "*", "User-Agent", "\xff", "Cookie", "session=\xff").want(http.StatusNotModified)
	s.post("/sessions", `{"email":"ana@example.org","password":"nine teapots on a shelf"}`, "User-Agent", "a browser \xff").want(http.StatusCreated)
}

func TestBodiesAndQueriesSayEachThingOnceAndNothingElse(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	c := s.filled(1)
	var o gateway.PlacedOrder
	s.place("a-key-of-this-test", order(c)).want(http.StatusCreated).into(&o)
	token, item := "Bearer "+o.AccessToken, "/carts/"+c.ID+"/items/"+mug
	for _, r := range []struct{ method, path, body, want string }{
		{http.MethodPost, "/carts", `{"a":1,"b/c":2}`, "#/a #/b~1c"},
		{http.MethodPost, "/carts", `[]`, "#"},
		{http.MethodPost, "/carts", `null`, "#"},
		{http.MethodPost, "/orders/" + o.ID + "/cancel", `{"a":1}`, "#/a"},
		{http.MethodPost, "/orders/" + o.ID + "/payments", `{"a":1}`, "#/a"},
		{http.MethodDelete, item, `{"a":1}`, "#/a"},
		{http.MethodGet, "/carts/" + c.ID, `{"a":1}`, "#/a"},
		{http.MethodPut, item, `{"quantity":2.5}`, "#/quantity"},
		{http.MethodPut, item, `{"quantity":1e300}`, "#/quantity"},
		{http.MethodPut, item, `{"quantity":1e999999999}`, "#/quantity"},
		{http.MethodPut, item, `{"quantity":99999999999999999999}`, "#/quantity"},
		{http.MethodPut, item, `{"quantity":1,"quantity":1}`, "#/quantity"},
		{http.MethodPost, "/sessions", `{"email":"a@example.org","password":"x","em\u0061il":"b@example.org"}`, "#/email"},
		{http.MethodGet, "/products?limit=1&limit=2&q=mug&q=pot&tag=a&tag=b&option.Size=S&option.Size=M", "", "limit option.Size q"},
	} {
		p := s.send(r.method, gateway.Prefix+r.path, r.body, "Authorization", token).problem(http.StatusUnprocessableEntity, "invalid")
		var got []string
		for _, e := range p.Errors {
			got = append(got, e.Pointer+e.Parameter)
			if strings.Contains(e.Detail, "json") || strings.Contains(e.Detail, "Go ") {
				t.Errorf("%s %s %s: got %q, want plain words", r.method, r.path, r.body, e.Detail)
			}
		}
		if strings.Join(got, " ") != r.want {
			t.Errorf("%s %s %s: got %+v, want %s", r.method, r.path, r.body, p.Errors, r.want)
		}
	}
	for _, body := range []string{`{"quantity":2}`, `{"quantity":2.0}`, `{"quantity":2e0}`, `{"quantity":0.2e1}`} {
		if s.put(item, body).want(http.StatusOK).into(&c); c.ItemCount != 2 {
			t.Errorf("%s: got %d in the cart, want 2", body, c.ItemCount)
		}
	}
	s.put(item, "{\"quantity\":1,\"\xff\":1}").problem(http.StatusBadRequest, "malformed")
	s.put(item, `{"quantity":1}{"quantity":1}`).problem(http.StatusBadRequest, "malformed")
	s.post("/carts", "a=1", "Content-Type", "text/plain").problem(http.StatusUnsupportedMediaType, "unsupported-media-type")
	s.post("/carts", "{}").want(http.StatusCreated)
	s.get("/products?tag=a&tag=b").want(http.StatusOK)
}

func TestACountryThatTheShopDoesNotSendToIsRefusedAtTheAddress(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	c := s.filled(1)
	refused := func(country string) {
		t.Helper()
		p := s.put("/carts/"+c.ID+"/address", `{"country":"`+country+`"}`).problem(http.StatusUnprocessableEntity, "invalid")
		if len(p.Errors) != 1 || p.Errors[0].Pointer != "#/country" {
			t.Errorf("%s: got %+v, want the country named", country, p.Errors)
		}
	}
	refused("ZZ")
	settings := settingsv1.NewSettingsServiceClient(s.operated["settings"])
	if _, err := settings.ChangeSettings(t.Context(), &settingsv1.ChangeSettingsRequest{Settings: &settingsv1.Settings{Countries: []string{"PT"}}}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); s.put("/carts/"+c.ID+"/address", `{"country":"DE"}`).status == http.StatusOK; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("DE is taken, to which the shop does not send any more")
		}
	}
	refused("DE")
	s.put("/carts/"+c.ID+"/address", `{"country":"PT"}`).want(http.StatusOK)
}

func TestAPanicIsAProblem(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	s.api.Needs.Catalog = nil
	s.get("/products").problem(http.StatusInternalServerError, "internal")
	if !strings.Contains(s.log.String(), "level=ERROR") {
		t.Error("the log has no error")
	}
}

func TestWrongFieldsAreNamedByPointers(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	c := s.filled(1)
	for name, change := range map[string]struct {
		change func(body map[string]any)
		want   []string
	}{
		"unknown":        {func(b map[string]any) { b["colour"] = "red" }, []string{"#/colour"}},
		"unknown within": {func(b map[string]any) { b["shipping_address"].(map[string]any)["floor"] = 3 }, []string{"#/shipping_address/floor"}},
		"another case":   {func(b map[string]any) { b["EMAIL"] = "eve@example.org" }, []string{"#/EMAIL"}},
		"missing":        {func(b map[string]any) { delete(b, "email") }, []string{"#/email"}},
		"missing within": {func(b map[string]any) { delete(b["shipping_address"].(map[string]any), "city") }, []string{"#/shipping_address/city"}},
		"null":           {func(b map[string]any) { b["return_url"] = nil }, []string{"#/return_url"}},
		"wrong type":     {func(b map[string]any) { b["email"] = 5 }, []string{"#/email"}},
		"wrong money":    {func(b map[string]any) { b["expected_total"] = map[string]any{"currency": "EUR", "amount": "43.90"} }, []string{"#/expected_total/amount"}},
		"odd name":       {func(b map[string]any) { b["a/b~c"] = 1 }, []string{"#/a~1b~0c"}},
		"two":            {func(b map[string]any) { b["email"], b["cart_id"] = "nobody", 7 }, []string{"#/cart_id", "#/email"}},
		"what only orders knows": {func(b map[string]any) {
			b["shipping_address"].(map[string]any)["name"] = "see https://evil.example"
		}, []string{"#/shipping_address/name"}},
		"links in an address": {func(b map[string]any) {
			for _, line := range []string{"line1", "line2", "city", "region", "postal_code"} {
				b["shipping_address"].(map[string]any)[line] = "see evil.example"
			}
		}, []string{"#/shipping_address/city", "#/shipping_address/line1", "#/shipping_address/line2", "#/shipping_address/postal_code", "#/shipping_address/region"}},
		"no state where taxes depend on it": {func(b map[string]any) {
			b["shipping_address"].(map[string]any)["country"] = "US"
		}, []string{"#/shipping_address/region"}},
		"a foreign scheme": {func(b map[string]any) { b["return_url"] = "javascript:alert(1)" }, []string{"#/return_url"}},
	} {
		body := order(c)
		change.change(body)
		p := s.place("key-of-"+strings.ReplaceAll(name, " ", "-"), body).problem(http.StatusUnprocessableEntity, "invalid")
		var got []string
		for _, e := range p.Errors {
			got = append(got, e.Pointer)
		}
		if slices.Sort(got); !slices.Equal(got, change.want) {
			t.Errorf("%s: got %+v, want pointers %v", name, p.Errors, change.want)
		}
	}
}

func TestAClientIsToldWhatIsLeftAndWhenToComeBack(t *testing.T) {
	s := open(t, edge.Limits{Requests: 4, Carts: 1, Loopback: true})
	if got := s.get("/categories").want(http.StatusOK).header.Get("RateLimit"); got != "" {
		t.Errorf("a client without limits: got RateLimit %q, want none", got)
	}
	s.from = "192.0.2.7:4711"
	first := s.post("/carts", "").want(http.StatusCreated)
	if got := first.header.Values("RateLimit"); !slices.Equal(got, []string{`"requests";r=3;t=15`, `"carts";r=0;t=60`}) {
		t.Errorf("got RateLimit %q", got)
	}
	second := s.post("/carts", "")
	second.problem(http.StatusTooManyRequests, "too-many-requests")
	if wait, err := time.ParseDuration(second.header.Get("Retry-After") + "s"); err != nil || wait <= 0 || wait > time.Minute {
		t.Errorf("got Retry-After %q, want up to a minute", second.header.Get("Retry-After"))
	}
	s.get("/categories").want(http.StatusOK)
	s.get("/categories").want(http.StatusOK)
	s.get("/categories").problem(http.StatusTooManyRequests, "too-many-requests")
	s.get("/nothing").problem(http.StatusTooManyRequests, "too-many-requests")
	s.from = "192.0.2.8:4711"
	s.get("/categories", "X-Forwarded-For", "192.0.2.7").want(http.StatusOK)
	s.from = "192.0.2.7:9999"
	s.get("/categories", "X-Forwarded-For", "192.0.2.9").problem(http.StatusTooManyRequests, "too-many-requests")
}
