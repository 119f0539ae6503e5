package orderstest

import (
	"context"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"galleria/migrations"
	accountsv1 "galleria/modules/accounts/v1"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/orders"
	ordersv1 "galleria/modules/orders/v1"
	paymentsv1 "galleria/modules/payments/v1"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/identity"
	"galleria/platform/module"
)

// World is orders and the modules it sells with, as the suite sees them.
type World struct {
	Orders    ordersv1.OrdersServiceClient
	Catalog   catalogv1.CatalogServiceClient
	Inventory inventoryv1.InventoryServiceClient
	Pricing   pricingv1.PricingServiceClient
	Cart      cartv1.CartServiceClient
	Payments  paymentsv1.PaymentsServiceClient
}

// Definition is the real module, which is quick to look at payments. It needs
// inventory, pricing, cart and payments, which may be fakes.
func Definition() module.Definition {
	cfg := orders.DefaultConfig()
	cfg.PollInterval, cfg.PaymentPoll = 20*time.Millisecond, 100*time.Millisecond
	cfg.MaxUnpaidPerEmail, cfg.MaxUnpaidPerClient = 0, 4
	return module.Definition{
		Name: orders.Name, Contract: &ordersv1.OrdersService_ServiceDesc, Migrations: migrations.For(orders.Name),
		Needs: []string{"inventory", "pricing", "cart", "payments"},
		Hears: []proto.Message{&paymentsv1.PaymentSettled{}, &paymentsv1.PaymentRefunded{}, &paymentsv1.PaymentDisputed{}, &accountsv1.AccountDeleted{}},
		New: func(h module.Host) (*module.Instance, error) {
			return orders.New(h, orders.Needs{
				Inventory: inventoryv1.NewInventoryServiceClient(h.Need("inventory")),
				Pricing:   pricingv1.NewPricingServiceClient(h.Need("pricing")),
				Cart:      cartv1.NewCartServiceClient(h.Need("cart")),
				Payments:  paymentsv1.NewPaymentsServiceClient(h.Need("payments")),
			}, cfg)
		},
	}
}

// voucher signs on behalf of whom the suite calls. Its seed is the same in all processes
// of a test.
func voucher() *identity.Signer {
	signer, err := identity.NewSigner([]byte(strings.Repeat("s", ed25519.SeedSize)))
	if err != nil {
		panic(err) // the seed has the right length
	}
	return signer
}

// Vouching stands for accounts: it does nothing but vouch for whom As says.
func Vouching() module.Definition {
	return module.Definition{
		Name: "accounts", Contract: &accountsv1.AccountsService_ServiceDesc, Vouches: true,
		New: func(module.Host) (*module.Instance, error) {
			return &module.Instance{Server: accountsv1.UnimplementedAccountsServiceServer{}, Vouches: func() []ed25519.PublicKey { return []ed25519.PublicKey{voucher().Public()} }}, nil
		},
	}
}

// As is the context of calls on behalf of a person or program.
func As(t testing.TB, ctx context.Context, who identity.Identity) context.Context {
	t.Helper()
	who.Expires = time.Now().Add(time.Minute)
	statement, err := voucher().Sign(who)
	if err != nil {
		t.Fatal(err)
	}
	return identity.With(ctx, statement)
}
