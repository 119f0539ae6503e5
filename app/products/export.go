package products

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"

	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/platform/money"
)

// Exported is what an export wrote.
type Exported struct{ Products, Variants int }

// Export writes all products as a product file, withdrawn ones too: a row for each
// variant, in the order the products were made, so that a shop that is filled with
// the file has them in the same order. Importing the file changes nothing in this
// shop; in an empty one it makes a shop whose export is the same, byte for byte.
//
// It asks page by page and keeps no more than one page in memory. It walks twice,
// because the header line names the currencies and locations that are used.
func Export(ctx context.Context, catalog catalogv1.CatalogServiceClient, inventory inventoryv1.InventoryServiceClient, w io.Writer) (Exported, error) {
	e := &exporter{catalog: catalog, inventory: inventory}
	if err := e.prepare(ctx); err != nil {
		return Exported{}, fmt.Errorf("export products: %w", err)
	}
	return e.write(ctx, w)
}

type exporter struct {
	catalog   catalogv1.CatalogServiceClient
	inventory inventoryv1.InventoryServiceClient
	// names of categories by slug
	categories map[string]string
	// currencies and locations that have columns.
	currencies, locations []string
}

// shelf is a page of products with what is on hand of their variants.
type shelf struct {
	products []*catalogv1.Product
	onHand   map[place]int64
}

// prepare finds out which columns the file needs.
func (e *exporter) prepare(ctx context.Context) error {
	answer, err := e.catalog.ListCategories(ctx, &catalogv1.ListCategoriesRequest{WithWithdrawn: true})
	if err != nil {
		return fmt.Errorf("list the categories: %w", err)
	}
	e.categories = map[string]string{}
	for _, c := range answer.GetCategories() {
		e.categories[c.GetSlug()] = c.GetName()
	}
	currencies, locations := map[string]bool{}, map[string]bool{mainLocation: true}
	for page, err := range e.pages(ctx) {
		if err != nil {
			return err
		}
		for _, p := range page.products {
			for _, v := range p.GetVariants() {
				for _, price := range v.GetPrices() {
					currencies[price.GetCurrencyCode()] = true
				}
			}
		}
		for at := range page.onHand {
			locations[at.location] = true
		}
	}
	if len(currencies) == 0 {
		currencies["EUR"] = true // empty, for the file needs a column with prices
	}
	e.currencies = slices.Sorted(maps.Keys(currencies))
	e.locations = slices.SortedFunc(maps.Keys(locations), mainFirst)
	return nil
}

func (e *exporter) pages(ctx context.Context) iter.Seq2[shelf, error] {
	return func(yield func(shelf, error) bool) {
		r := &catalogv1.ListAllProductsRequest{PageSize: 100}
		for {
			answer, err := e.catalog.ListAllProducts(ctx, r)
			if err != nil {
				yield(shelf{}, fmt.Errorf("list the products: %w", err))
				return
			}
			page := shelf{products: answer.GetProducts()}
			if page.onHand, err = e.levels(ctx, page.products); !yield(page, err) || err != nil {
				return
			}
			if r.PageToken = answer.GetNextPageToken(); r.PageToken == "" {
				return
			}
		}
	}
}

// levels are what is on hand of all variants; what inventory does not know is not
// in them.
func (e *exporter) levels(ctx context.Context, products []*catalogv1.Product) (map[place]int64, error) {
	var skus []string
	for _, p := range products {
		for _, v := range p.GetVariants() {
			skus = append(skus, v.GetSku())
		}
	}
	onHand := map[place]int64{}
	for part := range slices.Chunk(skus, askedAtOnce) {
		answer, err := e.inventory.GetLevels(ctx, &inventoryv1.GetLevelsRequest{Skus: part})
		if err != nil {
			return nil, fmt.Errorf("look up the stock: %w", err)
		}
		for _, l := range answer.GetLevels() {
			onHand[place{l.GetSku(), l.GetLocation()}] = l.GetOnHand()
		}
	}
	return onHand, nil
}

