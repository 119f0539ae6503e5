package gateway_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"galleria/app/auditlog"
	"galleria/app/demo"
	"galleria/app/edge"
	"galleria/app/gateway"
	"galleria/app/products"
	"galleria/app/shopinfo"
	"galleria/modules/accounts/accountstest"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/modules/cart/carttest"
	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/inventory/inventorytest"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/orders/orderstest"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/modules/pricing/pricingtest"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/modules/settings/settingstest"
	settingsv1 "galleria/modules/settings/v1"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/modules/webhooks/webhookstest"
	"galleria/platform/certs"
	"galleria/platform/database"
	"galleria/platform/identity"
	"galleria/platform/module"
	"galleria/platform/route"
)

// What the tests buy.
const (
	mug  = "KTC-MUG-03"
	bowl = "hot-water-bottle-in-a-jumper" // a slug
)

// shop is a gateway over fakes of all modules, reached through routes as in the real
// shop.
type shop struct {
	t         testing.TB
	api       *gateway.Gateway
	edge      *edge.Edge
	catalog   *catalogtest.Fake
	inventory *inventorytest.Fake
	cart      *carttest.Fake
	accounts  accountsv1.AccountsServiceClient
	people    *database.DB // of accounts: events stay in its outbox
	keys      *identity.Keys
	log       *record
	audit     *auditlog.Log
	// operated is how an operator's command line reaches the modules.
	operated connections
	// from is who sends the requests.
	from string
}

// connections are by the module they lead to.
type connections map[string]grpc.ClientConnInterface

// record is a log that can be read.
type record struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// open opens a shop with the demo catalogue.
func open(t testing.TB, limits edge.Limits) *shop {
	t.Helper()
	s := &shop{t: t, log: &record{}, from: "127.0.0.1:4711"}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.keys = identity.NewKeys(log, time.Now)
	s.catalog = catalogtest.NewFake(t)
	s.inventory = inventorytest.NewFake(t)
	payments := paymentstest.NewFake()
	payments.Serve(t, log)
	// The same modules as the gateway calls them, as orders does, and as an operator.
	all, neighbours, operated := connections{}, connections{}, connections{}
	add := func(module string, desc *grpc.ServiceDesc, server any) {
		r := s.route(log, module, desc, server)
		all[module], neighbours[module], operated[module] = r.For("gateway"), r.For("orders"), r.For(certs.Operator)
	}
	add("catalog", &catalogv1.CatalogService_ServiceDesc, s.catalog)
	add("inventory", &inventoryv1.InventoryService_ServiceDesc, s.inventory)
	add("payments", &paymentsv1.PaymentsService_ServiceDesc, payments)
	s.cart = carttest.NewFake(t, catalogv1.NewCatalogServiceClient(all["catalog"]))
	add("cart", &cartv1.CartService_ServiceDesc, s.cart)
	add("pricing", &pricingv1.PricingService_ServiceDesc, s.serve(log, pricingtest.Definition(), neighbours))
	add("orders", &ordersv1.OrdersService_ServiceDesc, s.serve(log, orderstest.Definition(), neighbours))
	add("accounts", &accountsv1.AccountsService_ServiceDesc, s.serve(log, accountstest.Definition(), neighbours))
	add("webhooks", &webhooksv1.WebhooksService_ServiceDesc, s.serve(log, webhookstest.Definition(), neighbours))
	add("settings", &settingsv1.SettingsService_ServiceDesc, settingstest.NewFake(t))
	s.operated = operated
	s.accounts = accountsv1.NewAccountsServiceClient(all["accounts"])
	operators := accountsv1.NewAccountsServiceClient(operated["accounts"])
	if _, err := operators.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{
		Email: "ana@example.org", Name: "Ana", Password: "nine teapots on a shelf", Role: accountsv1.Role_ROLE_CUSTOMER,
	}); err != nil {
		t.Fatal(err)
	}
	s.stockUp(operated)
	if _, err := pricingv1.NewPricingServiceClient(operated["pricing"]).UpsertPromotions(t.Context(), &pricingv1.UpsertPromotionsRequest{Promotions: demo.Promotions(time.Now())}); err != nil {
		t.Fatal(err)
	}
	s.edge = edge.New(edge.Options{Limits: limits})
	s.audit = auditlog.New(t.TempDir(), time.Now, log)
	var err error
	s.api, err = gateway.New(gateway.Needs{
		Catalog: catalogv1.NewCatalogServiceClient(all["catalog"]), Inventory: inventoryv1.NewInventoryServiceClient(all["inventory"]),
		Cart: cartv1.NewCartServiceClient(all["cart"]), Pricing: pricingv1.NewPricingServiceClient(all["pricing"]), Orders: ordersv1.NewOrdersServiceClient(all["orders"]),
		Accounts: accountsv1.NewAccountsServiceClient(all["accounts"]), Webhooks: webhooksv1.NewWebhooksServiceClient(all["webhooks"]),
	}, gateway.Options{Edge: s.edge, BaseURL: "https://shop.example", Log: log, Audit: s.audit, Info: shopinfo.NewKeeper(settingsv1.NewSettingsServiceClient(all["settings"]), "", time.Now, log)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve runs a real module beside the fakes, without events.
func (s *shop) serve(log *slog.Logger, d module.Definition, neighbours connections) any {
	s.t.Helper()
	running, err := module.Start(context.Background(), d, module.Environment{
		Dir: s.t.TempDir(), Log: log, Now: time.Now, Connect: func(callee string) grpc.ClientConnInterface { return neighbours[callee] },
	})
	if err != nil {
		s.t.Fatalf("start %s: %v", d.Name, err)
	}
	s.t.Cleanup(func() {
		if err := running.Stop(context.Background()); err != nil {
			s.t.Errorf("stop %s: %v", d.Name, err)
		}
	})
	if running.Instance.Vouches != nil {
		s.keys.Learn(d.Name, running.Instance.Vouches())
	}
	if d.Name == "accounts" {
		s.people = running.DB
	}
	return running.Instance.Server
}

// route leads to a module. One serves all its callers: most of the time of opening a shop
// goes into making routes.
func (s *shop) route(log *slog.Logger, module string, desc *grpc.ServiceDesc, server any) *route.Route {
	s.t.Helper()
	r, err := route.New(module, desc, log)
	if err != nil {
		s.t.Fatal(err)
	}
	target, err := r.NewLocal(server, route.LocalOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	r.Believe(s.keys)
	r.Point(target)
	return r
}

func (s *shop) stockUp(all connections) {
	s.t.Helper()
	result, err := products.Import(s.t.Context(), catalogv1.NewCatalogServiceClient(all["catalog"]), inventoryv1.NewInventoryServiceClient(all["inventory"]), demo.CSV(), products.Options{})
	if err != nil || len(result.Bad) > 0 {
		s.t.Fatalf("import: %v, bad rows %v", err, result.Bad)
	}
}

func (s *shop) setStock(sku string, n int64) {
	s.t.Helper()
	_, err := s.inventory.SetLevels(s.t.Context(), &inventoryv1.SetLevelsRequest{Levels: []*inventoryv1.SetLevelsRequest_Count{{Sku: sku, OnHand: n}}})
	if err != nil {
		s.t.Fatal(err)
	}
}

// answer is an answer as a test looks at it.
type answer struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	text   string
}

// send sends a request; headers are names and values in turn. A body is sent as JSON.
func (s *shop) send(method, path, body string, headers ...string) answer {
	s.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, reader)
	r.RemoteAddr = s.from
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	return answer{t: s.t, what: method + " " + path, status: w.Code, header: w.Header(), text: w.Body.String()}
}

func (s *shop) get(path string, headers ...string) answer {
	s.t.Helper()
	return s.send(http.MethodGet, gateway.Prefix+path, "", headers...)
}

func (s *shop) post(path, body string, headers ...string) answer {
	s.t.Helper()
	return s.send(http.MethodPost, gateway.Prefix+path, body, headers...)
}

func (s *shop) put(path, body string) answer {
	s.t.Helper()
	return s.send(http.MethodPut, gateway.Prefix+path, body)
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: got status %d, want %d: %s", a.what, a.status, status, a.text)
	}
	return a
}

