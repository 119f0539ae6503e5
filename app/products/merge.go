package products

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/id"
)

// change is what rows of the file make of one product.
type change struct {
	rows []Row
	// before is nil for a product that is new.
	before, after *catalogv1.Product
}

// askedAtOnce is how many skus the modules take in one question.
const askedAtOnce = 200

// plan finds the products that the rows are about, and what they become. Rows
// that do not fit their product are bad.
func (i *importer) plan(ctx context.Context, batch []Row) ([]*change, []BadRow, error) {
	bySKU, named, err := i.known(ctx, batch)
	if err != nil {
		return nil, nil, err
	}
	var changes []*change
	byKey := map[string]*change{}
	for _, r := range inFront(batch, bySKU, named) {
		before, key := named[r.Product], "product "+r.Product
		if r.Product == "" || r.apart {
			before, key = bySKU[r.SKU], "sku "+r.SKU
		}
		if before != nil {
			key = "id " + before.GetId()
		}
		c := byKey[key]
		if c == nil {
			c = &change{before: before}
			byKey[key], changes = c, append(changes, c)
		}
		c.rows = append(c.rows, r)
	}
	var bad []BadRow
	for _, c := range changes {
		bad = append(bad, c.merge()...)
	}
	return fitting(changes), bad, nil
}

// inFront are the rows in their order, but those apart behind the others: these describe
// the products that both are of.
func inFront(batch []Row, bySKU, named map[string]*catalogv1.Product) []Row {
	var front, apart []Row
	for _, r := range batch {
		at, wanted := bySKU[r.SKU], named[r.Product]
		if r.apart = at != nil && wanted != nil && at.GetId() != wanted.GetId(); r.apart {
			apart = append(apart, r)
		} else {
			front = append(front, r)
		}
	}
	return append(front, apart...)
}

