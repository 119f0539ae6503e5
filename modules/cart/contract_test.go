package cart_test

import (
	"testing"

	"galleria/migrations"
	"galleria/modules/cart"
	"galleria/modules/cart/carttest"
	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/certs"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

var definition = module.Definition{
	Name:       cart.Name,
	Contract:   &cartv1.CartService_ServiceDesc,
	Needs:      []string{"catalog"},
	Migrations: migrations.For(cart.Name),
	New: func(h module.Host) (*module.Instance, error) {
		return cart.New(h, cart.Needs{Catalog: catalogv1.NewCatalogServiceClient(h.Need("catalog"))}, cart.DefaultConfig())
	},
}

func TestMain(m *testing.M) {
	moduletest.Main(m, moduletest.Worlds{"cart": {definition, catalogtest.Definition()}})
}

func suite(t *testing.T, connect moduletest.Connect) {
	carttest.Run(t, carttest.World{
		Operator: cartv1.NewCartServiceClient(connect(moduletest.As(certs.Operator, "cart"))),
		Outside:  connect("cart"),
		Cart:     cartv1.NewCartServiceClient(connect(moduletest.As("orders", "cart"))),
		Catalog:  catalogv1.NewCatalogServiceClient(connect(moduletest.As(certs.Operator, "catalog"))),
	})
}

func TestContract(t *testing.T) { moduletest.Run(t, "cart", suite) }

func TestFakeKeepsTheContract(t *testing.T) {
	moduletest.Local(t, moduletest.World{carttest.NewFake(t, nil).Definition(), catalogtest.Definition()}, route.ModeLocal, suite)
}
