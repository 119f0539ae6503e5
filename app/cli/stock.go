package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/platform/contract"
)

func newStock(p Program, s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stock",
		Short: "Look at the stock, take in deliveries and correct counts",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newStockShow(p, s), newStockReceive(p, s), newStockAdjust(p, s))
	return cmd
}

// askedAtOnce is how many skus the modules take in one question; a delivery has more.
const askedAtOnce = 200

// knownStock finds skus that neither the catalog nor inventory knows: a delivery of one,
// mistyped, would be goods that nothing sells.
func knownStock(ctx context.Context, connect func(module string) grpc.ClientConnInterface, skus []string) error {
	catalog, inventory := catalogv1.NewCatalogServiceClient(connect("catalog")), inventoryv1.NewInventoryServiceClient(connect("inventory"))
	known := map[string]bool{}
	for part := range slices.Chunk(skus, askedAtOnce) {
		products, err := catalog.GetProducts(ctx, &catalogv1.GetProductsRequest{Skus: part})
		if err != nil {
			return err
		}
		levels, err := inventory.GetLevels(ctx, &inventoryv1.GetLevelsRequest{Skus: part})
		if err != nil {
			return err
		}
		for _, p := range products.GetProducts() {
			for _, v := range p.GetVariants() {
				known[v.GetSku()] = true
			}
		}
		for _, l := range levels.GetLevels() {
			known[l.GetSku()] = true
		}
	}
	unknown := slices.DeleteFunc(slices.Clone(skus), func(sku string) bool { return known[sku] })
	if len(unknown) > 0 {
		return fmt.Errorf("the shop has no product with the sku %s, so nothing was changed; make the product first (galleria import products)", strings.Join(unknown, ", "))
	}
	return nil
}

// withInventory calls use with inventory, of the running shop or run here meanwhile. The
// skus that it changes must be known.
func withInventory(cmd *cobra.Command, p Program, s *settings, changes []string, use func(inventoryv1.InventoryServiceClient) error) error {
	c, _, err := s.load()
	if err != nil {
		return err
	}
	return withModules(cmd.Context(), c, s.address(c), p.Stderr, func(connect func(module string) grpc.ClientConnInterface) error {
		if err := knownStock(cmd.Context(), connect, changes); err != nil {
			return err
		}
		return use(inventoryv1.NewInventoryServiceClient(connect("inventory")))
	})
}

func newStockShow(p Program, s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show SKU …",
		Short: "Show the levels of products, and what moved last",
		Long: `Show lists for each sku and location what is on hand, what of it is allocated to
orders and what can be sold. For a single sku its last 20 movements follow.`,
		Example: `  galleria stock show MUG-BLUE`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("%s wants one sku or more; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return withInventory(cmd, p, s, nil, func(inventory inventoryv1.InventoryServiceClient) error {
				levels, err := inventory.GetLevels(cmd.Context(), &inventoryv1.GetLevelsRequest{Skus: args})
				if err != nil {
					return err
				}
				shown := stockJSON{Levels: []levelJSON{}, Movements: []movementJSON{}}
				for _, l := range levels.GetLevels() {
					shown.Levels = append(shown.Levels, levelRow(l))
				}
				if len(args) == 1 {
					moved, err := inventory.ListMovements(cmd.Context(), &inventoryv1.ListMovementsRequest{Sku: args[0], PageSize: 20})
					if err != nil {
						return err
					}
					for _, m := range moved.GetMovements() {
						shown.Movements = append(shown.Movements, movementRow(m))
					}
				}
				if len(shown.Levels) == 0 {
					return fmt.Errorf("inventory knows no stock of %s; see galleria stock receive --help", strings.Join(args, ", "))
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), shown)
				}
				return printStock(cmd.OutOrStdout(), shown)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object, with arrays of levels and movements")
	return cmd
}

