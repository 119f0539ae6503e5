package gateway_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"galleria/app/edge"
	"galleria/app/gateway"
)

// TestRequestsMadeOfTheDocumentAreAnsweredAsItSays sends requests with right, wrong and
// odd values in them, many about the same carts and orders.
func TestRequestsMadeOfTheDocumentAreAnsweredAsItSays(t *testing.T) {
	many := 10_000
	if testing.Short() {
		many = 1000
	}
	s := open(t, edge.Limits{Loopback: true})
	d := readDocument(s)
	f := newFuzzer(s, d)
	foreign := d.foreign()
	statuses := map[string]map[int]int{}
	for range many {
		sent := f.request()
		got := f.send(sent)
		if wrong := d.conforms(sent.operation, got); wrong != "" {
			t.Errorf("%s %s\n%q\n%q\ngot %d %s\nwhich is not as the document says: %s", sent.method, sent.path, sent.headers, sent.body, got.status, got.text, wrong)
		}
		if wrong := d.wrongWords(sent, got, foreign); wrong != "" {
			t.Errorf("%s %s\n%q\ngot %d %s\n%s", sent.method, sent.path, sent.body, got.status, got.text, wrong)
		}
		if statuses[sent.operation.OperationID] == nil {
			statuses[sent.operation.OperationID] = map[int]int{}
		}
		statuses[sent.operation.OperationID][got.status]++
		f.learn(sent, got)
	}
	for id, got := range statuses {
		t.Log(id, got)
		// Some want what can't be made up: a paid order, a password or its session, an endpoint.
		well := slices.Contains([]string{"fulfilOrder", "refundOrder", "logIn", "logOut", "getMe", "listMyOrders", "addWebhook", "listWebhookDeliveries", "resendWebhookDelivery"}, id)
		if !testing.Short() && !well && got[200]+got[201]+got[204] == 0 || got[400]+got[404]+got[409]+got[422]+got[401]+got[403] == 0 && id != "listCategories" {
			t.Errorf("%s: got statuses %v, want both that it went well and that it was refused", id, got)
		}
	}
}

// fuzzer makes requests.
type fuzzer struct {
	*rand.Rand
	shop   *shop
	doc    document
	all    []sent
	carts  []gateway.Cart
	orders []gateway.PlacedOrder
	keys   []string
	key    string // of the API, for everything
}

// sent is one request.
type sent struct {
	method, path, body string
	headers            []string
	operation          operation
}

// staff tells whether it is for staff.
func (r sent) staff() bool { return slices.Equal(r.operation.Tags, []string{"Staff"}) }

