package cart

import (
	"fmt"

	"galleria/platform/money"
)

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

// Price prices the lines and sums up those that can be bought. It fails when
// the catalog names a price nobody could sum up.
func (c *Cart) Price(products []Product) (lines []PricedLine, totalMinor int64, err error) {
	bySKU := make(map[string]*Product, len(products))
	for i := range products {
		bySKU[products[i].SKU] = &products[i]
	}
	total, err := money.New(c.Currency, 0)
	if err != nil {
		return nil, 0, fmt.Errorf("price a cart: %w", err)
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
		if total, err = line.price(p, total); err != nil {
			return nil, 0, fmt.Errorf("price %d of %s: %w", l.Quantity, l.SKU, err)
		}
	}
	return lines, total.Minor(), nil
}

// price prices a line that can be bought, and adds it to the total.
func (l *PricedLine) price(p *Product, total money.Money) (money.Money, error) {
	unit, err := money.New(p.Currency, p.PriceMinor)
	if err != nil {
		return total, err
	}
	sum, err := unit.Times(l.Quantity)
	if err != nil {
		return total, err
	}
	l.Available, l.UnitMinor, l.TotalMinor = true, unit.Minor(), sum.Minor()
	return total.Add(sum)
}
