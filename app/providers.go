package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/wire"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"galleria/app/auditlog"
	"galleria/app/demo"
	"galleria/app/edge"
	"galleria/app/gateway"
	"galleria/app/pictures"
	"galleria/app/products"
	"galleria/app/shopinfo"
	"galleria/app/storefront"
	accountsv1 "galleria/modules/accounts/v1"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	paymentsv1 "galleria/modules/payments/v1"
	pricingv1 "galleria/modules/pricing/v1"
	settingsv1 "galleria/modules/settings/v1"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/certs"
	"galleria/platform/config"
	"galleria/platform/connections"
	"galleria/platform/process"
	"galleria/platform/route"
	"galleria/platform/telemetry"
	"galleria/platform/traces"
)

// Providers make the object graph of one process; wire.go joins them.
var Providers = wire.NewSet(
	NewLines, NewLogger, NewTraces, NewIdentity, NewProcess, NewEdge, NewShopInfo, NewStorefront, NewGateway, NewAuditLog, NewConsole, NewMetrics, NewAdmin, NewReloader,
	wire.Struct(new(App), "Config", "Log", "Traces", "Process", "Storefront", "Gateway", "Console", "Audit", "Admin", "Reloader"),
)

// Start is how this process was started: what the providers begin with.
type Start struct {
	Config Config
	// Loaded tells where the values came from.
	Loaded *config.Loaded
	// Sources are read again when the file changes.
	Sources config.Sources
	// Version is the program's.
	Version Version
	// Stderr gets the log.
	Stderr io.Writer
}

// Version is the program's version, for people and metrics.
type Version string

// NewLogger makes the process's log.
func NewLogger(s Start, lines *telemetry.Lines) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.Config.Log.Level)); err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	return telemetry.NewLogger(io.MultiWriter(lines, s.Stderr), s.Config.Log.Format, level), nil
}

// NewLines keeps the latest lines of the log, for the console.
func NewLines() *telemetry.Lines { return &telemetry.Lines{} }

// NewTraces keeps traces; nil when the configuration wants none.
func NewTraces(c Config, log *slog.Logger) *traces.Store {
	if c.Tracing.Keep == 0 {
		return nil
	}
	return traces.New(traces.Options{
		Dir: c.Data, Name: strings.Join(c.Target, "-"), Every: c.Tracing.Keep, Slow: c.Tracing.Slow, Log: log,
	})
}

// NewIdentity is what this process shows to the others.
func NewIdentity(c Config) (*certs.Identity, error) { return IdentityFor(c, c.rights()) }

// IdentityFor is what a process shows: the certificate the configuration names, or
// else one with these rights of the authority in the data directory.
func IdentityFor(c Config, rights certs.Rights) (*certs.Identity, error) {
	switch {
	case c.RPC.Plaintext:
		return certs.Plaintext(), nil
	case c.RPC.Certificate != "":
		return certs.FromFiles(certs.Files{
			Certificate: c.RPC.Certificate, Key: c.RPC.Key, Authority: c.RPC.Authority, Revoked: c.RPC.Revoked,
		})
	}
	authority, err := certs.OpenAuthority(AuthorityDir(c))
	if err != nil {
		return nil, err
	}
	return certs.FromAuthority(authority, rights)
}

// AuthorityDir is where the certificate authority is kept.
func AuthorityDir(c Config) string { return filepath.Join(c.Data, "certs") }

// rights are what this process's certificate is good for. One beside the main
// process speaks for what it runs, and serves that. The main one passes on the
// calls of others while modules move, so it speaks for all and serves all.
func (c Config) rights() certs.Rights {
	if c.Peer != "" {
		return RightsOf(c, c.Target)
	}
	return certs.Everything
}

// RightsOf are the rights of a process that runs the targets: modules, and what
// calls modules and is none, such as the edge.
func RightsOf(c Config, targets []string) certs.Rights {
	if slices.Contains(targets, TargetAll) {
		return certs.Everything
	}
	rights := certs.Rights{Speaks: targets}
	for _, d := range Definitions(c.Modules) {
		if slices.Contains(targets, d.Name) {
			rights.Serves = append(rights.Serves, d.Name)
		}
	}
	return rights
}

// AllCallers lists everybody who may call a module.
func AllCallers(c Config) []string {
	var all []string
	for _, d := range Definitions(c.Modules) {
		all = append(all, d.Name)
	}
	for caller := range Outside {
		all = append(all, caller)
	}
	return all
}

