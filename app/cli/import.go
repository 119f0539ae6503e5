package cli

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app"
	"galleria/app/auditlog"
	"galleria/app/products"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/platform/money"
	"galleria/platform/process"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// answersWithin is how long a shop may take to say that it is open. One that is closed
// is known at once; a busy one must not be taken for one that hangs.
const answersWithin = 10 * time.Second

func newImport(p Program, s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Bring data into the shop",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImportProducts(p, s))
	return cmd
}

func newImportProducts(p Program, s *settings) *cobra.Command {
	var pictures, stock, delivery, currency string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "products FILE.csv",
		Short: "Import products, their prices and stock from a CSV file",
		Long: `Products reads a CSV file with the columns sku, name, description, category, tags
(with | between), price (decimal), currency, stock and image, in any order. Only sku must
be there; a product that is new needs name, category, price and currency, too.

More columns may be there: product (rows with the same are variants of one product),
options (Size=M|Colour=Red), compare_at, weight_grams, tax_class and active (yes or
no), and those that "galleria export products" writes: attributes (Material=Oak),
pictures, choices (the values of the options in their order), category_name,
product_active, "price in USD", "compare_at in USD" and "stock at LOCATION". A column
that is absent leaves things as they are; an empty cell clears, and one of stock leaves
the stock alone. A backslash before | or = makes it a part of the text.

Rows that are wrong are left out, and listed with their line and the reason; the
others are imported. The exit code is 1 when a row was left out. It works while the
shop runs and while it does not, and can be repeated.

Only skus that have no stock yet get the stock of the file. --stock set takes it for a
count of the shelves, --stock add for a delivery, and --stock ignore passes it over. A
delivery is taken in once. It is known by the content of its file, and when rows of that
are left out, none of its stock is taken in, for the file will be another one once it is
mended; or by --delivery, the number on its papers: then what is good is taken in, and the
rest when the file comes again, mended. --dry-run shows what would change and writes
nothing.

Product exports of Shopify and WooCommerce are recognised by their header line. Their
prices are read in the currency of the shop, or --currency. What can't be carried over
is said: HTML becomes plain text, and pictures on other sites are named and not fetched.

With --pictures, the pictures of a folder or a zip archive are added first, as
"galleria pictures add" does it; the column image names them.`,
		Example: `  galleria import products catalogue.csv
  galleria import products catalogue.csv --dry-run --stock set
  galleria import products catalogue.csv --pictures photographs.zip`,
		Args: exactly(1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch products.Stock(stock) {
			case products.StockNew, products.StockSet, products.StockAdd, products.StockIgnore:
			default:
				return usageError{fmt.Errorf("--stock is set, add or ignore, not %q; see %s --help", stock, cmd.CommandPath())}
			}
			c, _, err := s.load()
			if err != nil {
				return err
			}
			if _, err := money.New(strings.ToUpper(currency), 0); currency != "" && err != nil {
				return usageError{fmt.Errorf("--currency %s is no currency of ISO 4217, such as EUR", currency)}
			}
			if delivery != "" && stock != string(products.StockAdd) {
				return usageError{errors.New("--delivery names what --stock add takes in")}
			}
			file, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer file.Close()
			size := int64(0)
			if info, err := file.Stat(); err == nil {
				size = info.Size()
			}
			options := products.Options{Size: size, Stock: products.Stock(stock), Delivery: delivery, DryRun: dryRun, Currency: cmp.Or(strings.ToUpper(currency), c.Currency)}
			if dryRun {
				options.Show = func(line int, sku string, what []string) {
					fmt.Fprintf(cmd.OutOrStdout(), "%s:%d: %s: %s\n", args[0], line, sku, strings.Join(what, "; "))
				}
			}
			if options.Stock == products.StockAdd && delivery == "" {
				options.WholeDelivery = true
				if options.Delivery, err = digest(file); err != nil {
					return fmt.Errorf("read %s: %w", args[0], err)
				}
			}
			var refused error // some pictures, and no product
			if pictures != "" && !dryRun {
				refused = bringPictures(cmd, s.picturesOf(c), pictures)
			}
			err = withModules(cmd.Context(), c, s.address(c), p.Stderr, func(connect func(module string) grpc.ClientConnInterface) error {
				bar := progress{to: terminal(p.Stderr), shown: -1}
				options.Progress = bar.show
				result, err := products.Import(cmd.Context(),
					catalogv1.NewCatalogServiceClient(connect("catalog")), inventoryv1.NewInventoryServiceClient(connect("inventory")),
					file, options)
				bar.done()
				return errors.Join(reportImport(cmd, args[0], result), err, aboutDelivery(options, result, err))
			})
			return errors.Join(refused, err)
		},
	}
	cmd.Flags().StringVar(&stock, "stock", "", "set, add or ignore (default: only for skus without stock)")
	cmd.Flags().StringVar(&delivery, "delivery", "", "with --stock add, what tells this delivery from others (default: the file's content)")
	cmd.Flags().StringVar(&currency, "currency", "", "of prices in a file that does not say it (default: the shop's)")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what would change, and write nothing")
	cmd.Flags().StringVar(&pictures, "pictures", "", "folder or zip archive with the pictures")
	return cmd
}

