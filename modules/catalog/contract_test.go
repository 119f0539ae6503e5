package catalog_test

import (
	"testing"

	"galleria/migrations"
	"galleria/modules/catalog"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/certs"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

var definition = module.Definition{
	Name:       catalog.Name,
	Contract:   &catalogv1.CatalogService_ServiceDesc,
	Migrations: migrations.For(catalog.Name),
	New: func(h module.Host) (*module.Instance, error) {
		return catalog.New(h, catalog.Needs{}, catalog.DefaultConfig())
	},
}

func TestMain(m *testing.M) {
	moduletest.Main(m, moduletest.Worlds{"catalog": {definition}})
}

func suite(t *testing.T, connect moduletest.Connect) {
	catalogtest.Run(t, catalogtest.World{Catalog: catalogv1.NewCatalogServiceClient(connect(moduletest.As(certs.Operator, "catalog"))), Outside: connect("catalog")})
}

func TestContract(t *testing.T) { moduletest.Run(t, "catalog", suite) }

func TestFakeKeepsTheContract(t *testing.T) {
	moduletest.Local(t, moduletest.World{catalogtest.NewFake(t).Definition()}, route.ModeLocal, suite)
}
