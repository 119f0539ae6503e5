package products

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/platform/contract"
)

// Options change how an import runs; the zero value is useful.
type Options struct {
	// Size is the length of the file in bytes, for Progress; 0: unknown.
	Size int64
	// Progress, if set, is called after each batch with how many bytes of the
	// file are settled, and with Size.
	Progress func(done, total int64)
	// Currency is what prices are in where the file does not say: in the exports of
	// other shop programs.
	Currency string
	// Stock is what happens with the column stock.
	Stock Stock
	// Delivery tells with StockAdd this delivery from others: the number on its
	// papers, or a digest of the file.
	Delivery string
	// WholeDelivery takes in, with StockAdd, no stock at all when rows are bad. It is for
	// a Delivery that is a digest: the file is another delivery once it is mended, and
	// what was taken in as this one would be taken in again.
	WholeDelivery bool
	// DryRun writes nothing. Result and Show tell what would be done, as far as it
	// can be known without the checks of the modules.
	DryRun bool
	// Show, if set, is called for each row that changes something, with what that
	// is: "new", "price …", "stock …".
	Show func(line int, sku string, what []string)
	// Log gets a line per batch, at debug level; nil: none.
	Log *slog.Logger
}

// Result is what an import did.
type Result struct {
	// Imported is Created + Updated + Unchanged: all good rows. A row counts as
	// updated, too, when only its stock changes.
	Imported, Created, Updated, Unchanged int
	// Bad are the rows that were not imported, by line. A row whose product
	// was written and whose stock was refused is among them, and not among the
	// imported ones, so that the counts add up to the rows of the file.
	Bad []BadRow
	// NoStock tells that no stock was taken in, for Options.WholeDelivery, and because
	// rows are bad or the import failed.
	NoStock bool
	// Notices say how the file was read, where that had to be found out: its
	// encoding, what separates its columns, which program it comes from; and what
	// could not be carried over.
	Notices []string
}

// LeftOut is how many rows were left out: the bad ones, and the lines that were taken for
// a part of one.
func (r Result) LeftOut() int {
	n := len(r.Bad)
	for _, b := range r.Bad {
		n += b.Swallowed
	}
	return n
}

// Import reads a product file and writes its products and their stock, through
// clients that may lead anywhere. Bad rows are listed and the others imported.
//
// While the stock of some rows is written, the products of those behind them are: see
// pipeline.go.
//
// An error is about the file or the modules, or is ctx's; Result then says what
// had been done, but for products whose stock was still to be written. All of it can be
// done again, see the package comment.
func Import(ctx context.Context, catalog catalogv1.CatalogServiceClient, inventory inventoryv1.InventoryServiceClient, r io.Reader, o Options) (Result, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	counted := &counter{reader: r}
	i := &importer{catalog: catalog, inventory: inventory, options: o, bySKU: map[string]string{}}
	if err := i.knowCategories(ctx); err != nil {
		return i.result, err
	}
	err := i.run(ctx, newFile(counted, o.Currency), counted)
	slices.SortStableFunc(i.result.Bad, func(a, b BadRow) int { return cmp.Compare(a.Line, b.Line) })
	return i.result, err
}

type importer struct {
	catalog    catalogv1.CatalogServiceClient
	inventory  inventoryv1.InventoryServiceClient
	options    Options
	categories map[string]bool // slugs the catalog has
	// bySKU are ids of products that the rows' skus found, by the column product: rows of
	// later batches are of them, too.
	bySKU  map[string]string
	held   []*batch // whose stock waits for the end of the file
	result Result
}

// writeProducts writes what changes, and answers what was not refused.
func (i *importer) writeProducts(ctx context.Context, changes []*change) (taken []*change, bad []BadRow, err error) {
	var write []*change
	for _, c := range changes {
		if c.changed() {
			write = append(write, c)
		} else {
			taken = append(taken, c)
		}
	}
	if err := i.nameCategories(ctx, write); err != nil {
		return nil, nil, err
	}
	for _, part := range callsFor(write) {
		written, more, err := isolate(part, "products", (*change).refused, func(part []*change) ([]*change, error) {
			sent, misfits, err := i.upsert(ctx, part)
			bad = append(bad, misfits...)
			return sent, err
		})
		taken, bad = append(taken, written...), append(bad, more...)
		if err != nil {
			return taken, bad, err
		}
	}
	return taken, bad, nil
}

// Bounds of one call, as the catalog states them.
const (
	mostProducts = 1000
	mostVariants = 4000
)

// callsFor are changes in as many parts as calls are needed.
func callsFor(changes []*change) (parts [][]*change) {
	variants := 0
	for n, c := range changes {
		last := len(parts) - 1
		variants += len(c.after.GetVariants())
		if n == 0 || len(parts[last]) == mostProducts || variants > mostVariants {
			variants = len(c.after.GetVariants())
			parts, last = append(parts, nil), last+1
		}
		parts[last] = append(parts[last], c)
	}
	return parts
}

// mostTries is how often products are written that others change meanwhile.
const mostTries = 5

// upsert writes the products if they are still as the changes found them. Those that
// were changed meanwhile are read and merged again: what others wrote stays. Rows that
// do not fit any more are bad, and changes that have no other rows are not sent.
func (i *importer) upsert(ctx context.Context, changes []*change) (sent []*change, bad []BadRow, err error) {
	sent = changes
	for range mostTries {
		request := &catalogv1.UpsertProductsRequest{ExpectedVersions: map[string]string{}}
		for _, c := range sent {
			request.Products = append(request.Products, c.after)
			if c.before != nil {
				request.ExpectedVersions[c.before.GetId()] = c.before.GetVersion()
			}
		}
		if len(request.Products) == 0 {
			return nil, bad, nil
		}
		_, err = i.catalog.UpsertProducts(ctx, request)
		if !contract.Is(err, catalogv1.Reason_REASON_CHANGED_MEANWHILE) {
			return sent, bad, err
		}
		misfits, err := i.mergeAgain(ctx, sent)
		bad = append(bad, misfits...)
		if err != nil {
			return sent, bad, err
		}
		sent = fitting(sent)
	}
	return sent, bad, err
}

