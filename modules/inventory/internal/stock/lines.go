// Package stock is the domain of inventory: how many of what there are, where, and
// which order they are kept for.
package stock

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Main is the default location.
const Main = "main"

// Line is a number of one sku.
type Line struct {
	SKU      string
	Quantity int64
}

// Lines are lines in the one form they are kept and compared in: by sku in
// rising order, each sku once. Changes that lock skus in this order do not
// deadlock with each other.
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

// ComparePlaces is the order in which all who change levels do so, that they never wait for
// each other in a ring: by sku, the default location first, then by location, all by their
// bytes. A database sorts texts by its own language.
func ComparePlaces(sku, location, otherSKU, otherLocation string) int {
	rank := func(location string) string {
		if location == Main {
			return ""
		}
		return location
	}
	return cmp.Or(strings.Compare(sku, otherSKU), strings.Compare(rank(location), rank(otherLocation)))
}

// Level is what there is of one sku at one location.
type Level struct {
	SKU, Location     string
	OnHand, Allocated int64
}

// Available is what can be sold.
func (l Level) Available() int64 { return l.OnHand - l.Allocated }

// Count is what was counted at one location.
type Count struct {
	SKU, Location string
	OnHand        int64
}

// Allocation is what is to be kept for an order.
type Allocation struct {
	OrderID string
	Lines   Lines
	// EndsAt is when the goods go back by themselves; zero: never.
	EndsAt time.Time
}

// Adjustment is a correction of one level.
type Adjustment struct {
	SKU, Location string
	By            int64
	Reason        Reason
	Note, OrderID string
}
