package service

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
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
	// expected is what the shopper was shown instead of the quote; nil: the quote.
	expected *total
	contact  order.Contact
	address  order.Address
}

// total is what a whole order costs.
type total struct {
	currency string
	minor    int64
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
	if t := req.GetExpectedTotal(); t != nil {
		c.expected = &total{currency: t.GetCurrencyCode(), minor: t.GetTotalMinor()}
		bad.want(c.quote == "" && c.deliveryOption == "" && len(c.codes) == 0, "expected_total", "must be alone: without quote, delivery_option and codes")
	} else {
		bad.want(c.quote != "", "quote", "must be the fingerprint of the quote that was shown")
	}
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
	parts := append([]string{
		c.cartID, c.contact.Email, c.contact.Name, c.address.Line1, c.address.Line2, c.address.City, c.address.Region,
		c.address.PostalCode, c.address.Country, c.deliveryOption, c.quote,
	}, c.codes...)
	if c.expected != nil {
		parts = append(parts, "expected", c.expected.currency, strconv.FormatInt(c.expected.minor, 10))
	}
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part) // with its length, or "a"+"bc" would be "ab"+"c"
	}
	return hex.EncodeToString(h.Sum(nil))
}

// choosing is the checkout with what is chosen in the cart, where the request leaves
// it to the cart.
func (c checkout) choosing(b Basket) checkout {
	if c.expected != nil {
		c.deliveryOption, c.codes = b.DeliveryOption, b.Codes
	}
	return c
}

// agreed tells whether a quote is what the shopper was shown.
func (c checkout) agreed(q Quote, currency string) bool {
	if c.expected != nil {
		return *c.expected == total{currency: currency, minor: q.Totals.Total}
	}
	return q.Fingerprint == c.quote
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

// line is a text of one line, which pages and mails show beside others.
func (v *violations) line(field, text string, most int) {
	v.text(field, text, most)
	v.want(!strings.ContainsFunc(text, unicode.IsControl), field, "must have no line breaks or other control characters")
}

func (v *violations) size(n int32) {
	v.want(n >= 0 && n <= longestPage, "page_size", "must be 1 to 200, or 0 for 50")
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
