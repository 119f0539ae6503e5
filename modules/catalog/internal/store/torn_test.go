package store

import (
	"testing"

	"galleria/modules/catalog/internal/product"
)

// Products and variants are read by two statements. Of a product that got its first option
// between them the variants have a value too many: shown so, they would end the program.
func TestAProductThatChangedBetweenTheStatementsIsPassedOver(t *testing.T) {
	for name, c := range map[string]struct {
		facts product.Facts
		torn  bool
	}{
		"plain":           {product.Facts{Variants: []product.Variant{{SKU: "A"}}}, false},
		"with an option":  {product.Facts{Options: []product.Option{{Name: "Size"}}, Variants: []product.Variant{{SKU: "A", OptionValues: []string{"M"}}}}, false},
		"got an option":   {product.Facts{Variants: []product.Variant{{SKU: "A", OptionValues: []string{"M"}}}}, true},
		"lost its option": {product.Facts{Options: []product.Option{{Name: "Size"}}, Variants: []product.Variant{{SKU: "A"}}}, true},
	} {
		if got := isTorn(&c.facts); got != c.torn {
			t.Errorf("%s: got %t, want %t", name, got, c.torn)
		}
	}
}
