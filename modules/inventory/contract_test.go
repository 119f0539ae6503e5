package inventory_test

import (
	"testing"
	"time"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/migrations"
	"galleria/modules/inventory"
	"galleria/modules/inventory/inventorytest"
	"galleria/platform/certs"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

func definition(cfg inventory.Config) module.Definition {
	return module.Definition{
		Name:       inventory.Name,
		Contract:   &inventoryv1.InventoryService_ServiceDesc,
		Migrations: migrations.For(inventory.Name),
		New:        func(h module.Host) (*module.Instance, error) { return inventory.New(h, inventory.Needs{}, cfg) },
	}
}

func hurried() inventory.Config {
	cfg := inventory.DefaultConfig()
	cfg.ExpireEvery = 10 * time.Millisecond
	return cfg
}

var worlds = moduletest.Worlds{
	"inventory": {definition(inventory.DefaultConfig())},
	"hurried":   {definition(hurried())},
}

func TestMain(m *testing.M) { moduletest.Main(m, worlds) }

func suite(run func(*testing.T, inventorytest.World)) moduletest.Suite {
	return func(t *testing.T, connect moduletest.Connect) {
		run(t, inventorytest.World{Inventory: inventoryv1.NewInventoryServiceClient(connect(moduletest.As(certs.Operator, inventory.Name))), Outside: connect(inventory.Name)})
	}
}

func TestContract(t *testing.T) {
	t.Run("fake", func(t *testing.T) {
		moduletest.Local(t, moduletest.World{inventorytest.NewFake(t).Definition()}, route.ModeLocal, suite(inventorytest.Run))
	})
	moduletest.Run(t, "inventory", suite(inventorytest.Run))
}

func TestExpiry(t *testing.T) {
	t.Run("fake", func(t *testing.T) {
		moduletest.Local(t, moduletest.World{inventorytest.NewFake(t).Definition()}, route.ModeLocal, suite(inventorytest.RunExpiry))
	})
	moduletest.Run(t, "hurried", suite(inventorytest.RunExpiry))
}