// NewProcess makes the process; App.Run starts it.
func NewProcess(c Config, version Version, id *certs.Identity, kept *traces.Store, lines *telemetry.Lines, audit *auditlog.Log, log *slog.Logger) (*process.Process, error) {
	if err := c.checkListen(); err != nil {
		return nil, err
	}
	return process.New(process.Options{
		Definitions: Definitions(c.Modules),
		Outside:     Outside, OutsideCalls: OutsideCalls,
		Dir:         c.Data,
		DSN:         c.dsn,
		Listen:      c.RPC.Listen,
		Advertise:   c.RPC.Advertise,
		Targets:     c.Target,
		Version:     string(version),
		Shared:      c.shared,
		Connections: shares(connections.Files(), nil).rpc,
		Identity:    id,
		Peer:        c.Peer,
		BrokerURL:   c.Events.URL,
		Log:         log,
		Traces:      kept,
		Lines:       lines,
		Commanded:   commanded(c, audit, log),
	})
}

// commanded notes what operators change by command: in the main process, which has the
// audit log. Another one that is asked has only its own log.
func commanded(c Config, audit *auditlog.Log, log *slog.Logger) func(context.Context, process.Command) {
	return func(ctx context.Context, command process.Command) {
		e, change := auditlog.Commanded(command)
		switch {
		case !change:
		case c.Runs(TargetEdge):
			audit.Note(e)
		default:
			log.InfoContext(ctx, "an operator has changed something here, which the audit log of the main process does not have", "who", e.Who, "action", e.Action, "thing", e.Thing)
		}
	}
}

func (c Config) dsn(module string) string {
	for _, row := range Table(c.Modules) {
		if row.Definition.Name == module {
			return row.Placed.DSN
		}
	}
	return ""
}

// NewEdge is what the parts of the edge share.
func NewEdge(c Config, log *slog.Logger) *edge.Edge {
	return edge.New(edge.Options{BaseURL: c.HTTP.BaseURL, TrustedProxies: c.HTTP.proxies(), Limits: edge.Limits(c.HTTP.Limits), Now: time.Now, Log: log})
}

// NewShopInfo is what the edge says of the shop.
func NewShopInfo(c Config, p *process.Process, log *slog.Logger) *shopinfo.Keeper {
	return shopinfo.NewKeeper(settingsv1.NewSettingsServiceClient(p.Connect(TargetEdge, "settings")), c.Currency, time.Now, log.With("module", TargetEdge))
}

// NewStorefront makes the shop's pages; nil in a process without the edge.
func NewStorefront(c Config, p *process.Process, shared *edge.Edge, info *shopinfo.Keeper, log *slog.Logger) (*storefront.Storefront, error) {
	if !c.Runs(TargetEdge) {
		return nil, nil
	}
	note := ""
	if c.Modules.Payments.Own.Provider == "sandbox" {
		note = "This is a trial shop: the payment page takes test cards only, and no money."
	}
	o := storefront.Options{
		Store: pictures.New(PicturesDir(c), log.With("module", TargetEdge)), BaseURL: strings.TrimSuffix(c.HTTP.BaseURL, "/"), Zone: c.zone(),
		PaymentNote: note, Edge: shared, Info: info, Log: log.With("module", TargetEdge), Now: time.Now,
	}
	if c.Demo {
		o.Pictures, o.Placeholder = demo.Pictures(), demo.Placeholder
	}
	return storefront.New(storefront.Needs{
		Catalog:   catalogv1.NewCatalogServiceClient(p.Connect(TargetEdge, "catalog")),
		Inventory: inventoryv1.NewInventoryServiceClient(p.Connect(TargetEdge, "inventory")),
		Cart:      cartv1.NewCartServiceClient(p.Connect(TargetEdge, "cart")),
		Pricing:   pricingv1.NewPricingServiceClient(p.Connect(TargetEdge, "pricing")),
		Orders:    ordersv1.NewOrdersServiceClient(p.Connect(TargetEdge, "orders")),
		Payments:  paymentsv1.NewPaymentsServiceClient(p.Connect(TargetEdge, "payments")),
		Accounts:  accountsv1.NewAccountsServiceClient(p.Connect(TargetEdge, "accounts")),
	}, o)
}

