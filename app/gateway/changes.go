package gateway

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"galleria/app/edge"
	cartv1 "galleria/modules/cart/v1"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
	"galleria/platform/countries"
)

// mostCodes is how many voucher codes a cart takes.
const mostCodes = 5

// SetItemInput says how many of a variant are in a cart.
type SetItemInput struct {
	CartInput
	SKU  string `path:"sku" pattern:"^[A-Za-z0-9._-]{1,64}$" doc:"The variant's sku."`
	Body struct {
		Quantity int64  `json:"quantity" minimum:"1" maximum:"99"`
		Currency string `json:"currency,omitempty" pattern:"^[A-Z]{3}$" doc:"ISO 4217, one that the shop sells in: the currency of a cart that is empty so far; the shop's own where none is said."`
	}
}

func (g *Gateway) setItem(r *request, in *SetItemInput) (*CartOutput, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	currency, wrong := g.currencyOf(in.Body.Currency)
	if wrong != "" {
		return nil, wrongField(invalid, "#/currency", wrong)
	}
	_, err := g.Cart.SetItem(ctx, &cartv1.SetItemRequest{CartId: in.CartID, Sku: in.SKU, Quantity: in.Body.Quantity, CurrencyCode: currency, MustExist: true})
	if err != nil {
		return nil, unchanged(err)
	}
	return g.answerCart(ctx, in.CartID)
}

// unchanged says why a cart did not change.
func unchanged(err error) error {
	switch {
	case contract.Is(err, cartv1.Reason_REASON_NO_CART):
		return noCart()
	case contract.Is(err, cartv1.Reason_REASON_NOT_SOLD):
		return problem(notSold, "The shop sells nothing of this sku.")
	case contract.Is(err, cartv1.Reason_REASON_OTHER_CURRENCY):
		return problem(otherCurrency, "It has no price in "+contract.Metadata(err, "currency_code")+". A cart has one currency: the one that is sent with its first item, or else the shop's own.")
	case contract.Is(err, cartv1.Reason_REASON_CART_FULL), contract.Is(err, cartv1.Reason_REASON_LINE_FULL):
		return problem(cartFull, "A cart holds up to 100 different things, and up to 99 of each.")
	}
	if p := violated(err, map[string]FieldError{
		"sku": {In: "path", Parameter: "sku"}, "quantity": {Pointer: "#/quantity"}, "currency_code": {Pointer: "#/currency"}, "delivery_option": {Pointer: "#/option"},
		"destination.country": {Pointer: "#/country"}, "destination.region": {Pointer: "#/region"}, "destination.postal_code": {Pointer: "#/postal_code"},
	}); p != nil {
		return p
	}
	if status.Code(err) == codes.InvalidArgument {
		return noCart() // its id is none of ours
	}
	return err
}

// RemoveItemInput names a variant in a cart.
type RemoveItemInput struct {
	CartInput
	SKU string `path:"sku" pattern:"^[A-Za-z0-9._-]{1,64}$" doc:"The variant's sku."`
}

func (g *Gateway) removeItem(r *request, in *RemoveItemInput) (*CartOutput, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	if _, err := g.Cart.SetItem(ctx, &cartv1.SetItemRequest{CartId: in.CartID, Sku: in.SKU, MustExist: true}); err != nil {
		return nil, unchanged(err)
	}
	return g.answerCart(ctx, in.CartID)
}

// SetAddressInput says where the goods of a cart go.
type SetAddressInput struct {
	CartInput
	Body Destination
}

func (g *Gateway) setAddress(r *request, in *SetAddressInput) (*CartOutput, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	if p := g.notSentTo(in.Body.Country, "#/country"); p != nil {
		return nil, p
	}
	_, err := g.Cart.SetDestination(ctx, &cartv1.SetDestinationRequest{CartId: in.CartID, Destination: &cartv1.Destination{
		Country: in.Body.Country, Region: in.Body.Region, PostalCode: in.Body.PostalCode,
	}})
	if err != nil {
		return nil, unchanged(err)
	}
	return g.answerCart(ctx, in.CartID)
}

// notSentTo is the problem of a country that the shop does not send to, or that there is
// not; nil when it sends there.
func (g *Gateway) notSentTo(country, pointer string) *Problem {
	if slices.ContainsFunc(g.info.Info().Countries(), func(c countries.Country) bool { return c.Code == country }) {
		return nil
	}
	return wrongField(invalid, pointer, "is no country that the shop sends to")
}

