package cart

import (
	"fmt"
	"math"
)

// maxPrice keeps the sum of a full cart within an int64, so that no addition
// or multiplication below can overflow.
const maxPrice = math.MaxInt64 / (MaxQuantity * MaxLines)

// Product is what the catalog says of a product now.
type Product struct {
	SKU, Name, Slug, Picture, Currency string
	PriceMinor                         int64
	Active                             bool
}

// PricedLine is a line as it would be bought now.
type PricedLine struct {
	Line
	Slug, Picture string
	// Available is false when the catalog does not sell it, or not in the
	// cart's currency; such a line has no price.
	Available             bool
	UnitMinor, TotalMinor int64
}

// Price prices the lines and sums up those that can be bought.
func (c *Cart) Price(products []Product) (lines []PricedLine, totalMinor int64, err error) {
	bySKU := make(map[string]*Product, len(products))
	for i := range products {
		bySKU[products[i].SKU] = &products[i]
	}
	lines = make([]PricedLine, len(c.Lines))
	for i, l := range c.Lines {
		line := &lines[i]
		line.Line = l
		p := bySKU[l.SKU]
		if p == nil {
			continue
		}
		line.Name, line.Slug, line.Picture = p.Name, p.Slug, p.Picture
		if !p.Active || p.Currency != c.Currency {
			continue
		}
		if p.PriceMinor < 0 || p.PriceMinor > maxPrice {
			return nil, 0, fmt.Errorf("the price of %s is out of range: %d", p.SKU, p.PriceMinor)
		}
		line.Available, line.UnitMinor, line.TotalMinor = true, p.PriceMinor, p.PriceMinor*l.Quantity
		totalMinor += line.TotalMinor
	}
	return lines, totalMinor, nil
}
