package storefront

import (
	"context"
	"fmt"
	"slices"

	"github.com/labstack/echo/v4"

	"galleria/app/storefront/internal/page"
	cartv1 "galleria/modules/cart/v1"
	ordersv1 "galleria/modules/orders/v1"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/countries"
)

func (s *Storefront) showCart(c echo.Context, code int, n *page.Notice) error {
	return s.drawCart(c, code, page.Cart{Notice: n})
}

// drawCart draws the page of a cart as it is now, around what v has.
func (s *Storefront) drawCart(c echo.Context, code int, v page.Cart) error {
	ctx, done := s.working(c, false, pageTimeout)
	defer done()
	held, err := s.cartHeld(ctx, c)
	if err != nil {
		return err
	}
	return s.drawHeld(ctx, c, code, held, v)
}

// drawHeld is drawCart for a cart that was just read.
func (s *Storefront) drawHeld(ctx context.Context, c echo.Context, code int, held *cartv1.Cart, v page.Cart) error {
	v.Frame = s.frame("Your cart", s.departmentsIfQuick(ctx))
	v.NoIndex = true
	shown, _ := s.currencyOf(c)
	v.Currencies = s.currencies(shown)
	if kept := held.GetCurrencyCode(); kept != shown && len(held.GetLines()) > 0 {
		v.Currency = "Your cart is in " + kept + ", as it was begun, and will be paid in it. The shop's pages show prices in " + shown + "; to pay in that, empty your cart first."
	}
	v.Lines, v.Unpaid = s.cartLines(ctx, held)
	if held.GetItemCount() > 0 {
		v.Items = page.Things(int(held.GetItemCount()))
	}
	v.Ready = sellable(held)
	s.estimate(ctx, held, &v)
	if int64(s.countOf(c)) != held.GetItemCount() {
		s.keepCount(c, held.GetItemCount())
	}
	return s.once(c, code, int(held.GetItemCount()), page.CartPage(v))
}

// estimate says what the cart costs in the shop's own country, and what its codes do.
// Without pricing it says what the goods cost.
func (s *Storefront) estimate(ctx context.Context, held *cartv1.Cart, v *page.Cart) {
	goods := price(held.GetCurrencyCode(), held.GetSubtotalMinor())
	v.Price = page.Breakdown{Total: goods}
	var quote *pricingv1.Quote
	if v.Ready {
		var err error
		if quote, err = s.quote(ctx, held, chosenIn(held)); err != nil {
			s.log.WarnContext(ctx, "no quote for a cart", "error", err)
		}
	}
	if quote.GetCurrencyCode() != "" {
		v.Price = quoted(quote)
		v.Price.Rows = append([]page.Row{{Name: "Goods", Price: goods}}, v.Price.Rows...)
		v.Estimate = countries.Name(quote.GetDestination().GetCountry())
	}
	for _, code := range held.GetCodes() {
		v.Codes = append(v.Codes, page.Code{Name: code, Problem: codeProblem(quote, code)})
	}
}

// sellable tells whether something in the cart can be bought.
func sellable(held *cartv1.Cart) bool {
	return slices.ContainsFunc(held.GetLines(), func(l *cartv1.Line) bool { return l.GetStatus() == cartv1.LineStatus_LINE_STATUS_SELLABLE })
}

// unsellable says why a line can't be bought, in the same words in the cart and at the
// checkout; "" for one that can.
func unsellable(held *cartv1.Cart, l *cartv1.Line) string {
	switch l.GetStatus() {
	case cartv1.LineStatus_LINE_STATUS_SELLABLE:
		return ""
	case cartv1.LineStatus_LINE_STATUS_NO_PRICE:
		return "Not sold in " + held.GetCurrencyCode() + ". It will not be part of your order."
	}
	return "No longer sold. It will not be part of your order."
}

// cartHeld is the visitor's cart; for a visitor without one it is empty, and the cart
// module is not asked.
func (s *Storefront) cartHeld(ctx context.Context, c echo.Context) (*cartv1.Cart, error) {
	known := s.cartOf(c)
	if known == "" {
		return &cartv1.Cart{}, nil
	}
	answer, err := s.Cart.GetCart(ctx, &cartv1.GetCartRequest{CartId: known})
	if err != nil {
		return nil, err
	}
	return answer.GetCart(), nil
}

// cartLines are the lines as pages show them, with a word where the shelf
// holds less than the cart. What an order of the cart holds that is not paid counts
// as on the shelf; unpaid is where that order is then.
func (s *Storefront) cartLines(ctx context.Context, held *cartv1.Cart) (all []page.Line, unpaid string) {
	if len(held.GetLines()) == 0 {
		return nil, ""
	}
	skus := make([]string, 0, len(held.GetLines()))
	for _, l := range held.GetLines() {
		skus = append(skus, l.GetSku())
	}
	onHand, known := s.counts(ctx, stockTimeout, skus)
	lacks := func(l *cartv1.Line) bool {
		return known && unsellable(held, l) == "" && onHand[l.GetSku()] < l.GetQuantity()
	}
	if slices.ContainsFunc(held.GetLines(), lacks) {
		unpaid = s.addUnpaid(ctx, held.GetId(), onHand)
	}
	for _, l := range held.GetLines() {
		line := page.Line{
			Card: page.Card{
				Name: l.GetName(), Slug: l.GetSlug(),
				Picture: s.gallery.of(l.GetPicture(), l.GetCategory()),
				Price:   price(held.GetCurrencyCode(), l.GetUnitPriceMinor()),
			},
			SKU: l.GetSku(), Quantity: l.GetQuantity(), Problem: unsellable(held, l),
			Total: price(held.GetCurrencyCode(), l.GetTotalMinor()),
		}
		if line.Name == "" {
			line.Name = l.GetSku()
		}
		if lacks(l) {
			line.Warning = shortage(onHand[l.GetSku()], "") + " " + beforeOrdering(onHand[l.GetSku()])
		}
		all = append(all, line)
	}
	return all, unpaid
}

// addUnpaid adds what the unpaid order of a cart holds to what is on the shelf: one more
// order of the cart takes its place. It tells where that order is, "" when there is none,
// or orders does not say so in time.
func (s *Storefront) addUnpaid(ctx context.Context, cart string, onHand map[string]int64) string {
	ctx, done := context.WithTimeout(ctx, stockTimeout)
	defer done()
	answer, err := s.Orders.GetUnpaidOrder(ctx, &ordersv1.GetUnpaidOrderRequest{CartId: cart})
	if err != nil {
		return ""
	}
	for _, l := range answer.GetOrder().GetLines() {
		onHand[l.GetSku()] += l.GetQuantity()
	}
	return orderPath(answer.GetOrder().GetId(), answer.GetToken())
}

// beforeOrdering says what to do about a shortage: unlike what is not sold any more, a line
// of which there is too little is part of the order, which it would stop.
func beforeOrdering(left int64) string {
	if left <= 0 {
		return "Please take it out before you order."
	}
	return "Please change the quantity before you order."
}

// shortage says how much there is of a thing; without a name, of this thing.
func shortage(left int64, name string) string {
	of := ""
	if name != "" {
		of = " of " + name
	}
	switch {
	case left <= 0 && name != "":
		return name + " is sold out."
	case left <= 0:
		return "Sold out."
	case left == 1:
		return "Only 1" + of + " is left."
	}
	return fmt.Sprintf("Only %d%s are left.", left, of)
}
