package orderstest

import (
	"strings"
	"testing"
	"time"

	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
	paymentsv1 "galleria/modules/payments/v1"
	pricingv1 "galleria/modules/pricing/v1"
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

// Merge puts what is in one cart into another, as when a guest logs in.
func (s Shop) Merge(from, into string) {
	s.t.Helper()
	_, err := s.Cart.MergeCarts(s.t.Context(), &cartv1.MergeCartsRequest{From: from, Into: into, IdempotencyKey: id.New()})
	s.must("merge the carts", err)
}

// InCart is the number of things in a cart.
func (s Shop) InCart(cart string) int64 {
	s.t.Helper()
	return s.cart(cart).GetItemCount()
}

func (s Shop) cart(cart string) *cartv1.Cart {
	s.t.Helper()
	got, err := s.Cart.GetCart(s.t.Context(), &cartv1.GetCartRequest{CartId: cart})
	s.must("look into the cart", err)
	return got.GetCart()
}

// Request is Ana's, who has seen what the cart costs, with a key of its own.
func (s Shop) Request(cart string, codes ...string) *ordersv1.PlaceOrderRequest {
	s.t.Helper()
	req := &ordersv1.PlaceOrderRequest{
		IdempotencyKey: id.New(), CartId: cart, Codes: codes,
		ReturnUrl: "https://shop.example/orders/{order_id}?token={token}",
		Contact:   &ordersv1.Contact{Email: "ana@example.org", Name: "Ana Example"},
		Address:   &ordersv1.Address{Line1: "1 High Street", City: "Berlin", PostalCode: "10115", Country: "DE"},
	}
	req.Quote = s.Quote(req).GetFingerprint()
	return req
}

// Quote is what a request costs now.
func (s Shop) Quote(req *ordersv1.PlaceOrderRequest) *pricingv1.Quote {
	s.t.Helper()
	held := s.cart(req.GetCartId())
	ask := &pricingv1.QuoteRequest{
		CurrencyCode: held.GetCurrencyCode(), Codes: req.GetCodes(), DeliveryOption: req.GetDeliveryOption(), Email: req.GetContact().GetEmail(),
		Destination: &pricingv1.Destination{
			Country: req.GetAddress().GetCountry(), Region: req.GetAddress().GetRegion(), PostalCode: req.GetAddress().GetPostalCode(),
		},
	}
	if ask.CurrencyCode == "" {
		return &pricingv1.Quote{Fingerprint: "of nothing"}
	}
	for _, l := range held.GetLines() {
		ask.Lines = append(ask.Lines, &pricingv1.QuoteRequest_Line{Sku: l.GetSku(), Quantity: l.GetQuantity()})
	}
	got, err := s.Pricing.Quote(s.t.Context(), ask)
	s.must("ask for the price", err)
	return got.GetQuote()
}

// Place places an order of a number of one thing, which waits for its payment.
func (s Shop) Place(sku string, quantity int64) *ordersv1.PlaceOrderResponse {
	s.t.Helper()
	got, err := s.Orders.PlaceOrder(s.t.Context(), s.Request(s.Fill(quantity, sku)))
	s.must("place the order", err)
	return got
}

// Pay pays on the sandbox's page, with a card that pays.
func (s Shop) Pay(redirectURL string) {
	s.t.Helper()
	s.PayWith(redirectURL, paymentstest.CardVisa)
}

// PayWith tries a card on the sandbox's page.
func (s Shop) PayWith(redirectURL, number string) {
	s.t.Helper()
	_, session, found := strings.Cut(redirectURL, "/sandbox/pay/")
	if !found {
		s.t.Fatalf("%q is no page of the sandbox", redirectURL)
	}
	_, err := s.Payments.PaySandbox(s.t.Context(), &paymentsv1.PaySandboxRequest{Session: session, Card: paymentstest.Card(number)})
	s.must("pay", err)
}

// Buy buys a number of one thing, and waits until the order is open.
func (s Shop) Buy(sku string, quantity int64) *ordersv1.PlaceOrderResponse {
	s.t.Helper()
	placed := s.Place(sku, quantity)
	s.Pay(placed.GetRedirectUrl())
	s.Awaits(placed, opened)
	return placed
}

// Awaits waits until an order has this status.
func (s Shop) Awaits(placed *ordersv1.PlaceOrderResponse, want ordersv1.OrderStatus) *ordersv1.Order {
	s.t.Helper()
	var o *ordersv1.Order
	eventually(s.t, "the order is "+want.String(), func() bool {
		o = s.get(placed)
		return o.GetStatus() == want
	})
	return o
}

// get is the order as its customer sees it.
func (s Shop) get(placed *ordersv1.PlaceOrderResponse) *ordersv1.Order {
	s.t.Helper()
	got, err := s.Orders.GetOrder(s.t.Context(), &ordersv1.GetOrderRequest{OrderId: placed.GetOrder().GetId(), Token: placed.GetToken()})
	s.must("get the order", err)
	return got.GetOrder()
}

// WantLevel waits until there are so many of a sku on hand, and allocated.
func (s Shop) WantLevel(sku string, onHand, allocated int64) {
	s.t.Helper()
	var last *inventoryv1.Level
	for range 400 {
		got, err := s.Inventory.GetLevels(s.t.Context(), &inventoryv1.GetLevelsRequest{Skus: []string{sku}})
		s.must("read the level", err)
		if levels := got.GetLevels(); len(levels) == 1 {
			if last = levels[0]; last.GetOnHand() == onHand && last.GetAllocated() == allocated {
				return
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Errorf("level of %s: got %v, want %d on hand and %d allocated", sku, last, onHand, allocated)
}

// WantMoney waits until an order's payments have taken and given back this.
func (s Shop) WantMoney(orderID string, captured, refunded int64) {
	s.t.Helper()
	var last []*paymentsv1.Payment
	for range 400 {
		got, err := s.Payments.ListPayments(s.t.Context(), &paymentsv1.ListPaymentsRequest{OrderId: orderID})
		s.must("read the payments", err)
		last = got.GetPayments()
		var taken, back int64
		for _, p := range last {
			taken, back = taken+p.GetCapturedMinor(), back+p.GetRefundedMinor()
		}
		if taken == captured && back == refunded {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Errorf("payments of %s: got %v, want %d captured and %d refunded", orderID, last, captured, refunded)
}

func (s Shop) must(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}
