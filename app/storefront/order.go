package storefront

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/app/storefront/internal/page"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/brands"
	"galleria/platform/contract"
	"galleria/platform/countries"
)

func (s *Storefront) order(c echo.Context) error {
	return s.showOrder(c, http.StatusOK, c.QueryParam("token"), nil)
}

// cancelOrder calls an order off for whoever holds its token.
func (s *Storefront) cancelOrder(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	if err := s.limited(c, cancellations); err != nil {
		return err
	}
	order, token := c.Param("id"), c.Request().PostForm.Get("token")
	ctx, done := s.working(c, true, checkoutTimeout)
	defer done()
	_, err := s.Orders.CancelOrder(ctx, &ordersv1.CancelOrderRequest{OrderId: order, Token: token})
	switch {
	case err == nil:
		return c.Redirect(http.StatusSeeOther, orderPath(order, token))
	case contract.Is(err, ordersv1.Reason_REASON_SHIPPED):
		return s.showOrder(c, http.StatusConflict, token, &page.Notice{
			Bad: true, Title: "Too late to cancel", Text: "The parcel has left already. You can send it back when it arrives.",
		})
	case contract.Is(err, ordersv1.Reason_REASON_NOT_CONFIRMED):
		return s.showOrder(c, http.StatusConflict, token, &page.Notice{
			Bad: true, Title: "There is nothing to cancel", Text: "This order was not confirmed.",
		})
	}
	return err
}

func (s *Storefront) showOrder(c echo.Context, code int, token string, n *page.Notice) error {
	if token == "" {
		return echo.ErrNotFound
	}
	ctx, done := s.working(c, false, pageTimeout)
	defer done()
	answer, err := s.Orders.GetOrder(ctx, &ordersv1.GetOrderRequest{OrderId: c.Param("id"), Token: token})
	if err != nil {
		return err
	}
	o := answer.GetOrder()
	v := page.Order{
		Frame: s.frame("Order "+o.GetId(), s.departmentsIfQuick(ctx)), Notice: n, ID: o.GetId(), Token: token,
		Steps: steps(o.GetStatus()), Timeline: timeline(o.GetTimeline()),
		Total: price(o.GetCurrencyCode(), o.GetTotalMinor()),
		Card:  cardName(o.GetCardBrand(), o.GetCardLast4()), Email: o.GetContact().GetEmail(),
		Address: addressLines(o), Cancel: cancellable(o.GetStatus()),
	}
	v.NoIndex = true
	v.Heading, v.Lead = headline(o)
	var unseen []string
	for _, l := range o.GetLines() {
		if s.gallery.drawn(l.GetPicture()) {
			unseen = append(unseen, l.GetSku())
		}
	}
	categories := s.categoriesOf(ctx, unseen)
	for _, l := range o.GetLines() {
		v.Lines = append(v.Lines, page.Line{
			Card: page.Card{
				Name: l.GetName(), Slug: l.GetSlug(), Picture: s.gallery.of(l.GetPicture(), categories[l.GetSku()]),
				Price: price(o.GetCurrencyCode(), l.GetUnitPriceMinor()),
			},
			SKU: l.GetSku(), Quantity: l.GetQuantity(), Total: price(o.GetCurrencyCode(), l.GetTotalMinor()),
		})
	}
	if o.GetRefundedMinor() > 0 {
		back := price(o.GetCurrencyCode(), o.GetRefundedMinor())
		v.Refunded = &back
	}
	return s.once(c, code, s.countOf(c), page.OrderPage(v))
}