// into reads the body.
func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.text), v); err != nil {
		a.t.Fatalf("%s: read the answer: %v in %s", a.what, err, a.text)
	}
}

// problem wants a problem of a type.
func (a answer) problem(status int, name string) gateway.Problem {
	a.t.Helper()
	a.want(status)
	var p gateway.Problem
	a.into(&p)
	if p.Type != gateway.Prefix+"/problems/"+name || p.Status != status || p.Title == "" || p.Detail == "" {
		a.t.Errorf("%s: got %+v, want a problem of type %s", a.what, p, name)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		a.t.Errorf("%s: got Content-Type %q, want application/problem+json", a.what, got)
	}
	if p.RequestID == "" || p.RequestID != a.header.Get("X-Request-Id") {
		a.t.Errorf("%s: got request id %q, want %q as in the header", a.what, p.RequestID, a.header.Get("X-Request-Id"))
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		a.t.Errorf("%s: got Cache-Control %q, want no-store", a.what, got)
	}
	return p
}

// filled is a new cart with a number of mugs in it.
func (s *shop) filled(quantity int) (c gateway.Cart) {
	s.t.Helper()
	s.post("/carts", "").want(http.StatusCreated).into(&c)
	s.put("/carts/"+c.ID+"/items/"+mug, `{"quantity":`+itoa(quantity)+`}`).want(http.StatusOK)
	s.put("/carts/"+c.ID+"/address", `{"country":"PT"}`).want(http.StatusOK).into(&c)
	return c
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

// order is the body of an order of a cart.
func order(c gateway.Cart) map[string]any {
	return map[string]any{
		"cart_id": c.ID, "email": "ana@example.org", "expected_total": c.Totals.Total,
		"shipping_address": map[string]any{"name": "Ana Example", "line1": "1 Arcade", "city": "Lisbon", "postal_code": "1100-000", "country": "PT"},
	}
}

// text is a value as JSON.
func text(v any) string { b, _ := json.Marshal(v); return string(b) }

// place orders, under a key.
func (s *shop) place(key string, body map[string]any) answer {
	s.t.Helper()
	return s.post("/orders", text(body), "Idempotency-Key", key)
}
