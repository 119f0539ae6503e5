package storefront

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/app/edge"
	"galleria/app/storefront/internal/page"
	catalogv1 "galleria/modules/catalog/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/brands"
	"galleria/platform/contract"
	"galleria/platform/countries"
	"galleria/platform/identity"
)

// order is for who has its token, and for the customer who is logged in.
func (s *Storefront) order(c echo.Context) error {
	if c.QueryParam("token") == "" && s.edge.Session(c.Request()) == "" {
		return toLogIn(c)
	}
	return s.showOrder(c, http.StatusOK, c.QueryParam("token"), nil)
}

// payOrder leads to where an order is paid.
func (s *Storefront) payOrder(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	if err := s.limited(c, edge.CheckoutAttempts); err != nil {
		return err
	}
	order, token := c.Param("id"), c.Request().PostForm.Get("token")
	leave, err := s.edge.Checkouts.Enter(c.Request().Context())
	if err != nil {
		c.Response().Header().Set("Retry-After", "5")
		said := tooManyAtOnce(err)
		return s.showOrder(c, said.status, token, &page.Notice{Bad: true, Title: said.title, Text: "Your turn did not come in time. Nothing was charged. Please try again."})
	}
	defer leave()
	ctx, done := s.working(c, true, checkoutTimeout)
	defer done()
	if ctx, err = s.unlocking(ctx, c, token); err != nil {
		return err
	}
	answer, err := s.Orders.PayOrder(ctx, &ordersv1.PayOrderRequest{OrderId: order, Token: token})
	switch {
	case err == nil:
		return c.Redirect(http.StatusSeeOther, answer.GetRedirectUrl())
	case contract.Is(err, ordersv1.Reason_REASON_NOT_PAYABLE), contract.Is(err, ordersv1.Reason_REASON_PAYMENT_REFUSED):
		return c.Redirect(http.StatusSeeOther, orderPath(order, token)) // which says how it is
	}
	return err
}

// unlocking is the context of calls about an order that a visitor has the token of, or
// who is its customer and logged in: which of them orders decides.
func (s *Storefront) unlocking(ctx context.Context, c echo.Context, token string) (context.Context, error) {
	if token != "" {
		return ctx, nil
	}
	me, err := s.session(ctx, c)
	if err != nil {
		return nil, err
	}
	if me == nil {
		return nil, echo.ErrNotFound
	}
	return identity.With(ctx, me.GetIdentity().GetStatement()), nil
}

// cancelOrder calls an order off for who holds its token, or is its customer.
func (s *Storefront) cancelOrder(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	if err := s.limited(c, edge.Cancellations, edge.CancellationsOfDay); err != nil {
		return err
	}
	order, token := c.Param("id"), c.Request().PostForm.Get("token")
	ctx, done := s.working(c, true, checkoutTimeout)
	defer done()
	ctx, err := s.unlocking(ctx, c, token)
	if err != nil {
		return err
	}
	_, err = s.Orders.CancelOrder(ctx, &ordersv1.CancelOrderRequest{OrderId: order, Token: token})
	if edge.NothingCancelled(err) {
		s.edge.Clients.GiveBack(edge.ClientOf(c), edge.CancellationsOfDay)
	}
	switch {
	case err == nil:
		return c.Redirect(http.StatusSeeOther, orderPath(order, token))
	case contract.Is(err, ordersv1.Reason_REASON_SHIPPED):
		return s.showOrder(c, http.StatusConflict, token, &page.Notice{
			Bad: true, Title: "Too late to cancel", Text: "A parcel has left already. You can send it back when it arrives.",
		})
	case contract.Is(err, ordersv1.Reason_REASON_ENDED):
		return s.showOrder(c, http.StatusConflict, token, &page.Notice{
			Bad: true, Title: "There is nothing to cancel", Text: "This order has ended.",
		})
	}
	return err
}

// refreshAfter is how many seconds the page of an order that is being paid
// waits before it looks again.
const refreshAfter = 3

