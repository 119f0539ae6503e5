package product

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
)

// Version names what the product says. It is made of the content, so that no count has to
// be kept, and a product that was changed back is the one it was. It must stay the same
// from one release to the next: copies of the shop of two releases run beside each other.
func (p *Product) Version() string {
	f, b := &p.facts, make([]byte, 0, 1024)
	number := func(n int64) { b = binary.AppendVarint(b, n) }
	text := func(texts ...string) {
		for _, t := range texts {
			number(int64(len(t)))
			b = append(b, t...)
		}
	}
	list := func(texts []string) {
		number(int64(len(texts)))
		text(texts...)
	}
	flag := func(set bool) {
		if set {
			number(1)
		} else {
			number(0)
		}
	}
	text(f.ID, f.Slug, f.Name, f.Description, f.Category)
	flag(f.Active)
	list(f.Tags)
	number(int64(len(f.Pictures)))
	for _, picture := range f.Pictures {
		text(picture.Name)
	}
	number(int64(len(f.Attributes)))
	for _, a := range f.Attributes {
		text(a.Name, a.Value)
	}
	number(int64(len(f.Options)))
	for _, o := range f.Options {
		text(o.Name)
		list(o.Values)
	}
	number(int64(len(f.Variants)))
	for i := range f.Variants {
		v := &f.Variants[i]
		text(v.SKU, v.TaxClass, v.Picture)
		list(v.OptionValues)
		number(int64(v.WeightGrams))
		flag(v.Active)
		number(int64(len(v.Prices)))
		for _, price := range v.Prices {
			text(price.Currency)
			number(price.Amount)
			number(price.CompareAt)
		}
	}
	for i, picture := range f.Pictures {
		// Only where there is one: products without have the version of earlier releases.
		if picture.Alt != "" {
			number(int64(i))
			text(picture.Alt)
		}
	}
	h := fnv.New64a()
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil))
}
