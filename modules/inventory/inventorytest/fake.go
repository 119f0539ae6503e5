// Package inventorytest holds inventory's contract suite, and a fake that
// passes it, for other modules' tests.
package inventorytest

import (
	"context"
	"testing"
	"time"

	"galleria/migrations"
	"galleria/modules/inventory"
	"galleria/modules/inventory/internal/service"
	"galleria/modules/inventory/internal/store"
	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/database/databasetest"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
)

// Fake is the real service on a database of the test's own, with a clock that the
// test can move and hooks that let calls fail. It is safe for concurrent use. Goods
// whose hold has ended by its clock are given back at the next call.
type Fake struct {
	inventoryv1.UnimplementedInventoryServiceServer
	moduletest.Outages

	// Now is the clock; time.Now unless set before use.
	Now func() time.Time

	service *service.Service
}

// NewFake makes a fake with empty shelves; they are gone when the test ends.
func NewFake(t testing.TB) *Fake {
	t.Helper()
	o := databasetest.SQLite(t)
	o.Migrations = migrations.For(inventory.Name)
	f := &Fake{Now: time.Now}
	f.service = service.New(store.New(databasetest.Open(t, o), inventory.DefaultConfig().MaxUnpaidShare, inventory.DefaultConfig().LowAt), func() time.Time { return f.Now() })
	return f
}

// Definition puts inventory with empty shelves into a world.
func Definition() module.Definition {
	d := define()
	d.Migrations = migrations.For(inventory.Name)
	d.New = func(h module.Host) (*module.Instance, error) {
		return inventory.New(h, inventory.Needs{}, inventory.DefaultConfig())
	}
	return d
}

// Definition puts this fake into a world, so that the test can reach it.
func (f *Fake) Definition() module.Definition {
	d := define()
	d.New = func(module.Host) (*module.Instance, error) { return &module.Instance{Server: f}, nil }
	return d
}

func define() module.Definition {
	return module.Definition{Name: inventory.Name, Contract: &inventoryv1.InventoryService_ServiceDesc}
}

// call does the work of one method, with its outages around it, and gives back before it
// what was held for too long.
func call[Q, A any](ctx context.Context, f *Fake, method string, r *Q, work func(context.Context, *Q) (*A, error)) (*A, error) {
	return moduletest.Call(ctx, &f.Outages, method, r, func(ctx context.Context, r *Q) (*A, error) {
		if err := f.service.ExpireNow(ctx); err != nil {
			return nil, err
		}
		return work(ctx, r)
	})
}

// GetLevels implements the contract.
func (f *Fake) GetLevels(ctx context.Context, r *inventoryv1.GetLevelsRequest) (*inventoryv1.GetLevelsResponse, error) {
	return call(ctx, f, "GetLevels", r, f.service.GetLevels)
}

// SetLevels implements the contract.
func (f *Fake) SetLevels(ctx context.Context, r *inventoryv1.SetLevelsRequest) (*inventoryv1.SetLevelsResponse, error) {
	return call(ctx, f, "SetLevels", r, f.service.SetLevels)
}

// Allocate implements the contract.
func (f *Fake) Allocate(ctx context.Context, r *inventoryv1.AllocateRequest) (*inventoryv1.AllocateResponse, error) {
	return call(ctx, f, "Allocate", r, f.service.Allocate)
}

// Release implements the contract.
func (f *Fake) Release(ctx context.Context, r *inventoryv1.ReleaseRequest) (*inventoryv1.ReleaseResponse, error) {
	return call(ctx, f, "Release", r, f.service.Release)
}

// Ship implements the contract.
func (f *Fake) Ship(ctx context.Context, r *inventoryv1.ShipRequest) (*inventoryv1.ShipResponse, error) {
	return call(ctx, f, "Ship", r, f.service.Ship)
}

// Adjust implements the contract.
func (f *Fake) Adjust(ctx context.Context, r *inventoryv1.AdjustRequest) (*inventoryv1.AdjustResponse, error) {
	return call(ctx, f, "Adjust", r, f.service.Adjust)
}

// Receive implements the contract.
func (f *Fake) Receive(ctx context.Context, r *inventoryv1.ReceiveRequest) (*inventoryv1.ReceiveResponse, error) {
	return call(ctx, f, "Receive", r, f.service.Receive)
}

// ListLevels implements the contract.
func (f *Fake) ListLevels(ctx context.Context, r *inventoryv1.ListLevelsRequest) (*inventoryv1.ListLevelsResponse, error) {
	return call(ctx, f, "ListLevels", r, f.service.ListLevels)
}

// ListMovements implements the contract.
func (f *Fake) ListMovements(ctx context.Context, r *inventoryv1.ListMovementsRequest) (*inventoryv1.ListMovementsResponse, error) {
	return call(ctx, f, "ListMovements", r, f.service.ListMovements)
}

// Audit implements the contract.
func (f *Fake) Audit(ctx context.Context, r *inventoryv1.AuditRequest) (*inventoryv1.AuditResponse, error) {
	return call(ctx, f, "Audit", r, f.service.Audit)
}
