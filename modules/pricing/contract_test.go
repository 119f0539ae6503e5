package pricing_test

import (
	"testing"

	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/pricing/pricingtest"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/certs"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

func TestMain(m *testing.M) {
	moduletest.Main(m, moduletest.Worlds{"pricing": {pricingtest.Definition(), catalogtest.Definition()}})
}

func suite(t *testing.T, connect moduletest.Connect) {
	pricingtest.Run(t, pricingtest.World{
		Outside: connect("pricing"),
		Pricing: pricingv1.NewPricingServiceClient(connect(moduletest.As(certs.Operator, "pricing"))),
		Catalog: catalogv1.NewCatalogServiceClient(connect(moduletest.As(certs.Operator, "catalog"))),
	})
}

func TestContract(t *testing.T) { moduletest.Run(t, "pricing", suite) }

// TestFakeKeepsTheContract: what other modules' tests use is the module itself.
func TestFakeKeepsTheContract(t *testing.T) {
	moduletest.Local(t, moduletest.World{pricingtest.Definition(), catalogtest.Definition()}, route.ModeLocal, suite)
}
