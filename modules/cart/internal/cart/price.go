package cart

import (
	"fmt"

	"galleria/platform/money"
)

// Product is what the catalog says of a product now.
type Product struct {
	SKU, Name, Slug, Picture, Category, Currency string
	PriceMinor                                   int64
	// Status is whether it can be bought.
	Status Status
}

// Status is whether a line can be bought.
type Status int

// Why a line can be bought, or can't.
const (
	Unknown   Status = iota // the catalog does not know it
	Sellable                // it can
	Withdrawn               // it is sold no more
	NoPrice                 // it is sold, but not in this currency
)

// PricedLine is a line as it would be bought now.
type PricedLine struct {
	Line
	Slug, Picture, Category string
	// Status is whether it can be bought; a line that can't has no price.
	Status                Status
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
		line.Name, line.Slug, line.Picture, line.Category, line.Status = p.Name, p.Slug, p.Picture, p.Category, p.Status
		if p.Status != Sellable {
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
	l.UnitMinor, l.TotalMinor = unit.Minor(), sum.Minor()
	return total.Add(sum)
}