func (s *Storefront) showOrder(c echo.Context, code int, token string, n *page.Notice) error {
	ctx, done := s.working(c, false, pageTimeout)
	defer done()
	ctx, err := s.unlocking(ctx, c, token)
	if err != nil {
		return err
	}
	answer, err := s.Orders.GetOrder(ctx, &ordersv1.GetOrderRequest{OrderId: c.Param("id"), Token: token})
	if err != nil {
		return err
	}
	o := answer.GetOrder()
	placing := o.GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_PLACING
	v := page.Order{
		Frame: s.frame("Order "+o.GetNumber(), s.departmentsIfQuick(ctx)), Notice: n, ID: o.GetId(), Number: o.GetNumber(), Token: token,
		Steps: steps(o), Timeline: s.timeline(o.GetTimeline()), Price: agreed(o), Parcels: parcels(o), Refunds: refunds(o),
		Held: held(o), Card: cardName(o.GetPaymentMethod().GetBrand(), o.GetPaymentMethod().GetLast4()), Email: o.GetContact().GetEmail(),
		Address: addressLines(o), Pay: placing && o.GetEndedBecause() == "" && o.GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_WAITING, Cancel: cancellable(o),
	}
	v.NoIndex = true
	inCart := s.countOf(c)
	if placing {
		if c.Request().Method == http.MethodGet { // the address of a form has no page
			v.Refresh = refreshAfter
		}
	} else if inCart > 0 && o.GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_OPEN && code == http.StatusOK && len(o.GetFulfilments()) == 0 {
		inCart = s.countAgain(ctx, c, inCart)
	}
	if letGo(o) {
		v.Card = "" // it was not paid with
	}
	_, v.Heading, v.Lead = headline(o)
	v.CancelNote = comesBack(o)
	var unseen []string
	for _, l := range o.GetLines() {
		if s.gallery.drawn(l.GetPicture()) {
			unseen = append(unseen, l.GetSku())
		}
	}
	categories := s.categoriesOf(ctx, unseen, o.GetCurrencyCode())
	for _, l := range o.GetLines() {
		v.Lines = append(v.Lines, page.Line{
			Card: page.Card{
				Name: lineName(l), Slug: l.GetSlug(), Picture: s.gallery.of(l.GetPicture(), categories[l.GetSku()]),
				Price: price(o.GetCurrencyCode(), l.GetUnitPriceMinor()),
			},
			SKU: l.GetSku(), Quantity: l.GetQuantity(), Total: price(o.GetCurrencyCode(), l.GetQuantity()*l.GetUnitPriceMinor()),
		})
	}
	if o.GetRefundedMinor() > 0 {
		back := price(o.GetCurrencyCode(), o.GetRefundedMinor())
		v.Refunded = &back
	}
	return s.once(c, code, inCart, page.OrderPage(v))
}

// countAgain asks how many things are in the cart and remembers that: an order that was paid
// just now took its own out, and leaves what was chosen since. Without an answer they stay
// as many as they were.
func (s *Storefront) countAgain(ctx context.Context, c echo.Context, before int) int {
	ctx, done := context.WithTimeout(ctx, stockTimeout)
	defer done()
	held, err := s.cartHeld(ctx, c)
	if err != nil {
		return before
	}
	if now := int(held.GetItemCount()); now != before {
		s.keepCount(c, held.GetItemCount())
		return now
	}
	return before
}

// agreed is what an order cost.
func agreed(o *ordersv1.Order) page.Breakdown {
	show := func(minor int64) page.Price { return price(o.GetCurrencyCode(), minor) }
	b := page.Breakdown{Total: show(o.GetTotals().GetTotalMinor())}
	for _, d := range o.GetDiscounts() {
		b.Rows = append(b.Rows, page.Row{Name: discountName(d.GetName(), d.GetCode()), Price: show(-d.GetAmountMinor())})
	}
	if d := o.GetDelivery(); d.GetName() != "" {
		b.Rows = append(b.Rows, page.Row{Name: "Delivery, " + d.GetName(), Price: show(o.GetTotals().GetDeliveryMinor())})
	}
	for _, t := range o.GetTaxes() {
		b.Rows = append(b.Rows, page.Row{Name: taxName(t.GetName(), t.GetIncluded()), Price: show(t.GetAmountMinor())})
	}
	return b
}

