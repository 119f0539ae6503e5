package storefront_test

import (
	"net/http"
	"slices"
	"testing"

	"golang.org/x/net/html"

	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
)

func TestAProductsPageShowsTheVariantsPictures(t *testing.T) {
	s := newShop(t)
	p := catalogtest.Product("CAP")
	p.Name, p.Slug, p.Pictures = "Cap", "cap", []*catalogv1.Picture{{Name: "blue.svg", Alt: "A blue cap"}, {Name: "hat-stand.svg"}}
	p.Options = []*catalogv1.Option{{Name: "Size", Values: []string{"S", "M"}}, {Name: "Colour", Values: []string{"Blue", "Red", "Green"}}}
	p.Variants = nil
	for _, size := range []string{"S", "M"} {
		for colour, picture := range map[string]string{"Blue": "blue.svg", "Red": "red.svg", "Green": "green.svg"} {
			if size == "M" && colour == "Blue" {
				picture = "" // the product's first one
			}
			p.Variants = append(p.Variants, &catalogv1.Variant{
				Sku: "CAP-" + size + colour, OptionValues: []string{size, colour}, Picture: picture, Active: colour != "Green",
				Prices: []*catalogv1.Price{{CurrencyCode: "EUR", AmountMinor: 900}},
			})
		}
	}
	plain := catalogtest.Product("PLAIN")
	plain.Slug, plain.Name, plain.Variants[0].Picture = "plain", "Plain", "other.svg"
	s.catalog.Put(p, plain)
	for path, want := range map[string][]string{
		"/products/cap":   {"A blue cap: Blue", "Another view of Cap: ", "Cap, Red: Red"},
		"/products/plain": {"Another view of Plain: "},
		lamp:              nil,
	} {
		var got []string
		for _, li := range s.visitor(t).get(path).want(http.StatusOK).all("li") {
			if alt := altOf(li); alt != "" {
				got = append(got, alt+": "+inner(li))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: small pictures are %q, want %q", path, got, want)
		}
	}
}

// altOf is what the first picture in an element says, if it says something.
func altOf(n *html.Node) string {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == "img" {
			return attr(d, "alt")
		}
	}
	return ""
}
