package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app"
	"galleria/app/products"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// answersWithin is how long a shop may take to say that it is open, before it
// is taken for closed.
const answersWithin = 2 * time.Second

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
	var pictures string
	cmd := &cobra.Command{
		Use:   "products FILE.csv",
		Short: "Import products, their prices and stock from a CSV file",
		Long: `Products reads a CSV file with the columns sku, name, description, category, tags
(with | between), price (decimal), currency, stock and image, in any order.

Rows that are wrong are listed with their line and the reason; the others are
imported. Products that are there already are changed, and the stock is set to
what the file says: importing a file twice changes nothing the second time. It
works while the shop runs and while it does not.

With --pictures, the pictures of a folder or a zip archive are added first, as
"galleria pictures add" does it; the column image names them.`,
		Example: `  galleria import products catalogue.csv
  galleria import products catalogue.csv --pictures photographs.zip`,
		Args: exactly(1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, _, err := s.load()
			if err != nil {
				return err
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
			var refused error // some pictures, and no product
			if pictures != "" {
				refused = bringPictures(cmd, s.picturesOf(c), pictures)
			}
			err = withModules(cmd.Context(), c, s.address(c), p.Stderr, func(connect func(module string) grpc.ClientConnInterface) error {
				bar := progress{to: terminal(p.Stderr), shown: -1}
				result, err := products.Import(cmd.Context(),
					catalogv1.NewCatalogServiceClient(connect("catalog")), inventoryv1.NewInventoryServiceClient(connect("inventory")),
					file, products.Options{Size: size, Progress: bar.show})
				bar.done()
				if err != nil {
					return err
				}
				return reportImport(cmd, args[0], result)
			})
			return errors.Join(refused, err)
		},
	}
	cmd.Flags().StringVar(&pictures, "pictures", "", "folder or zip archive with the pictures")
	return cmd
}

func reportImport(cmd *cobra.Command, file string, r products.Result) error {
	for _, bad := range r.Bad {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s:%d: %s\n", file, bad.Line, bad.Reason)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d products imported: %d new, %d changed, %d as they were; %d bad rows\n",
		r.Imported, r.Created, r.Updated, r.Unchanged, len(r.Bad))
	if r.Imported == 0 && len(r.Bad) > 0 {
		return errors.New("no row could be imported")
	}
	return nil
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
	return use(func(module string) grpc.ClientConnInterface { return p.Connect(app.Operator, module) })
}
