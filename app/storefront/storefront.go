package storefront

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/singleflight"

	"galleria/app/edge"
	"galleria/app/pictures"
	"galleria/app/shopinfo"
	"galleria/app/storefront/internal/pagecache"
	accountsv1 "galleria/modules/accounts/v1"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	paymentsv1 "galleria/modules/payments/v1"
	pricingv1 "galleria/modules/pricing/v1"
)

// Needs are the contracts the storefront calls. All are required.
type Needs struct {
	Catalog   catalogv1.CatalogServiceClient
	Inventory inventoryv1.InventoryServiceClient
	Cart      cartv1.CartServiceClient
	Pricing   pricingv1.PricingServiceClient
	Orders    ordersv1.OrdersServiceClient
	Payments  paymentsv1.PaymentsServiceClient
	Accounts  accountsv1.AccountsServiceClient
}

// Options may be left as they are.
type Options struct {
	// Store holds the shop's own pictures, which may change at any time; nil:
	// there are none.
	Store *pictures.Store
	// Pictures holds picture files at its root (svg, png, jpg, webp; up to
	// 1 MiB each), for names that Store has none for. They are read once, by New.
	Pictures fs.FS
	// Placeholder draws an SVG for a picture that both lack; the category is
	// empty where it is not known. Nil: a plain one stands there.
	Placeholder func(name, category string) []byte
	// BaseURL is the address the shop is known by, "https://shop.example",
	// without a path. It goes into canonical links, the sitemap and schema.org
	// data, and posts from it are trusted. With https, cookies and headers are
	// those of HTTPS. Empty: links have no host, and the sitemap uses that of the
	// request.
	BaseURL string
	// PaymentNote is shown above the button that orders: that a trial shop takes
	// no money, for example.
	PaymentNote string
	// Zone is the time zone that times are shown in; UTC when nil.
	Zone *time.Location
	// TrustedProxies may say in X-Forwarded-Proto, X-Forwarded-For and
	// X-Request-Id what they were asked. Nobody else is believed.
	TrustedProxies []netip.Prefix
	// Limits are how much one client may do; fields that are 0 are as DefaultLimits
	// has them.
	Limits edge.Limits
	// Edge is what the storefront shares with the other parts of the edge; nil: one of
	// its own, of TrustedProxies and Limits.
	Edge *edge.Edge
	// PageTTL is how old what a page of the catalogue shows may be; half a
	// second when 0.
	PageTTL time.Duration
	// PageBytes bounds the memory for such pages; 48 MiB when 0.
	PageBytes int
	// Info is what is said of the shop; nil: the defaults.
	Info *shopinfo.Keeper
	// Log gets requests that change something or fail at Info and above,
	// others at Debug; slog.Default() when nil.
	Log *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Storefront is the shop's pages, an http.Handler. It is safe for concurrent
// use, starts nothing and needs no closing.
type Storefront struct {
	Needs
	log         *slog.Logger
	now         func() time.Time
	base        string
	paymentNote string
	zone        *time.Location

	echo        *echo.Echo
	pages       *pagecache.Cache
	gallery     *gallery
	assets      *assets
	metrics     *edge.Metrics
	badges      *badges
	crossOrigin *http.CrossOriginProtection
	freshness   time.Duration           // how old an answer may be when a page is drawn from it
	shelves     atomic.Pointer[shelves] // the departments as last known
	neighbours  neighbours
	stock       stockBook
	edge        *edge.Edge
	info        *shopinfo.Keeper
	addresses   atomic.Pointer[addresses]
	walks       singleflight.Group // of the catalogue, for addresses
	// versions number what was learnt from the modules, so that a page can
	// tell whether it would show the same again.
	versions atomic.Uint64
}

// New makes a storefront that is ready to serve.
func New(n Needs, o Options) (*Storefront, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	base, err := parseBase(o.BaseURL)
	if err != nil {
		return nil, err
	}
	shown, err := newGallery(o)
	if err != nil {
		return nil, err
	}
	s := &Storefront{
		Needs:       n,
		log:         cmp.Or(o.Log, slog.Default()),
		now:         o.Now,
		base:        base,
		paymentNote: o.PaymentNote,
		zone:        cmp.Or(o.Zone, time.UTC),
		gallery:     shown,
		assets:      loadAssets(),
		badges:      newBadges(),
		crossOrigin: http.NewCrossOriginProtection(),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.edge = o.Edge; s.edge == nil {
		s.edge = edge.New(edge.Options{BaseURL: base, TrustedProxies: o.TrustedProxies, Limits: o.Limits, Now: s.now})
	}
	if s.info = o.Info; s.info == nil {
		s.info = shopinfo.NewKeeper(nil, "", s.now, s.log)
	}
	// Pages and the answers they are drawn from share the time.
	s.freshness = cmp.Or(o.PageTTL, 500*time.Millisecond) / 2
	s.pages = pagecache.New(s.freshness, cmp.Or(o.PageBytes, 48<<20), s.badges.slot, s.now)
	if base != "" {
		if err := s.crossOrigin.AddTrustedOrigin(base); err != nil {
			return nil, fmt.Errorf("storefront: base URL %q: %w", o.BaseURL, err)
		}
	}
	s.echo = s.routes()
	s.metrics = edge.NewMetrics("storefront", s.paths())
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Storefront) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Collector gives the storefront's counters to a Prometheus registry.
func (s *Storefront) Collector() prometheus.Collector { return s.metrics }

func (s *Storefront) paths() []string {
	var all []string
	for _, r := range s.echo.Routes() {
		all = append(all, r.Path)
	}
	return all
}

func (n Needs) check() error {
	switch {
	case n.Catalog == nil:
		return errors.New("storefront: no client of catalog")
	case n.Inventory == nil:
		return errors.New("storefront: no client of inventory")
	case n.Cart == nil:
		return errors.New("storefront: no client of cart")
	case n.Pricing == nil:
		return errors.New("storefront: no client of pricing")
	case n.Orders == nil:
		return errors.New("storefront: no client of orders")
	case n.Payments == nil:
		return errors.New("storefront: no client of payments")
	case n.Accounts == nil:
		return errors.New("storefront: no client of accounts")
	}
	return nil
}

func parseBase(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil {
		return "", fmt.Errorf("storefront: base URL: %w", err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return "", fmt.Errorf("storefront: base URL %q must be http(s)://host[:port]", text)
	}
	return u.Scheme + "://" + u.Host, nil
}
