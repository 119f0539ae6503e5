package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"galleria/app/edge"
	cartv1 "galleria/modules/cart/v1"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

const idempotencyKey = "Idempotency-Key"

// CreateCartInput may have a key.
type CreateCartInput struct {
	Key string `header:"Idempotency-Key" pattern:"^[A-Za-z0-9_-]{22,64}$" doc:"A repeat with the same key is the same cart. The cart's id is made of it, so it must be random: a UUID, for example."`
}

// CreatedCart is a cart that was made.
type CreatedCart struct {
	Location string `header:"Location" doc:"Address of the cart."`
	Body     Cart
}

func (g *Gateway) createCart(r *request, in *CreateCartInput) (*CreatedCart, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	cart := id.Secret()
	if in.Key != "" {
		sum := sha256.Sum256([]byte("cart of the API, made with the key " + in.Key))
		cart = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if _, err := g.Cart.CreateCart(ctx, &cartv1.CreateCartRequest{CartId: cart}); err != nil {
		return nil, err
	}
	body, err := g.cart(ctx, cart)
	if err != nil {
		return nil, err
	}
	return &CreatedCart{Location: Prefix + "/carts/" + cart, Body: *body}, nil
}

// CartInput names a cart.
type CartInput struct {
	CartID string `path:"cart_id" maxLength:"100" doc:"The cart's id, which is a secret."`
}

// CartOutput is a cart as it is now.
type CartOutput struct {
	Body Cart
}

func (g *Gateway) getCart(r *request, in *CartInput) (*CartOutput, error) {
	return g.answerCart(r, in.CartID)
}

func (g *Gateway) answerCart(ctx context.Context, cart string) (*CartOutput, error) {
	body, err := g.cart(ctx, cart)
	if err != nil {
		return nil, err
	}
	return &CartOutput{Body: *body}, nil
}

// cart is a cart with its quote.
func (g *Gateway) cart(ctx context.Context, cart string) (*Cart, error) {
	held, err := g.held(ctx, cart)
	if err != nil {
		return nil, err
	}
	quote, err := g.quote(ctx, held, destinationOf(held.GetDestination()), "")
	if err != nil {
		return nil, err
	}
	c := g.toCart(held, quote)
	return &c, nil
}

// held is what is in a cart; a problem when there is none.
func (g *Gateway) held(ctx context.Context, cart string) (*cartv1.Cart, error) {
	answer, err := g.Cart.GetCart(ctx, &cartv1.GetCartRequest{CartId: cart})
	if len(contract.Violations(err)) > 0 {
		return nil, noCart() // this is no id of ours
	}
	if err != nil {
		return nil, err
	}
	if answer.GetCart().GetVersion() == 0 {
		return nil, noCart()
	}
	return answer.GetCart(), nil
}

func noCart() *Problem {
	return problem(notFound, "There is no such cart. One is forgotten some time after its last change, 30 days unless the shop set another.")
}

// quote is what a cart costs at a destination, where email has limits of codes looked at.
func (g *Gateway) quote(ctx context.Context, held *cartv1.Cart, to *pricingv1.Destination, email string) (*pricingv1.Quote, error) {
	if len(held.GetLines()) == 0 {
		return &pricingv1.Quote{CurrencyCode: g.info.Info().Currencies[0]}, nil
	}
	return edge.Quotes{Pricing: g.Pricing, Orders: g.Orders}.Of(ctx, held, &pricingv1.QuoteRequest{
		DeliveryOption: held.GetDeliveryOption(), Codes: held.GetCodes(), Destination: to, Email: email,
	})
}

func destinationOf(to *cartv1.Destination) *pricingv1.Destination {
	if to.GetCountry() == "" {
		return nil
	}
	return &pricingv1.Destination{Country: to.GetCountry(), Region: to.GetRegion(), PostalCode: to.GetPostalCode()}
}

func when(t interface{ AsTime() time.Time }) time.Time { return t.AsTime().UTC() }