// headline is what the order's page says first, and standing the same in a few words, for
// lists of orders.
func headline(o *ordersv1.Order) (standing, heading, lead string) {
	switch o.GetStatus() {
	case ordersv1.OrderStatus_ORDER_STATUS_PLACING:
		if o.GetEndedBecause() == "replaced" {
			return "ordered anew", "You ordered anew", "We are asking whether this order was paid. If it was, it is sent; if not, it ends. This page looks again by itself."
		}
		if o.GetEndedBecause() != "" {
			return "being called off", "Being called off", "We are asking whether this order was paid. If it was, the money goes back. This page looks again by itself."
		}
		switch o.GetPaymentStatus() {
		case ordersv1.PaymentStatus_PAYMENT_STATUS_PAID, ordersv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED:
			return "your payment has arrived", "Your payment has arrived", "We are setting your things aside. This page looks again by itself."
		}
		if o.GetPaymentUrl() == "" {
			return "not paid yet", "Not paid yet", "Your payment was not made. We hold the goods for you a little longer: you can pay now, or cancel."
		}
		return "not paid yet", "We are waiting for your payment", "This page looks again by itself. If you have paid, it takes a moment; if not, you can pay now."
	case ordersv1.OrderStatus_ORDER_STATUS_OPEN:
		switch sent := len(o.GetFulfilments()) > 0; {
		case sent && letGo(o):
			return "a part of it was sent, the rest is not sent", "A part of it is on its way.", "The money that was held for your order was let go before it was taken, so the rest is not sent."
		case sent:
			return "a part of it was sent", "A part of it is on its way.", "The rest of your order follows."
		case letGo(o):
			return "not paid, so it is not sent", "This order is not paid", "Your bank has let go the money that was held for it, so it is not sent. Nothing was charged: you can cancel it, and order again."
		}
		thanks := "Thank you."
		if name := firstName(o.GetContact().GetName()); name != "" {
			thanks = "Thank you, " + name + "."
		}
		if held(o) {
			return "being packed", thanks, "Your order is confirmed. The money is held on your card, and taken when your parcel leaves. We will write to you then."
		}
		return "being packed", thanks, "Your order is confirmed. We will write to you when it leaves."
	case ordersv1.OrderStatus_ORDER_STATUS_CLOSED:
		switch o.GetDeliveryStatus() {
		case ordersv1.DeliveryStatus_DELIVERY_STATUS_NONE:
			standing = "nothing is sent"
			if o.GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_REFUNDED {
				standing = "refunded"
			}
			return standing, "Nothing is sent", "All of it was taken out of this order. " + moneyBack(o)
		case ordersv1.DeliveryStatus_DELIVERY_STATUS_RETURNED:
			return "it came back", "It came back", "We have your goods back." + refundRefused(o) + refundLeft(o)
		}
		lead = "Your parcel has left the arcade."
		if slices.ContainsFunc(o.GetLines(), func(l *ordersv1.Line) bool { return l.GetCancelled() > 0 }) {
			lead += " The rest of your order is not sent."
		}
		return "sent", "It is on its way.", lead + refundRefused(o) + refundLeft(o)
	case ordersv1.OrderStatus_ORDER_STATUS_CANCELLED:
		return "cancelled", "Called off", "This order is cancelled. " + moneyBack(o)
	}
	return "not placed", "This order was not placed", because(o)
}

// comesBack says what a cancellation does with the money.
func comesBack(o *ordersv1.Order) string {
	switch {
	case held(o):
		return "The money that is held on your card is let go."
	case o.GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_WAITING:
		return "If you have paid by then, the money goes back to your card."
	case o.GetTotals().GetTotalMinor() == 0 || letGo(o) || o.GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_REFUNDED:
		return ""
	}
	return "What you paid goes back to the card you paid with."
}

// refundRefused is a sentence, after a space, about money that could not be given back. When
// all of it went back by other refunds, or is going to, there is nothing to say.
func refundRefused(o *ordersv1.Order) string {
	var refused, back int64
	for _, r := range o.GetRefunds() {
		if r.GetStatus() == ordersv1.RefundStatus_REFUND_STATUS_FAILED && !r.GetLeft() {
			refused += r.GetAmountMinor()
		} else {
			back += r.GetAmountMinor()
		}
	}
	if refused == 0 || back >= o.GetTotals().GetTotalMinor() {
		return ""
	}
	return " A refund of " + price(o.GetCurrencyCode(), refused).Text + notBack + " We know of it, and have to find another way."
}

// refundLeft is a sentence, after a space, about money that could not be given back and that
// the shop has settled by hand.
func refundLeft(o *ordersv1.Order) string {
	var left int64
	for _, r := range o.GetRefunds() {
		if r.GetLeft() {
			left += r.GetAmountMinor()
		}
	}
	if left == 0 || o.GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_REFUNDED {
		return ""
	}
	return " A refund of " + price(o.GetCurrencyCode(), left).Text + settled
}

// How a refund went, of the money or of an amount.
const (
	wentBack = " went back to your card."
	goesBack = " is on its way back to your card."
	notBack  = " could not be carried out." // of "a refund"
	settled  = " could not be made to your card, and the shop has settled it by hand."
)

