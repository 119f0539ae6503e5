package edge

import (
	"context"
	"slices"
	"time"

	cartv1 "galleria/modules/cart/v1"
	ordersv1 "galleria/modules/orders/v1"
	pricingv1 "galleria/modules/pricing/v1"
)

// unpaidTimeout bounds the look for an order of a cart that waits for its payment.
const unpaidTimeout = 700 * time.Millisecond

// Quotes asks what carts cost.
type Quotes struct {
	Pricing pricingv1.PricingServiceClient
	Orders  ordersv1.OrdersServiceClient
}

// Of asks what a cart costs as the request says, which has no goods and no currency of its
// own. Where a code is used up, an order of the same cart that waits for its payment may
// have used it: the next order takes its place, so the price is then as if it had given its
// codes back.
func (q Quotes) Of(ctx context.Context, held *cartv1.Cart, req *pricingv1.QuoteRequest) (*pricingv1.Quote, error) {
	req.CurrencyCode = held.GetCurrencyCode()
	for _, l := range held.GetLines() {
		req.Lines = append(req.Lines, &pricingv1.QuoteRequest_Line{Sku: l.GetSku(), Quantity: l.GetQuantity()})
	}
	answer, err := q.Pricing.Quote(ctx, req)
	usedUp := func(p *pricingv1.CodeProblem) bool { return p.GetProblem() == pricingv1.CodeProblem_PROBLEM_USED_UP }
	if err != nil || !slices.ContainsFunc(answer.GetQuote().GetCodeProblems(), usedUp) {
		return answer.GetQuote(), err
	}
	if req.ReplacesOrderId = q.unpaid(ctx, held.GetId()); req.ReplacesOrderId == "" {
		return answer.GetQuote(), nil
	}
	answer, err = q.Pricing.Quote(ctx, req)
	return answer.GetQuote(), err
}

// unpaid is the order of a cart that waits for its payment; "" when there is none, or orders
// does not say so in time.
func (q Quotes) unpaid(ctx context.Context, cart string) string {
	ctx, done := context.WithTimeout(ctx, unpaidTimeout)
	defer done()
	answer, err := q.Orders.GetUnpaidOrder(ctx, &ordersv1.GetUnpaidOrderRequest{CartId: cart})
	if err != nil {
		return ""
	}
	return answer.GetOrder().GetId()
}