func newStockReceive(p Program, s *settings) *cobra.Command {
	var key, location string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "receive SKU=QUANTITY …",
		Short: "Take in a delivery",
		Long: `Receive adds delivered goods to the stock. With --key, the number of the delivery
for example, the same delivery is taken in once however often the command is run. When a
sku is none of the shop's, nothing is taken in.`,
		Example: `  galleria stock receive --key delivery-4711 MUG-BLUE=24 TEA-1=6`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("%s wants what was delivered, as SKU=QUANTITY; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			request := &inventoryv1.ReceiveRequest{IdempotencyKey: keyOr(key), Location: location}
			total := int64(0)
			var skus []string
			for _, arg := range args {
				sku, text, _ := strings.Cut(arg, "=")
				n, err := strconv.ParseInt(text, 10, 64)
				if err != nil || n < 1 || sku == "" {
					return usageError{fmt.Errorf("%q is not SKU=QUANTITY with a quantity above 0; see %s --help", arg, cmd.CommandPath())}
				}
				request.Lines = append(request.Lines, &inventoryv1.Line{Sku: sku, Quantity: n})
				skus, total = append(skus, sku), total+n
			}
			return withInventory(cmd, p, s, skus, func(inventory inventoryv1.InventoryServiceClient) error {
				received, err := inventory.Receive(cmd.Context(), request)
				if err != nil {
					return withKey(err, request.GetIdempotencyKey())
				}
				// With a key made here it was this command: its request was sent again on the way.
				before := received.GetRepeated() && key != ""
				if before {
					total = 0
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), receivedJSON{Key: request.GetIdempotencyKey(), Received: total, Repeated: before})
				}
				if before {
					_, err = fmt.Fprintf(cmd.OutOrStdout(), "0 received: the delivery %s was taken in before\n", key)
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d received\n", total)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "what tells this delivery from others (default: a new one)")
	cmd.Flags().StringVar(&location, "location", "", "where it lies (default main)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object: the key, how many pieces were received, and whether they had been before")
	return cmd
}

func newStockAdjust(p Program, s *settings) *cobra.Command {
	var key, location, reason, note string
	var by int64
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "adjust SKU --by DIFFERENCE",
		Short: "Correct the stock of a product by a difference",
		Long: `Adjust adds a difference to what is on hand, or takes it away, and writes down why:
damage and loss take away, found and return add, a correction does either. What is
allocated to orders can't be taken away: if it broke, take it out of an order first,
with "galleria orders refund NUMBER --lines SKU=1 --restock", so that its customer
hears of it and gets the money back; then adjust.`,
		Example: `  galleria stock adjust MUG-BLUE --by -2 --reason damage --note "fell off the shelf"`,
		Args:    exactly(1, "one sku"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if by == 0 {
				return usageError{fmt.Errorf("--by is the difference, like 3 or -3, and not 0; see %s --help", cmd.CommandPath())}
			}
			why, known := inventoryv1.AdjustReason_value["ADJUST_REASON_"+strings.ToUpper(reason)]
			if !known || why == 0 {
				return usageError{fmt.Errorf("--reason is damage, loss, found, return or correction, not %q", reason)}
			}
			key := keyOr(key)
			return withInventory(cmd, p, s, args, func(inventory inventoryv1.InventoryServiceClient) error {
				adjusted, err := inventory.Adjust(cmd.Context(), &inventoryv1.AdjustRequest{
					Sku: args[0], Location: location, By: by, Reason: inventoryv1.AdjustReason(why), Note: note, IdempotencyKey: key,
				})
				if contract.Is(err, inventoryv1.Reason_REASON_BELOW_ALLOCATED) && contract.Metadata(err, "allocated") != "0" {
					return fmt.Errorf(`%w
find the orders with "galleria orders list --status open --query %s", take out of one what can't be sent with "galleria orders refund NUMBER --lines %s=1 --restock", and adjust again`, err, args[0], args[0])
				}
				if err != nil {
					return withKey(err, key)
				}
				row := levelRow(adjusted.GetLevel())
				if asJSON {
					return printJSON(cmd.OutOrStdout(), row)
				}
				return printStock(cmd.OutOrStdout(), stockJSON{Levels: []levelJSON{row}})
			})
		},
	}
	cmd.Flags().Int64Var(&by, "by", 0, "the difference, like 3 or -3")
	cmd.Flags().StringVar(&reason, "reason", "correction", "damage, loss, found, return or correction")
	cmd.Flags().StringVar(&note, "note", "", "more about it, for people")
	cmd.Flags().StringVar(&key, "key", "", "what tells this adjustment from others (default: a new one)")
	cmd.Flags().StringVar(&location, "location", "", "where it lies (default main)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the level as one object")
	return cmd
}

// newAudit compares books that must agree.
func newAudit(p Program, s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Check that the books of the stock balance",
		Long: `Audit compares each level of the stock with the sum of its movements, and what is
allocated with what is kept for orders. Differences are listed, and the exit code
is 1.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withInventory(cmd, p, s, nil, func(inventory inventoryv1.InventoryServiceClient) error {
				found, err := inventory.Audit(cmd.Context(), &inventoryv1.AuditRequest{})
				if err != nil {
					return err
				}
				rows := []problemJSON{}
				for _, d := range found.GetProblems() {
					rows = append(rows, problemJSON{SKU: d.GetSku(), Location: d.GetLocation(), What: d.GetWhat(), Level: d.GetLevel(), Sum: d.GetSum()})
				}
				if asJSON {
					err = printJSON(cmd.OutOrStdout(), rows)
				} else {
					err = printProblems(cmd.OutOrStdout(), rows)
				}
				if err == nil && len(rows) > 0 {
					err = fmt.Errorf("the books of the stock do not balance: %d differences", len(rows))
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of differences")
	return cmd
}

// stockJSON is what show prints for programs.
type stockJSON struct {
	Levels    []levelJSON    `json:"levels"`
	Movements []movementJSON `json:"movements"`
}

// receivedJSON is what receive prints for programs.
type receivedJSON struct {
	Key      string `json:"key"`      // names the delivery, to repeat it
	Received int64  `json:"received"` // pieces; 0 when the delivery was taken in before
	Repeated bool   `json:"repeated"`
}

type levelJSON struct {
	SKU       string `json:"sku"`
	Location  string `json:"location"`
	OnHand    int64  `json:"on_hand"`
	Allocated int64  `json:"allocated"`
	Available int64  `json:"available"`
}

type movementJSON struct {
	ID       string `json:"id"`
	Location string `json:"location"`
	By       int64  `json:"by"`
	Reason   string `json:"reason"`
	Order    string `json:"order,omitempty"`
	Note     string `json:"note,omitempty"`
	Actor    string `json:"actor"`
	// At is a time as in RFC 3339; empty for what was there when movements began to
	// be written.
	At string `json:"at,omitempty"`
}

type problemJSON struct {
	SKU      string `json:"sku"`
	Location string `json:"location"`
	What     string `json:"what"`
	Level    int64  `json:"level"`
	Sum      int64  `json:"sum"`
}

func levelRow(l *inventoryv1.Level) levelJSON {
	return levelJSON{SKU: l.GetSku(), Location: l.GetLocation(), OnHand: l.GetOnHand(), Allocated: l.GetAllocated(), Available: l.GetAvailable()}
}

func movementRow(m *inventoryv1.Movement) movementJSON {
	row := movementJSON{
		ID: m.GetId(), Location: m.GetLocation(), By: m.GetBy(), Order: m.GetOrderId(), Note: m.GetNote(), Actor: m.GetActor(),
		Reason: strings.ToLower(strings.TrimPrefix(m.GetReason().String(), "MOVEMENT_REASON_")),
	}
	if m.GetAt() != nil {
		row.At = m.GetAt().AsTime().Format(time.RFC3339)
	}
	return row
}

func printStock(to io.Writer, s stockJSON) error {
	out := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "SKU\tLOCATION\tON HAND\tALLOCATED\tAVAILABLE")
	for _, l := range s.Levels {
		fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%d\n", l.SKU, l.Location, l.OnHand, l.Allocated, l.Available)
	}
	if len(s.Movements) > 0 {
		fmt.Fprintln(out, "\nAT\tBY\tREASON\tLOCATION\tORDER\tWHO\tNOTE")
	}
	for _, m := range s.Movements {
		fmt.Fprintf(out, "%s\t%+d\t%s\t%s\t%s\t%s\t%s\n", m.At, m.By, m.Reason, m.Location, m.Order, m.Actor, m.Note)
	}
	return out.Flush()
}

func printProblems(to io.Writer, rows []problemJSON) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(to, "the books of the stock balance")
		return err
	}
	out := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "SKU\tLOCATION\tWHAT\tLEVEL\tSUM")
	for _, r := range rows {
		fmt.Fprintf(out, "%s\t%s\t%s\t%d\t%d\n", r.SKU, r.Location, r.What, r.Level, r.Sum)
	}
	return out.Flush()
}
