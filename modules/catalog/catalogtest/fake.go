package catalogtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"galleria/modules/catalog/internal/memory"
	"galleria/modules/catalog/internal/service"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/module"
)

// Fake is a catalog in memory: the real service over a store that forgets.
// Safe for concurrent use.
type Fake struct {
	catalogv1.UnimplementedCatalogServiceServer
	service *service.Service

	mu     sync.Mutex
	broken error
}

// NewFake makes a fake that has these products. It panics when the contract
// does not allow them.
func NewFake(products ...*catalogv1.Product) *Fake {
	s, err := service.New(context.Background(), memory.New(), time.Now)
	if err != nil {
		panic(err) // memory never fails
	}
	f := &Fake{service: s}
	f.Put(products...)
	return f
}

// Definition is a module with a fake of its own in every world it is started in.
func Definition() module.Definition {
	return definition(func() *Fake { return NewFake() })
}

// Definition is a module with this fake, for tests that hold on to it.
func (f *Fake) Definition() module.Definition {
	return definition(func() *Fake { return f })
}

func definition(fake func() *Fake) module.Definition {
	return module.Definition{
		Name:     "catalog",
		Contract: &catalogv1.CatalogService_ServiceDesc,
		New:      func(module.Host) (*module.Instance, error) { return &module.Instance{Server: fake()}, nil },
	}
}

// Product is an active plain product in euros that the contract allows, to be
// changed as the test likes: the sku of its single variant decides its name.
func Product(sku string) *catalogv1.Product {
	return &catalogv1.Product{
		Name: "Product " + sku, Description: "What a test sells.", Category: "test-goods",
		Tags: []string{"test"}, Pictures: []string{"test.svg"}, Active: true,
		Variants: []*catalogv1.Variant{{
			Sku: sku, Prices: []*catalogv1.Price{{CurrencyCode: "EUR", AmountMinor: 1000}}, Active: true,
		}},
	}
}

// SetPrice gives all variants of a product one price, in one currency.
func SetPrice(p *catalogv1.Product, currency string, minor int64) {
	for _, v := range p.GetVariants() {
		v.Prices = []*catalogv1.Price{{CurrencyCode: currency, AmountMinor: minor}}
	}
}

// SKU is that of a product's first variant.
func SKU(p *catalogv1.Product) string { return p.GetVariants()[0].GetSku() }

// Put writes products as UpsertProducts does. It panics when that refuses.
func (f *Fake) Put(products ...*catalogv1.Product) {
	for some := range slices.Chunk(products, 500) {
		if _, err := f.service.UpsertProducts(context.Background(), &catalogv1.UpsertProductsRequest{Products: some}); err != nil {
			panic(fmt.Sprintf("catalogtest: %v", err))
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
	return method(ctx, r)
}
