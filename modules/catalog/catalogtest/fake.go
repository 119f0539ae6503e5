package catalogtest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"galleria/migrations"
	"galleria/modules/catalog"
	"galleria/modules/catalog/internal/service"
	"galleria/modules/catalog/internal/store"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
)

// Fake is the real service over a database of the test's own, and can be made to
// fail. Safe for concurrent use.
type Fake struct {
	catalogv1.UnimplementedCatalogServiceServer
	t       testing.TB
	store   *store.Store
	service *service.Service

	mu     sync.Mutex
	broken error
}

// NewFake makes a fake that has these products; they are gone when the test ends. The
// test fails when the contract does not allow them.
func NewFake(t testing.TB, products ...*catalogv1.Product) *Fake {
	t.Helper()
	o := databasetest.SQLite(t)
	o.Migrations = migrations.For(catalog.Name)
	f := over(t, store.New(databasetest.Open(t, o)))
	f.Put(products...)
	return f
}

func over(t testing.TB, products *store.Store) *Fake {
	t.Helper()
	s, err := service.New(t.Context(), products, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return &Fake{t: t, store: products, service: s}
}

// Copy is another process of the module, with the same products. It does not look every
// 200 ms for what this one writes, as a real one does: a test of an answer that is too old
// need not be quicker than those looks.
func (f *Fake) Copy() *Fake {
	f.t.Helper()
	return over(f.t, f.store)
}

// Definition puts a catalog without products into each world it is started in.
func Definition() module.Definition {
	d := define()
	d.Migrations = migrations.For(catalog.Name)
	d.New = func(h module.Host) (*module.Instance, error) {
		return catalog.New(h, catalog.Needs{}, catalog.DefaultConfig())
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
	return module.Definition{Name: catalog.Name, Contract: &catalogv1.CatalogService_ServiceDesc}
}

// Product is an active plain product in euros that the contract allows, to be
// changed as the test likes: the sku of its single variant decides its name.
func Product(sku string) *catalogv1.Product {
	return &catalogv1.Product{
		Name: "Product " + sku, Description: "What a test sells.", Category: "test-goods",
		Tags: []string{"test"}, Pictures: Pictures("test.svg"), Active: true,
		Variants: []*catalogv1.Variant{{
			Sku: sku, Prices: []*catalogv1.Price{{CurrencyCode: "EUR", AmountMinor: 1000}}, Active: true,
		}},
	}
}

// Pictures are pictures of a product, without texts.
func Pictures(names ...string) (pictures []*catalogv1.Picture) {
	for _, name := range names {
		pictures = append(pictures, &catalogv1.Picture{Name: name})
	}
	return pictures
}

// SetPrice gives all variants of a product one price, in one currency.
func SetPrice(p *catalogv1.Product, currency string, minor int64) {
	for _, v := range p.GetVariants() {
		v.Prices = []*catalogv1.Price{{CurrencyCode: currency, AmountMinor: minor}}
	}
}

// SKU is that of a product's first variant.
func SKU(p *catalogv1.Product) string { return p.GetVariants()[0].GetSku() }

// Put writes products as UpsertProducts does. The test fails when that refuses.
func (f *Fake) Put(products ...*catalogv1.Product) {
	f.t.Helper()
	for some := range slices.Chunk(products, 500) {
		if _, err := f.service.UpsertProducts(moduletest.Direct(context.Background()), &catalogv1.UpsertProductsRequest{Products: some}); err != nil {
			f.t.Fatalf("put %d products into the catalog: %v", len(some), err)
		}
	}
}

// Fail makes every call fail with err until it is called with nil.
func (f *Fake) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = err
}

// GetOffers is part of the contract.
func (f *Fake) GetOffers(ctx context.Context, r *catalogv1.GetOffersRequest) (*catalogv1.GetOffersResponse, error) {
	return answer(f, ctx, r, f.service.GetOffers)
}

// ListProducts is part of the contract.
func (f *Fake) ListProducts(ctx context.Context, r *catalogv1.ListProductsRequest) (*catalogv1.ListProductsResponse, error) {
	return answer(f, ctx, r, f.service.ListProducts)
}

// ListAllProducts is part of the contract.
func (f *Fake) ListAllProducts(ctx context.Context, r *catalogv1.ListAllProductsRequest) (*catalogv1.ListAllProductsResponse, error) {
	return answer(f, ctx, r, f.service.ListAllProducts)
}

// GetProducts is part of the contract.
func (f *Fake) GetProducts(ctx context.Context, r *catalogv1.GetProductsRequest) (*catalogv1.GetProductsResponse, error) {
	return answer(f, ctx, r, f.service.GetProducts)
}

// GetEarlierProduct is part of the contract.
func (f *Fake) GetEarlierProduct(ctx context.Context, r *catalogv1.GetEarlierProductRequest) (*catalogv1.GetEarlierProductResponse, error) {
	return answer(f, ctx, r, f.service.GetEarlierProduct)
}

// ListCategories is part of the contract.
func (f *Fake) ListCategories(ctx context.Context, r *catalogv1.ListCategoriesRequest) (*catalogv1.ListCategoriesResponse, error) {
	return answer(f, ctx, r, f.service.ListCategories)
}

// UpsertProducts is part of the contract.
func (f *Fake) UpsertProducts(ctx context.Context, r *catalogv1.UpsertProductsRequest) (*catalogv1.UpsertProductsResponse, error) {
	return answer(f, ctx, r, f.service.UpsertProducts)
}

// WithdrawProducts is part of the contract.
func (f *Fake) WithdrawProducts(ctx context.Context, r *catalogv1.WithdrawProductsRequest) (*catalogv1.WithdrawProductsResponse, error) {
	return answer(f, ctx, r, f.service.WithdrawProducts)
}

// DeleteProducts is part of the contract.
func (f *Fake) DeleteProducts(ctx context.Context, r *catalogv1.DeleteProductsRequest) (*catalogv1.DeleteProductsResponse, error) {
	return answer(f, ctx, r, f.service.DeleteProducts)
}

// DeleteCategories is part of the contract.
func (f *Fake) DeleteCategories(ctx context.Context, r *catalogv1.DeleteCategoriesRequest) (*catalogv1.DeleteCategoriesResponse, error) {
	return answer(f, ctx, r, f.service.DeleteCategories)
}

// UpsertCategories is part of the contract.
func (f *Fake) UpsertCategories(ctx context.Context, r *catalogv1.UpsertCategoriesRequest) (*catalogv1.UpsertCategoriesResponse, error) {
	return answer(f, ctx, r, f.service.UpsertCategories)
}

func answer[Q, A any](f *Fake, ctx context.Context, r *Q, method func(context.Context, *Q) (*A, error)) (*A, error) {
	f.mu.Lock()
	broken := f.broken
	f.mu.Unlock()
	if broken != nil {
		return nil, broken
	}
	return method(moduletest.Direct(ctx), r)
}
