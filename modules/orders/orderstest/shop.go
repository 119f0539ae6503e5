package orderstest

import (
	"testing"

	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/id"
)

// Shop speaks the words of a journey: a shelf is filled, a guest buys. What it
// makes has ids of its own, so that journeys can share a world.
type Shop struct {
	World
	t testing.TB
}

// NewShop opens a shop in a world.
func NewShop(t testing.TB, w World) Shop { return Shop{World: w, t: t} }

// Stock puts a new product into the catalog and on the shelf, and returns its
// sku.
func (s Shop) Stock(onHand, priceMinor int64) string {
	s.t.Helper()
	sku := "sku-" + id.New()
	s.Price(sku, priceMinor, true)
	_, err := s.Inventory.SetLevels(s.t.Context(), &inventoryv1.SetLevelsRequest{
		Levels: []*inventoryv1.SetLevelsRequest_Count{{Sku: sku, OnHand: onHand}},
	})
	s.must("put on the shelf", err)
	return sku
}

// Price changes what a product costs, and whether it is sold.
func (s Shop) Price(sku string, minor int64, active bool) {
	s.t.Helper()
	p := catalogtest.Product(sku)
	p.Active = active
	catalogtest.SetPrice(p, "EUR", minor)
	_, err := s.Catalog.UpsertProducts(s.t.Context(), &catalogv1.UpsertProductsRequest{Products: []*catalogv1.Product{p}})
	s.must("price", err)
}

// Fill puts things into a new cart, and returns its id.
func (s Shop) Fill(quantity int64, skus ...string) string {
	s.t.Helper()
	cart := id.Secret()
	for _, sku := range skus {
		_, err := s.Cart.SetItem(s.t.Context(), &cartv1.SetItemRequest{CartId: cart, Sku: sku, Quantity: quantity})
		s.must("fill the cart", err)
	}
	return cart
}

// InCart is the number of things in a cart.
func (s Shop) InCart(cart string) int64 {
	s.t.Helper()
	got, err := s.Cart.GetCart(s.t.Context(), &cartv1.GetCartRequest{CartId: cart})
	s.must("look into the cart", err)
	return got.GetCart().GetItemCount()
}

// Card hands a card to payments.
func (s Shop) Card(number string) string {
	s.t.Helper()
	got, err := s.Payments.CreatePaymentMethod(s.t.Context(), &paymentsv1.CreatePaymentMethodRequest{Card: paymentstest.Card(number)})
	s.must("hand over the card", err)
	return got.GetPaymentMethod().GetId()
}

// Request is Ana's wish to buy what is in the cart, with a key of its own.
func (s Shop) Request(cart, cardNumber string) *ordersv1.PlaceOrderRequest {
	s.t.Helper()
	return &ordersv1.PlaceOrderRequest{
		IdempotencyKey: id.New(), CartId: cart, PaymentMethodId: s.Card(cardNumber),
		Contact: &ordersv1.Contact{Email: "ana@example.org", Name: "Ana Example"},
		Address: &ordersv1.Address{Line1: "1 High Street", City: "Berlin", PostalCode: "10115", Country: "DE"},
	}
}

// Buy buys a number of one thing, and must succeed.
func (s Shop) Buy(sku string, quantity int64) *ordersv1.PlaceOrderResponse {
	s.t.Helper()
	got, err := s.Orders.PlaceOrder(s.t.Context(), s.Request(s.Fill(quantity, sku), paymentstest.CardVisa))
	s.must("place the order", err)
	return got
}

// Level is what inventory has of a sku.
func (s Shop) Level(sku string) *inventoryv1.Level {
	s.t.Helper()
	got, err := s.Inventory.GetLevels(s.t.Context(), &inventoryv1.GetLevelsRequest{Skus: []string{sku}})
	s.must("read the level", err)
	if len(got.GetLevels()) != 1 {
		s.t.Fatalf("level of %s: got %d, want 1", sku, len(got.GetLevels()))
	}
	return got.GetLevels()[0]
}

// WantLevel fails unless so many of a sku are available and allocated to orders.
func (s Shop) WantLevel(sku string, available, allocated int64) {
	s.t.Helper()
	if l := s.Level(sku); l.GetAvailable() != available || l.GetAllocated() != allocated {
		s.t.Errorf("level of %s: got %d available, %d allocated; want %d, %d", sku, l.GetAvailable(), l.GetAllocated(), available, allocated)
	}
}

// WantMoney fails unless an order's payment has taken and given back this.
func (s Shop) WantMoney(orderID string, captured, refunded int64) {
	s.t.Helper()
	got, err := s.Payments.GetCardPayment(s.t.Context(), &paymentsv1.GetCardPaymentRequest{OrderId: orderID})
	s.must("read the payment", err)
	if p := got.GetPayment(); p.GetCapturedMinor() != captured || p.GetRefundedMinor() != refunded {
		s.t.Errorf("payment of %s: got %d captured, %d refunded; want %d, %d", orderID, p.GetCapturedMinor(), p.GetRefundedMinor(), captured, refunded)
	}
}

func (s Shop) must(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}
