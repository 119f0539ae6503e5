package storefront_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"
	"google.golang.org/grpc"

	"galleria/app/demo"
	"galleria/app/products"
	"galleria/app/storefront"
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
	"galleria/platform/certs"
	"galleria/platform/database"
	"galleria/platform/identity"
	"galleria/platform/module"
	"galleria/platform/route"
)

// shop is a storefront over fakes of all modules, reached through routes as in
// the real shop.
type shop struct {
	accounts, operator accountsv1.AccountsServiceClient
	staffOrders        ordersv1.OrdersServiceClient
	staffPricing       pricingv1.PricingServiceClient
	staffPayments      paymentsv1.PaymentsServiceClient
	front              *storefront.Storefront
	needs              storefront.Needs
	catalog            *catalogtest.Fake
	inventory          *inventorytest.Fake
	cart               *carttest.Fake
	payments           *paymentstest.Fake
	orders             *faultyOrders
	log                *record
	clock              *clock
	people             *database.DB // of accounts: events stay in its outbox
	keys               *identity.Keys
	routes             map[string]*route.Route // by the module they lead to
}

// clock stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

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

// newShop opens a shop with the demo catalogue.
func newShop(t testing.TB, change ...func(*storefront.Options)) *shop {
	t.Helper()
	return open(t, demo.CSV(), change...)
}

