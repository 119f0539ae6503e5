package storefront

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"google.golang.org/grpc/codes"

	"galleria/app/edge"
	"galleria/app/storefront/internal/page"
	cartv1 "galleria/modules/cart/v1"
	ordersv1 "galleria/modules/orders/v1"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
	"galleria/platform/mailaddress"
)

// checkout shows the form, with a key of its own and what the cart keeps, and what the
// order would cost in the country that the address names.
func (s *Storefront) checkout(c echo.Context) error {
	ctx, done := s.working(c, false, pageTimeout)
	defer done()
	held, err := s.cartHeld(ctx, c)
	if err != nil {
		return err
	}
	if !sellable(held) {
		return s.toCart(c) // which says why there is nothing to buy
	}
	f := readCheckout(c.QueryParams())
	for name, value := range chosenIn(held).values {
		if !c.QueryParams().Has(name) {
			f.values[name] = value
		}
	}
	addresses := s.prefill(ctx, c, f)
	quote, wait, err := s.quoteTyped(ctx, c, held, f)
	if err != nil {
		return err
	}
	v, code := s.composeCheckout(ctx, held, quote, f), http.StatusOK
	v.IdempotencyKey, v.Addresses = id.Secret(), addresses
	if wait > 0 {
		v.Errors["code"], v.Priced, code = tooManyCodes(wait), "", http.StatusTooManyRequests
	}
	return s.once(c, code, int(held.GetItemCount()), page.CheckoutPage(v))
}

// placeOrder orders what is in the cart, and leads to where it is paid. It does
// not look into the cart first: a form that is sent again, after the order took
// everything out, must lead to the same order.
func (s *Storefront) placeOrder(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	f := readCheckout(c.Request().PostForm)
	if len(f.key) > 64 {
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	if f.key == "" {
		f.key = id.Secret()
	}
	cart := s.cartOf(c)
	if cart == "" {
		return c.Redirect(http.StatusSeeOther, "/cart")
	}
	if c.Request().PostForm.Get("requote") != "" {
		return s.again(c, f, failure{status: http.StatusOK, settled: true})
	}
	wrong := check(f)
	if country := f.values["country"]; country != "" && wrong["country"] == "" && !s.info.Info().Sells(country) {
		wrong["country"] = notSentThere
	}
	if len(wrong) > 0 {
		why := invalid(wrong)
		why.unsent = true
		return s.again(c, f, why)
	}
	if f.quote == "" {
		return s.again(c, f, orderFailed(contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_QUOTE_CHANGED, "no total was shown")))
	}
	if wait := s.edge.Clients.Take(edge.ClientOf(c), edge.CheckoutAttempts); wait > 0 {
		c.Response().Header().Set("Retry-After", edge.Seconds(wait))
		return s.refusal(c, f, tooManyOfOne(wait))
	}
	leave, err := s.edge.Checkouts.Enter(c.Request().Context())
	if err != nil {
		c.Response().Header().Set("Retry-After", "5")
		return s.refusal(c, f, tooManyAtOnce(err))
	}
	defer leave()
	ctx, done := s.working(c, true, checkoutTimeout)
	defer done()
	placed, err := s.Orders.PlaceOrder(ctx, s.request(c, f, cart))
	if contract.Is(err, ordersv1.Reason_REASON_CART_CLAIMED) {
		return s.refusal(c, f, earlierPaid(orderPath(contract.Metadata(err, "order_id"), contract.Metadata(err, "token"))))
	}
	if contract.Is(err, ordersv1.Reason_REASON_NOT_SOLD) {
		// The cart says of each thing why it can't be bought.
		return s.showCart(c, http.StatusConflict, &page.Notice{Bad: true, Title: notPlaced, Text: "Nothing that is in your cart can be bought now. Nothing was charged."})
	}
	if contract.Is(err, ordersv1.Reason_REASON_QUOTE_CHANGED) {
		why := s.quoteChanged(c, &f, err)
		return s.again(c, f, why)
	}
	if err != nil {
		return s.refusal(c, f, orderFailed(err))
	}
	if to := placed.GetRedirectUrl(); to != "" {
		s.keepChoice(ctx, c, f) // for a shopper who comes back from there without an order
		return c.Redirect(http.StatusSeeOther, to)
	}
	if placed.GetOrder().GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_OPEN {
		s.keepCount(c, 0)
	}
	return c.Redirect(http.StatusSeeOther, orderPath(placed.GetOrder().GetId(), placed.GetToken()))
}