// NewGateway makes the API; nil in a process without the edge.
func NewGateway(c Config, p *process.Process, shared *edge.Edge, info *shopinfo.Keeper, audit *auditlog.Log, log *slog.Logger) (*gateway.Gateway, error) {
	if !c.Runs(TargetEdge) {
		return nil, nil
	}
	return gateway.New(gateway.Needs{
		Catalog:   catalogv1.NewCatalogServiceClient(p.Connect(TargetEdge, "catalog")),
		Inventory: inventoryv1.NewInventoryServiceClient(p.Connect(TargetEdge, "inventory")),
		Cart:      cartv1.NewCartServiceClient(p.Connect(TargetEdge, "cart")),
		Pricing:   pricingv1.NewPricingServiceClient(p.Connect(TargetEdge, "pricing")),
		Orders:    ordersv1.NewOrdersServiceClient(p.Connect(TargetEdge, "orders")),
		Accounts:  accountsv1.NewAccountsServiceClient(p.Connect(TargetEdge, "accounts")),
		Webhooks:  webhooksv1.NewWebhooksServiceClient(p.Connect(TargetEdge, "webhooks")),
	}, gateway.Options{
		Edge: shared, BaseURL: strings.TrimSuffix(c.HTTP.BaseURL, "/"), Log: log.With("module", TargetEdge), Now: time.Now, Audit: audit, Info: info,
	})
}

// NewAuditLog is the log of what is changed, by the console, the API and commands.
func NewAuditLog(c Config, log *slog.Logger) *auditlog.Log {
	return auditlog.New(c.Data, time.Now, log.With("module", TargetEdge))
}

// PicturesDir is where the shop's own pictures are kept: beside the edge, which
// serves them.
func PicturesDir(c Config) string { return filepath.Join(c.Data, "pictures") }

// NewMetrics gathers what this process measures.
func NewMetrics(p *process.Process, shop *storefront.Storefront, api *gateway.Gateway, version Version) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "galleria_build_info", Help: "Always 1; the version is the label."}, []string{"version"})
	build.WithLabelValues(string(version)).Set(1)
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		route.NewCollector(p.Routes), process.NewCollector(p), build,
	)
	if shop != nil {
		registry.MustRegister(shop.Collector())
	}
	if api != nil {
		registry.MustRegister(api.Collector())
	}
	return registry
}

// operatorClients are for what the program itself does with modules: filling an
// empty catalog.
type operatorClients struct {
	catalog   catalogv1.CatalogServiceClient
	inventory inventoryv1.InventoryServiceClient
	pricing   pricingv1.PricingServiceClient
}

func operate(p *process.Process) operatorClients {
	return operatorClients{
		catalog:   catalogv1.NewCatalogServiceClient(p.Connect(Operator, "catalog")),
		inventory: inventoryv1.NewInventoryServiceClient(p.Connect(Operator, "inventory")),
		pricing:   pricingv1.NewPricingServiceClient(p.Connect(Operator, "pricing")),
	}
}

// fillDemo puts the demo catalogue into a catalog that has nothing in it. empty keeps
// that this was seen: a try that fails in the middle leaves categories behind, and the
// next one goes on all the same.
func fillDemo(ctx context.Context, p *process.Process, log *slog.Logger, empty *bool) error {
	clients := operate(p)
	if !*empty {
		listed, err := clients.catalog.ListCategories(ctx, &catalogv1.ListCategoriesRequest{WithWithdrawn: true})
		if err != nil {
			return fmt.Errorf("look into the catalog: %w", err)
		}
		if len(listed.GetCategories()) > 0 {
			return nil
		}
		*empty = true
	}
	// First, for it can be repeated at any time; the import sets the stock again.
	if _, err := clients.pricing.UpsertPromotions(ctx, &pricingv1.UpsertPromotionsRequest{Promotions: demo.Promotions(time.Now())}); err != nil {
		return fmt.Errorf("make the demo's promotions: %w", err)
	}
	categories := &catalogv1.UpsertCategoriesRequest{}
	for i, c := range demo.Categories() {
		categories.Categories = append(categories.Categories, &catalogv1.Category{
			Slug: c.Slug, Name: c.Name, Intro: c.Intro, Position: int32(i + 1),
		})
	}
	if _, err := products.Import(ctx, clients.catalog, clients.inventory, demo.CSV(), products.Options{}); err != nil {
		return err
	}
	if _, err := clients.catalog.UpsertCategories(ctx, categories); err != nil {
		return fmt.Errorf("name the demo's categories: %w", err)
	}
	count, variants := demo.Size()
	log.Info("filled the empty catalog with the demo catalogue", "products", count, "variants", variants)
	return nil
}
