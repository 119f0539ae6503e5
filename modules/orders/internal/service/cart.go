package service

import (
	"context"

	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/orders/internal/order"
)

// OfCart keeps the carts.
type OfCart struct{ Cart cartv1.CartServiceClient }

var _ Carts = OfCart{}

// Get reads a cart.
func (c OfCart) Get(ctx context.Context, cartID string) (Basket, error) {
	got, err := c.Cart.GetCart(ctx, &cartv1.GetCartRequest{CartId: cartID})
	return basketOf(got.GetCart()), refusable(err, order.Unavailable)
}

// Take takes out what was bought, and the codes that were used for it.
func (c OfCart) Take(ctx context.Context, cartID, orderID string, of []Amount, codes []string) error {
	req := &cartv1.TakeItemsRequest{CartId: cartID, OrderId: orderID, Codes: codes}
	for _, l := range of {
		req.Items = append(req.Items, &cartv1.TakeItemsRequest_Item{Sku: l.SKU, Quantity: l.Quantity})
	}
	_, err := c.Cart.TakeItems(ctx, req)
	return refusable(err, order.Unavailable)
}

func basketOf(c *cartv1.Cart) Basket {
	b := Basket{Currency: c.GetCurrencyCode(), DeliveryOption: c.GetDeliveryOption(), Codes: c.GetCodes(), MergedFrom: c.GetMergedFrom()}
	for _, l := range c.GetLines() {
		b.Lines = append(b.Lines, Amount{SKU: l.GetSku(), Quantity: l.GetQuantity()})
	}
	return b
}
