package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	pricingv1 "galleria/modules/pricing/v1"
)

func newPromotions(p Program, s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "promotions",
		Short: "List, add and end discounts and voucher codes",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPromotionsList(p, s), newPromotionsAdd(p, s), newPromotionsEnd(p, s))
	return cmd
}

// withPricing calls use with pricing, of the running shop or run here meanwhile.
func withPricing(cmd *cobra.Command, p Program, s *settings, use func(pricingv1.PricingServiceClient) error) error {
	c, _, err := s.load()
	if err != nil {
		return err
	}
	return withModules(cmd.Context(), c, s.address(c), p.Stderr, func(connect func(module string) grpc.ClientConnInterface) error {
		return use(pricingv1.NewPricingServiceClient(connect("pricing")))
	})
}

func newPromotionsList(p Program, s *settings) *cobra.Command {
	var ended, asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List promotions: what they take off, for which goods, and how often their codes were used",
		Long: `List shows promotions by id: those that hold now and those that begin later. A
promotion without codes is automatic, and not counted. USED counts orders that used a
code; after the slash is the limit, if there is one.`,
		Example: `  galleria promotions list --ended`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withPricing(cmd, p, s, func(pricing pricingv1.PricingServiceClient) error {
				all, err := allPromotions(cmd.Context(), pricing, !ended)
				if err != nil {
					return err
				}
				rows := []promotionJSON{}
				for _, one := range all {
					rows = append(rows, promotionRow(one))
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), rows)
				}
				return printPromotions(cmd.OutOrStdout(), rows)
			})
		},
	}
	cmd.Flags().BoolVar(&ended, "ended", false, "list those that have ended too")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of promotions")
	return cmd
}

func newPromotionsEnd(p Program, s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "end ID",
		Short: "End a promotion now",
		Long: `End lets a promotion hold no longer. Orders that used it keep their discount. One
that has ended stays as it is, so the command can be repeated.`,
		Example: `  galleria promotions end summer`,
		Args:    exactly(1, "the id of one promotion"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withPricing(cmd, p, s, func(pricing pricingv1.PricingServiceClient) error {
				ended, err := pricing.EndPromotion(cmd.Context(), &pricingv1.EndPromotionRequest{Id: args[0]})
				if err != nil {
					return err
				}
				row := promotionRow(ended.GetPromotion())
				if asJSON {
					return printJSON(cmd.OutOrStdout(), row)
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "the promotion %s ended at %s\n", row.ID, row.Ends)
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the promotion as one object")
	return cmd
}

// allPromotions are all pages of the list.
func allPromotions(ctx context.Context, pricing pricingv1.PricingServiceClient, withoutEnded bool) ([]*pricingv1.Promotion, error) {
	var all []*pricingv1.Promotion
	for token := ""; ; {
		page, err := pricing.ListPromotions(ctx, &pricingv1.ListPromotionsRequest{PageSize: 100, PageToken: token, WithoutEnded: withoutEnded})
		if err != nil {
			return nil, err
		}
		all = append(all, page.GetPromotions()...)
		if token = page.GetNextPageToken(); token == "" {
			return all, nil
		}
	}
}
