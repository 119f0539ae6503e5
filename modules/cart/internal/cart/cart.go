// Package cart is what a guest means to buy, and its limits.
package cart

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
)

// The limits of a cart.
const (
	MaxQuantity = 99  // of one product
	MaxLines    = 100 // of one cart
	MaxCodes    = 5   // of one cart
	MaxMerged   = 100 // carts merged into one that are remembered: the last ones
)

// Why something can't be put into a cart.
var (
	ErrLineFull      = errors.New("more than 99 in a line")
	ErrCartFull      = errors.New("more than 100 lines in a cart")
	ErrOtherCurrency = errors.New("the cart is in another currency")
	ErrAnothers      = errors.New("the cart is another customer's")
	ErrNoCart        = errors.New("there is no such cart")
	ErrNoLine        = errors.New("there is no such line in the cart")
	ErrKeyReused     = errors.New("the key was used for something else")
	ErrOtherCodes    = errors.New("the cart has other codes than were expected")
)

// InCurrency is the error of an item in another currency than the cart's, which it
// names.
type InCurrency string

func (c InCurrency) Error() string { return "the cart is in " + string(c) }

// Is makes it an ErrOtherCurrency.
func (c InCurrency) Is(target error) bool { return target == ErrOtherCurrency }

// Line is a quantity of one product, under the name it had when it was added.
type Line struct {
	SKU, Name string
	Quantity  int64
}

// Item is a product to be put into a cart.
type Item struct {
	SKU, Name, Currency string
	Quantity            int64
}

// Addition adds an item to a cart, once per key.
type Addition struct {
	Cart, Key string
	Item      Item
	// MustExist: the cart is not made when it is not there.
	MustExist bool
}

// Setting sets the quantity of a line; 0 removes it.
type Setting struct {
	Cart string
	Item Item
	// MustExist: the cart is not made when it is not there. LineMustExist: nor is the line.
	MustExist, LineMustExist bool
}

// Repeats tells whether two additions under the same key are one, or the
// error of a key that is used for another.
func (a Addition) Repeats(first Addition) error {
	if a.Item.SKU != first.Item.SKU || a.Item.Quantity != first.Item.Quantity {
		return ErrKeyReused
	}
	return nil
}

// Merge puts what is in one cart into another, once per key of the latter.
type Merge struct{ From, Into, Key string }

// Cart is what is in a cart. Its currency is that of the first thing put into
// it while it was empty.
type Cart struct {
	ID       string
	Version  int64 // goes up with each change; 0 for a cart that is not there
	Currency string
	Lines    []Line   // in the order they were first added
	Codes    []string // as FoldCodes has them
	Delivery string   // the option that was chosen
	// Destination is where the goods go, as far as prices depend on it.
	Destination Destination
	Customer    string // whose it is; empty: a guest's
	// Merged are the carts whose lines came into this one since it was last merged into
	// while it was empty: an order of one of them may have bought what is in here.
	Merged []string
	// Expires is when it is forgotten; zero for a cart that is not there.
	Expires time.Time
}

// Destination is where goods go; without a country nothing was said.
type Destination struct{ Country, Region, PostalCode string }

// Count is the number of things in the cart.
func (c *Cart) Count() int64 {
	total := int64(0)
	for _, l := range c.Lines {
		total += l.Quantity
	}
	return total
}

// SKUs are those of the lines, in order.
func (c *Cart) SKUs() []string {
	skus := make([]string, len(c.Lines))
	for i, l := range c.Lines {
		skus[i] = l.SKU
	}
	return skus
}

// Add adds a quantity to a line, or begins one.
func (c *Cart) Add(item Item) error {
	quantity := item.Quantity
	if i := c.index(item.SKU); i >= 0 {
		quantity += c.Lines[i].Quantity
	}
	item.Quantity = quantity
	return c.Set(item)
}

