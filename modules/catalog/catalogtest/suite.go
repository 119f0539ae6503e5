package catalogtest

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/id"
	"galleria/platform/module/moduletest"
)

// World is what the suite runs against.
type World struct {
	Catalog catalogv1.CatalogServiceClient
	// Outside is how a caller without rights of its own reaches it, such as the edge.
	Outside grpc.ClientConnInterface
}

// Run runs the contract suite. Its cases live beside each other in one
// catalog: each has a category and a word of its own.
func Run(t *testing.T, w World) {
	moduletest.Cases{
		"GetOffers":         offerCases(w),
		"WithdrawProducts":  withdrawCases(w),
		"DeleteProducts":    deleteCases(w),
		"DeleteCategories":  deleteCategoryCases(w),
		"ListProducts":      listCases(w),
		"ListAllProducts":   listAllCases(w),
		"GetProducts":       getCases(w),
		"ListCategories":    categoryCases(w),
		"UpsertProducts":    upsertCases(w),
		"GetEarlierProduct": earlierCases(w),
		"UpsertCategories":  upsertCategoryCases(w),
	}.Run(t, &catalogv1.CatalogService_ServiceDesc)
	moduletest.Refused(t, w.Outside, catalogv1.Reason_REASON_NOT_ALLOWED,
		catalogv1.CatalogService_ListAllProducts_FullMethodName,
		catalogv1.CatalogService_GetEarlierProduct_FullMethodName,
		catalogv1.CatalogService_UpsertProducts_FullMethodName,
		catalogv1.CatalogService_WithdrawProducts_FullMethodName,
		catalogv1.CatalogService_DeleteProducts_FullMethodName,
		catalogv1.CatalogService_UpsertCategories_FullMethodName,
		catalogv1.CatalogService_DeleteCategories_FullMethodName,
	)
}

// corner is one case's own part of the catalog.
type corner struct {
	*testing.T
	World
	// name is a word nothing else in the catalog has; also the category.
	name string
}

func (w World) corner(t *testing.T) *corner {
	return &corner{T: t, World: w, name: "c" + id.New()}
}

// product is a product of the corner, to be changed as the case likes.
func (c *corner) product(n int, change ...func(*catalogv1.Product)) *catalogv1.Product {
	p := Product(fmt.Sprintf("%s-%d", strings.ToUpper(c.name), n))
	p.Category, p.Name = c.name, fmt.Sprintf("%s thing %d", c.name, n)
	p.Slug = fmt.Sprintf("%s-%d", c.name, n)
	for _, do := range change {
		do(p)
	}
	return p
}

// products are n of them, priced 100, 200, …
func (c *corner) products(n int) []*catalogv1.Product {
	products := make([]*catalogv1.Product, n)
	for i := range products {
		products[i] = c.product(i+1, func(p *catalogv1.Product) { SetPrice(p, "EUR", int64(i+1)*100) })
	}
	return products
}

func (c *corner) put(products ...*catalogv1.Product) *catalogv1.UpsertProductsResponse {
	c.Helper()
	done, err := c.Catalog.UpsertProducts(c.Context(), &catalogv1.UpsertProductsRequest{Products: products})
	if err != nil {
		c.Fatalf("upsert: %v", err)
	}
	return done
}

func (c *corner) refused(products ...*catalogv1.Product) error {
	c.Helper()
	done, err := c.Catalog.UpsertProducts(c.Context(), &catalogv1.UpsertProductsRequest{Products: products})
	if err == nil {
		c.Fatalf("upsert of what the contract forbids: got %v, want an error", done)
	}
	return err
}

func (c *corner) get(skus ...string) []*catalogv1.Product {
	c.Helper()
	got, err := c.Catalog.GetProducts(c.Context(), &catalogv1.GetProductsRequest{Skus: skus})
	if err != nil {
		c.Fatalf("get %v: %v", skus, err)
	}
	return got.GetProducts()
}

// one gets the product there must be.
func (c *corner) one(sku string) *catalogv1.Product {
	c.Helper()
	got := c.get(sku)
	if len(got) != 1 {
		c.Fatalf("products of sku %s: got %d, want 1", sku, len(got))
	}
	return got[0]
}

func (c *corner) list(r *catalogv1.ListProductsRequest) *catalogv1.ListProductsResponse {
	c.Helper()
	got, err := c.Catalog.ListProducts(c.Context(), r)
	if err != nil {
		c.Fatalf("list %v: %v", r, err)
	}
	return got
}

// wantNumbers compares the numbers at the end of the skus.
func (c *corner) wantNumbers(got []*catalogv1.Product, want ...int) {
	c.Helper()
	numbers := make([]int, len(got))
	for i, p := range got {
		fmt.Sscanf(SKU(p)[strings.LastIndexByte(SKU(p), '-')+1:], "%d", &numbers[i])
	}
	if fmt.Sprint(numbers) != fmt.Sprint(want) {
		c.Errorf("products: got numbers %v, want %v", numbers, want)
	}
}

// wantSame compares a product with what was put, which need not know its id, nor
// when it was made.
func (c *corner) wantSame(got, want *catalogv1.Product) {
	c.Helper()
	if len(got.GetId()) != 26 || got.GetCreatedAt() == nil {
		c.Errorf("product: got %v, want an id and a time", got)
	}
	want = proto.Clone(want).(*catalogv1.Product)
	want.CreatedAt, want.Version = got.GetCreatedAt(), got.GetVersion()
	if want.GetId() == "" {
		want.Id = got.GetId()
	}
	if !proto.Equal(got, want) {
		c.Errorf("product: got %v, want %v", got, want)
	}
}
