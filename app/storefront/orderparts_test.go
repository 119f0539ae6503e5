package storefront

import (
	"slices"
	"testing"

	ordersv1 "galleria/modules/orders/v1"
)

// ofTwoLines is an open order of four pieces.
func ofTwoLines() *ordersv1.Order {
	return &ordersv1.Order{Status: ordersv1.OrderStatus_ORDER_STATUS_OPEN, CurrencyCode: "EUR", Lines: []*ordersv1.Line{
		{Id: "1", Name: "Lamp", Variant: "Oak", Quantity: 3}, {Id: "2", Name: "Mug", Quantity: 1},
	}}
}

func piece(line string, n int64) *ordersv1.Piece { return &ordersv1.Piece{LineId: line, Quantity: n} }

func TestParcelsSayWhatIsInThemUnlessItIsTheWholeOrder(t *testing.T) {
	o := ofTwoLines()
	for name, test := range map[string]struct {
		parcels [][]*ordersv1.Piece
		want    [][]string
	}{
		"one with all of it":       {[][]*ordersv1.Piece{{piece("2", 1), piece("1", 3)}}, [][]string{nil}},
		"one with a part":          {[][]*ordersv1.Piece{{piece("1", 3)}}, [][]string{{"3 × Lamp, Oak"}}},
		"one with a part of lines": {[][]*ordersv1.Piece{{piece("2", 1), piece("1", 2)}}, [][]string{{"2 × Lamp, Oak", "1 × Mug"}}},
		"two":                      {[][]*ordersv1.Piece{{piece("1", 1)}, {piece("1", 2), piece("2", 1)}}, [][]string{{"1 × Lamp, Oak"}, {"2 × Lamp, Oak", "1 × Mug"}}},
	} {
		o.Fulfilments = nil
		for _, pieces := range test.parcels {
			o.Fulfilments = append(o.Fulfilments, &ordersv1.Fulfilment{Pieces: pieces})
		}
		var got [][]string
		for _, p := range parcels(o) {
			got = append(got, p.Pieces)
		}
		if !slices.EqualFunc(got, test.want, slices.Equal) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestRefundsOfPiecesSayWhichAndHowEachWent(t *testing.T) {
	const (
		pending   = ordersv1.RefundStatus_REFUND_STATUS_PENDING
		succeeded = ordersv1.RefundStatus_REFUND_STATUS_SUCCEEDED
		failed    = ordersv1.RefundStatus_REFUND_STATUS_FAILED
	)
	amount := &ordersv1.Refund{AmountMinor: 500, Status: succeeded}
	of := func(minor int64, status ordersv1.RefundStatus) *ordersv1.Refund {
		return &ordersv1.Refund{AmountMinor: minor, Status: status, Pieces: []*ordersv1.Piece{piece("1", 2)}}
	}
	for name, test := range map[string]struct {
		refunds []*ordersv1.Refund
		want    [][]string // what is said of each, and its pieces
	}{
		"an amount":            {[]*ordersv1.Refund{amount}, nil},
		"pieces, on their way": {[]*ordersv1.Refund{of(700, pending)}, [][]string{{"€7.00 is on its way back to your card.", "2 × Lamp, Oak"}}},
		"pieces, refused":      {[]*ordersv1.Refund{of(700, failed)}, [][]string{{"A refund of €7.00 could not be carried out.", "2 × Lamp, Oak"}}},
		"pieces never charged": {[]*ordersv1.Refund{of(0, succeeded)}, [][]string{{"Nothing more goes back for this.", "2 × Lamp, Oak"}}},
		"pieces and an amount": {[]*ordersv1.Refund{of(700, succeeded), amount}, [][]string{{"€7.00 went back to your card.", "2 × Lamp, Oak"}, {"€5.00 went back to your card."}}},
	} {
		o := ofTwoLines()
		o.Refunds = test.refunds
		var got [][]string
		for _, r := range refunds(o) {
			got = append(got, append([]string{r.Text}, r.Pieces...))
		}
		if !slices.EqualFunc(got, test.want, slices.Equal) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
