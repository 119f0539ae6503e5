package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/id"
)

func newOrders(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "orders",
		Short: "Look at orders, ship, cancel and refund them",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newOrdersList(s), newOrdersShow(s), newOrdersShip(s), newOrdersCancel(s), newOrdersRefund(s), newOrdersReturn(s), newOrdersAttention(s))
	return cmd
}

// withOrders calls use with orders of the running shop.
func (s *settings) withOrders(ctx context.Context, use func(ordersv1.OrdersServiceClient) error) error {
	shop, err := s.shop()
	if err != nil {
		return err
	}
	defer shop.conn.Close()
	err = use(ordersv1.NewOrdersServiceClient(asOperator{shop.conn}))
	if errors.As(err, new(answer)) {
		return shop.explainOf(ctx, err)
	}
	return err
}

// withOrder calls use with one order, found by its number or id.
func (s *settings) withOrder(ctx context.Context, number string, use func(ordersv1.OrdersServiceClient, *ordersv1.Order) error) error {
	return s.withOrders(ctx, func(orders ordersv1.OrdersServiceClient) error {
		found, err := orders.FindOrder(ctx, &ordersv1.FindOrderRequest{Number: number})
		if err != nil {
			return err
		}
		return use(orders, found.GetOrder())
	})
}

func newOrdersList(s *settings) *cobra.Command {
	var asJSON bool
	var only, query string
	var most int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List orders, newest first",
		Long: `List lists orders, newest first: how each stands with its money and its goods, and
whether it needs attention. Times are those of this machine's time zone.`,
		Example: `  galleria orders list --status open
  galleria orders list --query ana@example.org`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			request := &ordersv1.ListOrdersRequest{Query: query}
			if only != "" {
				wanted := ordersv1.OrderStatus_value["ORDER_STATUS_"+strings.ToUpper(only)]
				if wanted == 0 {
					return usageError{fmt.Errorf("--status is placing, open, closed, failed or cancelled, not %q", only)}
				}
				request.Statuses = []ordersv1.OrderStatus{ordersv1.OrderStatus(wanted)}
			}
			if most < 1 {
				return usageError{fmt.Errorf("--most must be at least 1, not %d", most)}
			}
			return s.withOrders(cmd.Context(), func(orders ordersv1.OrdersServiceClient) error {
				found, err := listOrders(cmd.Context(), orders, request, most)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), allAsFields(found))
				}
				if len(found) == 0 {
					_, err := fmt.Fprintln(cmd.OutOrStdout(), "there are no such orders")
					return err
				}
				out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(out, "ORDER\tSTATUS\tPAYMENT\tDELIVERY\tTOTAL\tPLACED\tCUSTOMER\tATTENTION")
				for _, o := range found {
					fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o.GetNumber(), orderStatus(o), paymentStatus(o), deliveryStatus(o),
						amountOf(o, o.GetTotals().GetTotalMinor()), localStamp(o.GetCreatedAt()), o.GetContact().GetEmail(),
						cmp.Or(oneLine(o.GetAttention().GetReason()), "-"))
				}
				return out.Flush()
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of orders")
	cmd.Flags().StringVar(&only, "status", "", "only those that are placing, open, closed, failed or cancelled")
	cmd.Flags().StringVar(&query, "query", "", "only those of a number, an e-mail address, a sku, or a name or a part of it")
	cmd.Flags().IntVar(&most, "most", 100, "how many orders at most")
	return cmd
}

// listOrders asks for pages until there are enough.
func listOrders(ctx context.Context, orders ordersv1.OrdersServiceClient, request *ordersv1.ListOrdersRequest, most int) ([]*ordersv1.Order, error) {
	var all []*ordersv1.Order
	for {
		request.PageSize = int32(min(most-len(all), 200))
		page, err := orders.ListOrders(ctx, request)
		if err != nil {
			return nil, err
		}
		all = append(all, page.GetOrders()...)
		request.PageToken = page.GetNextPageToken()
		if request.GetPageToken() == "" || len(all) >= most {
			return all, nil
		}
	}
}

