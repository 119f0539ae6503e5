package console

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/app/auditlog"
	"galleria/app/edge"
	"galleria/app/floorplan"
	"galleria/app/pictures"
	"galleria/app/shopinfo"
	accountsv1 "galleria/modules/accounts/v1"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	notificationsv1 "galleria/modules/notifications/v1"
	ordersv1 "galleria/modules/orders/v1"
	pricingv1 "galleria/modules/pricing/v1"
	settingsv1 "galleria/modules/settings/v1"
	webhooksv1 "galleria/modules/webhooks/v1"
	processv1 "galleria/platform/process/v1"
)

// Needs are what the console asks. All are required but Staff, Places, Pictures, and Audit where
// there is no Staff.
type Needs struct {
	// Process is the main process.
	Process processv1.ProcessServiceServer
	// Staff lets people in; nil: there is no console.
	Staff Staff
	// Edge tells who sent a request.
	Edge *edge.Edge
	// The modules, called on behalf of the person: they decide what that person may do.
	Orders        ordersv1.OrdersServiceClient
	Inventory     inventoryv1.InventoryServiceClient
	Catalog       catalogv1.CatalogServiceClient
	Pricing       pricingv1.PricingServiceClient
	Notifications notificationsv1.NotificationsServiceClient
	Accounts      accountsv1.AccountsServiceClient
	Cart          cartv1.CartServiceClient
	Webhooks      webhooksv1.WebhooksServiceClient
	Settings      settingsv1.SettingsServiceClient
	// Audit is told what the staff change.
	Audit *auditlog.Log
	// Pictures keeps the shop's own pictures; nil: none can be added here.
	Pictures *pictures.Store
	// Places is the configuration file; nil: no module can be moved here.
	Places Places
}

// Options may be left as they are, but for the table.
type Options struct {
	// Table is what the modules declare.
	Table floorplan.Table
	// Info is what is said of the shop, such as its currencies; nil: the defaults.
	Info *shopinfo.Keeper
	// BaseURL is the address the shop is known by; posts from it are trusted, and passkeys
	// are made for it.
	BaseURL string
	// Zone is the time zone that times are shown in; UTC when nil.
	Zone *time.Location
	// Log is slog.Default() when nil, Now time.Now.
	Log *slog.Logger
	Now func() time.Time
}

// Console is an http.Handler. Run has to run for it to show anything.
type Console struct {
	Needs
	table       floorplan.Table
	base        string
	info        *shopinfo.Keeper
	zone        *time.Location
	log         *slog.Logger
	now         func() time.Time
	watch       *watch
	moves       *moves
	confirming  confirming
	echo        *echo.Echo
	assets      *assets
	crossOrigin *http.CrossOriginProtection
	// ending closes when Run ends: streams end with it.
	ending chan struct{}
}

