package shelf

import (
	"encoding/binary"
	"time"

	"galleria/modules/catalog/internal/product"
)

// record is a product packed into one text. A catalogue of 100,000 products is then as
// many texts, and not a million pieces that point to each other, which would take twice
// the memory and be looked at in each collection of garbage.
//
//	id slug name category description · active · born · created · tags former · pictures
//	attributes · options · variants
//
// A text is its length and its bytes, a list its length and its elements, a number a
// varint. What is read from it shares its bytes.
type record string

func pack(p *product.Product) record {
	f := p.Facts()
	w := make(writer, 0, 512)
	for _, text := range []string{f.ID, f.Slug, f.Name, f.Category, f.Description} {
		w.text(text)
	}
	w.flag(f.Active)
	w.number(p.Born())
	created := int64(0)
	if !p.Created().IsZero() {
		created = p.Created().UnixMicro()
	}
	w.number(created)
	w.list(f.Tags)
	w.list(p.Former())
	w.number(int64(len(f.Pictures)))
	for _, picture := range f.Pictures {
		w.text(picture.Name)
		w.text(picture.Alt)
	}
	w.number(int64(len(f.Attributes)))
	for _, a := range f.Attributes {
		w.text(a.Name)
		w.text(a.Value)
	}
	w.number(int64(len(f.Options)))
	for _, o := range f.Options {
		w.text(o.Name)
		w.list(o.Values)
	}
	w.number(int64(len(f.Variants)))
	for i := range f.Variants {
		w.variant(&f.Variants[i])
	}
	return record(w)
}

type writer []byte

func (w *writer) number(n int64) { *w = binary.AppendVarint(*w, n) }

func (w *writer) text(text string) {
	w.number(int64(len(text)))
	*w = append(*w, text...)
}

func (w *writer) flag(set bool) {
	n := int64(0)
	if set {
		n = 1
	}
	w.number(n)
}

func (w *writer) list(texts []string) {
	w.number(int64(len(texts)))
	for _, text := range texts {
		w.text(text)
	}
}

func (w *writer) variant(v *product.Variant) {
	w.text(v.SKU)
	w.list(v.OptionValues)
	w.number(int64(len(v.Prices)))
	for _, p := range v.Prices {
		w.text(p.Currency)
		w.number(p.Amount)
		w.number(p.CompareAt)
	}
	w.number(int64(v.WeightGrams))
	w.text(v.TaxClass)
	w.text(v.Picture)
	w.flag(v.Active)
}

// name is the product's, without unpacking the rest.
func (r record) name() string {
	u := unpacker{rest: string(r)}
	u.text()
	u.text()
	return u.text()
}

func (r record) unpack() *product.Product {
	return (&unpacker{}).product(r)
}

// unpacker reads records. Lists of texts come from one allocation for several.
type unpacker struct {
	rest  string
	texts []string // room
}

func (u *unpacker) product(r record) *product.Product {
	u.rest = string(r)
	f := product.Facts{ID: u.text(), Slug: u.text(), Name: u.text(), Category: u.text(), Description: u.text()}
	f.Active = u.flag()
	born, created := u.number(), time.Time{}
	if at := u.number(); at != 0 {
		created = time.UnixMicro(at)
	}
	f.Tags = u.list()
	former := u.list()
	if n := u.number(); n > 0 {
		f.Pictures = make([]product.Picture, n)
		for i := range f.Pictures {
			f.Pictures[i] = product.Picture{Name: u.text(), Alt: u.text()}
		}
	}
	if n := u.number(); n > 0 {
		f.Attributes = make([]product.Attribute, n)
		for i := range f.Attributes {
			f.Attributes[i] = product.Attribute{Name: u.text(), Value: u.text()}
		}
	}
	if n := u.number(); n > 0 {
		f.Options = make([]product.Option, n)
		for i := range f.Options {
			f.Options[i] = product.Option{Name: u.text(), Values: u.list()}
		}
	}
	f.Variants = make([]product.Variant, u.number())
	for i := range f.Variants {
		u.variant(&f.Variants[i])
	}
	p := product.Restore(f, former, born, created)
	return &p
}

func (u *unpacker) variant(v *product.Variant) {
	v.SKU, v.OptionValues = u.text(), u.list()
	if n := u.number(); n > 0 {
		v.Prices = make([]product.Price, n)
		for i := range v.Prices {
			v.Prices[i] = product.Price{Currency: u.text(), Amount: u.number(), CompareAt: u.number()}
		}
	}
	v.WeightGrams, v.TaxClass, v.Picture, v.Active = int32(u.number()), u.text(), u.text(), u.flag()
}

func (u *unpacker) number() int64 {
	var n uint64
	for i, shift := 0, 0; ; i, shift = i+1, shift+7 {
		b := u.rest[i]
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			u.rest = u.rest[i+1:]
			return int64(n>>1) ^ -int64(n&1)
		}
	}
}

func (u *unpacker) text() string {
	n := u.number()
	text := u.rest[:n]
	u.rest = u.rest[n:]
	return text
}

func (u *unpacker) flag() bool { return u.number() != 0 }

// textsAtOnce is how many texts of lists get room in one allocation.
const textsAtOnce = 16

func (u *unpacker) list() []string {
	n := int(u.number())
	if n == 0 {
		return nil
	}
	if len(u.texts) < n {
		u.texts = make([]string, max(n, textsAtOnce))
	}
	list := u.texts[:n:n]
	u.texts = u.texts[n:]
	for i := range list {
		list[i] = u.text()
	}
	return list
}
