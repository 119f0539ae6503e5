package console

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"galleria/app/console/internal/view"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/brands"
	"galleria/platform/countries"
	"galleria/platform/id"
)

// orderPage is the page of an order, with all that happened to it and what can be done.
func (c *Console) orderPage(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	found, err := c.Orders.FindOrder(work, &ordersv1.FindOrderRequest{Number: ctx.Param("number")})
	if err != nil {
		return err
	}
	return c.showOrder(ctx, http.StatusOK, found.GetOrder(), "", view.Typed{})
}

// showOrder renders the page; problem says what did not work.
func (c *Console) showOrder(ctx echo.Context, code int, o *ordersv1.Order, problem string, refused view.Typed) error {
	a, t := o.GetAddress(), o.GetTotals()
	page := view.Order{
		Number: o.GetNumber(), Address: orderLink(o), Problem: problem, Refused: refused, Done: orderDone[ctx.QueryParam("done")],
		Status: word(o.GetStatus().String(), "ORDER_STATUS_"), Attention: o.GetAttention().GetReason(), Key: id.New(),
		Recipient: nonEmpty(o.GetContact().GetName(), a.GetLine1(), a.GetLine2(), a.GetPostalCode()+" "+a.GetCity(), a.GetRegion(), countries.Name(a.GetCountry())),
		Facts: []view.Fact{
			{Name: "Placed", Text: c.day(o.GetCreatedAt())},
			{Name: "Payment", Text: strings.Join(nonEmpty(payment(o), brands.Name(o.GetPaymentMethod().GetBrand(), o.GetPaymentMethod().GetBrand()), o.GetPaymentMethod().GetLast4()), " ")},
			{Name: "Delivery", Text: strings.Join(nonEmpty(delivery(o), o.GetDelivery().GetName()), ", by ")},
			{Name: "E-mail address", Text: cmp.Or(o.GetContact().GetEmail(), accountDeleted)},
		},
	}
	if o.GetHoldEndsAt() != nil {
		page.Facts = append(page.Facts, view.Fact{Name: "The goods are held until", Text: c.day(o.GetHoldEndsAt())})
	}
	if o.GetEndedBecause() != "" {
		page.Facts = append(page.Facts, view.Fact{Name: "Ended", Text: strings.Join(nonEmpty(strings.ReplaceAll(o.GetEndedBecause(), "_", " ")+", by the "+o.GetEndedBy(), o.GetEndedNote()), ": ")})
	}
	for _, l := range o.GetLines() {
		page.Lines = append(page.Lines, view.OrderLine{
			ID: l.GetId(), SKU: l.GetSku(), Name: strings.Join(nonEmpty(l.GetName(), l.GetVariant()), ", "), Quantity: whole(l.GetQuantity()), Unit: amountOf(o, l.GetUnitPriceMinor()),
			Total: amountOf(o, l.GetTotalMinor()), Became: becameOf(l), StockLink: stockLink(l.GetSku()),
			ToSend: toSend(l), ToRefund: toRefund(l), ToReturn: l.GetShipped() - l.GetReturned(),
		})
	}
	page.Sums = append(page.Sums, view.Fact{Name: "Goods", Text: amountOf(o, t.GetGoodsMinor())})
	for _, d := range o.GetDiscounts() {
		page.Sums = append(page.Sums, view.Fact{Name: strings.Join(nonEmpty(d.GetName(), d.GetCode()), ", "), Text: "−" + amountOf(o, d.GetAmountMinor())})
	}
	page.Sums = append(page.Sums, view.Fact{Name: "Delivery", Text: amountOf(o, t.GetDeliveryMinor())})
	for _, tax := range o.GetTaxes() {
		name := tax.GetName()
		if tax.GetIncluded() {
			name += ", included"
		}
		page.Sums = append(page.Sums, view.Fact{Name: name, Text: amountOf(o, tax.GetAmountMinor())})
	}
	page.Sums = append(page.Sums, view.Fact{Name: "Total", Text: amountOf(o, t.GetTotalMinor()), Class: "total"})
	if o.GetRefundedMinor() > 0 {
		page.Sums = append(page.Sums, view.Fact{Name: "Given back", Text: amountOf(o, o.GetRefundedMinor())})
	}
	c.orderParts(&page, o)
	page.May = mayWith(o)
	page.Left = amountOf(o, refundable(o))
	page.LeftPlain = strings.TrimSuffix(plainAmount(o.GetCurrencyCode(), refundable(o)), " "+o.GetCurrencyCode())
	page.Currency = o.GetCurrencyCode()
	return c.sheet(ctx, code, "Order "+o.GetNumber(), "/console/orders", view.OrderPage(page))
}