// refusal shows the form again when the failure has words for the shopper, and
// is an error otherwise.
func (s *Storefront) refusal(c echo.Context, f form, why failure) error {
	if why.err != nil {
		s.log.WarnContext(c.Request().Context(), "checkout failed", "request_id", requestID(c), "error", why.err)
	}
	return s.again(c, f, why)
}

// again is the form with what was typed, and why it came back.
func (s *Storefront) again(c echo.Context, f form, why failure) error {
	ctx, done := s.working(c, false, pageTimeout)
	defer done()
	held, err := s.cartHeld(ctx, c)
	if err != nil {
		held = &cartv1.Cart{} // the form matters more than the list beside it
	}
	quote, wait, quoteErr := s.quoteTyped(ctx, c, held, f)
	if quoteErr != nil {
		s.log.WarnContext(ctx, "no quote for a checkout", "request_id", requestID(c), "error", quoteErr)
	}
	v := s.composeCheckout(ctx, held, quote, f)
	maps.Copy(v.Errors, why.fields)
	kept := false
	if wait > 0 {
		v.Errors["code"], why.status = tooManyCodes(wait), http.StatusTooManyRequests
	} else {
		kept = s.keepChoice(ctx, c, f)
	}
	switch {
	case kept:
		v.Chosen = drawnWith(f.codes(), quote)
	case f.drawn():
		v.Chosen = f.chosen // what the shopper changed in it is still to be kept
	}
	v.IdempotencyKey, v.Changed = f.key, why.changed
	switch {
	case why.settled:
		v.IdempotencyKey = id.Secret()
	case why.unsent && wait == 0 && s.onlyIdle(ctx, held, quote, f): // and the page says so
	default: // the same request, sent again
		v.Quote, v.Priced = f.quote, strings.Join(f.priced, " ")
	}
	if quote.GetFingerprint() == "" || wait > 0 { // nothing new is said of the codes
		v.Priced = strings.Join(f.priced, " ")
	}
	if why.title != "" {
		v.Notice = &page.Notice{Bad: true, Title: why.title, Text: why.text, Points: why.points()}
		why.mark(&v)
		if why.changed {
			v.Notice.Points = append(v.Notice.Points, leftOut(v.Lines)...)
		}
	}
	if why.status == http.StatusServiceUnavailable && c.Response().Header().Get("Retry-After") == "" {
		c.Response().Header().Set("Retry-After", "5")
	}
	count := s.countOf(c)
	if err == nil {
		count = int(held.GetItemCount())
	}
	return s.once(c, why.status, count, page.CheckoutPage(v))
}

// quote asks what a cart costs for what is filled in.
func (s *Storefront) quote(ctx context.Context, held *cartv1.Cart, f form) (*pricingv1.Quote, error) {
	if len(held.GetLines()) == 0 {
		return &pricingv1.Quote{}, nil
	}
	req := &pricingv1.QuoteRequest{DeliveryOption: f.values["delivery"], Codes: f.codes()}
	if _, err := mailaddress.Parse(f.values["email"]); err == nil { // what is wrong with it is said beside the field
		req.Email = f.values["email"]
	}
	if len(f.values["country"]) == 2 {
		req.Destination = &pricingv1.Destination{Country: f.values["country"], Region: f.values["region"], PostalCode: f.values["postal_code"]}
	}
	return edge.Quotes{Pricing: s.Pricing, Orders: s.Orders}.Of(ctx, held, req)
}

