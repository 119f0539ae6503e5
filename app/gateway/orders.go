package gateway

import (
	"context"
	"strconv"
	"strings"

	ordersv1 "galleria/modules/orders/v1"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
)

// ShippingAddress is where goods are sent, and to whom.
type ShippingAddress struct {
	Name       string `json:"name" minLength:"1" maxLength:"100"`
	Line1      string `json:"line1" minLength:"1" maxLength:"100"`
	Line2      string `json:"line2,omitempty" maxLength:"100"`
	City       string `json:"city" minLength:"1" maxLength:"100"`
	Region     string `json:"region,omitempty" maxLength:"64" doc:"State or province, by the second part of ISO 3166-2 or by name. Needed where taxes depend on it, as in the USA."`
	PostalCode string `json:"postal_code" minLength:"1" maxLength:"16"`
	Country    string `json:"country" pattern:"^[A-Z]{2}$" example:"PT" doc:"ISO 3166-1 alpha-2."`
}

// PlaceOrderInput orders what is in a cart.
type PlaceOrderInput struct {
	Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"64" pattern:"^[!-~]+$" doc:"Another one for each order. A repeat with the same key and body is the same order."`
	Body PlaceOrder
}

// PlaceOrder is what to order.
type PlaceOrder struct {
	CartID          string          `json:"cart_id" minLength:"1" maxLength:"100"`
	Email           string          `json:"email" minLength:"3" maxLength:"254" format:"email" doc:"Where the confirmation goes."`
	ShippingAddress ShippingAddress `json:"shipping_address"`
	ExpectedTotal   Money           `json:"expected_total" doc:"What the shopper was shown as total. When it costs something else by now, nothing is ordered."`
	ReturnURL       string          `json:"return_url,omitempty" maxLength:"500" pattern:"^https?://[^/]" doc:"Where the payment's page leads back to; the words {order_id} and {token} in it are replaced. Where none is said: the order's page in the shop."`
}

// PlacedOrderOutput is an order that was placed.
type PlacedOrderOutput struct {
	Location string `header:"Location" doc:"Address of the order."`
	Body     PlacedOrder
}

// PlacedOrder is an order with what opens it.
type PlacedOrder struct {
	Order
	AccessToken string `json:"access_token" doc:"Opens the order: Authorization: Bearer. It is shown to nobody else."`
}

func (g *Gateway) placeOrder(r *request, in *PlaceOrderInput) (*PlacedOrderOutput, error) {
	ctx, done := r.whole(orderTimeout)
	defer done()
	if p := g.notSentTo(in.Body.ShippingAddress.Country, "#/shipping_address/country"); p != nil {
		return nil, p
	}
	req := g.orderRequest(r, in)
	placed, err := g.Orders.PlaceOrder(ctx, req)
	if err != nil {
		return nil, g.notPlaced(ctx, req, err)
	}
	body := PlacedOrder{Order: toOrder(placed.GetOrder()), AccessToken: placed.GetToken()}
	if placed.GetRedirectUrl() != "" {
		body.Payment.RedirectURL = g.absolute(r, placed.GetRedirectUrl())
	}
	return &PlacedOrderOutput{Location: Prefix + "/orders/" + placed.GetOrder().GetId(), Body: body}, nil
}

func (g *Gateway) orderRequest(r *request, in *PlaceOrderInput) *ordersv1.PlaceOrderRequest {
	to := in.Body.ShippingAddress
	back := in.Body.ReturnURL
	if back == "" {
		back = g.site(r) + "/orders/{order_id}?token={token}"
	}
	return &ordersv1.PlaceOrderRequest{
		IdempotencyKey: in.Key, CartId: in.Body.CartID, Client: g.edge.Clients.LimitedNetworkOf(r.echo), ReturnUrl: back,
		ExpectedTotal: &ordersv1.Total{CurrencyCode: in.Body.ExpectedTotal.Currency, TotalMinor: in.Body.ExpectedTotal.Amount},
		Contact:       &ordersv1.Contact{Email: in.Body.Email, Name: to.Name},
		Address: &ordersv1.Address{
			Line1: to.Line1, Line2: to.Line2, City: to.City, Region: to.Region, PostalCode: to.PostalCode, Country: to.Country,
		},
	}
}

// notPlaced says why there is no order.
func (g *Gateway) notPlaced(ctx context.Context, req *ordersv1.PlaceOrderRequest, err error) error {
	is := func(r ordersv1.Reason) bool { return contract.Is(err, r) }
	switch {
	case is(ordersv1.Reason_REASON_OUT_OF_STOCK):
		p := problem(outOfStock, "Nothing was charged. See lines for what there is too little of.")
		p.Lines = g.short(ctx, req.GetCartId(), err)
		return p
	case is(ordersv1.Reason_REASON_QUOTE_CHANGED):
		p := problem(priceChanged, "Nothing was charged. See cart for what it costs now, and expect its total if the shopper agrees.")
		p.Cart = g.priced(ctx, req)
		return p
	case is(ordersv1.Reason_REASON_CODE_USED_UP):
		p := problem(codeUsedUp, "Nothing was charged. Take the code "+contract.Metadata(err, "code")+" out of the cart.")
		p.Cart = g.priced(ctx, req)
		return p
	case is(ordersv1.Reason_REASON_CART_CLAIMED):
		p := problem(cartClaimed, "It was paid before this one could take its place; see order. Nothing more was charged. Read the cart, and order what is left in it with another key.")
		p.Order = &ClaimedOrder{ID: contract.Metadata(err, "order_id"), AccessToken: contract.Metadata(err, "token")}
		return p
	case is(ordersv1.Reason_REASON_CART_EMPTY):
		if _, err := g.held(ctx, req.GetCartId()); err != nil {
			return wrongField(invalid, "#/cart_id", "is no id of a cart")
		}
		return problem(cartEmpty, "Put something into it first.")
	case is(ordersv1.Reason_REASON_NOT_SOLD):
		return problem(notSold, "Nothing in the cart can be bought now. The cart says of each item why.")
	case is(ordersv1.Reason_REASON_NO_DELIVERY):
		p := problem(noDelivery, "Nothing was charged.")
		p.Errors = []FieldError{{Pointer: "#/shipping_address/country", Detail: "is a country that the shop does not deliver to"}}
		return p
	case is(ordersv1.Reason_REASON_KEY_REUSED):
		return problem(keyReused, "It was used with another body. Use another key for another order.")
	case is(ordersv1.Reason_REASON_TOO_MANY_ORDERS):
		return problem(unpaidOrders, "Pay or cancel one of the orders that are not paid, or wait until they end.")
	case is(ordersv1.Reason_REASON_CANCELLED), is(ordersv1.Reason_REASON_NOT_PAID_IN_TIME):
		return problem(orderEnded, "It was cancelled, not paid in time, or a newer order took its place. Nothing was charged for it; order again with another key.")
	case is(ordersv1.Reason_REASON_PAYMENT_REFUSED):
		return problem(paymentRefused, "The payment provider does not take it, as a total that is too small, and would not take it again. Nothing was charged, and the cart is kept.").because(err)
	case is(ordersv1.Reason_REASON_PAYMENT_UNAVAILABLE), is(ordersv1.Reason_REASON_UNAVAILABLE):
		return problem(unavailable, "Nothing was charged, and the cart is kept. Order again with another key after the time in Retry-After.").because(err)
	}
	if p := violated(err, orderFields); p != nil {
		return p
	}
	if p := problemOf(err); p.Type == failed.uri() {
		return p
	}
	return problem(notKnown, "Send the same request with the same key again: it is one order, and is charged once at most.").because(err)
}

// orderFields are the fields of an order as orders and as the API call them.
var orderFields = map[string]FieldError{
	"idempotency_key": {In: "header", Parameter: idempotencyKey}, "cart_id": {Pointer: "#/cart_id"}, "return_url": {Pointer: "#/return_url"},
	"contact.email": {Pointer: "#/email"}, "contact.name": {Pointer: "#/shipping_address/name"},
	"address.line1": {Pointer: "#/shipping_address/line1"}, "address.line2": {Pointer: "#/shipping_address/line2"},
	"address.city": {Pointer: "#/shipping_address/city"}, "address.region": {Pointer: "#/shipping_address/region"},
	"address.postal_code": {Pointer: "#/shipping_address/postal_code"}, "address.country": {Pointer: "#/shipping_address/country"},
}

// short are the lines of a cart that there is too little of: all that inventory knows of
// now, and at least the one that the order was refused for.
func (g *Gateway) short(ctx context.Context, cart string, refusal error) []ShortLine {
	first := contract.Metadata(refusal, "sku")
	left, _ := strconv.ParseInt(contract.Metadata(refusal, "available"), 10, 64) // what can't be read is sold out
	lines := []ShortLine{{SKU: first, Available: left}}
	held, err := g.held(ctx, cart)
	if err != nil {
		return lines
	}
	var skus []string
	for _, l := range held.GetLines() {
		skus = append(skus, l.GetSku())
	}
	levels, known := g.levels(ctx, skus)
	for _, l := range held.GetLines() {
		switch {
		case l.GetSku() == first:
			lines[0].Quantity = l.GetQuantity()
		case known && levels[l.GetSku()] < l.GetQuantity():
			lines = append(lines, ShortLine{SKU: l.GetSku(), Quantity: l.GetQuantity(), Available: levels[l.GetSku()]})
		}
	}
	return lines
}

// priced is a cart as an order would pay for it; nil when that can't be asked.
func (g *Gateway) priced(ctx context.Context, req *ordersv1.PlaceOrderRequest) *Cart {
	held, err := g.held(ctx, req.GetCartId())
	if err != nil {
		return nil
	}
	to := req.GetAddress()
	quote, err := g.quote(ctx, held, &pricingv1.Destination{Country: to.GetCountry(), Region: to.GetRegion(), PostalCode: to.GetPostalCode()}, req.GetContact().GetEmail())
	if err != nil {
		return nil
	}
	c := g.toCart(held, quote)
	return &c
}

// site is the address of the shop as this client reaches it.
func (g *Gateway) site(r *request) string {
	if g.base != "" {
		return g.base
	}
	scheme := "http"
	if g.edge.Secure(r.echo.Request()) {
		scheme = "https"
	}
	return scheme + "://" + r.echo.Request().Host
}

// absolute is an address that may be one of this host.
func (g *Gateway) absolute(r *request, address string) string {
	if strings.HasPrefix(address, "/") {
		return g.site(r) + address
	}
	return address
}