// Set sets the quantity of a line, or begins one; 0 removes it.
func (c *Cart) Set(item Item) error {
	if item.Quantity == 0 {
		c.Lines = slices.DeleteFunc(c.Lines, func(l Line) bool { return l.SKU == item.SKU })
		return nil
	}
	i := c.index(item.SKU)
	switch {
	case len(c.Lines) > 0 && item.Currency != c.Currency:
		return ErrOtherCurrency
	case item.Quantity > MaxQuantity:
		return ErrLineFull
	case i < 0 && len(c.Lines) >= MaxLines:
		return ErrCartFull
	}
	c.Currency = item.Currency
	if i < 0 {
		c.Lines = append(c.Lines, Line{SKU: item.SKU})
		i = len(c.Lines) - 1
	}
	c.Lines[i].Quantity, c.Lines[i].Name = item.Quantity, item.Name
	return nil
}

// Change sets the quantity of a line that is there; 0 removes it, if it is there.
func (c *Cart) Change(item Item) error {
	if item.Quantity > 0 && c.index(item.SKU) < 0 {
		return ErrNoLine
	}
	return c.Set(item)
}

// Bought is what an order takes out of a cart.
type Bought struct {
	Quantities map[string]int64 // by sku
	Codes      []string         // that it used, as FoldCodes has them
}

// Take lessens the lines by what was bought, down to nothing, and takes out the codes
// that were used for it.
func (c *Cart) Take(bought Bought) {
	c.Codes = WithoutCodes(c.Codes, bought.Codes)
	for i := range c.Lines {
		c.Lines[i].Quantity -= bought.Quantities[c.Lines[i].SKU]
	}
	c.Lines = slices.DeleteFunc(c.Lines, func(l Line) bool { return l.Quantity <= 0 })
}

// Merge puts what is in another cart into this one, as far as the limits allow, and
// empties the other.
func (c *Cart) Merge(from *Cart) {
	if len(from.Lines) == 0 {
		return
	}
	if len(c.Lines) == 0 {
		c.Currency, c.Merged = from.Currency, nil
	}
	for _, id := range slices.Concat(from.Merged, []string{from.ID}) {
		if id != c.ID && !slices.Contains(c.Merged, id) {
			c.Merged = append(c.Merged, id)
		}
	}
	c.Merged = c.Merged[max(0, len(c.Merged)-MaxMerged):]
	for _, l := range from.Lines {
		i := c.index(l.SKU)
		switch {
		case i >= 0:
			c.Lines[i].Quantity = min(c.Lines[i].Quantity+l.Quantity, MaxQuantity)
		case len(c.Lines) < MaxLines:
			c.Lines = append(c.Lines, l)
		}
	}
	c.Choose(from)
	from.Lines, from.Codes = nil, nil
}

// Choose takes over what was chosen in another cart, where nothing was in this one.
func (c *Cart) Choose(from *Cart) {
	c.Codes = FoldCodes(slices.Concat(c.Codes, from.Codes))
	c.Codes = c.Codes[:min(len(c.Codes), MaxCodes)]
	c.Delivery, c.Customer = cmp.Or(c.Delivery, from.Delivery), cmp.Or(c.Customer, from.Customer)
	c.Destination = cmp.Or(c.Destination, from.Destination)
}

// FoldCodes are voucher codes as pricing reads them: in upper case, without white
// space around them, each once.
func FoldCodes(codes []string) []string {
	var folded []string
	for _, code := range codes {
		if code = strings.ToUpper(strings.TrimSpace(code)); code != "" && !slices.Contains(folded, code) {
			folded = append(folded, code)
		}
	}
	return folded
}

// WithoutCodes are codes without those that are gone.
func WithoutCodes(codes, gone []string) []string {
	return slices.DeleteFunc(slices.Clone(codes), func(code string) bool { return slices.Contains(gone, code) })
}

func (c *Cart) index(sku string) int {
	return slices.IndexFunc(c.Lines, func(l Line) bool { return l.SKU == sku })
}
