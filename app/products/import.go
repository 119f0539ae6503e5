package products

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"

	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/platform/contract"
)

// batchSize is how many rows go into one call: few enough for a progress that
// moves, and at most the 500 that both modules take.
const batchSize = 250

// Options change how an import runs; the zero value is useful.
type Options struct {
	// Size is the length of the file in bytes, for Progress; 0: unknown.
	Size int64
	// Progress, if set, is called after each batch with how many bytes of the
	// file are settled, and with Size.
	Progress func(done, total int64)
	// Log gets a line per batch, at debug level; nil: none.
	Log *slog.Logger
}

// Result is what an import did.
type Result struct {
	// Imported is Created + Updated + Unchanged: all good rows.
	Imported, Created, Updated, Unchanged int
	// Bad are the rows that were not imported, by line. A row whose product
	// was written and whose stock was refused is among them, too.
	Bad []BadRow
}

// Import reads a product file and writes its products and their stock, through
// clients that may lead anywhere. Bad rows are listed and the others imported.
//
// An error is about the file or the modules, or is ctx's; Result then says what
// had been done. All of it can be done again, see the package comment.
func Import(ctx context.Context, catalog catalogv1.CatalogServiceClient, inventory inventoryv1.InventoryServiceClient, r io.Reader, o Options) (Result, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	counted := &counter{reader: r}
	i := &importer{catalog: catalog, inventory: inventory, options: o}
	if err := i.knowCategories(ctx); err != nil {
		return i.result, err
	}
	err := i.run(ctx, counted)
	slices.SortStableFunc(i.result.Bad, func(a, b BadRow) int { return cmp.Compare(a.Line, b.Line) })
	return i.result, err
}

type importer struct {
	catalog    catalogv1.CatalogServiceClient
	inventory  inventoryv1.InventoryServiceClient
	options    Options
	categories map[string]bool // slugs the catalog has
	result     Result
}

func (i *importer) run(ctx context.Context, r *counter) error {
	batch := make([]Row, 0, batchSize)
	for row, err := range Read(r) {
		var bad *BadRow
		switch {
		case errors.As(err, &bad):
			i.result.Bad = append(i.result.Bad, *bad)
			continue
		case err != nil:
			// What was good before the file broke is imported all the same.
			return errors.Join(err, i.write(ctx, batch, r.read))
		}
		if batch = append(batch, row); len(batch) == batchSize {
			if err := i.write(ctx, batch, r.read); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return i.write(ctx, batch, r.read)
}

// write imports one batch: categories, then products, then the stock of those
// that were taken.
func (i *importer) write(ctx context.Context, batch []Row, done int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(batch) > 0 {
		first, last := batch[0].Line, batch[len(batch)-1].Line
		if err := i.writeRows(ctx, batch); err != nil {
			return fmt.Errorf("import lines %d to %d: %w", first, last, err)
		}
		i.options.Log.DebugContext(ctx, "a batch is imported", "first_line", first, "last_line", last, "bad_so_far", len(i.result.Bad))
	}
	if i.options.Progress != nil {
		i.options.Progress(done, i.options.Size)
	}
	return nil
}

func (i *importer) writeRows(ctx context.Context, batch []Row) error {
	if err := i.nameCategories(ctx, batch); err != nil {
		return err
	}
	taken, bad, err := isolate(batch, "products", func(rows []Row) error { return i.upsert(ctx, rows) })
	i.result.Bad = append(i.result.Bad, bad...)
	if err != nil {
		return err
	}
	_, bad, err = isolate(taken, "levels", func(rows []Row) error { return i.setStock(ctx, rows) })
	i.result.Bad = append(i.result.Bad, bad...)
	return err
}

func (i *importer) upsert(ctx context.Context, rows []Row) error {
	request := &catalogv1.UpsertProductsRequest{}
	for _, r := range rows {
		p := &catalogv1.Product{
			Name: r.Name, Description: r.Description, Category: r.Category, Tags: r.Tags, Active: true,
			Variants: []*catalogv1.Variant{{
				Sku: r.SKU, Active: true, Prices: []*catalogv1.Price{{CurrencyCode: r.Price.Currency(), AmountMinor: r.Price.Minor()}},
			}},
		}
		if r.Image != "" {
			p.Pictures = []string{r.Image}
		}
		request.Products = append(request.Products, p)
	}
	answer, err := i.catalog.UpsertProducts(ctx, request)
	if err != nil {
		return err
	}
	i.result.Created += int(answer.GetCreated())
	i.result.Updated += int(answer.GetUpdated())
	i.result.Unchanged += int(answer.GetUnchanged())
	i.result.Imported += len(rows)
	return nil
}

func (i *importer) setStock(ctx context.Context, rows []Row) error {
	request := &inventoryv1.SetLevelsRequest{}
	places := map[string]int{}
	for n, r := range rows {
		places[r.SKU] = n
		request.Levels = append(request.Levels, &inventoryv1.SetLevelsRequest_Count{Sku: r.SKU, OnHand: r.Stock})
	}
	for range len(rows) {
		_, err := i.inventory.SetLevels(ctx, request)
		n, known := places[contract.Metadata(err, "sku")]
		if !known || !contract.Is(err, inventoryv1.Reason_REASON_BELOW_ALLOCATED) {
			return err
		}
		// Orders are still to get more than the file counts: what they get is on
		// the shelf, and none is left to sell.
		request.Levels[n].OnHand, err = strconv.ParseInt(contract.Metadata(err, "allocated"), 10, 64)
		if err != nil {
			return fmt.Errorf("import products: the stock of %s: %w", rows[n].SKU, err)
		}
	}
	return fmt.Errorf("import products: the stock of %s and others keeps changing; import the file again", rows[0].SKU)
}

// knowCategories asks once which categories there are.
func (i *importer) knowCategories(ctx context.Context) error {
	answer, err := i.catalog.ListCategories(ctx, &catalogv1.ListCategoriesRequest{})
	if err != nil {
		return fmt.Errorf("import products: list the categories: %w", err)
	}
	i.categories = map[string]bool{}
	for _, c := range answer.GetCategories() {
		i.categories[c.GetSlug()] = true
	}
	return nil
}

// behindOthers is the position of a category nobody placed.
const behindOthers = 1000

// nameCategories makes the categories that are not there yet, under the name
// the file gives them. Those that are there keep what the owner wrote of them,
// and a name that says no more than its slug is left to the catalog.
func (i *importer) nameCategories(ctx context.Context, batch []Row) error {
	request := &catalogv1.UpsertCategoriesRequest{}
	for _, r := range batch {
		if i.categories[r.Category] {
			continue
		}
		i.categories[r.Category] = true
		if r.CategoryName != r.Category {
			request.Categories = append(request.Categories, &catalogv1.Category{Slug: r.Category, Name: r.CategoryName, Position: behindOthers})
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