// quoteTyped is the quote of a form with codes that a visitor typed. A client that tries
// too many of them has to wait, and gets the quote without them.
func (s *Storefront) quoteTyped(ctx context.Context, c echo.Context, held *cartv1.Cart, f form) (quote *pricingv1.Quote, wait time.Duration, err error) {
	if !f.counted {
		wait = s.tryCodes(c, held, f.codes())
	}
	if wait > 0 {
		c.Response().Header().Set("Retry-After", edge.Seconds(wait))
		f.values = maps.Clone(f.values)
		f.values["code"] = ""
	}
	quote, err = s.quote(ctx, held, f)
	return quote, wait, err
}

func (s *Storefront) composeCheckout(ctx context.Context, held *cartv1.Cart, quote *pricingv1.Quote, f form) page.Checkout {
	v := page.Checkout{
		Frame: s.frame("Checkout", s.departmentsIfQuick(ctx)), PaymentNote: s.paymentNote, Quote: quote.GetFingerprint(),
		Values: f.values, Errors: codeProblems(quote), Price: quoted(quote),
	}
	v.NoIndex = true
	v.Priced = strings.Join(f.codes(), " ")
	// The country that is priced is the one that is chosen, if the shop sends there: what
	// pricing assumes while a shopper chose none is not for the shopper to agree to.
	chosen := f.values["country"]
	if priced := quote.GetDestination().GetCountry(); chosen == "" && s.info.Info().Sells(priced) {
		chosen = priced
	}
	v.Countries = s.countryOptions(chosen)
	v.Regions = regionOptions(chosen, f.values["region"])
	v.TaxRegion = quote.GetTaxRegion() != pricingv1.TaxRegion_TAX_REGION_UNSPECIFIED
	if len(chosen) == 2 && !s.info.Info().Sells(chosen) {
		v.Errors["country"] = notSentThere
	}
	for _, d := range quote.GetDeliveryOptions() {
		v.Deliveries = append(v.Deliveries, page.Delivery{
			ID: d.GetId(), Name: deliveryName(d), Price: price(quote.GetCurrencyCode(), d.GetPriceMinor()), Chosen: d.GetId() == quote.GetDeliveryOption(),
		})
	}
	v.NoDelivery = quote.GetFingerprint() != "" && len(v.Deliveries) == 0
	v.Lines, v.Unpaid = s.cartLines(ctx, held)
	v.Chosen = drawnWith(held.GetCodes(), quote)
	return v
}

const notSentThere = "We do not send there yet. Please choose another country."

// leftOut names what is in the cart and will not be part of the order.
func leftOut(lines []page.Line) []page.Point {
	var points []page.Point
	for _, l := range lines {
		if l.Problem != "" {
			points = append(points, page.Point{Text: l.Name + ": " + l.Problem, Href: "/cart"})
		}
	}
	return points
}

func deliveryName(d *pricingv1.DeliveryOption) string {
	switch least, most := d.GetDaysMin(), d.GetDaysMax(); {
	case most == 0:
		return d.GetName()
	case least == most && most == 1:
		return d.GetName() + ", 1 working day"
	case least == most:
		return fmt.Sprintf("%s, %d working days", d.GetName(), most)
	default:
		return fmt.Sprintf("%s, %d to %d working days", d.GetName(), least, most)
	}
}

// quoted is what a quote consists of.
func quoted(q *pricingv1.Quote) page.Breakdown {
	show := func(minor int64) page.Price { return price(q.GetCurrencyCode(), minor) }
	b := page.Breakdown{Total: show(q.GetTotals().GetTotalMinor()), Estimate: estimated(q), Free: q.GetCurrencyCode() != "" && q.GetTotals().GetTotalMinor() == 0}
	if q.GetCurrencyCode() == "" {
		return b
	}
	for _, d := range q.GetDiscounts() {
		if d.GetAmountMinor() > 0 {
			b.Rows = append(b.Rows, page.Row{Name: discountName(d.GetName(), d.GetCode()), Price: show(-d.GetAmountMinor())})
		}
	}
	if q.GetDeliveryOption() != "" {
		delivery := "Delivery"
		for _, d := range q.GetDiscounts() {
			if d.GetDeliveryMinor() > 0 {
				delivery += " (" + d.GetName() + ")"
			}
		}
		b.Rows = append(b.Rows, page.Row{Name: delivery, Price: show(q.GetTotals().GetDeliveryMinor())})
	}
	for _, t := range q.GetTaxes() {
		b.Rows = append(b.Rows, page.Row{Name: taxName(t.GetName(), t.GetIncluded()), Price: show(t.GetAmountMinor())})
	}
	return b
}

