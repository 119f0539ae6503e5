package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/money"
)

// keyHelp is what --key is, for commands that change an order.
const keyHelp = "what tells this run from others, for programs that repeat it (default: a new one)"

func newOrdersShip(s *settings) *cobra.Command {
	var asJSON bool
	var carrier, tracking, trackingURL, key string
	var lines []string
	cmd := &cobra.Command{
		Use:   "ship ORDER",
		Short: "Note that a parcel was sent: some pieces, or all that is left",
		Long: `Ship notes that a parcel of an order was sent, and a mail tells its customer.
Without --lines it held all that was left to send. When nothing is left, the order
is closed. With the same --key a parcel is noted once however often the command is
run.`,
		Example: `  galleria orders ship G-7K3M-Q4 --carrier CTT --tracking RR123456785PT --lines MUG-BLUE=1`,
		Args:    exactly(1, "the number or the id of one order"),
		RunE: func(cmd *cobra.Command, args []string) error {
			key := keyOr(key)
			return s.withOrder(cmd.Context(), args[0], func(orders ordersv1.OrdersServiceClient, o *ordersv1.Order) error {
				pieces, err := piecesOf(o, lines)
				if err != nil {
					return err
				}
				shipped, err := orders.ShipOrder(cmd.Context(), &ordersv1.ShipOrderRequest{
					OrderId: o.GetId(), Pieces: pieces, Carrier: carrier, Tracking: tracking, TrackingUrl: trackingURL, IdempotencyKey: key,
				})
				if err != nil {
					return withKey(err, key)
				}
				did := "is shipped, and closed"
				if n := leftToSend(shipped.GetOrder()); n > 0 {
					did = fmt.Sprintf("is partly shipped; pieces left to send: %d", n)
				}
				return printDone(cmd, asJSON, shipped.GetOrder(), did)
			})
		},
	}
	cmd.Flags().StringVar(&carrier, "carrier", "", "who carries it")
	cmd.Flags().StringVar(&tracking, "tracking", "", "the carrier's number of the parcel")
	cmd.Flags().StringVar(&trackingURL, "tracking-url", "", "the address of the web where the customer can follow it")
	cmd.Flags().StringSliceVar(&lines, "lines", nil, "what was in it, as SKU=N, with commas between (default: all that is left to send)")
	cmd.Flags().StringVar(&key, "key", "", keyHelp)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the order as one object")
	return cmd
}