// New makes a console.
func New(n Needs, o Options) (*Console, error) {
	if n.Process == nil || n.Edge == nil {
		return nil, errors.New("console: it needs the process and the edge")
	}
	if n.Orders == nil || n.Inventory == nil || n.Catalog == nil || n.Pricing == nil || n.Notifications == nil || n.Accounts == nil || n.Cart == nil || n.Webhooks == nil || n.Settings == nil {
		return nil, errors.New("console: it needs the modules of the shop")
	}
	if n.Staff != nil && n.Audit == nil {
		return nil, errors.New("console: it needs the audit log, to tell what the staff change")
	}
	c := &Console{
		Needs: n, table: o.Table, info: o.Info, zone: cmp.Or(o.Zone, time.UTC), log: cmp.Or(o.Log, slog.Default()), now: o.Now,
		assets: loadAssets(), crossOrigin: http.NewCrossOriginProtection(), moves: newMoves(), ending: make(chan struct{}),
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.info == nil {
		c.info = shopinfo.NewKeeper(nil, "", c.now, c.log)
	}
	c.base = o.BaseURL
	if o.BaseURL != "" {
		if err := c.crossOrigin.AddTrustedOrigin(o.BaseURL); err != nil {
			return nil, err
		}
	}
	c.watch = newWatch(n.Process, o.Table, c.log, c.now)
	c.echo = c.routes()
	return c, nil
}

// currency is the shop's own.
func (c *Console) currency() string { return c.info.Info().Currencies[0] }

// Serves tells whether an address is one of the console's.
func Serves(path string) bool { return path == "/console" || strings.HasPrefix(path, "/console/") }

// Run looks at the house until ctx ends, and then ends what is still being streamed.
func (c *Console) Run(ctx context.Context) {
	defer close(c.ending)
	if c.Staff != nil {
		c.watch.run(ctx)
	}
}

// ServeHTTP implements http.Handler.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.echo.ServeHTTP(w, asGet(r)) }

// routes is the site map.
func (c *Console) routes() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(io.Discard)
	e.HTTPErrorHandler = func(err error, ctx echo.Context) { c.fail(ctx, err) }
	e.IPExtractor = c.Edge.IPExtractor()
	e.Use(c.around)

	// For everybody.
	e.GET("/console/login", c.loginPage)
	e.POST("/console/login", c.logIn)
	e.POST("/console/login/passkey/begin", c.beginPasskey)
	e.POST("/console/login/passkey", c.logInByPasskey)
	e.GET("/console/assets/:name", c.asset)

	// For the staff.
	e.POST("/console/logout", c.staff(c.logOut))
	e.POST("/console/confirm/begin", c.staff(c.beginConfirmation))
	e.GET("/console", c.staff(c.plan))
	e.GET("/console/", func(ctx echo.Context) error { return ctx.Redirect(http.StatusMovedPermanently, "/console") })
	e.GET("/console/live", c.staff(c.live))
	e.GET("/console/rooms/:module", c.staff(c.room))
	e.GET("/console/rooms/:module/move", c.mover(c.moveForm))
	e.GET("/console/rooms/:module/move/preview", c.mover(c.movePreview))
	e.POST("/console/rooms/:module/move", c.mover(c.orderMove))
	e.GET("/console/rooms/:module/moves/:id", c.mover(c.moveProgress))
	e.POST("/console/rooms/:module/moves/:id/back", c.mover(c.moveBack))
	e.GET("/console/events", c.staff(c.events))
	e.POST("/console/events/:module/resend", c.staff(c.resend))
	e.GET("/console/events/:module/:id/discard", c.staff(c.askDiscard))
	e.POST("/console/events/:module/discard", c.staff(c.discard))
	e.GET("/console/traces", c.staff(c.traces))
	e.GET("/console/traces/:id", c.staff(c.trace))

	// The shop.
	e.GET("/console/orders", c.staff(c.orders))
	e.GET("/console/orders.csv", c.staff(c.ordersCSV))
	e.POST("/console/orders/ship", c.staff(c.shipMany))
	e.GET("/console/orders/:number", c.staff(c.orderPage))
	e.POST("/console/orders/:number/ship", c.staff(c.changeOrder(c.shipOrder)))
	e.POST("/console/orders/:number/cancel", c.staff(c.changeOrder(c.cancelOrder)))
	e.POST("/console/orders/:number/refund", c.staff(c.changeOrder(c.refundOrder)))
	e.POST("/console/orders/:number/return", c.staff(c.changeOrder(c.returnItems)))
	e.POST("/console/orders/:number/attention", c.staff(c.changeOrder(c.resolveAttention)))
	e.POST("/console/orders/:number/note", c.staff(c.changeOrder(c.addNote)))
	e.GET("/console/stock", c.staff(c.stock))
	e.GET("/console/stock.csv", c.staff(c.stockCSV))
	e.GET("/console/stock/:sku", c.staff(c.stockOf))
	e.POST("/console/stock/:sku/receive", c.staff(c.receive))
	e.POST("/console/stock/:sku/adjust", c.staff(c.adjust))
	e.GET("/console/products", c.staff(c.products))
	e.GET("/console/products.csv", c.staff(c.productsCSV))
	e.POST("/console/products/sell", c.staff(c.sellMany))
	e.GET("/console/products/new", c.staff(c.newProduct))
	e.GET("/console/products/:id", c.staff(c.productPage))
	e.POST("/console/products/:id", c.staff(c.saveProduct))
	e.POST("/console/products/:id/undo", c.staff(c.undoProduct))
	e.POST("/console/products/:id/pictures", c.staff(c.addPicture))
	e.GET("/console/promotions", c.staff(c.promotions))
	e.POST("/console/promotions/end", c.staff(c.endPromotion))
	e.GET("/console/promotions/:id", c.staff(c.promotion))
	e.POST("/console/promotions/:id", c.staff(c.savePromotion))
	e.GET("/console/mails", c.staff(c.mails))
	e.GET("/console/mails/:id", c.staff(c.mail))
	e.POST("/console/mails/:id/resend", c.staff(c.resendMail))
	e.GET("/console/customers", c.staff(c.customers))
	e.POST("/console/customers/role", c.admin(c.setRole))
	e.GET("/console/programs", c.staff(c.programs))
	e.POST("/console/programs/keys", c.admin(c.addKey))
	e.POST("/console/programs/keys/revoke", c.admin(c.revokeKey))
	e.POST("/console/programs/webhooks", c.staff(c.addEndpoint))
	e.GET("/console/programs/webhooks/:id", c.staff(c.endpoint))
	e.POST("/console/programs/webhooks/:id/test", c.staff(c.changeEndpoint(c.testEndpoint)))
	e.POST("/console/programs/webhooks/:id/resend", c.staff(c.changeEndpoint(c.resendDeliveries)))
	e.POST("/console/programs/webhooks/:id/rotate", c.staff(c.rotate))
	e.POST("/console/programs/webhooks/:id/switch", c.staff(c.changeEndpoint(c.switchEndpoint)))
	e.POST("/console/programs/webhooks/:id/remove", c.staff(c.changeEndpoint(c.removeEndpoint)))
	e.GET("/console/settings", c.staff(c.settings))
	for _, sheet := range []tariffSheet{deliverySheet, taxesSheet} {
		e.GET(sheet.path, c.staff(c.tariffsPage(sheet)))
		e.POST(sheet.path, c.admin(c.changeTariffs(sheet)))
	}
	e.GET("/console/settings/configured", c.admin(c.askResetTariffs))
	e.POST("/console/settings/configured", c.admin(c.resetTariffs))
	e.GET("/console/settings/:form", c.staff(func(ctx echo.Context) error { return ctx.Redirect(http.StatusSeeOther, settingsPath) }))
	e.POST("/console/settings/:form", c.admin(c.changeSettings))
	e.GET("/console/numbers", c.staff(c.numbers))
	e.GET("/console/audit", c.staff(c.audit))
	return e
}
