package carttest

import (
	"context"
	"sync"
	"testing"
	"time"

	"galleria/migrations"
	"galleria/modules/cart"
	"galleria/modules/cart/internal/service"
	"galleria/modules/cart/internal/store"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/database/databasetest"
	"galleria/platform/id"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
)

// Fake is the real service over a database of the test's own, and can be made to
// fail. Safe for concurrent use.
type Fake struct {
	cartv1.UnimplementedCartServiceServer
	store *store.Store

	mu        sync.Mutex
	service   *service.Service
	broken    error
	meanwhile func()
}

// NewFake makes a fake whose carts are priced by this catalog; they are gone when the
// test ends. The catalog may be nil when Definition is used: then it is that of the
// fake's world.
func NewFake(t testing.TB, catalog catalogv1.CatalogServiceClient) *Fake {
	t.Helper()
	o := databasetest.SQLite(t)
	o.Migrations = migrations.For(cart.Name)
	carts := store.New(databasetest.Open(t, o), time.Now, cart.DefaultConfig().Lifetime)
	return &Fake{store: carts, service: service.New(carts, catalog)}
}

// Definition puts a cart module into each world it is started in.
func Definition() module.Definition {
	d := define()
	d.Migrations = migrations.For(cart.Name)
	d.New = func(h module.Host) (*module.Instance, error) {
		return cart.New(h, cart.Needs{Catalog: catalogv1.NewCatalogServiceClient(h.Need("catalog"))}, cart.DefaultConfig())
	}
	return d
}

// Definition puts this fake into a world, so that the test can reach it.
func (f *Fake) Definition() module.Definition {
	d := define()
	d.New = func(h module.Host) (*module.Instance, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.service = service.New(f.store, catalogv1.NewCatalogServiceClient(h.Need("catalog")))
		return &module.Instance{Server: f}, nil
	}
	return d
}

func define() module.Definition {
	return module.Definition{Name: cart.Name, Contract: &cartv1.CartService_ServiceDesc, Needs: []string{"catalog"}}
}

// NewID makes the id of a cart, as the edge does.
func NewID() string { return id.Secret() }

// Fail makes every call fail with err until it is called with nil.
func (f *Fake) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = err
}

// Meanwhile runs do once, when SetCodes is called next and before it does its work: as a
// change that comes between a caller's look at the codes and its own change. do may call
// the fake.
func (f *Fake) Meanwhile(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.meanwhile = do
}

// between is what Meanwhile said, the first time.
func (f *Fake) between() func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	do := f.meanwhile
	f.meanwhile = nil
	return do
}

func (f *Fake) working() (*service.Service, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.service, f.broken
}

func call[Q, A any](ctx context.Context, f *Fake, r *Q, do func(*service.Service, context.Context, *Q) (*A, error)) (*A, error) {
	s, err := f.working()
	if err != nil {
		return nil, err
	}
	return do(s, moduletest.Direct(ctx), r)
}

// GetCart is part of the contract.
func (f *Fake) GetCart(ctx context.Context, r *cartv1.GetCartRequest) (*cartv1.GetCartResponse, error) {
	return call(ctx, f, r, (*service.Service).GetCart)
}

// CreateCart is part of the contract.
func (f *Fake) CreateCart(ctx context.Context, r *cartv1.CreateCartRequest) (*cartv1.CreateCartResponse, error) {
	return call(ctx, f, r, (*service.Service).CreateCart)
}

// CountCarts is part of the contract.
func (f *Fake) CountCarts(ctx context.Context, r *cartv1.CountCartsRequest) (*cartv1.CountCartsResponse, error) {
	return call(ctx, f, r, (*service.Service).CountCarts)
}

// AddItem is part of the contract.
func (f *Fake) AddItem(ctx context.Context, r *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
	return call(ctx, f, r, (*service.Service).AddItem)
}

// SetItem is part of the contract.
func (f *Fake) SetItem(ctx context.Context, r *cartv1.SetItemRequest) (*cartv1.SetItemResponse, error) {
	return call(ctx, f, r, (*service.Service).SetItem)
}

// SetCodes is part of the contract.
func (f *Fake) SetCodes(ctx context.Context, r *cartv1.SetCodesRequest) (*cartv1.SetCodesResponse, error) {
	if do := f.between(); do != nil {
		do()
	}
	return call(ctx, f, r, (*service.Service).SetCodes)
}

// SetDelivery is part of the contract.
func (f *Fake) SetDelivery(ctx context.Context, r *cartv1.SetDeliveryRequest) (*cartv1.SetDeliveryResponse, error) {
	return call(ctx, f, r, (*service.Service).SetDelivery)
}

// SetDestination is part of the contract.
func (f *Fake) SetDestination(ctx context.Context, r *cartv1.SetDestinationRequest) (*cartv1.SetDestinationResponse, error) {
	return call(ctx, f, r, (*service.Service).SetDestination)
}

// SetCustomer is part of the contract.
func (f *Fake) SetCustomer(ctx context.Context, r *cartv1.SetCustomerRequest) (*cartv1.SetCustomerResponse, error) {
	return call(ctx, f, r, (*service.Service).SetCustomer)
}

// MergeCarts is part of the contract.
func (f *Fake) MergeCarts(ctx context.Context, r *cartv1.MergeCartsRequest) (*cartv1.MergeCartsResponse, error) {
	return call(ctx, f, r, (*service.Service).MergeCarts)
}

// TakeItems is part of the contract.
func (f *Fake) TakeItems(ctx context.Context, r *cartv1.TakeItemsRequest) (*cartv1.TakeItemsResponse, error) {
	return call(ctx, f, r, (*service.Service).TakeItems)
}