// known are the products of the rows that the catalog has, by sku, and by what the column
// product calls them. Rows with the same name there are of one product, whichever finds it:
// the name is its address; or else was, before it got another one; or else a row has one of
// its skus, the first such row of the file. But a row whose sku is in another product stays there.
func (i *importer) known(ctx context.Context, batch []Row) (bySKU, named map[string]*catalogv1.Product, err error) {
	bySKU, named = map[string]*catalogv1.Product{}, map[string]*catalogv1.Product{}
	var skus, names []string
	listed := map[string]bool{}
	for _, r := range batch {
		skus = append(skus, r.SKU)
		if r.Product != "" && !listed[r.Product] {
			listed[r.Product] = true
			names = append(names, r.Product)
		}
	}
	for part := range slices.Chunk(skus, askedAtOnce) {
		found, err := i.products(ctx, &catalogv1.GetProductsRequest{Skus: part})
		if err != nil {
			return nil, nil, err
		}
		for _, p := range found {
			for _, v := range p.GetVariants() {
				bySKU[v.GetSku()] = p
			}
		}
	}
	for part := range slices.Chunk(names, askedAtOnce) {
		found, err := i.products(ctx, &catalogv1.GetProductsRequest{Slugs: part})
		if err != nil {
			return nil, nil, err
		}
		for _, p := range found {
			if listed[p.GetSlug()] {
				named[p.GetSlug()] = p
			}
		}
		others := slices.DeleteFunc(slices.Clone(part), func(name string) bool { return named[name] != nil })
		if err := i.formerlyNamed(ctx, others, named); err != nil {
			return nil, nil, err
		}
	}
	// Those that an earlier batch found by a sku stay with that product: which one it is
	// must not depend on where batches end.
	var ids []string
	for _, name := range names {
		if id := i.bySKU[name]; named[name] == nil && id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	byID := map[string]*catalogv1.Product{}
	for part := range slices.Chunk(ids, askedAtOnce) {
		found, err := i.products(ctx, &catalogv1.GetProductsRequest{Ids: part})
		if err != nil {
			return nil, nil, err
		}
		for _, p := range found {
			byID[p.GetId()] = p
		}
	}
	for _, name := range names {
		if p := byID[i.bySKU[name]]; named[name] == nil && p != nil {
			named[name] = p
		}
	}
	for _, r := range batch {
		if p := bySKU[r.SKU]; r.Product != "" && named[r.Product] == nil && p != nil {
			named[r.Product], i.bySKU[r.Product] = p, p.GetId()
		}
	}
	return bySKU, named, nil
}

func (i *importer) products(ctx context.Context, r *catalogv1.GetProductsRequest) ([]*catalogv1.Product, error) {
	answer, err := i.catalog.GetProducts(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("look up products: %w", err)
	}
	return answer.GetProducts(), nil
}

// formerlyNamed finds the products that had these slugs before. An answer does not say
// which of them it is for, so they are halved until it is clear; as a rule there is none.
func (i *importer) formerlyNamed(ctx context.Context, slugs []string, named map[string]*catalogv1.Product) error {
	if len(slugs) == 0 {
		return nil
	}
	found, err := i.products(ctx, &catalogv1.GetProductsRequest{Slugs: slugs})
	switch {
	case err != nil || len(found) == 0:
		return err
	case len(slugs) == 1:
		named[slugs[0]] = found[0]
		return nil
	}
	half := len(slugs) / 2
	if err := i.formerlyNamed(ctx, slugs[:half], named); err != nil {
		return err
	}
	return i.formerlyNamed(ctx, slugs[half:], named)
}

// missing tells what a row lacks to make something that is not there yet.
func (c *change) missing(r Row) []string {
	var columns []string
	need := func(is bool, column string) {
		if !is {
			columns = append(columns, column)
		}
	}
	if c.before == nil {
		need(r.has("name"), "name")
		need(r.has("category"), "category")
	}
	if c.isNew(r) {
		need(r.has("price") || len(r.Prices) > 0, "price and currency")
	}
	return columns
}

// fitColumns takes out the rows that would make something new and do not say all of it,
// or would make it where the file does not want it.
func (c *change) fitColumns() (bad []BadRow) {
	c.rows = slices.DeleteFunc(c.rows, func(r Row) bool {
		if c.isNew(r) && r.apart {
			bad = append(bad, BadRow{Line: r.Line, SKU: r.SKU, Reason: "sku: was removed while the file was imported: import it again"})
			return true
		}
		missing := c.missing(r)
		if len(missing) == 0 {
			return false
		}
		bad = append(bad, BadRow{Line: r.Line, SKU: r.SKU, Reason: fmt.Sprintf(
			"sku: the shop has no %s, and a new product needs the columns %s", r.SKU, strings.Join(missing, ", "))})
		return true
	})
	return bad
}

// merge makes after of before and the rows; rows that do not fit are taken out.
func (c *change) merge() []BadRow {
	bad := c.fitColumns()
	if len(c.rows) == 0 {
		return bad
	}
	// With an id of its own, for one without is whichever has its slug or a sku by then.
	c.after = &catalogv1.Product{Id: id.New(), Slug: c.rows[0].Product, Active: true}
	if c.before != nil {
		c.after = proto.Clone(c.before).(*catalogv1.Product)
	}
	bad = append(bad, c.fitOptions()...)
	if len(c.rows) == 0 {
		return bad
	}
	first := c.rows[0]
	// A row of one variant among several says nothing of the product around it,
	// unless the file says which rows are one product. Then the first of them does; one
	// that remains where that is bad must not clear what it leaves empty.
	describes := c.before == nil || first.describes && !first.apart && (len(c.before.GetVariants()) == 1 || first.Product != "")
	if describes {
		first.describe(c.after)
	}
	for _, r := range c.rows {
		r.offer(c.after)
	}
	if first.has("options") && !first.apart {
		nameValues(c.after, first.Choices)
	}
	switch {
	case describes && first.has("product_active"):
		c.after.Active = first.ProductActive
	case first.has("active") && (first.describes && !first.apart || !first.has("product_active")):
		c.activate()
	}
	return bad
}

// apartNotices say which rows stay in another product than the file has them in. A variant
// is not moved: carts and links lead to its product, and the file may be the one that errs.
func apartNotices(changes []*change) (notices []string) {
	var rows []Row
	at := map[string]*catalogv1.Product{} // by sku
	for _, c := range changes {
		for _, r := range c.rows {
			if r.apart {
				rows, at[r.SKU] = append(rows, r), c.after
			}
		}
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Line, b.Line) })
	for _, r := range rows {
		slug, remove := at[r.SKU].GetSlug(), "remove it from"
		if len(at[r.SKU].GetVariants()) == 1 {
			remove = "delete"
		}
		notice := fmt.Sprintf("line %d: %s is a variant of %s in the shop, not of %s, and stays there: to have it in %s, %s %s and import the file again",
			r.Line, r.SKU, slug, r.Product, r.Product, remove, slug)
		if r.describes {
			notice += ". What the row says of the product is passed over"
		}
		notices = append(notices, notice)
	}
	return notices
}

