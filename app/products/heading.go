package products

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"galleria/platform/money"
)

// columns of a product file. The sku must be there; the other usual ones for products that
// are new, for what a file has no column for stays as it is.
var (
	usual    = []string{"sku", "name", "category", "price", "currency", "stock"}
	optional = []string{"description", "tags", "image", "product", "options", "compare_at", "weight_grams", "tax_class", "active",
		"category_name", "attributes", "pictures", "picture_alts", "choices", "product_active"}
)

// heading is the header line of a product file.
type heading struct {
	columns map[string]int // position by name
	// currencies and locations are those that have columns of their own, by name;
	// mainLocation is first.
	currencies, locations []string
}

func newHeading() *heading { return &heading{columns: map[string]int{}} }

const (
	inCurrency = " in "
	atLocation = " at "
)

// priceColumn and the column of what it cost before.
func priceColumn(currency string) (price, before string) {
	return "price" + inCurrency + currency, "compare_at" + inCurrency + currency
}

func stockColumn(location string) string {
	if location == mainLocation {
		return "stock"
	}
	return "stock" + atLocation + location
}

// add takes a column in; one that a product file does not have is passed over.
func (h *heading) add(at int, text string) error {
	name := h.known(strings.Join(strings.Fields(text), " "))
	if name == "" {
		return nil
	}
	if _, twice := h.columns[name]; twice {
		return fmt.Errorf("the header line has the column %s twice", name)
	}
	h.columns[name] = at
	return nil
}

// known is the name of a column as it is used here; empty when a product file has no
// such column.
func (h *heading) known(text string) string {
	name := strings.ToLower(text)
	switch {
	case name == "stock":
		h.locations = append(h.locations, mainLocation)
		return name
	case slices.Contains(usual, name), slices.Contains(optional, name):
		return name
	}
	if what, currency, is := strings.Cut(name, inCurrency); is && (what == "price" || what == "compare_at") {
		currency = strings.ToUpper(currency)
		if _, err := money.New(currency, 0); err != nil {
			return ""
		}
		if !slices.Contains(h.currencies, currency) {
			h.currencies = append(h.currencies, currency)
		}
		return what + inCurrency + currency
	}
	if what, _, is := strings.Cut(name, atLocation); is && what == "stock" {
		location := text[len("stock"+atLocation):]
		if location == mainLocation {
			return h.known("stock")
		}
		h.locations = append(h.locations, location)
		return stockColumn(location)
	}
	return ""
}

// lacking are the usual columns that are not there.
func (h *heading) lacking() (missing []string) {
	for _, name := range usual {
		_, has := h.columns[name]
		priced := len(h.currencies) > 0 && (name == "price" || name == "currency")
		if !has && !priced {
			missing = append(missing, name)
		}
	}
	return missing
}

// complete tells what is wrong with the columns together.
func (h *heading) complete() error {
	slices.Sort(h.currencies)
	slices.SortFunc(h.locations, mainFirst)
	if _, has := h.columns["sku"]; !has {
		said := "the header line lacks sku (columns are separated by commas)"
		if others := slices.DeleteFunc(h.lacking(), func(name string) bool { return name == "sku" }); len(others) > 0 {
			said += "; of the usual ones it has no " + strings.Join(others, ", ") + " either"
		}
		return errors.New(said)
	}
	if len(h.columns) == 1 {
		return errors.New("the header line has the column sku and no other one of a product file (columns are separated by commas)")
	}
	for _, currency := range h.currencies {
		price, before := priceColumn(currency)
		if _, has := h.columns[price]; !has {
			return fmt.Errorf("the header line has the column %s and lacks %s", before, price)
		}
	}
	_, price := h.columns["price"]
	if _, before := h.columns["compare_at"]; before && !price {
		return errors.New("the header line has the column compare_at and lacks price")
	}
	if _, currency := h.columns["currency"]; price != currency {
		return errors.New("the header line has one of the columns price and currency, and lacks the other")
	}
	return nil
}

func mainFirst(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == mainLocation:
		return -1
	case b == mainLocation:
		return 1
	}
	return cmp.Compare(a, b)
}
