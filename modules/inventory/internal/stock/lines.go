// Package stock is the domain of inventory: how many of what, and the life of
// a reservation.
package stock

import (
	"slices"
	"strings"
)

// Line is a number of one sku.
type Line struct {
	SKU      string
	Quantity int64
}

// Lines are lines in the one form they are kept and compared in: by sku in
// rising order, each sku once. Whoever locks skus in this order does not
// deadlock with another who does.
type Lines []Line

// Sum adds up lines of the same sku.
func Sum(lines []Line) Lines {
	sorted := slices.Clone(lines)
	slices.SortFunc(sorted, func(a, b Line) int { return strings.Compare(a.SKU, b.SKU) })
	summed := sorted[:0]
	for _, l := range sorted {
		if n := len(summed); n > 0 && summed[n-1].SKU == l.SKU {
			summed[n-1].Quantity += l.Quantity
			continue
		}
		summed = append(summed, l)
	}
	return Lines(summed)
}

// Equal tells whether both ask for the same goods.
func (l Lines) Equal(other Lines) bool { return slices.Equal(l, other) }
