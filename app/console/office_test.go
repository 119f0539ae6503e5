package console

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"galleria/app/auditlog"
	"galleria/app/pictures"
	"galleria/modules/accounts/accountstest"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/modules/cart/carttest"
	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/inventory/inventorytest"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/notifications/notificationstest"
	notificationsv1 "galleria/modules/notifications/v1"
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
	"galleria/platform/identity"
	"galleria/platform/module"
	"galleria/platform/route"
)

// office is a console over the modules, reached through routes as in the real shop: the
// real ones where there are no fakes.
type office struct {
	*scene
	needs     Needs
	buyers    orderstest.Shop
	catalog   *catalogtest.Fake
	keys      *identity.Keys
	log       *slog.Logger
	routes    map[string]*route.Route
	connected map[string]grpc.ClientConnInterface // as the console
}

// sign makes statements of the people of a team.
func (o *office) sign(people team) {
	seed := bytes.Repeat([]byte("s"), 32)
	signer, err := identity.NewSigner(seed)
	if err != nil {
		o.t.Fatal(err)
	}
	for session, p := range people {
		roles := []string{"customer"}
		if p.Staff {
			roles = append(roles, identity.Operator)
		}
		if p.Admin {
			roles = append(roles, identity.Admin)
		}
		p.Statement, err = signer.Sign(identity.Identity{Subject: session, Email: p.Email, Roles: roles, Expires: time.Now().Add(identity.Longest)})
		if err != nil {
			o.t.Fatal(err)
		}
		people[session] = p
	}
	o.keys.Learn("people", []ed25519.PublicKey{signer.Public()})
}

// openOffice opens a console over a shop of the shop.
func openOffice(t *testing.T) *office {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	o := &office{scene: &scene{t: t}, log: log, keys: identity.NewKeys(log, time.Now), connected: map[string]grpc.ClientConnInterface{}, routes: map[string]*route.Route{}}
	payments := paymentstest.NewFake()
	payments.Serve(t, log)
	o.catalog = catalogtest.NewFake(t)
	o.connect("catalog", &catalogv1.CatalogService_ServiceDesc, o.catalog)
	o.connect("inventory", &inventoryv1.InventoryService_ServiceDesc, inventorytest.NewFake(t))
	o.connect("payments", &paymentsv1.PaymentsService_ServiceDesc, payments)
	o.connect("cart", &cartv1.CartService_ServiceDesc, carttest.NewFake(t, catalogv1.NewCatalogServiceClient(o.connected["catalog"])))
	o.connect("pricing", &pricingv1.PricingService_ServiceDesc, o.serve(pricingtest.Definition()))
	o.connect("orders", &ordersv1.OrdersService_ServiceDesc, o.serve(orderstest.Definition()))
	o.connect("settings", &settingsv1.SettingsService_ServiceDesc, o.serve(settingstest.Definition()))
	o.connect("notifications", &notificationsv1.NotificationsService_ServiceDesc, o.serve(notificationstest.Definition()))
	o.connect("accounts", &accountsv1.AccountsService_ServiceDesc, o.serve(accountstest.Definition()))
	o.connect("webhooks", &webhooksv1.WebhooksService_ServiceDesc, o.serve(webhookstest.Definition()))
	o.needs = Needs{
		Catalog: catalogv1.NewCatalogServiceClient(o.connected["catalog"]), Inventory: inventoryv1.NewInventoryServiceClient(o.connected["inventory"]),
		Pricing: pricingv1.NewPricingServiceClient(o.connected["pricing"]), Orders: ordersv1.NewOrdersServiceClient(o.connected["orders"]),
		Notifications: notificationsv1.NewNotificationsServiceClient(o.connected["notifications"]),
		Accounts:      accountsv1.NewAccountsServiceClient(o.connected["accounts"]),
		Cart:          cartv1.NewCartServiceClient(o.connected["cart"]),
		Settings:      settingsv1.NewSettingsServiceClient(o.connected["settings"]),
		Webhooks:      webhooksv1.NewWebhooksServiceClient(o.connected["webhooks"]),
		Audit:         auditlog.New(t.TempDir(), time.Now, log),
		Pictures:      pictures.New(t.TempDir(), log),
	}
	// Who prepares the shop is at its command line.
	operate := func(name string) grpc.ClientConnInterface { return o.routes[name].For(certs.Operator) }
	o.buyers = orderstest.NewShop(t, orderstest.World{
		Orders: ordersv1.NewOrdersServiceClient(operate("orders")), Catalog: catalogv1.NewCatalogServiceClient(operate("catalog")),
		Inventory: inventoryv1.NewInventoryServiceClient(operate("inventory")), Pricing: pricingv1.NewPricingServiceClient(operate("pricing")),
		Cart: cartv1.NewCartServiceClient(operate("cart")), Payments: paymentsv1.NewPaymentsServiceClient(operate("payments")),
	})
	people := newTeam()
	o.sign(people)
	o.scene = openWith(t, people, o.needs)
	return o
}

// serve runs a real module beside the fakes, without events.
func (o *office) serve(d module.Definition) any {
	o.t.Helper()
	running, err := module.Start(context.Background(), d, module.Environment{
		Dir: o.t.TempDir(), Log: o.log, Now: time.Now, Connect: func(callee string) grpc.ClientConnInterface { return o.routes[callee].For(d.Name) },
	})
	if err != nil {
		o.t.Fatalf("start %s: %v", d.Name, err)
	}
	o.t.Cleanup(func() {
		if err := running.Stop(context.Background()); err != nil {
			o.t.Errorf("stop %s: %v", d.Name, err)
		}
	})
	if running.Instance.Vouches != nil {
		o.keys.Learn(d.Name, running.Instance.Vouches())
	}
	return running.Instance.Server
}

// connect makes a route to a module, and keeps the console's end of it.
func (o *office) connect(module string, desc *grpc.ServiceDesc, server any) {
	o.t.Helper()
	r, err := route.New(module, desc, o.log)
	if err != nil {
		o.t.Fatal(err)
	}
	target, err := r.NewLocal(server, route.LocalOptions{})
	if err != nil {
		o.t.Fatal(err)
	}
	r.Believe(o.keys)
	r.Point(target)
	o.routes[module], o.connected[module] = r, r.For("edge")
}

// page asks for a page as the operator, and wants it.
func (o *office) page(path string) string {
	o.t.Helper()
	r, body := o.ask("GET", path, "operator", nil)
	if r.StatusCode != http.StatusOK || !strings.Contains(body, "</html>") {
		o.t.Fatalf("%s: got %d: %.600s", path, r.StatusCode, body)
	}
	return body
}

// shows checks that a page has all of these in it.
func (o *office) shows(path string, texts ...string) string {
	o.t.Helper()
	body := o.page(path)
	for _, text := range texts {
		if !strings.Contains(body, text) {
			o.t.Errorf("%s lacks %q", path, text)
		}
	}
	return body
}
