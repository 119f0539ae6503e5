package cart_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"galleria/modules/cart/internal/cart"
	"galleria/platform/money"
)

func TestAPriceNobodyCanSumUpIsAnErrorAndNotAnotherPrice(t *testing.T) {
	c := cart.Cart{Currency: "EUR", Lines: []cart.Line{{SKU: "A", Quantity: 2}, {SKU: "B", Quantity: 1}}}
	for _, prices := range [][2]int64{{math.MaxInt64/2 + 1, 0}, {math.MaxInt64 / 2, 2}} {
		_, total, err := c.Price([]cart.Product{
			{SKU: "A", Currency: "EUR", PriceMinor: prices[0], Status: cart.Sellable},
			{SKU: "B", Currency: "EUR", PriceMinor: prices[1], Status: cart.Sellable},
		})
		if !errors.Is(err, money.ErrOverflow) {
			t.Errorf("prices %v: got total %d and %v, want %v", prices, total, err, money.ErrOverflow)
		}
	}
}

func TestTakingLeavesWhatCameMeanwhile(t *testing.T) {
	c := cart.Cart{Lines: []cart.Line{{SKU: "A", Quantity: 3}, {SKU: "B", Quantity: 1}, {SKU: "C", Quantity: 5}}, Codes: []string{"USED", "LATER"}}
	c.Take(cart.Bought{Quantities: map[string]int64{"A": 2, "B": 4, "D": 1}, Codes: []string{"USED", "OTHER"}})
	if got := c.Count(); got != 6 || len(c.Lines) != 2 {
		t.Errorf("got %d things in %v, want 1 A and 5 C", got, c.Lines)
	}
	if !slices.Equal(c.Codes, []string{"LATER"}) {
		t.Errorf("got the codes %q, want LATER alone", c.Codes)
	}
}
