package service

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
)

const (
	longestKey  = 64
	longestNote = 500
	mostCodes   = 5
)

// checkout is a request to place an order, before it has a price.
type checkout struct {
	key, cartID, quote, returnURL, client, deliveryOption string
	codes                                                 []string
	contact                                               order.Contact
	address                                               order.Address
}

// checkoutOf checks a request and says all that is wrong with it at once.
func checkoutOf(req *ordersv1.PlaceOrderRequest) (checkout, error) {
	to := req.GetAddress()
	c := checkout{
		key: req.GetIdempotencyKey(), cartID: req.GetCartId(), quote: req.GetQuote(), returnURL: req.GetReturnUrl(), client: req.GetClient(),
		deliveryOption: req.GetDeliveryOption(), codes: req.GetCodes(),
		contact: order.Contact{Email: req.GetContact().GetEmail(), Name: req.GetContact().GetName()}.Trimmed(),
		address: order.Address{
			Line1: to.GetLine1(), Line2: to.GetLine2(), City: to.GetCity(), Region: to.GetRegion(), PostalCode: to.GetPostalCode(), Country: to.GetCountry(),
		}.Trimmed(),
	}
	var bad violations
	bad.key(c.key)
	bad.want(c.cartID != "", "cart_id", "must not be empty")
	bad.want(c.quote != "", "quote", "must be the fingerprint of the quote that was shown")
	bad.want(isAddress(c.returnURL), "return_url", "must be an address of the web")
	bad.want(len(c.codes) <= mostCodes, "codes", fmt.Sprintf("must be at most %d", mostCodes))
	bad.text("client", c.client, 100)
	bad.text("delivery_option", c.deliveryOption, 64)
	for _, p := range slices.Concat(c.contact.Problems(), c.address.Problems()) {
		bad = append(bad, contract.Violation(p))
	}
	return c, contract.Invalid(bad...)
}

// fingerprint tells whether two requests with one key are the same.
func (c checkout) fingerprint() string {
	h := sha256.New()
	for _, part := range append([]string{
		c.cartID, c.contact.Email, c.contact.Name, c.address.Line1, c.address.Line2, c.address.City, c.address.Region,
		c.address.PostalCode, c.address.Country, c.deliveryOption, c.quote,
	}, c.codes...) {
		fmt.Fprintf(h, "%d:%s", len(part), part) // with its length, or "a"+"bc" would be "ab"+"c"
	}
	return hex.EncodeToString(h.Sum(nil))
}

type violations []contract.Violation

func (v *violations) want(ok bool, field, message string) {
	if !ok {
		*v = append(*v, contract.Violation{Field: field, Message: message})
	}
}

func (v *violations) key(key string) {
	n := utf8.RuneCountInString(key)
	v.want(n >= 1 && n <= longestKey && !strings.HasPrefix(key, " "), "idempotency_key", "must have 1 to 64 characters, and not begin with a space")
}

func (v *violations) text(field, text string, most int) {
	v.want(utf8.RuneCountInString(text) <= most, field, fmt.Sprintf("must have at most %d characters", most))
}

func isAddress(text string) bool {
	at, err := url.Parse(text)
	return err == nil && (at.Scheme == "http" || at.Scheme == "https") && at.Host != "" && len(text) <= 500
}

// piecesOf are those of a request.
func piecesOf(asked []*ordersv1.Piece) []order.Piece {
	var all []order.Piece
	for _, p := range asked {
		all = append(all, order.Piece{Line: p.GetLineId(), Quantity: p.GetQuantity()})
	}
	return all
}
