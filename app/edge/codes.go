package edge

import (
	"context"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	cartv1 "galleria/modules/cart/v1"
	"galleria/platform/contract"
)

// Codes changes the voucher codes of carts.
type Codes struct {
	Cart cartv1.CartServiceClient
}

// mostTries is how often the codes of a cart are read again because they were changed
// between the look at them and the change. Each time another change was made; people make
// one or two at once.
const mostTries = 10

// Change sets the codes of a cart to what change makes of those that it has. A change that
// is made at the same moment, as in another tab, is not lost: then the cart is read and
// change is called again. Change leaves the cart that it gets as it is; its error is
// returned, and nothing is written.
func (c Codes) Change(ctx context.Context, held *cartv1.Cart, change func(held *cartv1.Cart) ([]string, error)) error {
	id := held.GetId()
	for range mostTries {
		changed, err := change(held)
		if err != nil || slices.Equal(changed, held.GetCodes()) {
			return err
		}
		_, err = c.Cart.SetCodes(ctx, &cartv1.SetCodesRequest{CartId: id, Codes: changed, Expected: &cartv1.ExpectedCodes{Codes: held.GetCodes()}})
		if !contract.Is(err, cartv1.Reason_REASON_CHANGED_MEANWHILE) {
			return err
		}
		answer, err := c.Cart.GetCart(ctx, &cartv1.GetCartRequest{CartId: id})
		if err != nil {
			return err
		}
		held = answer.GetCart()
	}
	return status.Errorf(codes.Unavailable, "change the codes of a cart: they were changed elsewhere %d times meanwhile", mostTries)
}
