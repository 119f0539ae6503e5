package service

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
)

// wish is what a guest asks for, before it has a price.
type wish struct {
	key, cartID, paymentMethodID string
	contact                      order.Contact
	address                      order.Address
	// expected is the total the guest saw; 0: not checked.
	expected int64
}

// wishOf checks a request and says all that is wrong with it at once.
func wishOf(req *ordersv1.PlaceOrderRequest) (wish, error) {
	to := req.GetAddress()
	w := wish{
		key: req.GetIdempotencyKey(), cartID: req.GetCartId(), paymentMethodID: req.GetPaymentMethodId(),
		contact: order.Contact{Email: req.GetContact().GetEmail(), Name: req.GetContact().GetName()}.Trimmed(),
		address: order.Address{
			Line1: to.GetLine1(), Line2: to.GetLine2(), City: to.GetCity(), PostalCode: to.GetPostalCode(), Country: to.GetCountry(),
		}.Trimmed(),
		expected: req.GetExpectedTotalMinor(),
	}
	var bad []contract.Violation
	if n := utf8.RuneCountInString(w.key); n < 1 || n > 64 {
		bad = append(bad, contract.Violation{Field: "idempotency_key", Message: "must have 1 to 64 characters"})
	}
	if w.cartID == "" {
		bad = append(bad, contract.Violation{Field: "cart_id", Message: "must not be empty"})
	}
	if w.paymentMethodID == "" {
		bad = append(bad, contract.Violation{Field: "payment_method_id", Message: "must not be empty"})
	}
	if w.expected < 0 {
		bad = append(bad, contract.Violation{Field: "expected_total_minor", Message: "must not be negative"})
	}
	for _, p := range slices.Concat(w.contact.Problems(), w.address.Problems()) {
		bad = append(bad, contract.Violation(p))
	}
	return w, contract.Invalid(bad...)
}

// fingerprint tells whether two requests with one key are the same wish. The
// payment method is left out: after a lost answer the shop hands the card to
// the provider again, and gets a second reference to the same card.
func (w wish) fingerprint() string {
	h := sha256.New()
	for _, part := range []string{
		w.cartID, w.contact.Email, w.contact.Name,
		w.address.Line1, w.address.Line2, w.address.City, w.address.PostalCode, w.address.Country,
		strconv.FormatInt(w.expected, 10),
	} {
		fmt.Fprintf(h, "%d:%s", len(part), part) // with its length, or "a"+"bc" would be "ab"+"c"
	}
	return hex.EncodeToString(h.Sum(nil))
}

// price makes a purchase of the wish: what is in the cart, at the prices the
// catalog has. The cart's own prices are for show.
func (s *Service) price(ctx context.Context, w wish, until time.Time) (order.Purchase, error) {
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	cart, err := s.cart(ctx, w.cartID)
	if err != nil {
		return order.Purchase{}, err
	}
	offers, err := s.offers(ctx, cart)
	if err != nil {
		return order.Purchase{}, err
	}
	p := order.Purchase{
		Currency: cart.GetCurrencyCode(), Key: w.key, Fingerprint: w.fingerprint(), CartID: w.cartID, PaymentMethodID: w.paymentMethodID, Contact: w.contact, Address: w.address,
	}
	for _, l := range cart.GetLines() {
		offer := offers[l.GetSku()]
		if offer.GetStatus() != catalogv1.OfferStatus_OFFER_STATUS_SELLABLE {
			return order.Purchase{}, notSold(l.GetSku())
		}
		name := offer.GetName()
		if offer.GetVariant() != "" {
			name += ", " + offer.GetVariant()
		}
		p.Lines = append(p.Lines, order.Line{
			SKU: l.GetSku(), Name: name, Slug: offer.GetSlug(), Picture: offer.GetPicture(), Quantity: l.GetQuantity(), UnitPrice: offer.GetPriceMinor(),
		})
	}
	total, err := order.Total(p.Currency, p.Lines)
	if err != nil {
		return order.Purchase{}, fmt.Errorf("price cart: %w", err)
	}
	if w.expected != 0 && w.expected != total {
		return order.Purchase{}, priceChanged(w.expected, total)
	}
	return p, nil
}

func (s *Service) cart(ctx context.Context, cartID string) (*cartv1.Cart, error) {
	var cart *cartv1.Cart
	err := s.patiently(ctx, &drive{}, func() error {
		got, err := s.Cart.GetCart(ctx, &cartv1.GetCartRequest{CartId: cartID})
		cart = got.GetCart()
		return err
	})
	switch {
	case status.Code(err) == codes.InvalidArgument:
		return nil, contract.Invalid(contract.Violation{Field: "cart_id", Message: "is no id of a cart"})
	case err != nil:
		return nil, s.unavailable(ctx, "read the cart", err)
	case len(cart.GetLines()) == 0:
		return nil, contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_CART_EMPTY, "there is nothing in the cart")
	}
	return cart, nil
}

// offers are the catalog's in the cart's currency, by sku.
func (s *Service) offers(ctx context.Context, cart *cartv1.Cart) (map[string]*catalogv1.Offer, error) {
	req := &catalogv1.GetOffersRequest{CurrencyCode: cart.GetCurrencyCode()}
	for _, l := range cart.GetLines() {
		req.Skus = append(req.Skus, l.GetSku())
	}
	found := map[string]*catalogv1.Offer{}
	err := s.patiently(ctx, &drive{}, func() error {
		got, err := s.Catalog.GetOffers(ctx, req)
		for _, o := range got.GetOffers() {
			found[o.GetSku()] = o
		}
		return err
	})
	if err != nil {
		return nil, s.unavailable(ctx, "read the prices", err)
	}
	return found, nil
}