// describe writes what a row says of its product.
func (r Row) describe(p *catalogv1.Product) {
	if r.has("name") {
		p.Name = r.Name
	}
	if r.has("category") {
		p.Category = r.Category
	}
	if r.has("description") {
		p.Description = r.Description
	}
	if r.has("tags") {
		p.Tags = r.Tags
	}
	if r.has("attributes") {
		p.Attributes = nil
		for _, a := range r.Attributes {
			p.Attributes = append(p.Attributes, &catalogv1.Attribute{Name: a.Name, Value: a.Value})
		}
	}
	switch {
	case r.has("pictures"):
		show(p, r.Pictures)
	case r.has("image") && r.Image == "":
		p.Pictures = nil
	case r.has("image"):
		names := []string{r.Image}
		for i, picture := range p.GetPictures() {
			if i > 0 && picture.GetName() != r.Image {
				names = append(names, picture.GetName())
			}
		}
		show(p, names)
	}
	if r.has("picture_alts") {
		for _, picture := range p.GetPictures() {
			picture.Alt = ""
			for _, alt := range r.Alts {
				if alt.Name == picture.GetName() {
					picture.Alt = alt.Value
				}
			}
		}
	}
}

// show gives a product these pictures. One that it has keeps its text.
func show(p *catalogv1.Product, names []string) {
	had := p.GetPictures()
	p.Pictures = nil
	for _, name := range names {
		picture := &catalogv1.Picture{Name: name}
		if at := slices.IndexFunc(had, func(old *catalogv1.Picture) bool { return old.GetName() == name }); at >= 0 {
			picture = had[at]
		}
		p.Pictures = append(p.Pictures, picture)
	}
}

// offer writes what a row says of its variant.
func (r Row) offer(p *catalogv1.Product) {
	v := variant(p, r.SKU)
	if v == nil {
		v = &catalogv1.Variant{Sku: r.SKU, Active: true}
		p.Variants = append(p.Variants, v)
	}
	if r.has("price") {
		r.price(v, CurrencyPrice{Currency: r.Price.Currency(), Sold: true, Amount: r.Price.Minor(), CompareAt: r.CompareAt}, r.has("compare_at"))
	}
	for _, price := range r.Prices {
		_, before := priceColumn(price.Currency)
		r.price(v, price, r.has(before))
	}
	if r.has("weight_grams") {
		v.WeightGrams = r.WeightGrams
	}
	if r.has("tax_class") {
		v.TaxClass = r.TaxClass
	}
	if r.has("active") {
		v.Active = r.Active
	}
	if r.has("options") && !r.apart {
		v.OptionValues = nil
		for _, o := range r.Options {
			v.OptionValues = append(v.OptionValues, o.Value)
		}
	}
	if r.has("image") {
		v.Picture = r.Image
		if !r.has("pictures") && len(p.GetPictures()) > 0 && p.GetPictures()[0].GetName() == r.Image {
			v.Picture = "" // the product's first one
		}
	}
}