func newOrdersShow(s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "show ORDER",
		Short:   "Show one order, by its number or id, with all that happened to it",
		Example: `  galleria orders show G-7K3M-Q4`,
		Args:    exactly(1, "the number or the id of one order"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withOrder(cmd.Context(), args[0], func(_ ordersv1.OrdersServiceClient, o *ordersv1.Order) error {
				if asJSON {
					return printJSON(cmd.OutOrStdout(), asFields(o))
				}
				return printOrder(cmd.OutOrStdout(), o)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the order as one object")
	return cmd
}

func newOrdersAttention(s *settings) *cobra.Command {
	var asJSON, retry, closed bool
	var note string
	cmd := &cobra.Command{
		Use:   "attention [ORDER --retry|--close]",
		Short: "List orders that need attention, or answer one",
		Long: `Attention lists the orders with which the shop can't go on by itself, and why. Once
the cause is mended, --retry lets it try again; --close leaves what was refused,
because it was done by hand, or is not to be done. A refund that was given up is left as
well: it counts as made by hand. What else was not answered yet, such as goods that go back
to the shelf, goes on all the same, and so does a refund that payments has accepted.`,
		Example: `  galleria orders attention
  galleria orders attention G-7K3M-Q4 --close --note "refunded by bank transfer"`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && (retry || closed || note != "") {
				return usageError{fmt.Errorf("%s wants the number or the id of one order with --retry, --close or --note", cmd.CommandPath())}
			}
			if len(args) == 1 && retry == closed {
				return usageError{fmt.Errorf("%s %s wants --retry or --close; see galleria orders show %s", cmd.CommandPath(), args[0], args[0])}
			}
			if len(args) > 1 {
				return exactly(1, "one order at most")(cmd, args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return s.withOrders(cmd.Context(), func(orders ordersv1.OrdersServiceClient) error { return listAttention(cmd, orders, asJSON) })
			}
			action := ordersv1.ResolveAttentionRequest_ACTION_CLOSE
			if retry {
				action = ordersv1.ResolveAttentionRequest_ACTION_RETRY
			}
			return s.withOrder(cmd.Context(), args[0], func(orders ordersv1.OrdersServiceClient, o *ordersv1.Order) error {
				if o.GetAttention() == nil {
					return fmt.Errorf("order %s needs no attention", o.GetNumber())
				}
				resolved, err := orders.ResolveAttention(cmd.Context(), &ordersv1.ResolveAttentionRequest{
					OrderId: o.GetId(), Action: action, Note: note, Reason: o.GetAttention().GetReason(), IdempotencyKey: id.New(),
				})
				if err != nil {
					return err
				}
				did := "needs no attention any more"
				if retry {
					did = "is tried again"
				}
				return printDone(cmd, asJSON, resolved.GetOrder(), did)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of orders, or the one order as an object")
	cmd.Flags().BoolVar(&retry, "retry", false, "try again what could not be done")
	cmd.Flags().BoolVar(&closed, "close", false, "leave the order as it is")
	cmd.Flags().StringVar(&note, "note", "", "what to keep about it in the order")
	return cmd
}

func listAttention(cmd *cobra.Command, orders ordersv1.OrdersServiceClient, asJSON bool) error {
	found, err := listOrders(cmd.Context(), orders, &ordersv1.ListOrdersRequest{Attention: true}, 10_000)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), allAsFields(found))
	}
	if len(found) == 0 {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "no order needs attention")
		return err
	}
	out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "ORDER\tSTATUS\tSINCE\tWHY")
	for _, o := range found {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", o.GetNumber(), orderStatus(o), localStamp(o.GetAttention().GetSince()), oneLine(o.GetAttention().GetReason()))
	}
	return out.Flush()
}