// orderParts are what was done with an order: parcels, refunds, returns, notes, and when.
func (c *Console) orderParts(page *view.Order, o *ordersv1.Order) {
	for _, f := range o.GetFulfilments() {
		page.Parcels = append(page.Parcels, view.Row{Cells: []string{c.day(f.GetAt()), piecesOf(o, f.GetPieces()), dash(f.GetCarrier()), dash(f.GetTracking())}, Link: f.GetTrackingUrl()})
	}
	for _, r := range o.GetRefunds() {
		about := nonEmpty(r.GetReason(), r.GetFailure())
		if r.GetRestock() {
			about = append(about, "the pieces go back to the shelf")
		}
		page.Refunds = append(page.Refunds, view.Row{Cells: []string{
			c.day(r.GetAt()), amountOf(o, r.GetAmountMinor()), word(r.GetStatus().String(), "REFUND_STATUS_"), dash(piecesOf(o, r.GetPieces())), r.GetBy(), dash(strings.Join(about, "; ")),
		}})
	}
	for _, r := range o.GetReturns() {
		about := nonEmpty(r.GetReason())
		if r.GetRestock() {
			about = append(about, "back on the shelf")
		}
		page.Returns = append(page.Returns, view.Row{Cells: []string{c.day(r.GetAt()), piecesOf(o, r.GetPieces()), dash(strings.Join(about, "; "))}})
	}
	for _, e := range o.GetTimeline() {
		page.Timeline = append(page.Timeline, view.Fact{Name: c.day(e.GetAt()), Class: e.GetWhat(), Text: strings.Join(nonEmpty(strings.ReplaceAll(e.GetWhat(), "_", " "), e.GetNote()), ": ")})
	}
	for _, n := range o.GetNotes() {
		page.Notes = append(page.Notes, view.Fact{Name: n.GetBy() + ", " + c.day(n.GetAt()), Text: n.GetText()})
	}
}

func toSend(l *ordersv1.Line) int64 { return l.GetQuantity() - l.GetShipped() - l.GetCancelled() }

func toRefund(l *ordersv1.Line) int64 { return l.GetQuantity() - l.GetRefunded() }

// mayWith is what can be done with an order as it is: nothing else is offered.
func mayWith(o *ordersv1.Order) view.OrderMay {
	m := view.OrderMay{Resolve: o.GetAttention() != nil, Refund: refundable(o) > 0}
	open := o.GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_OPEN
	// Money that was held and let go: nothing is sent for it.
	unpaid := o.GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_NONE && o.GetTotals().GetTotalMinor() > 0
	takeOut := false
	for _, l := range o.GetLines() {
		takeOut = takeOut || toSend(l) > 0 && toRefund(l) > 0
		m.Ship = m.Ship || open && !unpaid && toSend(l) > 0
		m.Return = m.Return || l.GetShipped() > l.GetReturned()
		m.RefundPieces = m.RefundPieces || toRefund(l) > 0
	}
	m.Restock = m.Ship
	m.TakeOut = m.Restock && takeOut && !m.Refund
	m.Cancel = open || o.GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_PLACING && o.GetEndedBecause() == ""
	m.OnlyRest = len(o.GetFulfilments()) > 0
	return m
}

// refundable is what was paid and is not given back, nor on its way, nor made by hand.
func refundable(o *ordersv1.Order) int64 {
	switch o.GetPaymentStatus() {
	case ordersv1.PaymentStatus_PAYMENT_STATUS_PAID, ordersv1.PaymentStatus_PAYMENT_STATUS_PARTLY_REFUNDED:
	default:
		return 0
	}
	left := o.GetTotals().GetTotalMinor()
	for _, r := range o.GetRefunds() {
		if r.GetStatus() != ordersv1.RefundStatus_REFUND_STATUS_FAILED || r.GetLeft() {
			left -= r.GetAmountMinor()
		}
	}
	return max(0, left)
}

func becameOf(l *ordersv1.Line) string {
	var all []string
	for _, part := range []struct {
		n    int64
		what string
	}{{l.GetShipped(), "sent"}, {l.GetReturned(), "came back"}, {l.GetRefunded(), "refunded"}, {l.GetCancelled(), "not to be sent"}} {
		if part.n > 0 {
			all = append(all, whole(part.n)+" "+part.what)
		}
	}
	return strings.Join(all, ", ")
}

func piecesOf(o *ordersv1.Order, pieces []*ordersv1.Piece) string {
	var all []string
	for _, p := range pieces {
		for _, l := range o.GetLines() {
			if l.GetId() == p.GetLineId() {
				all = append(all, whole(p.GetQuantity())+" × "+l.GetSku())
			}
		}
	}
	return strings.Join(all, ", ")
}

func nonEmpty(texts ...string) []string {
	var all []string
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			all = append(all, text)
		}
	}
	return all
}
