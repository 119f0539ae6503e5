package storefront

import (
	"slices"

	"galleria/app/storefront/internal/page"
	ordersv1 "galleria/modules/orders/v1"
)

// lineName is what the order's page calls the goods of a line.
func lineName(l *ordersv1.Line) string {
	if l.GetVariant() == "" {
		return l.GetName()
	}
	return l.GetName() + ", " + l.GetVariant()
}

// parcels are what was sent, each with its pieces unless it holds the whole order.
func parcels(o *ordersv1.Order) []page.Parcel {
	var all []page.Parcel
	for _, f := range o.GetFulfilments() {
		p := page.Parcel{Text: "A parcel", Href: f.GetTrackingUrl()}
		if f.GetCarrier() != "" {
			p.Text = "With " + f.GetCarrier()
		}
		if f.GetTracking() != "" {
			p.Text += ", number " + f.GetTracking()
		}
		if !isWhole(o, f.GetPieces()) {
			p.Pieces = piecesOf(o, f.GetPieces())
		}
		all = append(all, p)
	}
	return all
}

// refunds are those of an order of which one is of pieces. When none is, the sum that went
// back says as much.
func refunds(o *ordersv1.Order) []page.Refund {
	if !slices.ContainsFunc(o.GetRefunds(), func(r *ordersv1.Refund) bool { return len(r.GetPieces()) > 0 }) {
		return nil
	}
	var all []page.Refund
	for _, r := range o.GetRefunds() {
		all = append(all, page.Refund{Text: wentHow(o, r), Pieces: piecesOf(o, r.GetPieces())})
	}
	return all
}

// wentHow says how a refund went.
func wentHow(o *ordersv1.Order, r *ordersv1.Refund) string {
	amount := price(o.GetCurrencyCode(), r.GetAmountMinor()).Text
	switch {
	case r.GetAmountMinor() == 0: // pieces that cost nothing, or whose money was never taken, or went back before
		return "Nothing more goes back for this."
	case r.GetStatus() == ordersv1.RefundStatus_REFUND_STATUS_SUCCEEDED:
		return amount + wentBack
	case r.GetLeft():
		return "A refund of " + amount + settled
	case r.GetStatus() == ordersv1.RefundStatus_REFUND_STATUS_FAILED:
		return "A refund of " + amount + notBack
	case held(o):
		return amount + " goes back to your card once the money is taken."
	}
	return amount + goesBack
}

// piecesOf names pieces, in the order of the lines: "2 × Lamp, Oak".
func piecesOf(o *ordersv1.Order, pieces []*ordersv1.Piece) []string {
	var all []string
	for _, l := range o.GetLines() {
		for _, p := range pieces {
			if p.GetLineId() == l.GetId() {
				all = append(all, page.Number(p.GetQuantity())+" × "+lineName(l))
			}
		}
	}
	return all
}

// isWhole tells whether the pieces are all that was ordered.
func isWhole(o *ordersv1.Order, pieces []*ordersv1.Piece) bool {
	for _, l := range o.GetLines() {
		if !slices.ContainsFunc(pieces, func(p *ordersv1.Piece) bool { return p.GetLineId() == l.GetId() && p.GetQuantity() == l.GetQuantity() }) {
			return false
		}
	}
	return true
}
