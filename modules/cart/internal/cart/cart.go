// Package cart is what a guest means to buy, and its limits.
package cart

import (
	"errors"
	"slices"
	"time"
)

// The limits of a cart.
const (
	MaxQuantity = 99  // of one product
	MaxLines    = 100 // of one cart
)

// Why something can't be put into a cart.
var (
	ErrLineFull      = errors.New("more than 99 in a line")
	ErrCartFull      = errors.New("more than 100 lines in a cart")
	ErrOtherCurrency = errors.New("the cart is in another currency")
	ErrNoCart        = errors.New("there is no such cart")
	ErrKeyReused     = errors.New("the key was used with another sku or quantity")
)

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

// Repeats tells whether two additions under the same key are one, or the
// error of a key that is used for another.
func (a Addition) Repeats(first Addition) error {
	if a.Item.SKU != first.Item.SKU || a.Item.Quantity != first.Item.Quantity {
		return ErrKeyReused
	}
	return nil
}

// Cart is what is in a cart. Its currency is that of the first thing put into
// it while it was empty.
type Cart struct {
	ID       string
	Currency string
	Lines    []Line // in the order they were first added
	// Expires is when it is forgotten; zero for a cart that is not there.
	Expires time.Time
}

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

// Take lessens the lines by these quantities, down to nothing.
func (c *Cart) Take(quantities map[string]int64) {
	for i := range c.Lines {
		c.Lines[i].Quantity -= quantities[c.Lines[i].SKU]
	}
	c.Lines = slices.DeleteFunc(c.Lines, func(l Line) bool { return l.Quantity <= 0 })
}

func (c *Cart) index(sku string) int {
	return slices.IndexFunc(c.Lines, func(l Line) bool { return l.SKU == sku })
}
