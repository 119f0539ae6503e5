package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/money"
)

func newProducts(p Program, s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "products",
		Short: "Look at the products, withdraw and delete them",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newProductsList(p, s), newProductsShow(p, s), newProductsWithdraw(p, s), newProductsDelete(p, s))
	return cmd
}

// withCatalog calls use with the catalog, of the running shop or run here meanwhile.
func withCatalog(cmd *cobra.Command, p Program, s *settings, use func(catalogv1.CatalogServiceClient) error) error {
	c, _, err := s.load()
	if err != nil {
		return err
	}
	return withModules(cmd.Context(), c, s.address(c), p.Stderr, func(connect func(module string) grpc.ClientConnInterface) error {
		return use(catalogv1.NewCatalogServiceClient(connect("catalog")))
	})
}

func newProductsList(p Program, s *settings) *cobra.Command {
	var asJSON, all bool
	var category, query string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the products that are sold",
		Long: `List prints a line for each active product. With --all withdrawn products are
listed, too, and --category finds those of a withdrawn category; a query is then a part of
a name, slug or sku.`,
		Example: `  galleria products list --category kitchen --query mug`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withCatalog(cmd, p, s, func(catalog catalogv1.CatalogServiceClient) error {
				rows := []productJSON{}
				for token := ""; ; {
					var page interface {
						GetProducts() []*catalogv1.Product
						GetNextPageToken() string
					}
					var err error
					if all {
						page, err = catalog.ListAllProducts(cmd.Context(), &catalogv1.ListAllProductsRequest{Query: query, PageSize: 100, PageToken: token})
					} else {
						page, err = catalog.ListProducts(cmd.Context(), &catalogv1.ListProductsRequest{Category: category, Query: query, PageSize: 100, PageToken: token})
					}
					if err != nil {
						return err
					}
					for _, found := range page.GetProducts() {
						if category == "" || found.GetCategory() == category {
							rows = append(rows, productRow(found))
						}
					}
					if token = page.GetNextPageToken(); token == "" {
						break
					}
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), rows)
				}
				return printProducts(cmd.OutOrStdout(), rows)
			})
		},
	}
	cmd.Flags().StringVar(&category, "category", "", "only of this category, by its slug")
	cmd.Flags().StringVar(&query, "query", "", "only those a search for these words finds")
	cmd.Flags().BoolVar(&all, "all", false, "list withdrawn products, and look into withdrawn categories, too")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of products")
	return cmd
}

func newProductsShow(p Program, s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "show PRODUCT …",
		Short:   "Show products with their variants",
		Long:    `Show prints products, withdrawn ones too. PRODUCT is a slug, an id or a sku.`,
		Example: `  galleria products show linen-shirt`,
		Args:    someProducts,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withCatalog(cmd, p, s, func(catalog catalogv1.CatalogServiceClient) error {
				found, err := findProducts(cmd.Context(), catalog, args)
				if err != nil {
					return err
				}
				rows := []productJSON{}
				for _, f := range found {
					rows = append(rows, productRow(f))
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), rows)
				}
				return printVariants(cmd.OutOrStdout(), rows)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of products")
	return cmd
}