// headline is what the order's page says first.
func headline(o *ordersv1.Order) (heading, lead string) {
	switch o.GetStatus() {
	case ordersv1.OrderStatus_ORDER_STATUS_CONFIRMED, ordersv1.OrderStatus_ORDER_STATUS_CAPTURED, ordersv1.OrderStatus_ORDER_STATUS_COMPLETED:
		return "Thank you, " + firstName(o.GetContact().GetName()) + ".", "Your order is confirmed. We are wrapping it up and will write to you when it leaves."
	case ordersv1.OrderStatus_ORDER_STATUS_SHIPPED:
		return "It is on its way.", "Your parcel has left the arcade."
	case ordersv1.OrderStatus_ORDER_STATUS_CANCELLING:
		return "Being called off", "Your cancellation is decided. The money is on its way back to your card."
	case ordersv1.OrderStatus_ORDER_STATUS_CANCELLED:
		return "Called off", "This order is cancelled, and the money went back to your card."
	case ordersv1.OrderStatus_ORDER_STATUS_FAILING, ordersv1.OrderStatus_ORDER_STATUS_FAILED:
		return "This order was not placed", because(o.GetEndedBecause())
	}
	return "We are placing your order", "Reload this page in a moment to see how it went."
}

func because(reason string) string {
	switch reason {
	case "out_of_stock":
		return "Something in it was sold out. Nothing was charged."
	case "payment_declined":
		return "The card was declined. Nothing was charged."
	case "payment_unavailable":
		return "Payment was unavailable. Nothing was charged."
	}
	return "Nothing was charged."
}

func steps(status ordersv1.OrderStatus) []page.Step {
	if status < ordersv1.OrderStatus_ORDER_STATUS_CONFIRMED || status > ordersv1.OrderStatus_ORDER_STATUS_SHIPPED {
		return nil
	}
	return []page.Step{
		{Name: "Confirmed", Done: true},
		{Name: "Paid", Done: status >= ordersv1.OrderStatus_ORDER_STATUS_CAPTURED},
		{Name: "Wrapped", Done: status >= ordersv1.OrderStatus_ORDER_STATUS_COMPLETED},
		{Name: "On its way", Done: status >= ordersv1.OrderStatus_ORDER_STATUS_SHIPPED},
	}
}

func cancellable(status ordersv1.OrderStatus) bool {
	switch status {
	case ordersv1.OrderStatus_ORDER_STATUS_CONFIRMED, ordersv1.OrderStatus_ORDER_STATUS_CAPTURED, ordersv1.OrderStatus_ORDER_STATUS_COMPLETED:
		return true
	}
	return false
}

var moments = map[ordersv1.OrderStatus]string{
	ordersv1.OrderStatus_ORDER_STATUS_ACCEPTED:   "Order received",
	ordersv1.OrderStatus_ORDER_STATUS_RESERVED:   "Set aside for you",
	ordersv1.OrderStatus_ORDER_STATUS_AUTHORIZED: "Payment approved",
	ordersv1.OrderStatus_ORDER_STATUS_CONFIRMED:  "Confirmed",
	ordersv1.OrderStatus_ORDER_STATUS_CAPTURED:   "Paid",
	ordersv1.OrderStatus_ORDER_STATUS_COMPLETED:  "Wrapped, ready to be sent",
	ordersv1.OrderStatus_ORDER_STATUS_SHIPPED:    "Sent",
	ordersv1.OrderStatus_ORDER_STATUS_FAILING:    "Could not be placed",
	ordersv1.OrderStatus_ORDER_STATUS_FAILED:     "Everything undone",
	ordersv1.OrderStatus_ORDER_STATUS_CANCELLING: "Cancellation asked for",
	ordersv1.OrderStatus_ORDER_STATUS_CANCELLED:  "Cancelled",
}

func timeline(entries []*ordersv1.TimelineEntry) []page.Moment {
	var all []page.Moment
	for _, e := range entries {
		at := e.GetAt().AsTime().UTC()
		all = append(all, page.Moment{
			Text: cmp.Or(moments[e.GetStatus()], "Something happened"), Note: e.GetNote(),
			At: at.Format("2 January, 15:04 UTC"), Machine: at.Format(time.RFC3339),
		})
	}
	return all
}

func addressLines(o *ordersv1.Order) []string {
	a := o.GetAddress()
	var all []string
	for _, line := range []string{
		o.GetContact().GetName(), a.GetLine1(), a.GetLine2(),
		strings.TrimSpace(a.GetPostalCode() + " " + a.GetCity()), countries.Name(a.GetCountry()),
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