func newFuzzer(s *shop, d document) *fuzzer {
	f := &fuzzer{Rand: rand.New(rand.NewPCG(7, 7)), shop: s, doc: d, carts: []gateway.Cart{s.filled(1)}}
	_, f.key = s.key("orders:read", "orders:write", "products:read", "products:write", "stock:read", "stock:write", "promotions:read", "promotions:write", "webhooks:read", "webhooks:write")
	// Its code is one promotion's only: one with an id that was made up must not take it.
	s.send(http.MethodPut, gateway.Prefix+"/promotions/spring", spring, "Authorization", "Bearer "+f.key).want(http.StatusOK)
	for path, item := range d.Paths {
		for method, o := range item {
			f.all = append(f.all, sent{method: strings.ToUpper(method), path: path, operation: o})
		}
	}
	slices.SortFunc(f.all, func(a, b sent) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return f
}

func (f *fuzzer) request() sent {
	r := f.all[f.IntN(len(f.all))]
	query := url.Values{}
	order := gateway.PlacedOrder{}
	if len(f.orders) > 0 {
		order = pick(f, f.orders)
	}
	writes := r.operation.OperationID == "putProduct" || r.operation.OperationID == "deleteProduct" // not what others buy
	for _, p := range r.operation.Parameters {
		if p.In == "path" && p.Name == "slug_or_sku" && writes {
			r.path = strings.ReplaceAll(r.path, "{"+p.Name+"}", pick(f, []string{"thing-1", "thing-2", "THING-2", "thing-3"}))
			continue
		}
		if p.In == "path" {
			r.path = strings.ReplaceAll(r.path, "{"+p.Name+"}", url.PathEscape(f.pathValue(p, order)))
			continue
		}
		if !p.Required && f.odds(50) || f.odds(3) {
			continue
		}
		switch value := fmt.Sprint(f.value(p.Schema, p.Name)); {
		case p.Name == "options":
			query.Add("option."+pick(f, []string{"Size", "Colour", ""}), value)
		case p.In == "query":
			query.Add(p.Name, value)
		case p.In == "header" && strings.HasSuffix(p.Name, "-Match") && f.odds(80):
			r.headers = append(r.headers, p.Name, "*")
		case p.In == "header":
			r.headers = append(r.headers, p.Name, header(value))
		}
	}
	if f.odds(3) {
		query.Set("unknown", "x")
	}
	if len(r.operation.Security) > 0 && !f.odds(5) {
		token := order.AccessToken
		if r.staff() && !f.odds(10) {
			token = f.key
		}
		if f.odds(5) {
			token = pick(f, []string{"", "gk_"}) + pick(f, nasty)
		}
		r.headers = append(r.headers, "Authorization", pick(f, []string{"Bearer ", "bearer ", "Bearer ", "Bearer", "Basic "})+header(token))
	}
	if len(query) > 0 {
		r.path += "?" + query.Encode()
	}
	if r.operation.RequestBody != nil && !f.odds(2) {
		r.body = text(f.body(r))
	}
	return r
}

func (f *fuzzer) pathValue(p parameter, order gateway.PlacedOrder) string {
	known := map[string]string{
		"cart_id": pick(f, f.carts).ID, "order_id": order.ID, "sku": pick(f, []string{mug, "KTC-MUG-01", "none"}),
		"slug_or_sku": pick(f, []string{mug, bowl}), "code": pick(f, []string{"WELCOME10", "welcome10", "MADEUP"}), "promotion_id": pick(f, []string{"spring", "autumn"}),
	}[p.Name]
	if known == "" || f.odds(15) {
		known = fmt.Sprint(f.value(p.Schema, p.Name))
	}
	if known == "" || known == "." || known == ".." { // another address
		known = "x"
	}
	return known
}

// body is a body; often one that would do.
func (f *fuzzer) body(r sent) any {
	o := r.operation
	body := f.value(o.RequestBody.Content["application/json"].Schema, "")
	fields, is := body.(map[string]any)
	if !is || f.odds(20) {
		return body
	}
	switch o.OperationID {
	case "putProduct":
		// Mostly that of the path: only so can a product be made, and then deleted.
		at, _, _ := strings.Cut(r.path, "?")
		slug := strings.ToLower(at[strings.LastIndex(at, "/")+1:])
		if f.odds(20) {
			slug = pick(f, []string{"thing-1", "thing-2", "thing-3"})
		}
		f.fill(fields, thing(slug))
	case "putPromotion":
		f.fill(fields, spring)
		fields["codes"] = []any{"SPRING"} // one that works by itself would change what others pay
	case "adjustStock":
		fields["by"] = pick(f, []int64{-2, -1, 1, 2})
	}
	if o.OperationID == "placeOrder" {
		for name, value := range order(pick(f, f.carts)) {
			if !f.odds(10) {
				fields[name] = value
			}
		}
		fields["return_url"] = pick(f, []string{"https://shop.example/back", "http://localhost:3000/{order_id}", "ftp://x"})
	}
	if _, has := fields["option"]; has && f.odds(50) {
		fields["option"] = pick(f, []string{"express", "standard"})
	}
	if _, has := fields["country"]; has && !f.odds(20) {
		fields["country"] = pick(f, []string{"PT", "DE", "US", "CH", "JP", "XX"})
	}
	return fields
}

// fill puts most of a body that would do over one that was made up.
func (f *fuzzer) fill(fields map[string]any, good string) {
	var would map[string]any
	if err := json.Unmarshal([]byte(good), &would); err != nil {
		f.shop.t.Fatal(err)
	}
	if !f.odds(40) {
		clear(fields)
	}
	for name, value := range would {
		if !f.odds(4) {
			fields[name] = value
		}
	}
}

// nasty are texts that something may stumble over.
var nasty = []string{
	"", " ", "a", "\xff", "0", "-1", "1e9", "null", "'; DROP TABLE carts; --", "<script>", "../..", "%00", "\u0000", "\u202e", "é", "日本", "🛒", "a/b", "a\tb", "a\nb",
	strings.Repeat("x", 65), strings.Repeat("é", 300), "EUR", "USD", "XXX", "PT", "price", "mug", "ana@example.org", "https://", "WELCOME10",
}

// value is a value for a schema, and now and then for another one.
func (f *fuzzer) value(s schema, name string) any {
	if f.odds(4) {
		return pick(f, []any{nil, true, 3.5, 1e300, "text", []any{1}, map[string]any{"a": 1}})
	}
	s = f.doc.resolve(s)
	switch {
	case len(s.Enum) > 0 && !f.odds(10):
		return pick(f, s.Enum)
	case name == "Idempotency-Key" && !f.odds(20):
		if len(f.keys) == 0 || f.odds(60) {
			f.keys = append(f.keys, fmt.Sprintf("key-of-the-fuzzer-%d", len(f.keys)))
		}
		return pick(f, f.keys)
	case name == "currency" && !f.odds(20):
		return "EUR"
	}
	switch s.Type {
	case "object":
		object := map[string]any{}
		for property, of := range s.Properties {
			if slices.Contains(s.Required, property) && !f.odds(4) || f.odds(40) {
				object[property] = f.value(of, property)
			}
		}
		if f.odds(5) {
			object["unknown"] = 1
		}
		return object
	case "array":
		return f.value(*s.Items, name)
	case "integer":
		return pick(f, []int64{-1, 0, 1, 2, 3, 24, 99, 100, 101, 4390, 1 << 31, 1 << 53})
	}
	return pick(f, nasty)
}

// send sends the request, sometimes with a type of body that is none.
func (f *fuzzer) send(r sent) answer {
	headers := r.headers
	if r.body != "" && f.odds(3) {
		headers = append(slices.Clone(headers), "Content-Type", pick(f, []string{"text/plain", "application/xml", "application/json; charset=utf-8", "x"}))
	}
	if r.body != "" && f.odds(3) {
		r.body = r.body[:len(r.body)/2]
	}
	return f.shop.send(r.method, gateway.Prefix+r.path, r.body, headers...)
}

// learn keeps carts and orders that were made, to go on with.
func (f *fuzzer) learn(r sent, a answer) {
	switch {
	case a.status == http.StatusCreated && r.operation.OperationID == "createCart":
		if f.odds(50) {
			f.carts = append(f.carts, f.shop.filled(1+f.IntN(3)))
			return
		}
		var c gateway.Cart
		a.into(&c)
		f.carts = append(f.carts, c)
	case a.status == http.StatusCreated && r.operation.OperationID == "placeOrder":
		var o gateway.PlacedOrder
		a.into(&o)
		f.orders = append(f.orders, o)
	}
}

// odds are in a hundred.
func (f *fuzzer) odds(percent int) bool { return f.IntN(100) < percent }

func pick[T any](f *fuzzer, from []T) T { return from[f.IntN(len(from))] }

// header is a value as HTTP takes it: any bytes but control characters.
func header(value string) string {
	b := []byte(value)
	for i, c := range b {
		if c < ' ' || c == 0x7f {
			b[i] = '?'
		}
	}
	return string(b)
}