func newProductsWithdraw(p Program, s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "withdraw PRODUCT …",
		Short: "Take products off the shop, and keep them",
		Long: `Withdraw makes products inactive: their pages are gone and they can't be bought.
An import with "yes" in the column active brings them back. PRODUCT is a slug, an id
or a sku.`,
		Example: `  galleria products withdraw linen-shirt`,
		Args:    someProducts,
		RunE: func(cmd *cobra.Command, args []string) error {
			return eachProduct(cmd, p, s, args, "withdrawn", asJSON, func(catalog catalogv1.CatalogServiceClient, ids []string) (int32, error) {
				answer, err := catalog.WithdrawProducts(cmd.Context(), &catalogv1.WithdrawProductsRequest{Ids: ids})
				return answer.GetWithdrawn(), err
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object: how many were withdrawn")
	return cmd
}

func newProductsDelete(p Program, s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "delete PRODUCT …",
		Short: "Delete products with all their variants",
		Long: `Delete removes products for good. Their slugs and skus can be used again; their stock
and the orders of them stay. PRODUCT is a slug, an id or a sku.`,
		Example: `  galleria products delete linen-shirt`,
		Args:    someProducts,
		RunE: func(cmd *cobra.Command, args []string) error {
			return eachProduct(cmd, p, s, args, "deleted", asJSON, func(catalog catalogv1.CatalogServiceClient, ids []string) (int32, error) {
				answer, err := catalog.DeleteProducts(cmd.Context(), &catalogv1.DeleteProductsRequest{Ids: ids})
				return answer.GetDeleted(), err
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object: how many were deleted")
	return cmd
}

// eachProduct does something to products and says to how many.
func eachProduct(cmd *cobra.Command, p Program, s *settings, args []string, done string, asJSON bool, do func(catalogv1.CatalogServiceClient, []string) (int32, error)) error {
	return withCatalog(cmd, p, s, func(catalog catalogv1.CatalogServiceClient) error {
		found, err := findProducts(cmd.Context(), catalog, args)
		if err != nil {
			return err
		}
		var ids []string
		for _, f := range found {
			ids = append(ids, f.GetId())
		}
		n, err := do(catalog, ids)
		if err != nil {
			return err
		}
		return printHowMany(cmd.OutOrStdout(), n, done, asJSON)
	})
}

// printHowMany says what was done to how many.
func printHowMany(to io.Writer, n int32, done string, asJSON bool) error {
	if asJSON {
		return printJSON(to, map[string]int32{done: n})
	}
	_, err := fmt.Fprintf(to, "%d %s\n", n, done)
	return err
}

func someProducts(cmd *cobra.Command, args []string) error {
	if len(args) == 0 || len(args) > 200 {
		return usageError{fmt.Errorf("%s wants 1 to 200 products, by slug, id or sku; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
	}
	return nil
}

// findProducts gets each product once; one that is not there is an error.
func findProducts(ctx context.Context, catalog catalogv1.CatalogServiceClient, args []string) ([]*catalogv1.Product, error) {
	var found []*catalogv1.Product
	for _, arg := range args {
		var product *catalogv1.Product
		for _, by := range []*catalogv1.GetProductsRequest{{Slugs: []string{arg}}, {Ids: []string{arg}}, {Skus: []string{arg}}} {
			answer, err := catalog.GetProducts(ctx, by)
			if err != nil {
				return nil, err
			}
			if len(answer.GetProducts()) > 0 {
				product = answer.GetProducts()[0]
				break
			}
		}
		if product == nil {
			return nil, fmt.Errorf("the catalog has no product %s, by slug, id or sku; nothing was done", arg)
		}
		if !slices.ContainsFunc(found, func(f *catalogv1.Product) bool { return f.GetId() == product.GetId() }) {
			found = append(found, product)
		}
	}
	return found, nil
}

// productJSON is a product for programs.
type productJSON struct {
	ID       string        `json:"id"`
	Slug     string        `json:"slug"`
	Name     string        `json:"name"`
	Category string        `json:"category"`
	Active   bool          `json:"active"`
	Variants []variantJSON `json:"variants"`
}

type variantJSON struct {
	SKU     string           `json:"sku"`
	Options []string         `json:"options"`
	Prices  map[string]int64 `json:"prices"` // minor units by currency
	Active  bool             `json:"active"`

	priced []string // "12.90 EUR", for people
}

func productRow(p *catalogv1.Product) productJSON {
	row := productJSON{ID: p.GetId(), Slug: p.GetSlug(), Name: p.GetName(), Category: p.GetCategory(), Active: p.GetActive(), Variants: []variantJSON{}}
	for _, v := range p.GetVariants() {
		one := variantJSON{SKU: v.GetSku(), Options: append([]string{}, v.GetOptionValues()...), Prices: map[string]int64{}, Active: v.GetActive()}
		for _, price := range v.GetPrices() {
			if m, err := money.New(price.GetCurrencyCode(), price.GetAmountMinor()); err == nil {
				one.Prices[m.Currency()] = price.GetAmountMinor()
				one.priced = append(one.priced, m.Decimal()+" "+m.Currency())
			}
		}
		row.Variants = append(row.Variants, one)
	}
	return row
}

func printProducts(to io.Writer, rows []productJSON) error {
	out := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "SLUG\tNAME\tCATEGORY\tVARIANTS\tACTIVE")
	for _, r := range rows {
		fmt.Fprintf(out, "%s\t%s\t%s\t%d\t%s\n", r.Slug, r.Name, r.Category, len(r.Variants), yesNo(r.Active))
	}
	return out.Flush()
}

func printVariants(to io.Writer, rows []productJSON) error {
	out := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "SLUG\tNAME\tSKU\tOPTIONS\tPRICES\tACTIVE")
	for _, r := range rows {
		for _, v := range r.Variants {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Slug, r.Name, v.SKU, strings.Join(v.Options, " / "), strings.Join(v.priced, ", "), yesNo(r.Active && v.Active))
		}
	}
	return out.Flush()
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