func newOrdersCancel(s *settings) *cobra.Command {
	var asJSON bool
	var reason string
	cmd := &cobra.Command{
		Use:   "cancel ORDER",
		Short: "Cancel an order, or what was not sent of it",
		Long: `Cancel decides that an order is given back: its goods go back to the shelf, and
what was paid is refunded, as soon as inventory and payments answer. Of an order of
which a part was sent, the rest is. Running it again changes nothing.`,
		Example: `  galleria orders cancel G-7K3M-Q4 --reason "the mug broke in our hands"`,
		Args:    exactly(1, "the number or the id of one order"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withOrder(cmd.Context(), args[0], func(orders ordersv1.OrdersServiceClient, o *ordersv1.Order) error {
				cancelled, err := orders.CancelOrder(cmd.Context(), &ordersv1.CancelOrderRequest{OrderId: o.GetId(), Operator: true, Reason: reason})
				if err != nil {
					return err
				}
				did := "is cancelled"
				switch cancelled.GetOrder().GetStatus() {
				case ordersv1.OrderStatus_ORDER_STATUS_PLACING:
					did = "is being cancelled; payments does not say yet whether it was paid"
				case ordersv1.OrderStatus_ORDER_STATUS_FAILED:
					did = "is called off; it was not paid, so it counts as not placed"
				case ordersv1.OrderStatus_ORDER_STATUS_CLOSED:
					did = "is closed: what was not sent is cancelled"
				}
				return printDone(cmd, asJSON, cancelled.GetOrder(), did)
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; the customer reads it")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the order as one object")
	return cmd
}

func newOrdersRefund(s *settings) *cobra.Command {
	var asJSON, all, restock bool
	var amount, reason, key string
	var lines []string
	cmd := &cobra.Command{
		Use:   "refund ORDER --amount AMOUNT|--lines SKU=N …|--all",
		Short: "Give back an amount, the price of some pieces, or all that was paid",
		Long: `Refund decides that money goes back to the customer: an amount, what was paid for
some pieces, or all that is left of the payment. The provider is asked at once, and
again while it does not answer; "galleria orders show" says how it went. With
--restock pieces that were not sent go back to the shelf, and are never sent.`,
		Example: `  galleria orders refund G-7K3M-Q4 --amount 5.00 --reason "a scratch"
  galleria orders refund G-7K3M-Q4 --lines MUG-BLUE=1 --restock`,
		Args: func(cmd *cobra.Command, args []string) error {
			given := 0
			for _, one := range []bool{amount != "", len(lines) > 0, all} {
				if one {
					given++
				}
			}
			if given != 1 {
				return usageError{fmt.Errorf("%s wants one of --amount, --lines and --all; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
			}
			if restock && len(lines) == 0 {
				return usageError{errors.New("--restock needs --lines: they say which pieces are not sent")}
			}
			return exactly(1, "the number or the id of one order")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			key := keyOr(key)
			return s.withOrder(cmd.Context(), args[0], func(orders ordersv1.OrdersServiceClient, o *ordersv1.Order) error {
				minor, err := refundAmount(o, amount)
				if err != nil {
					return err
				}
				pieces, err := piecesOf(o, lines)
				if err != nil {
					return err
				}
				refunded, err := orders.RefundOrder(cmd.Context(), &ordersv1.RefundOrderRequest{
					OrderId: o.GetId(), Pieces: pieces, AmountMinor: minor, Reason: reason, Restock: restock, IdempotencyKey: key,
				})
				if err != nil {
					return withKey(err, key)
				}
				return printDone(cmd, asJSON, refunded.GetOrder(), "gets a refund: "+lastRefund(refunded.GetOrder()))
			})
		},
	}
	cmd.Flags().StringVar(&amount, "amount", "", "how much, in the order's currency, like 5.00")
	cmd.Flags().StringSliceVar(&lines, "lines", nil, "for which pieces, as SKU=N, with commas between")
	cmd.Flags().BoolVar(&all, "all", false, "all that was paid and not refunded")
	cmd.Flags().StringVar(&reason, "reason", "", "why; the customer reads it")
	cmd.Flags().BoolVar(&restock, "restock", false, "the pieces were not sent: put them back to the shelf")
	cmd.Flags().StringVar(&key, "key", "", keyHelp)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the order as one object")
	return cmd
}

func newOrdersReturn(s *settings) *cobra.Command {
	var asJSON, restock bool
	var reason, key string
	var lines []string
	cmd := &cobra.Command{
		Use:   "return ORDER --lines SKU=N …",
		Short: "Note that pieces that were sent came back",
		Long: `Return notes that pieces of an order that were sent came back. With --restock they
go to the shelf. It gives no money back: "galleria orders refund" does. With the same
--key it is noted once however often the command is run.`,
		Example: `  galleria orders return G-7K3M-Q4 --lines MUG-BLUE=1 --reason "too small" --restock`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(lines) == 0 {
				return usageError{fmt.Errorf("%s wants --lines: which pieces came back; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
			}
			return exactly(1, "the number or the id of one order")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			key := keyOr(key)
			return s.withOrder(cmd.Context(), args[0], func(orders ordersv1.OrdersServiceClient, o *ordersv1.Order) error {
				pieces, err := piecesOf(o, lines)
				if err != nil {
					return err
				}
				returned, err := orders.ReturnItems(cmd.Context(), &ordersv1.ReturnItemsRequest{
					OrderId: o.GetId(), Pieces: pieces, Reason: reason, Restock: restock, IdempotencyKey: key,
				})
				if err != nil {
					return withKey(err, key)
				}
				return printDone(cmd, asJSON, returned.GetOrder(), "has pieces that came back: "+strings.Join(lines, ", "))
			})
		},
	}
	cmd.Flags().StringSliceVar(&lines, "lines", nil, "what came back, as SKU=N, with commas between")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the shop")
	cmd.Flags().BoolVar(&restock, "restock", false, "put the pieces back to the shelf")
	cmd.Flags().StringVar(&key, "key", "", keyHelp)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the order as one object")
	return cmd
}

// piecesOf reads SKU=N as pieces of the order's lines.
func piecesOf(o *ordersv1.Order, texts []string) ([]*ordersv1.Piece, error) {
	var pieces []*ordersv1.Piece
	for _, text := range texts {
		sku, number, _ := strings.Cut(text, "=")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 1 || sku == "" {
			return nil, usageError{fmt.Errorf("--lines is SKU=N with a number above 0, not %q", text)}
		}
		line, err := lineOf(o, sku)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, &ordersv1.Piece{LineId: line.GetId(), Quantity: n})
	}
	return pieces, nil
}

func lineOf(o *ordersv1.Order, sku string) (*ordersv1.Line, error) {
	var has []string
	for _, l := range o.GetLines() {
		if l.GetSku() == sku {
			return l, nil
		}
		has = append(has, l.GetSku())
	}
	return nil, fmt.Errorf("order %s has no line of %s; it has %s", o.GetNumber(), sku, strings.Join(has, ", "))
}

// refundAmount reads "5.00" or "5.00 EUR" in the order's currency; 0 if empty.
func refundAmount(o *ordersv1.Order, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	number, currency, _ := strings.Cut(strings.TrimSpace(text), " ")
	if currency = strings.TrimSpace(currency); currency != "" && currency != o.GetCurrencyCode() {
		return 0, fmt.Errorf("order %s was paid in %s, not in %s", o.GetNumber(), o.GetCurrencyCode(), currency)
	}
	amount, err := money.Parse(number, o.GetCurrencyCode())
	if err != nil || amount.Minor() < 1 {
		like := "5.00"
		if example, err := money.Parse("5", o.GetCurrencyCode()); err == nil {
			like = example.Decimal()
		}
		return 0, usageError{fmt.Errorf("--amount is an amount of %s above 0, like %s, not %q", o.GetCurrencyCode(), like, text)}
	}
	return amount.Minor(), nil
}