// SetDeliveryInput chooses how the goods of a cart are sent.
type SetDeliveryInput struct {
	CartInput
	Body struct {
		Option string `json:"option" minLength:"1" maxLength:"64" doc:"Id of one of the cart's delivery_options."`
	}
}

func (g *Gateway) setDelivery(r *request, in *SetDeliveryInput) (*CartOutput, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	before, err := g.cart(ctx, in.CartID)
	if err != nil {
		return nil, err
	}
	if len(before.Items) > 0 && !slices.ContainsFunc(before.DeliveryOptions, func(d DeliveryOption) bool { return d.ID == in.Body.Option }) {
		return nil, wrongField(invalid, "#/option", "is none of the cart's delivery_options")
	}
	if _, err := g.Cart.SetDelivery(ctx, &cartv1.SetDeliveryRequest{CartId: in.CartID, DeliveryOption: in.Body.Option}); err != nil {
		return nil, unchanged(err)
	}
	return g.answerCart(ctx, in.CartID)
}

// CodeInput names a voucher code of a cart.
type CodeInput struct {
	CartInput
	Code string `path:"code" minLength:"1" maxLength:"64" doc:"In any case."`
}

func (g *Gateway) addCode(r *request, in *CodeInput) (*CartOutput, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	held, err := g.held(ctx, in.CartID)
	if err != nil {
		return nil, err
	}
	code := strings.ToUpper(strings.TrimSpace(in.Code))
	if slices.Contains(held.GetCodes(), code) {
		return g.answerCart(ctx, in.CartID)
	}
	// The answer says whether there is such a code, so a client could guess.
	if p := g.allowed(r.echo, "codes", edge.VoucherCodes); p != nil {
		return nil, p
	}
	err = edge.Codes{Cart: g.Cart}.Change(ctx, held, func(held *cartv1.Cart) ([]string, error) { return g.withCode(ctx, held, code) })
	if len(contract.Violations(err)) > 0 {
		return nil, badCode("is no code")
	}
	if err != nil {
		return nil, unchanged(err)
	}
	return g.answerCart(ctx, in.CartID)
}

// withCode are the codes of a cart and one more, which may take something off.
func (g *Gateway) withCode(ctx context.Context, held *cartv1.Cart, code string) ([]string, error) {
	if slices.Contains(held.GetCodes(), code) {
		return held.GetCodes(), nil // added elsewhere meanwhile
	}
	if len(held.GetCodes()) >= mostCodes {
		return nil, problem(cartFull, "A cart takes up to 5 codes. Take one out first.")
	}
	with := proto.CloneOf(held)
	with.Codes = append(with.Codes, code)
	quote, err := g.quote(ctx, with, destinationOf(held.GetDestination()), "")
	if status.Code(err) == codes.InvalidArgument {
		return nil, badCode("is no code")
	}
	if err != nil {
		return nil, err
	}
	for _, p := range quote.GetCodeProblems() {
		if p.GetCode() == code && hopeless[p.GetProblem()] != "" {
			return nil, badCode(hopeless[p.GetProblem()])
		}
	}
	return with.GetCodes(), nil
}

func badCode(detail string) *Problem {
	p := problem(codeRefused, "The cart is as it was.")
	p.Errors = []FieldError{{In: "path", Parameter: "code", Detail: detail}}
	return p
}

// hopeless are problems of codes that no other goods in the cart and no waiting will
// mend.
var hopeless = map[pricingv1.CodeProblem_Problem]string{
	pricingv1.CodeProblem_PROBLEM_UNKNOWN: "is no code of the shop", pricingv1.CodeProblem_PROBLEM_ENDED: "has ended", pricingv1.CodeProblem_PROBLEM_USED_UP: "is used up",
}

func (g *Gateway) removeCode(r *request, in *CodeInput) (*CartOutput, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	held, err := g.held(ctx, in.CartID)
	if err != nil {
		return nil, err
	}
	code := strings.ToUpper(strings.TrimSpace(in.Code))
	err = edge.Codes{Cart: g.Cart}.Change(ctx, held, func(held *cartv1.Cart) ([]string, error) {
		return slices.DeleteFunc(slices.Clone(held.GetCodes()), func(one string) bool { return one == code }), nil
	})
	if err != nil {
		return nil, unchanged(err)
	}
	return g.answerCart(ctx, in.CartID)
}