func reportImport(cmd *cobra.Command, file string, r products.Result) error {
	for _, notice := range r.Notices {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", file, notice)
	}
	for _, bad := range r.Bad {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s:%d: %s\n", file, bad.Line, bad.Reason)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d rows: %d new, %d changed, %d unchanged, %d left out\n",
		r.Imported+r.LeftOut(), r.Created, r.Updated, r.Unchanged, r.LeftOut())
	switch r.LeftOut() {
	case 0:
		return nil
	case 1:
		return errors.New("1 row was left out, see above")
	}
	return fmt.Errorf("%d rows were left out, see above", r.LeftOut())
}

// aboutDelivery says what became of the stock of a delivery that was not taken in whole, and
// how to take in the rest of it: the file, mended, is another delivery by its content.
func aboutDelivery(o products.Options, r products.Result, failed error) error {
	switch {
	case !o.WholeDelivery || failed == nil && r.LeftOut() == 0:
		return nil
	case r.NoStock && r.LeftOut() == 0:
		return errors.New("no stock was taken in: run it again")
	case r.NoStock:
		return errors.New("no stock was taken in: mend the file and run it again, or name the delivery with --delivery, and what is good is taken in")
	}
	return fmt.Errorf("stock of other rows was taken in: run it again, also with the file mended, with --stock add --delivery %s, and that is not taken in twice", o.Delivery)
}

// digest tells files of other content apart.
func digest(file io.ReadSeeker) (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	_, err := file.Seek(0, io.SeekStart)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// withModules calls use with the running shop's modules, or, when the shop is
// closed, with modules run here meanwhile.
func withModules(ctx context.Context, c app.Config, address string, stderr io.Writer, use func(connect func(module string) grpc.ClientConnInterface) error) error {
	shop, err := connect(c, address)
	if err != nil {
		return err
	}
	defer shop.conn.Close()
	asking, cancel := context.WithTimeout(ctx, answersWithin)
	_, err = shop.Modules(asking, &processv1.ModulesRequest{})
	cancel()
	switch status.Code(err) {
	case codes.OK:
		err := use(func(string) grpc.ClientConnInterface { return asOperator{shop.conn} })
		if errors.As(err, new(answer)) {
			err = fmt.Errorf("the shop at %s: %w", shop.address, err)
		}
		return err
	case codes.Unavailable:
		return withClosedShop(ctx, c, stderr, use)
	}
	return shop.explain(err)
}

// asOperator says who calls; the certificate proves it.
type asOperator struct{ grpc.ClientConnInterface }

func (o asOperator) Invoke(ctx context.Context, method string, in, out any, options ...grpc.CallOption) error {
	ctx = route.WithCaller(ctx, app.Operator)
	return o.ClientConnInterface.Invoke(ctx, method, in, out, options...)
}

func withClosedShop(ctx context.Context, c app.Config, stderr io.Writer, use func(connect func(module string) grpc.ClientConnInterface) error) (err error) {
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	p, placements, err := app.Backstage(c, log)
	if err != nil {
		return err
	}
	if err := p.Start(ctx, placements); err != nil {
		return err
	}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.StopWithin)
		defer cancel()
		err = errors.Join(err, p.Stop(stopping))
	}()
	changes := auditlog.New(c.Data, time.Now, log)
	return use(func(module string) grpc.ClientConnInterface { return noting{p.Connect(app.Operator, module), changes} })
}

// noting notes what is changed on a closed shop, as the main process of an open one does.
type noting struct {
	grpc.ClientConnInterface
	changes *auditlog.Log
}

func (n noting) Invoke(ctx context.Context, method string, in, out any, options ...grpc.CallOption) error {
	err := n.ClientConnInterface.Invoke(ctx, method, in, out, options...)
	if c, changes := process.CommandOf(ctx, method, in, out); err == nil && changes {
		e, _ := auditlog.Commanded(c)
		n.changes.Note(e)
	}
	return err
}