func (e *exporter) write(ctx context.Context, w io.Writer) (done Exported, err error) {
	out := csv.NewWriter(w)
	if err := out.Write(e.header()); err != nil {
		return done, fmt.Errorf("write the file: %w", err)
	}
	for page, err := range e.pages(ctx) {
		if err != nil {
			return done, fmt.Errorf("export products: %w", err)
		}
		for _, p := range page.products {
			if err := e.check(p, page.onHand); err != nil {
				return done, err
			}
			about := e.product(p)
			for _, v := range p.GetVariants() {
				if err := out.Write(slices.Concat(about.before, e.variant(p, v, page.onHand), about.after)); err != nil {
					return done, fmt.Errorf("write the file: %w", err)
				}
			}
			done.Products, done.Variants = done.Products+1, done.Variants+len(p.GetVariants())
		}
	}
	if out.Flush(); out.Error() != nil {
		return done, fmt.Errorf("write the file: %w", out.Error())
	}
	return done, nil
}

// check refuses what came after the header line and does not fit it: leaving it out
// would make a file that clears it.
func (e *exporter) check(p *catalogv1.Product, onHand map[place]int64) error {
	for _, v := range p.GetVariants() {
		for _, price := range v.GetPrices() {
			if !slices.Contains(e.currencies, price.GetCurrencyCode()) {
				return fmt.Errorf("export products: %s got a price in %s, the first one in it, during the export: export again", v.GetSku(), price.GetCurrencyCode())
			}
		}
	}
	for at := range onHand {
		if !slices.Contains(e.locations, at.location) {
			return fmt.Errorf("export products: %s got stock at %s, the first one there, during the export: export again", at.sku, at.location)
		}
	}
	return nil
}

func (e *exporter) header() []string {
	h := []string{"product", "product_active", "sku", "active", "name", "options"}
	for _, currency := range e.currencies {
		price, before := priceColumn(currency)
		h = append(h, price, before)
	}
	for _, location := range e.locations {
		h = append(h, stockColumn(location))
	}
	return append(h, "weight_grams", "tax_class", "image", "category", "category_name", "tags", "attributes", "pictures", "picture_alts", "choices", "description")
}

// cells are what all rows of a product have in front of those of the variant, and
// behind them.
type cells struct{ before, after []string }

func (e *exporter) product(p *catalogv1.Product) cells {
	var facts, choices, alts []OptionValue
	var pictures []string
	for _, picture := range p.GetPictures() {
		pictures = append(pictures, picture.GetName())
		if picture.GetAlt() != "" {
			alts = append(alts, OptionValue{Name: picture.GetName(), Value: picture.GetAlt()})
		}
	}
	for _, a := range p.GetAttributes() {
		facts = append(facts, OptionValue{Name: a.GetName(), Value: a.GetValue()})
	}
	for _, o := range p.GetOptions() {
		for _, value := range o.GetValues() {
			choices = append(choices, OptionValue{Name: o.GetName(), Value: value})
		}
	}
	return cells{
		before: []string{p.GetSlug(), yesNo(p.GetActive())},
		after: []string{
			p.GetCategory(), e.categories[p.GetCategory()], joinCell(p.GetTags()), joinPairs(facts), joinCell(pictures), joinPairs(alts), joinPairs(choices), p.GetDescription(),
		},
	}
}

// variant are the cells of a row from sku to image.
func (e *exporter) variant(p *catalogv1.Product, v *catalogv1.Variant, onHand map[place]int64) []string {
	var options []OptionValue
	for n, value := range v.GetOptionValues() {
		options = append(options, OptionValue{Name: p.GetOptions()[n].GetName(), Value: value})
	}
	row := []string{v.GetSku(), yesNo(v.GetActive()), p.GetName(), joinPairs(options)}
	for _, currency := range e.currencies {
		price, before := "", ""
		for _, is := range v.GetPrices() {
			if is.GetCurrencyCode() != currency {
				continue
			}
			price = amount(is.GetAmountMinor(), currency)
			if is.GetCompareAtMinor() != 0 {
				before = amount(is.GetCompareAtMinor(), currency)
			}
		}
		row = append(row, price, before)
	}
	for _, location := range e.locations {
		count := ""
		if n, known := onHand[place{v.GetSku(), location}]; known {
			count = strconv.FormatInt(n, 10)
		}
		row = append(row, count)
	}
	weight := ""
	if grams := v.GetWeightGrams(); grams != 0 {
		weight = strconv.Itoa(int(grams))
	}
	return append(row, weight, v.GetTaxClass(), v.GetPicture())
}

// amount is money as the file has it.
func amount(minor int64, currency string) string {
	m, err := money.New(currency, minor)
	if err != nil {
		return "" // the catalog has none of an unknown currency
	}
	return m.Decimal()
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