// fitting are the changes that have rows that fit.
func fitting(changes []*change) (fit []*change) {
	for _, c := range changes {
		if len(c.rows) > 0 {
			fit = append(fit, c)
		}
	}
	return fit
}

// mergeAgain makes the changes of the products as they are stored now.
func (i *importer) mergeAgain(ctx context.Context, changes []*change) (bad []BadRow, err error) {
	byID := map[string]*catalogv1.Product{}
	var ids []string
	for _, c := range changes {
		if c.before != nil {
			ids = append(ids, c.before.GetId())
		}
	}
	for part := range slices.Chunk(ids, askedAtOnce) {
		found, err := i.products(ctx, &catalogv1.GetProductsRequest{Ids: part, Current: true})
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			byID[p.GetId()] = p
		}
	}
	for _, c := range changes {
		if c.before != nil {
			c.before = byID[c.before.GetId()] // nil where it was deleted: it is new then
			bad = append(bad, c.merge()...)
		}
	}
	return bad, nil
}

// refused says of each row what is wrong with it, or with which other it was left out: a
// product is written as a whole.
func (c *change) refused(why reasons) (bad []BadRow) {
	of, first := map[string]string{}, ""
	for n, v := range c.after.GetVariants() {
		text := why.variants[n]
		if of[v.GetSku()] = text; text != "" && first == "" {
			first = fmt.Sprintf("left out with %s: %s", v.GetSku(), text)
		}
	}
	for _, r := range c.rows {
		reason := strings.Trim(why.whole+"; "+of[r.SKU], "; ")
		bad = append(bad, BadRow{Line: r.Line, SKU: r.SKU, Reason: cmp.Or(reason, first, "its product was refused")})
	}
	return bad
}

// outcome is what an import makes of a row, but for its stock.
type outcome struct {
	row   Row // its line, sku and counts; the rest is let go
	isNew bool
	what  []string // differences
}

func outcomes(changes []*change) (all []outcome) {
	for _, c := range changes {
		for n, r := range c.rows {
			what := c.differences(r)
			if n == 0 && len(what) == 0 && c.changed() {
				what = []string{"order of options"}
			}
			all = append(all, outcome{row: Row{Line: r.Line, SKU: strings.Clone(r.SKU), Counts: r.Counts}, isNew: c.isNew(r), what: what})
		}
	}
	return all
}

// count adds the rows up: each is new, changed or unchanged, unless its stock was
// refused.
func (i *importer) count(all []outcome, moves []move, refused []BadRow) {
	moved, bad := map[string][]move{}, map[string]bool{}
	for _, m := range moves {
		moved[m.row.SKU] = append(moved[m.row.SKU], m)
	}
	for _, b := range refused {
		bad[b.SKU] = true
	}
	for _, o := range all {
		if bad[o.row.SKU] {
			continue
		}
		for _, m := range moved[o.row.SKU] {
			o.what = append(o.what, fmt.Sprintf("%s %d → %d", stockColumn(m.location), m.before, m.after))
		}
		i.result.Imported++
		switch {
		case o.isNew:
			i.result.Created++
		case len(o.what) > 0:
			i.result.Updated++
		default:
			i.result.Unchanged++
		}
		if i.options.Show != nil && len(o.what) > 0 {
			i.options.Show(o.row.Line, o.row.SKU, o.what)
		}
	}
}

// knowCategories asks once which categories there are.
func (i *importer) knowCategories(ctx context.Context) error {
	answer, err := i.catalog.ListCategories(ctx, &catalogv1.ListCategoriesRequest{WithWithdrawn: true})
	if err != nil {
		return fmt.Errorf("import products: list the categories: %w", err)
	}
	i.categories = map[string]bool{}
	for _, c := range answer.GetCategories() {
		i.categories[c.GetSlug()] = true
	}
	return nil
}

// BehindOthers is the position of a category that was given none, as in the catalog.
const BehindOthers = 1000

// nameCategories makes the categories that are not there yet, under the name
// the file gives them. Those that are there keep what the owner wrote of them,
// and a name that says no more than its slug is left to the catalog.
func (i *importer) nameCategories(ctx context.Context, changes []*change) error {
	request := &catalogv1.UpsertCategoriesRequest{}
	for _, c := range changes {
		r := c.rows[0]
		if i.categories[r.Category] || c.after.GetCategory() != r.Category {
			continue
		}
		i.categories[r.Category] = true
		if r.CategoryName != r.Category || r.has("category_name") {
			request.Categories = append(request.Categories, &catalogv1.Category{Slug: r.Category, Name: r.CategoryName, Position: BehindOthers})
		}
	}
	for part := range slices.Chunk(request.GetCategories(), 200) {
		if _, err := i.catalog.UpsertCategories(ctx, &catalogv1.UpsertCategoriesRequest{Categories: part}); err != nil && !aboutRows(err) {
			return fmt.Errorf("write categories: %w", err)
		}
		// A name the catalog refuses is no reason not to sell what stands there:
		// the products make their category.
	}
	return nil
}

// counter counts what was read.
type counter struct {
	reader io.Reader
	read   int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.reader.Read(p)
	c.read += int64(n)
	return n, err
}
