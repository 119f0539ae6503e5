package carttest

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc"

	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/id"
	"galleria/platform/module/moduletest"
)

// World is what the suite runs against. The catalog may be a fake.
type World struct {
	Cart    cartv1.CartServiceClient
	Catalog catalogv1.CatalogServiceClient
	// Operator is how an operator reaches it.
	Operator cartv1.CartServiceClient
	// Outside is how a caller without rights of its own reaches it, such as the edge.
	Outside grpc.ClientConnInterface
}

// Run runs the contract suite. Each of its cases has a cart and products of
// its own.
func Run(t *testing.T, w World) {
	moduletest.Cases{
		"GetCart":        getCases(w),
		"AddItem":        addCases(w),
		"SetItem":        setCases(w),
		"SetCodes":       codeCases(w),
		"SetDelivery":    choiceCases(w, setDelivery),
		"CreateCart":     createCases(w),
		"SetDestination": destinationCases(w),
		"SetCustomer":    customerCases(w),
		"MergeCarts":     mergeCases(w),
		"TakeItems":      takeCases(w),
		"CountCarts":     countCases(w),
	}.Run(t, &cartv1.CartService_ServiceDesc)
	moduletest.Refused(t, w.Outside, cartv1.Reason_REASON_NOT_ALLOWED,
		cartv1.CartService_TakeItems_FullMethodName,
		cartv1.CartService_CountCarts_FullMethodName,
	)
}

type (
	cases   = map[string]func(t *testing.T)
	product = catalogv1.Product
)

// guest is one case's guest, with a cart and a shelf of products.
type guest struct {
	*testing.T
	World
	cart   string
	prefix string // of the skus
	// currencies are those that products are sold in.
	currencies map[int]string
	keys       int
}

func (w World) guest(t *testing.T) *guest {
	return &guest{T: t, World: w, cart: NewID(), prefix: strings.ToUpper(id.New()), currencies: map[int]string{}}
}

// sku is that of the guest's product n.
func (g *guest) sku(n int) string { return fmt.Sprintf("%s-%d", g.prefix, n) }

// sell puts product n into the catalog, at n × 100 unless changed.
func (g *guest) sell(n int, change ...func(*product)) {
	g.Helper()
	g.sellAll(n, n, change...)
}

// sellAll puts a range of products into the catalog.
func (g *guest) sellAll(first, last int, change ...func(*product)) {
	g.Helper()
	var products []*product
	for n := first; n <= last; n++ {
		p := &product{
			Name: fmt.Sprintf("Thing %d", n), Slug: strings.ToLower(g.sku(n)), Category: "things",
			Pictures: catalogtest.Pictures("thing.svg", "thing-back.svg"), Active: true, Variants: []*catalogv1.Variant{{Sku: g.sku(n), Active: true}},
		}
		catalogtest.SetPrice(p, "EUR", int64(n)*100)
		for _, do := range change {
			do(p)
		}
		g.currencies[n] = p.Variants[0].Prices[0].CurrencyCode
		products = append(products, p)
	}
	if _, err := g.Catalog.UpsertProducts(g.Context(), &catalogv1.UpsertProductsRequest{Products: products}); err != nil {
		g.Fatalf("put products into the catalog: %v", err)
	}
}

// request is an addition under a key of its own.
func (g *guest) request(n int, quantity int64) *cartv1.AddItemRequest {
	g.keys++
	return &cartv1.AddItemRequest{CartId: g.cart, Sku: g.sku(n), Quantity: quantity, IdempotencyKey: fmt.Sprintf("key-%d", g.keys), CurrencyCode: g.currencies[n]}
}

func (g *guest) add(n int, quantity int64) {
	g.Helper()
	if _, err := g.Cart.AddItem(g.Context(), g.request(n, quantity)); err != nil {
		g.Fatalf("add %d of product %d: %v", quantity, n, err)
	}
}

func (g *guest) addFails(n int, quantity int64) error {
	g.Helper()
	_, err := g.Cart.AddItem(g.Context(), g.request(n, quantity))
	if err == nil {
		g.Fatalf("add %d of product %d: got no error", quantity, n)
	}
	return err
}

func (g *guest) set(n int, quantity int64) (count int64, err error) {
	answer, err := g.Cart.SetItem(g.Context(), &cartv1.SetItemRequest{CartId: g.cart, Sku: g.sku(n), Quantity: quantity, CurrencyCode: g.currencies[n]})
	return answer.GetItemCount(), err
}

// wantSet sets a line and wants the cart to hold that many things.
func (g *guest) wantSet(n int, quantity, want int64) {
	g.Helper()
	got, err := g.set(n, quantity)
	if err != nil || got != want {
		g.Errorf("set product %d to %d: got %d things and %v, want %d", n, quantity, got, err, want)
	}
}

// bought is what an order took: numbers of products and quantities in turn.
func (g *guest) bought(order string, pairs ...int64) *cartv1.TakeItemsRequest {
	r := &cartv1.TakeItemsRequest{CartId: g.cart, OrderId: order}
	for i := 0; i < len(pairs); i += 2 {
		r.Items = append(r.Items, &cartv1.TakeItemsRequest_Item{Sku: g.sku(int(pairs[i])), Quantity: pairs[i+1]})
	}
	return r
}

// using is an order that used codes.
func using(r *cartv1.TakeItemsRequest, codes ...string) *cartv1.TakeItemsRequest {
	r.Codes = codes
	return r
}

func (g *guest) take(r *cartv1.TakeItemsRequest) {
	g.Helper()
	if _, err := g.Cart.TakeItems(g.Context(), r); err != nil {
		g.Fatalf("take items of order %s: %v", r.GetOrderId(), err)
	}
}

func (g *guest) setCodes(all ...string) {
	g.Helper()
	if _, err := g.Cart.SetCodes(g.Context(), &cartv1.SetCodesRequest{CartId: g.cart, Codes: all}); err != nil {
		g.Fatalf("set the codes %q: %v", all, err)
	}
}

func (g *guest) get() *cartv1.Cart {
	g.Helper()
	got, err := g.Cart.GetCart(g.Context(), &cartv1.GetCartRequest{CartId: g.cart})
	if err != nil {
		g.Fatalf("get the cart: %v", err)
	}
	return got.GetCart()
}

// wantLines compares lines written as "1×3 2×1": product × quantity.
func (g *guest) wantLines(want string) {
	g.Helper()
	var got []string
	for _, l := range g.get().GetLines() {
		got = append(got, fmt.Sprintf("%s×%d", strings.TrimPrefix(l.GetSku(), g.prefix+"-"), l.GetQuantity()))
	}
	if strings.Join(got, " ") != want {
		g.Errorf("lines of the cart: got %v, want %s", got, want)
	}
}