func open(t testing.TB, catalogue io.Reader, change ...func(*storefront.Options)) *shop {
	t.Helper()
	s := &shop{log: &record{}, clock: &clock{at: time.Now()}, routes: map[string]*route.Route{}}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))

	s.keys = identity.NewKeys(log, time.Now)
	s.catalog = catalogtest.NewFake(t)
	catalog := catalogv1.NewCatalogServiceClient(s.connect(t, log, "catalog", &catalogv1.CatalogService_ServiceDesc, s.catalog))
	s.inventory = inventorytest.NewFake(t)
	inventory := inventoryv1.NewInventoryServiceClient(s.connect(t, log, "inventory", &inventoryv1.InventoryService_ServiceDesc, s.inventory))
	s.cart = carttest.NewFake(t, catalog)
	cart := cartv1.NewCartServiceClient(s.connect(t, log, "cart", &cartv1.CartService_ServiceDesc, s.cart))
	s.payments = paymentstest.NewFake()
	payments := paymentsv1.NewPaymentsServiceClient(s.connect(t, log, "payments", &paymentsv1.PaymentsService_ServiceDesc, s.payments))
	s.payments.Serve(t, log)
	neighbours := map[string]grpc.ClientConnInterface{
		"catalog":   s.connectAs(t, log, "orders", "catalog", &catalogv1.CatalogService_ServiceDesc, s.catalog),
		"inventory": s.connectAs(t, log, "orders", "inventory", &inventoryv1.InventoryService_ServiceDesc, s.inventory),
		"cart":      s.connectAs(t, log, "orders", "cart", &cartv1.CartService_ServiceDesc, s.cart),
		"payments":  s.connectAs(t, log, "orders", "payments", &paymentsv1.PaymentsService_ServiceDesc, s.payments),
	}
	prices := s.serve(t, log, pricingtest.Definition(), neighbours)
	neighbours["pricing"] = s.connectAs(t, log, "orders", "pricing", &pricingv1.PricingService_ServiceDesc, prices)
	pricing := pricingv1.NewPricingServiceClient(s.connect(t, log, "pricing", &pricingv1.PricingService_ServiceDesc, prices))
	s.staffPricing = pricingv1.NewPricingServiceClient(s.connectAs(t, log, certs.Operator, "pricing", &pricingv1.PricingService_ServiceDesc, prices))
	s.staffPayments = paymentsv1.NewPaymentsServiceClient(s.connectAs(t, log, certs.Operator, "payments", &paymentsv1.PaymentsService_ServiceDesc, s.payments))
	s.orders = &faultyOrders{OrdersServiceServer: s.serve(t, log, orderstest.Definition(), neighbours).(ordersv1.OrdersServiceServer)}
	orders := ordersv1.NewOrdersServiceClient(s.connect(t, log, "orders", &ordersv1.OrdersService_ServiceDesc, s.orders))
	people := s.serve(t, log, accountstest.Definition(), nil)
	s.accounts = accountsv1.NewAccountsServiceClient(s.connect(t, log, "accounts", &accountsv1.AccountsService_ServiceDesc, people))
	s.operator = accountsv1.NewAccountsServiceClient(s.connectAs(t, log, certs.Operator, "accounts", &accountsv1.AccountsService_ServiceDesc, people))
	s.staffOrders = ordersv1.NewOrdersServiceClient(s.connectAs(t, log, certs.Operator, "orders", &ordersv1.OrdersService_ServiceDesc, s.orders))
	s.stockUp(t, log, catalogue)

	o := storefront.Options{
		Pictures: demo.Pictures(), Placeholder: demo.Placeholder, BaseURL: "https://shop.example", Log: log, Now: s.clock.now,
	}
	for _, f := range change {
		f(&o)
	}
	var err error
	s.needs = storefront.Needs{Catalog: catalog, Inventory: inventory, Cart: cart, Pricing: pricing, Orders: orders, Payments: payments, Accounts: s.accounts}
	s.front, err = storefront.New(s.needs, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve runs a real module beside the fakes, without events.
func (s *shop) serve(t testing.TB, log *slog.Logger, d module.Definition, neighbours map[string]grpc.ClientConnInterface) any {
	t.Helper()
	running, err := module.Start(context.Background(), d, module.Environment{
		Dir: t.TempDir(), Log: log, Now: time.Now, Connect: func(callee string) grpc.ClientConnInterface { return neighbours[callee] },
	})
	if err != nil {
		t.Fatalf("start %s: %v", d.Name, err)
	}
	t.Cleanup(func() {
		if err := running.Stop(context.Background()); err != nil {
			t.Errorf("stop %s: %v", d.Name, err)
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

func (s *shop) connect(t testing.TB, log *slog.Logger, module string, desc *grpc.ServiceDesc, server any) grpc.ClientConnInterface {
	t.Helper()
	return s.connectAs(t, log, "storefront", module, desc, server)
}

// connectAs connects a caller to a module. One route serves all callers of a module: most
// of the time of opening a shop goes into making routes.
func (s *shop) connectAs(t testing.TB, log *slog.Logger, caller, module string, desc *grpc.ServiceDesc, server any) grpc.ClientConnInterface {
	t.Helper()
	if r := s.routes[module]; r != nil {
		return r.For(caller)
	}
	r, err := route.New(module, desc, log)
	if err != nil {
		t.Fatal(err)
	}
	target, err := r.NewLocal(server, route.LocalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r.Believe(s.keys)
	r.Point(target)
	s.routes[module] = r
	return r.For(caller)
}

// stockUp fills catalog and inventory from a catalogue file.
func (s *shop) stockUp(t testing.TB, log *slog.Logger, catalogue io.Reader) {
	t.Helper()
	ctx := context.Background()
	categories := &catalogv1.UpsertCategoriesRequest{}
	for i, c := range demo.Categories() {
		categories.Categories = append(categories.Categories, &catalogv1.Category{Slug: c.Slug, Name: c.Name, Intro: c.Intro, Position: int32(i)})
	}
	if _, err := s.catalog.UpsertCategories(ctx, categories); err != nil {
		t.Fatal(err)
	}
	catalog, inventory := s.connectAs(t, log, certs.Operator, "catalog", &catalogv1.CatalogService_ServiceDesc, s.catalog), s.connectAs(t, log, certs.Operator, "inventory", &inventoryv1.InventoryService_ServiceDesc, s.inventory)
	result, err := products.Import(ctx, catalogv1.NewCatalogServiceClient(catalog), inventoryv1.NewInventoryServiceClient(inventory), catalogue, products.Options{})
	if err != nil || len(result.Bad) > 0 {
		t.Fatalf("import: %v, bad rows %v", err, result.Bad)
	}
}

func (s *shop) setStock(t testing.TB, sku string, n int64) {
	t.Helper()
	_, err := s.inventory.SetLevels(context.Background(), &inventoryv1.SetLevelsRequest{Levels: []*inventoryv1.SetLevelsRequest_Count{{Sku: sku, OnHand: n}}})
	if err != nil {
		t.Fatal(err)
	}
}

// page is an answer as a test looks at it.
type page struct {
	t      testing.TB
	status int
	header http.Header
	body   string
	root   *html.Node
}

// visitor is a browser: it keeps cookies, and does not follow redirects.
type visitor struct {
	t      testing.TB
	shop   *shop
	jar    http.CookieJar
	at     *url.URL
	header http.Header
}

func (s *shop) visitor(t testing.TB) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, shop: s, jar: jar, at: &url.URL{Scheme: "http", Host: "localhost:8080"}, header: http.Header{}}
}

func (v *visitor) get(path string) *page  { return v.do(http.MethodGet, path, nil) }
func (v *visitor) head(path string) *page { return v.do(http.MethodHead, path, nil) }
func (v *visitor) post(path string, form url.Values) *page {
	return v.do(http.MethodPost, path, form)
}

func (v *visitor) do(method, path string, form url.Values) *page {
	v.t.Helper()
	r := httptest.NewRequest(method, v.at.String()+path, strings.NewReader(form.Encode()))
	for name, values := range v.header {
		r.Header[name] = values
	}
	if form != nil && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	trusted := *v.at // browsers trust localhost as they do HTTPS
	trusted.Scheme = "https"
	for _, c := range v.jar.Cookies(&trusted) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	v.shop.front.ServeHTTP(w, r)
	answer := w.Result()
	v.jar.SetCookies(&trusted, answer.Cookies())
	p := &page{t: v.t, status: answer.StatusCode, header: answer.Header, body: w.Body.String()}
	if strings.HasPrefix(p.header.Get("Content-Type"), "text/html") {
		root, err := html.Parse(strings.NewReader(p.body))
		if err != nil {
			v.t.Fatal(err)
		}
		p.root = root
	}
	return p
}

// want checks the status, and answers the page.
func (p *page) want(status int) *page {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("got status %d, want %d; the page says:\n%s", p.status, status, p.text())
	}
	return p
}

// says checks that people can read these words on the page.
func (p *page) says(words ...string) *page {
	p.t.Helper()
	text := p.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			p.t.Errorf("the page does not say %q; it says:\n%s", w, text)
		}
	}
	return p
}

func (p *page) saysNot(words ...string) *page {
	p.t.Helper()
	for _, w := range words {
		if strings.Contains(p.text(), w) {
			p.t.Errorf("the page says %q", w)
		}
	}
	return p
}

// text is what people read, with runs of white space as one space.
func (p *page) text() string {
	if p.root == nil {
		return p.body
	}
	var b strings.Builder
	for n := range p.root.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" && n.Parent.Data != "style" {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// all are the elements of that name.
func (p *page) all(element string) []*html.Node {
	var found []*html.Node
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == element {
			found = append(found, n)
		}
	}
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func inner(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// field is the input or select of that name.
func (p *page) field(name string) *html.Node {
	p.t.Helper()
	for _, element := range []string{"input", "select"} {
		for _, n := range p.all(element) {
			if attr(n, "name") == name {
				return n
			}
		}
	}
	p.t.Fatalf("the page has no field %s", name)
	return nil
}

// byID is the element of that id.
func (p *page) byID(id string) *html.Node {
	p.t.Helper()
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && attr(n, "id") == id {
			return n
		}
	}
	p.t.Fatalf("the page has no element #%s", id)
	return nil
}

// wrong is what the page says is wrong with a field, to eyes and to screen
// readers; "" when nothing is.
func (p *page) wrong(name string) string {
	p.t.Helper()
	f := p.field(name)
	if attr(f, "aria-invalid") != "true" {
		return ""
	}
	ids := strings.Fields(attr(f, "aria-describedby"))
	if len(ids) == 0 {
		p.t.Fatalf("field %s is invalid and nothing says why", name)
	}
	return inner(p.byID(ids[len(ids)-1]))
}

// put adds a product to the visitor's cart.
func (v *visitor) put(sku string, quantity int) {
	v.t.Helper()
	v.post("/cart/items", url.Values{"sku": {sku}, "quantity": {fmt.Sprint(quantity)}}).want(http.StatusSeeOther)
}

// order is a filled-in checkout form with a key of its own.
func (v *visitor) order() url.Values {
	v.t.Helper()
	p := v.get("/checkout?country=IT").want(http.StatusOK)
	return url.Values{
		"idempotency_key": {attr(p.field("idempotency_key"), "value")}, "quote": {attr(p.field("quote"), "value")},
		"email": {"ana@example.org"}, "name": {"Ana Arco"}, "line1": {"Via Roma 1"}, "line2": {""},
		"city": {"Torino"}, "postal_code": {"10121"}, "country": {"IT"},
	}
}

// pay pays on the sandbox's page that a redirect leads to, and answers the
// address of the order's page, which is paid by then.
func (v *visitor) pay(p *page, card string) string {
	v.t.Helper()
	to := p.want(http.StatusSeeOther).header.Get("Location")
	back := v.post(to, typed(card)).want(http.StatusSeeOther).header.Get("Location")
	at, err := url.Parse(back)
	if err != nil {
		v.t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		seen := v.get(at.RequestURI()).want(http.StatusOK)
		if !strings.Contains(seen.body, `http-equiv="refresh"`) {
			return at.RequestURI()
		}
		if time.Now().After(end) {
			v.t.Fatalf("the order is still being paid: %s", seen.text())
		}
	}
}
