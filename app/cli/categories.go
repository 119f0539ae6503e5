package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"galleria/app/products"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
)

func newCategories(p Program, s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "categories",
		Short: "Look at the categories, name, place, withdraw and delete them",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCategoriesList(p, s), newCategoriesSet(p, s), newCategoriesWithdraw(p, s), newCategoriesRestore(p, s), newCategoriesDelete(p, s))
	return cmd
}

func newCategoriesList(p Program, s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the categories in the order of the shop's menu, withdrawn ones too",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withCatalog(cmd, p, s, func(catalog catalogv1.CatalogServiceClient) error {
				all, err := allCategories(cmd.Context(), catalog)
				if err != nil {
					return err
				}
				return printCategories(cmd.OutOrStdout(), all, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of categories")
	return cmd
}

func newCategoriesSet(p Program, s *settings) *cobra.Command {
	var name, intro string
	var position int32
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "set CATEGORY",
		Short: "Change what a category is called and where it is, or make one",
		Long: `Set changes of a category what the flags name, and leaves the rest. CATEGORY is its
slug; one that is not there is made, and needs a --name. The menu has lower positions
first, and categories of one position by name. A slug can't be changed: put the products
into another category, with an import of the columns sku and category.`,
		Example: `  galleria categories set garden --name "Garden & Balcony" --intro "For green thumbs." --position 3`,
		Args:    exactly(1, "one category"),
		RunE: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed
			if !given("name") && !given("intro") && !given("position") {
				return usageError{fmt.Errorf("%s wants --name, --intro or --position; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
			}
			return withCatalog(cmd, p, s, func(catalog catalogv1.CatalogServiceClient) error {
				all, err := allCategories(cmd.Context(), catalog)
				if err != nil {
					return err
				}
				i := slices.IndexFunc(all, func(c *catalogv1.Category) bool { return c.GetSlug() == args[0] })
				if i < 0 && !given("name") {
					return fmt.Errorf("the catalog has no category %s; give a --name to make it", args[0])
				}
				wanted := &catalogv1.Category{Slug: args[0], Position: products.BehindOthers}
				if i >= 0 {
					wanted = all[i]
				}
				if given("name") {
					wanted.Name = name
				}
				if given("intro") {
					wanted.Intro = intro
				}
				if given("position") {
					wanted.Position = position
				}
				if _, err := catalog.UpsertCategories(cmd.Context(), &catalogv1.UpsertCategoriesRequest{Categories: []*catalogv1.Category{wanted}}); err != nil {
					return err
				}
				now, err := findCategories(cmd.Context(), catalog, args)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), asFields(now[0]))
				}
				return printCategories(cmd.OutOrStdout(), now, false)
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "what shoppers call it")
	cmd.Flags().StringVar(&intro, "intro", "", "one sentence for the head of its page; \"\": none")
	cmd.Flags().Int32Var(&position, "position", 0, "its place in the menu, lower ones first (default of a new one: behind the others)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the category as one object")
	return cmd
}

func newCategoriesWithdraw(p Program, s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "withdraw CATEGORY …",
		Short: "Take categories off the shop's menu, and keep them",
		Long: `Withdraw takes categories out of the menu, the filters and the sitemap; their pages are
gone. Their products are still sold and found: withdraw those as well with
"galleria products withdraw", if they are not to be. CATEGORY is a slug.`,
		Example: `  galleria categories withdraw garden`,
		Args:    someCategories,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withdrawCategories(cmd, p, s, args, true, "withdrawn", asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object: how many were withdrawn")
	return cmd
}

func newCategoriesRestore(p Program, s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "restore CATEGORY …",
		Short:   "Show withdrawn categories again",
		Long:    `Restore shows categories again that were withdrawn. CATEGORY is a slug.`,
		Example: `  galleria categories restore garden`,
		Args:    someCategories,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withdrawCategories(cmd, p, s, args, false, "restored", asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object: how many were restored")
	return cmd
}

// withdrawCategories withdraws categories or shows them again, and says how many were not
// so before.
func withdrawCategories(cmd *cobra.Command, p Program, s *settings, args []string, withdrawn bool, done string, asJSON bool) error {
	return withCatalog(cmd, p, s, func(catalog catalogv1.CatalogServiceClient) error {
		found, err := findCategories(cmd.Context(), catalog, args)
		if err != nil {
			return err
		}
		request := &catalogv1.UpsertCategoriesRequest{}
		for _, c := range found {
			if c.GetWithdrawn() != withdrawn {
				c.Withdrawn = withdrawn
				request.Categories = append(request.Categories, c)
			}
		}
		if len(request.GetCategories()) > 0 {
			if _, err := catalog.UpsertCategories(cmd.Context(), request); err != nil {
				return err
			}
		}
		return printHowMany(cmd.OutOrStdout(), int32(len(request.GetCategories())), done, asJSON)
	})
}

func newCategoriesDelete(p Program, s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "delete CATEGORY …",
		Short: "Delete categories that have no products",
		Long: `Delete removes categories for good, all of those named or none. None may have a
product, not even a withdrawn one: "galleria products list --all --category CATEGORY"
lists them, and an import of the columns sku and category puts them into another one.
CATEGORY is a slug.`,
		Example: `  galleria categories delete garden`,
		Args:    someCategories,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withCatalog(cmd, p, s, func(catalog catalogv1.CatalogServiceClient) error {
				if _, err := findCategories(cmd.Context(), catalog, args); err != nil {
					return err
				}
				answer, err := catalog.DeleteCategories(cmd.Context(), &catalogv1.DeleteCategoriesRequest{Slugs: args})
				if contract.Is(err, catalogv1.Reason_REASON_CATEGORY_NOT_EMPTY) {
					return fmt.Errorf(`%w; "galleria products list --all --category %s" lists them`, err, contract.Metadata(err, "category"))
				}
				if err != nil {
					return err
				}
				return printHowMany(cmd.OutOrStdout(), answer.GetDeleted(), "deleted", asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object: how many were deleted")
	return cmd
}

func someCategories(cmd *cobra.Command, args []string) error {
	if len(args) == 0 || len(args) > 200 {
		return usageError{fmt.Errorf("%s wants 1 to 200 categories, by slug; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
	}
	return nil
}

func allCategories(ctx context.Context, catalog catalogv1.CatalogServiceClient) ([]*catalogv1.Category, error) {
	listed, err := catalog.ListCategories(ctx, &catalogv1.ListCategoriesRequest{WithWithdrawn: true})
	return listed.GetCategories(), err
}

// findCategories gets each category once; one that is not there is an error.
func findCategories(ctx context.Context, catalog catalogv1.CatalogServiceClient, slugs []string) ([]*catalogv1.Category, error) {
	all, err := allCategories(ctx, catalog)
	if err != nil {
		return nil, err
	}
	var found []*catalogv1.Category
	for _, slug := range slugs {
		i := slices.IndexFunc(all, func(c *catalogv1.Category) bool { return c.GetSlug() == slug })
		if i < 0 {
			return nil, fmt.Errorf("the catalog has no category %s; nothing was done", slug)
		}
		if !slices.Contains(found, all[i]) {
			found = append(found, all[i])
		}
	}
	return found, nil
}

func printCategories(to io.Writer, categories []*catalogv1.Category, asJSON bool) error {
	if asJSON {
		return printJSON(to, allAsFields(categories))
	}
	out := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "CATEGORY\tNAME\tPOSITION\tPRODUCTS\tSHOWN\tINTRO")
	for _, c := range categories {
		fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%s\t%s\n", c.GetSlug(), c.GetName(), c.GetPosition(), c.GetProductCount(), yesNo(!c.GetWithdrawn()), oneLine(c.GetIntro()))
	}
	return out.Flush()
}