// estimated tells whether the taxes of a quote are not known for lack of a region.
func estimated(q *pricingv1.Quote) bool {
	return q.GetTaxRegion() == pricingv1.TaxRegion_TAX_REGION_MISSING || q.GetTaxRegion() == pricingv1.TaxRegion_TAX_REGION_UNKNOWN
}

func discountName(name, code string) string {
	if code == "" {
		return name
	}
	return name + " (" + code + ")"
}

func taxName(name string, included bool) string {
	if included {
		return "including " + name
	}
	return name
}

// codeProblems says at the code's field why it takes nothing off.
func codeProblems(q *pricingv1.Quote) map[string]string {
	wrong := map[string]string{}
	for _, p := range q.GetCodeProblems() {
		wrong["code"] = strings.TrimSpace(wrong["code"] + " " + codeProblem(q, p.GetCode()))
	}
	return wrong
}

// codeProblem says why a code takes nothing off; "" when it does.
func codeProblem(q *pricingv1.Quote, code string) string {
	i := slices.IndexFunc(q.GetCodeProblems(), func(p *pricingv1.CodeProblem) bool { return p.GetCode() == code })
	if i < 0 {
		return ""
	}
	text := "does not work for this order."
	switch p := q.GetCodeProblems()[i]; p.GetProblem() {
	case pricingv1.CodeProblem_PROBLEM_UNKNOWN:
		text = "is not a code of ours."
	case pricingv1.CodeProblem_PROBLEM_ENDED:
		text = "has ended."
	case pricingv1.CodeProblem_PROBLEM_NOT_YET:
		text = "does not work yet."
	case pricingv1.CodeProblem_PROBLEM_USED_UP:
		text = "is used up."
	case pricingv1.CodeProblem_PROBLEM_MINIMUM_NOT_REACHED:
		text = "works from " + price(q.GetCurrencyCode(), p.GetMinimumMinor()).Text + " on."
	case pricingv1.CodeProblem_PROBLEM_NOT_COMBINED:
		text = "takes nothing more off: another discount takes off as much or more."
	}
	return code + " " + text
}

// request is the order as orders takes it.
func (s *Storefront) request(c echo.Context, f form, cart string) *ordersv1.PlaceOrderRequest {
	return &ordersv1.PlaceOrderRequest{
		IdempotencyKey: f.key, CartId: cart, Quote: f.quote, DeliveryOption: f.values["delivery"], Codes: f.codes(),
		Client: s.edge.Clients.LimitedNetworkOf(c), ReturnUrl: s.siteOf(c) + "/orders/{order_id}?token={token}",
		Contact: &ordersv1.Contact{Email: f.values["email"], Name: f.values["name"]},
		Address: &ordersv1.Address{
			Line1: f.values["line1"], Line2: f.values["line2"], City: f.values["city"], Region: f.values["region"],
			PostalCode: f.values["postal_code"], Country: f.values["country"],
		},
	}
}

// siteOf is the address of the shop as this visitor reaches it.
func (s *Storefront) siteOf(c echo.Context) string {
	if s.base != "" {
		return s.base
	}
	return c.Scheme() + "://" + c.Request().Host
}

func orderPath(order, token string) string {
	if token == "" { // of a customer who is logged in
		return "/orders/" + url.PathEscape(order)
	}
	return "/orders/" + url.PathEscape(order) + "?" + url.Values{"token": {token}}.Encode()
}