// price writes what a variant costs in a currency, and what it cost before when the
// file says so.
func (r Row) price(v *catalogv1.Variant, price CurrencyPrice, compared bool) {
	is := func(p *catalogv1.Price) bool { return p.GetCurrencyCode() == price.Currency }
	if !price.Sold {
		v.Prices = slices.DeleteFunc(v.Prices, is)
		return
	}
	at := slices.IndexFunc(v.GetPrices(), is)
	if at < 0 {
		at = len(v.Prices)
		v.Prices = append(v.Prices, &catalogv1.Price{CurrencyCode: price.Currency})
	}
	v.Prices[at].AmountMinor = price.Amount
	if compared {
		v.Prices[at].CompareAtMinor = price.CompareAt
	}
}

// fitOptions takes out the rows whose options are not those of their product, and
// replaces the product's when the rows are about all of its variants. Rows apart have those
// of another product: theirs are passed over.
func (c *change) fitOptions() (bad []BadRow) {
	if !c.rows[0].has("options") || c.rows[0].apart { // then all are: see inFront
		return nil
	}
	want := names(c.rows[0].Options)
	all := !slices.ContainsFunc(c.after.GetVariants(), func(v *catalogv1.Variant) bool {
		return !slices.ContainsFunc(c.rows, func(r Row) bool { return !r.apart && r.SKU == v.GetSku() })
	})
	var has []string
	for _, o := range c.after.GetOptions() {
		has = append(has, o.GetName())
	}
	if all && !slices.Equal(has, want) {
		c.after.Options = nil
		for _, name := range want {
			c.after.Options = append(c.after.Options, &catalogv1.Option{Name: name})
		}
		has = want
	}
	c.rows = slices.DeleteFunc(c.rows, func(r Row) bool {
		if r.apart || slices.Equal(names(r.Options), has) {
			return false
		}
		bad = append(bad, BadRow{Line: r.Line, SKU: r.SKU, Reason: fmt.Sprintf(
			"options: are %q, and those of its product are %q: give all its rows the same, in the same order", strings.Join(names(r.Options), ", "), strings.Join(has, ", "))})
		return true
	})
	return bad
}

// nameValues gives each option of a product the values its variants have, those it
// had before first, in their order; with choices these, and then the others.
func nameValues(p *catalogv1.Product, choices []OptionValue) {
	for n, o := range p.GetOptions() {
		var used, values []string
		for _, v := range p.GetVariants() {
			if n < len(v.GetOptionValues()) && !slices.Contains(used, v.GetOptionValues()[n]) {
				used = append(used, v.GetOptionValues()[n])
			}
		}
		for _, c := range choices {
			if c.Name == o.GetName() && !slices.Contains(values, c.Value) {
				values = append(values, c.Value)
			}
		}
		if len(choices) == 0 {
			values = slices.DeleteFunc(slices.Clone(o.GetValues()), func(value string) bool { return !slices.Contains(used, value) })
		}
		for _, value := range used {
			if !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
		o.Values = values
	}
}

// activate makes a product active with one of its variants, and inactive with the
// last of them.
func (c *change) activate() {
	switch {
	case slices.ContainsFunc(c.rows, func(r Row) bool { return r.Active }):
		c.after.Active = true
	case !slices.ContainsFunc(c.after.GetVariants(), (*catalogv1.Variant).GetActive):
		c.after.Active = false
	}
}

func names(options []OptionValue) (names []string) {
	for _, o := range options {
		names = append(names, o.Name)
	}
	return names
}

func variant(p *catalogv1.Product, sku string) *catalogv1.Variant {
	for _, v := range p.GetVariants() {
		if v.GetSku() == sku {
			return v
		}
	}
	return nil
}
