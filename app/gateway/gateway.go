package gateway

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"galleria/app/auditlog"
	"galleria/app/edge"
	"galleria/app/shopinfo"
	accountsv1 "galleria/modules/accounts/v1"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	pricingv1 "galleria/modules/pricing/v1"
	webhooksv1 "galleria/modules/webhooks/v1"
)

// Prefix is where the API is.
const Prefix = "/api/v1"

// Needs are the contracts the gateway calls. All are required.
type Needs struct {
	Catalog   catalogv1.CatalogServiceClient
	Inventory inventoryv1.InventoryServiceClient
	Cart      cartv1.CartServiceClient
	Pricing   pricingv1.PricingServiceClient
	Orders    ordersv1.OrdersServiceClient
	Accounts  accountsv1.AccountsServiceClient
	Webhooks  webhooksv1.WebhooksServiceClient
}

// Options may be left as they are.
type Options struct {
	// Edge is what the gateway shares with the other parts of the edge; nil: one of its
	// own.
	Edge *edge.Edge
	// BaseURL is the address the shop is known by, without a path; empty: that of the
	// request.
	BaseURL string
	// Log gets requests that change something or fail at Info and above, others at
	// Debug; slog.Default() when nil.
	Log *slog.Logger
	// Audit gets what staff and their programs change; nothing when nil.
	Audit *auditlog.Log
	// Info says where the shop sends to; nil: everywhere.
	Info *shopinfo.Keeper
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Gateway is the API, an http.Handler. It is safe for concurrent use, starts nothing
// and needs no closing.
type Gateway struct {
	Needs
	edge  *edge.Edge
	base  string
	log   *slog.Logger
	now   func() time.Time
	audit *auditlog.Log
	info  *shopinfo.Keeper

	echo    *echo.Echo
	metrics *edge.Metrics
}

// New makes a gateway that is ready to serve.
func New(n Needs, o Options) (*Gateway, error) {
	if n.Catalog == nil || n.Inventory == nil || n.Cart == nil || n.Pricing == nil || n.Orders == nil || n.Accounts == nil || n.Webhooks == nil {
		return nil, errors.New("gateway: it needs clients of catalog, inventory, cart, pricing, orders and accounts")
	}
	g := &Gateway{
		Needs: n, edge: o.Edge, base: strings.TrimSuffix(o.BaseURL, "/"),
		log: cmp.Or(o.Log, slog.Default()), now: o.Now, audit: o.Audit, info: o.Info,
	}
	if g.now == nil {
		g.now = time.Now
	}
	if g.info == nil {
		g.info = shopinfo.NewKeeper(nil, "", g.now, g.log)
	}
	if g.edge == nil {
		g.edge = edge.New(edge.Options{BaseURL: o.BaseURL, Now: g.now})
	}
	if err := g.open(); err != nil {
		return nil, err
	}
	var routes []string
	for _, r := range g.echo.Routes() {
		routes = append(routes, r.Method+" "+r.Path)
	}
	g.metrics = edge.NewMetrics("gateway", routes)
	return g, nil
}

// ServeHTTP implements http.Handler. A HEAD is a GET without the body, which net/http
// leaves out.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		get := r.WithContext(r.Context())
		get.Method = http.MethodGet
		r = get
	}
	g.echo.ServeHTTP(w, r)
}

// Collector gives the gateway's counters to a Prometheus registry.
func (g *Gateway) Collector() prometheus.Collector { return g.metrics }

// Serves tells whether a path is the gateway's.
func Serves(path string) bool { return path == "/api" || strings.HasPrefix(path, "/api/") }
