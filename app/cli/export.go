package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	"galleria/app/products"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/platform/durable"
)

func newExport(p Program, s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write data of the shop into files",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newExportProducts(p, s))
	return cmd
}

func newExportProducts(p Program, s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "products [FILE.csv]",
		Short: "Write all products, their prices and stock into a CSV file",
		Long: `Products writes all products, withdrawn ones too, as a CSV file that "galleria import
products" reads: a row for each variant, with a column for each currency and location
that is used. Importing it changes nothing here; in an empty shop it makes the same
products again.

The file is replaced when all of it is written, and left as it was when something
fails. Without FILE the products go to the standard output.

Not in the file: pictures themselves (copy the data directory's), the order and
introductions of categories, addresses that products had before, and what is allocated
to orders.`,
		Example: `  galleria export products catalogue.csv
  galleria export products | gzip > catalogue.csv.gz`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("%s wants one file, or none for the standard output; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			export := func(w io.Writer) (done products.Exported, err error) {
				c, _, err := s.load()
				if err != nil {
					return done, err
				}
				err = withModules(cmd.Context(), c, s.address(c), p.Stderr, func(connect func(module string) grpc.ClientConnInterface) error {
					done, err = products.Export(cmd.Context(), catalogv1.NewCatalogServiceClient(connect("catalog")), inventoryv1.NewInventoryServiceClient(connect("inventory")), w)
					return err
				})
				return done, err
			}
			if len(args) == 0 {
				done, err := export(cmd.OutOrStdout())
				if err == nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "%d products with %d variants\n", done.Products, done.Variants)
				}
				return err
			}
			if err := replaceable(args[0]); err != nil {
				return err
			}
			var done products.Exported
			err := durable.Replace(args[0], func(w io.Writer) (err error) {
				done, err = export(w)
				return err
			})
			if err != nil {
				return fmt.Errorf("%s was not written: %w", args[0], err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d products with %d variants\n", args[0], done.Products, done.Variants)
			return err
		},
	}
}

// replaceable tells whether a name is free or that of a plain file: a device or a
// pipe must not be replaced by one.
func replaceable(name string) error {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a plain file: name one, or none for the standard output", name)
	}
	return nil
}
