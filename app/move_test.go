package app_test

import (
	"testing"

	"galleria/app/shoptest"
	"galleria/platform/route"
)

// TestEachModuleMovesOutAndBackUnderLoad: a second process is started, the
// file is changed, and no shopper notices; then back. On PostgreSQL both
// processes write at once, and a lease outlives its connection.
func TestEachModuleMovesOutAndBackUnderLoad(t *testing.T) {
	for _, c := range []struct {
		name    string
		layout  shoptest.Layout
		modules []string
	}{
		{"SQLite, what is sold", shoptest.Layout{Raced: true}, []string{"catalog", "inventory", "cart"}},
		{"SQLite, what follows", shoptest.Layout{Raced: true}, []string{"payments", "orders", "notifications"}},
		{"PostgreSQL", shoptest.Layout{Raced: true, Postgres: true}, shoptest.Modules},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			moveOneByOne(t, c.layout, c.modules)
		})
	}
}

func moveOneByOne(t *testing.T, l shoptest.Layout, modules []string) {
	shop := shoptest.Open(t, l)
	crowd := shop.Crowd(t, 3, shoptest.Shops)
	crowd.Walks(t, 2)
	for _, module := range modules {
		shop.StartModules(t, module)
		shop.Place(t, route.ModeRemote, module)
		shop.AwaitHealthy(t)
		if got, want := shop.Table(t)[module].Place, "remote at "+shop.Address(module); got != want {
			t.Errorf("%s is at %q, want %q", module, got, want)
		}
		crowd.Walks(t, 4)
		shop.Place(t, route.ModeLocal, module)
		shop.AwaitHealthy(t)
		crowd.Walks(t, 4)
		shop.StopModules(t, module)
		crowd.Walks(t, 2)
	}
	crowd.Leave(t)
	shop.Books(t)
}

// TestAllModulesMoveOutAndBackUnderLoad: a process for each, and one with the edge.
func TestAllModulesMoveOutAndBackUnderLoad(t *testing.T) {
	for _, database := range []struct {
		name   string
		layout shoptest.Layout
		times  int
	}{
		{"SQLite", shoptest.Layout{Raced: true}, 2},
		{"PostgreSQL", shoptest.Layout{Raced: true, Postgres: true}, 1},
	} {
		t.Run(database.name, func(t *testing.T) { // alone: it runs eleven processes
			shop := shoptest.Open(t, database.layout)
			// Before the crowd comes: so many starts at once are more than a small machine
			// does beside its shoppers, and are not what is tested.
			shop.StartModules(t, shoptest.Modules...)
			crowd := shop.Crowd(t, 3, shoptest.Shops)
			crowd.Walks(t, 2)
			for range database.times {
				shop.Place(t, route.ModeRemote, shoptest.Modules...)
				shop.AwaitHealthy(t)
				crowd.Walks(t, 6)
				shop.Place(t, route.ModeLocal, shoptest.Modules...)
				shop.AwaitHealthy(t)
				crowd.Walks(t, 6)
			}
			shop.StopModules(t, shoptest.Modules...) // all modules are back in the main process
			crowd.Walks(t, 2)
			crowd.Leave(t)
			shop.Books(t)
		})
	}
}

// TestASplitShopIsPutTogetherByRestart: processes are stopped and the file
// says local; whatever was begun is finished by the one process.
func TestASplitShopIsPutTogetherByRestart(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{Apart: []string{"orders", "payments"}})
	ana := shop.Guest(t, "Ana")
	ana.Adds(1, shoptest.Mug)
	order := ana.Pays(shoptest.Visa)
	for _, p := range []*shoptest.Process{shop.Module("orders"), shop.Module("payments"), shop.Main()} {
		p.Stop(t)
	}
	shop.Place(t, route.ModeLocal, "orders", "payments")
	shop.Restart(t)
	ana.Get(order.Path).Want(200).Says("Thank you, Ana")
	ana.Adds(1, shoptest.Tray)
	ana.Pays(shoptest.Visa)
	shop.Books(t)
}
