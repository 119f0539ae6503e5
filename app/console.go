package app

import (
	"log/slog"
	"strings"

	"galleria/app/auditlog"
	"galleria/app/console"
	"galleria/app/edge"
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
	"galleria/platform/process"
)

// NewConsole makes the console; nil in a process without the edge. Only the main process
// may ask all others what they measured: a process with a peer answers 404.
func NewConsole(s Start, p *process.Process, shared *edge.Edge, info *shopinfo.Keeper, audit *auditlog.Log, log *slog.Logger) (*console.Console, error) {
	c := s.Config
	if !c.Runs(TargetEdge) {
		return nil, nil
	}
	needs := console.Needs{
		Process: p.Service(), Edge: shared, Audit: audit, Places: places{s.Sources, p},
		Orders:        ordersv1.NewOrdersServiceClient(p.Connect(TargetEdge, "orders")),
		Inventory:     inventoryv1.NewInventoryServiceClient(p.Connect(TargetEdge, "inventory")),
		Catalog:       catalogv1.NewCatalogServiceClient(p.Connect(TargetEdge, "catalog")),
		Pricing:       pricingv1.NewPricingServiceClient(p.Connect(TargetEdge, "pricing")),
		Notifications: notificationsv1.NewNotificationsServiceClient(p.Connect(TargetEdge, "notifications")),
		Accounts:      accountsv1.NewAccountsServiceClient(p.Connect(TargetEdge, "accounts")),
		Cart:          cartv1.NewCartServiceClient(p.Connect(TargetEdge, "cart")),
		Settings:      settingsv1.NewSettingsServiceClient(p.Connect(TargetEdge, "settings")),
		Webhooks:      webhooksv1.NewWebhooksServiceClient(p.Connect(TargetEdge, "webhooks")),
	}
	if c.Peer == "" {
		needs.Pictures = pictures.New(PicturesDir(c), log.With("module", TargetEdge))
		needs.Staff = console.Accounts(needs.Accounts)
	}
	return console.New(needs, console.Options{
		Table: FloorTable(c.Modules), Info: info, BaseURL: strings.TrimSuffix(c.HTTP.BaseURL, "/"), Zone: c.zone(), Log: log.With("module", TargetEdge),
	})
}