func moneyBack(o *ordersv1.Order) string {
	said, left := refundRefused(o), refundLeft(o)
	switch {
	case said != "":
	case o.GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_REFUNDED:
		said = "The money" + wentBack
	case slices.ContainsFunc(o.GetRefunds(), func(r *ordersv1.Refund) bool { return r.GetStatus() == ordersv1.RefundStatus_REFUND_STATUS_PENDING }):
		said = "The money" + goesBack
	case o.GetRefundedMinor() > 0:
		said = price(o.GetCurrencyCode(), o.GetRefundedMinor()).Text + wentBack
	case left == "":
		said = "You were not charged."
	}
	return strings.TrimSpace(said + left)
}

func because(o *ordersv1.Order) string {
	switch o.GetEndedBecause() {
	case "out_of_stock":
		return "Something in it was sold out. Nothing was charged."
	case "payment_unavailable":
		return "Payment was unavailable. Nothing was charged."
	case "payment_refused":
		return "The payment service refused this payment. Nothing was charged."
	case "not_paid":
		return "It was not paid in time. Nothing was charged."
	case "on_request":
		return "It was cancelled before it was paid. Nothing was charged."
	case "replaced":
		return "You ordered anew before it was paid, so the newer order took its place. Nothing was charged for this one."
	}
	return "Nothing was charged."
}

func steps(o *ordersv1.Order) []page.Step {
	if o.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_OPEN && o.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_CLOSED {
		return nil
	}
	if o.GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_CLOSED && len(o.GetFulfilments()) == 0 {
		return nil // nothing is sent
	}
	paid := page.Step{Name: "Paid", Done: !letGo(o)}
	if held(o) {
		paid.Name = "Money held"
	}
	sent := []page.Step{
		{Name: "Being packed", Done: len(o.GetFulfilments()) > 0},
		{Name: "On its way", Done: o.GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_CLOSED},
	}
	if o.GetTotals().GetTotalMinor() == 0 {
		return sent // there was nothing to pay
	}
	return append([]page.Step{paid}, sent...)
}

// held tells whether the money is not taken yet, but when the goods are sent.
func held(o *ordersv1.Order) bool {
	return o.GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED
}

// letGo tells whether the money of an order was held, and was let go before it was taken.
func letGo(o *ordersv1.Order) bool {
	return o.GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_NONE && o.GetTotals().GetTotalMinor() > 0
}

func cancellable(o *ordersv1.Order) bool {
	switch o.GetStatus() {
	case ordersv1.OrderStatus_ORDER_STATUS_PLACING, ordersv1.OrderStatus_ORDER_STATUS_OPEN:
		return len(o.GetFulfilments()) == 0 && o.GetEndedBecause() == ""
	}
	return false
}

var moments = map[string]string{
	"placed": "Order received", "held": "Money held", "let_go": "Money let go", "paid": "Paid", "opened": "Confirmed", "shipped": "Sent", "refunded": "Money given back",
	"returned": "Came back", "closed": "Nothing left to send", "failed": "Not placed", "cancelled": "Cancelled",
}

// timeline leaves out what only operators need to know.
func (s *Storefront) timeline(entries []*ordersv1.TimelineEntry) []page.Moment {
	var all []page.Moment
	for _, e := range entries {
		text, told := moments[e.GetWhat()]
		if !told {
			continue
		}
		at := e.GetAt().AsTime().In(s.zone)
		all = append(all, page.Moment{Text: text, Note: e.GetNote(), At: at.Format("2 January, 15:04 MST"), Machine: at.Format(time.RFC3339)})
	}
	return all
}

func addressLines(o *ordersv1.Order) []string {
	a := o.GetAddress()
	var all []string
	for _, line := range []string{
		o.GetContact().GetName(), a.GetLine1(), a.GetLine2(),
		strings.TrimSpace(a.GetPostalCode() + " " + a.GetCity()), a.GetRegion(), countries.Name(a.GetCountry()),
	} {
		if line != "" {
			all = append(all, line)
		}
	}
	return all
}

func firstName(name string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	return first
}

func cardName(brand, last4 string) string {
	if last4 == "" {
		return ""
	}
	return brands.Name(brand, "Card") + " ending in " + last4
}

// categoriesOf gives placeholders on an order's page the colours they have elsewhere.
// Demo products have pictures, so this is seldom asked; without an answer the colours
// differ.
func (s *Storefront) categoriesOf(ctx context.Context, skus []string, currency string) map[string]string {
	if len(skus) == 0 {
		return nil
	}
	answer, err := s.Catalog.GetOffers(ctx, &catalogv1.GetOffersRequest{Skus: skus, CurrencyCode: currency})
	if err != nil {
		return nil
	}
	categories := map[string]string{}
	for _, o := range answer.GetOffers() {
		categories[o.GetSku()] = o.GetCategory()
	}
	return categories
}
