package products

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"google.golang.org/grpc/status"

	inventoryv1 "galleria/modules/inventory/v1"
)

// waits tells whether no stock is written before the whole file is known to be good.
func (o Options) waits() bool { return o.Stock == StockAdd && o.WholeDelivery }

// settleHeld takes in the stock of the batches that waited for the end of the file. When
// rows are bad or the import failed, it counts them, and their stock is left alone.
func (i *importer) settleHeld(ctx context.Context, failed error) error {
	if !i.options.waits() {
		return failed
	}
	i.result.NoStock = failed != nil || len(i.result.Bad) > 0
	for _, b := range i.held {
		if i.result.NoStock {
			i.count(b.outcomes, nil, nil)
		} else if err := i.settle(ctx, b); err != nil {
			return err
		}
	}
	return failed
}

// receive takes in each row as a delivery of its own, so that a file that was imported
// half is not taken in twice, nor one with some rows bad that comes again, mended, as the
// same Options.Delivery.
func (i *importer) receive(ctx context.Context, moves []move) (made []move, bad []BadRow, err error) {
	for _, m := range moves {
		got, err := i.inventory.Receive(ctx, &inventoryv1.ReceiveRequest{
			IdempotencyKey: i.deliveryKey(m), Location: m.location,
			Lines: []*inventoryv1.Line{{Sku: m.row.SKU, Quantity: m.after - m.before}},
		})
		switch {
		case err == nil && got.GetRepeated(): // the delivery was taken in before
		case err == nil:
			made = append(made, m)
		case aboutRows(err):
			bad = append(bad, m.refused("stock: "+status.Convert(err).Message())...)
		default:
			return made, bad, err
		}
	}
	return made, bad, nil
}

// deliveryKey is what a row's delivery is taken in under, once.
func (i *importer) deliveryKey(m move) string {
	name := i.options.Delivery + "\x00" + m.row.SKU
	if m.location != mainLocation {
		name += "\x00" + m.location
	}
	key := sha256.Sum256([]byte(name))
	return "import-" + hex.EncodeToString(key[:12])
}

// stillToCome are the moves of deliveries that were not taken in before. Inventory forgets
// keys after a while, and its books keep for ever the movement that a delivery made, which
// bears its key: a dry run and an import both go by those.
func (i *importer) stillToCome(ctx context.Context, moves []move) (remaining []move, bad []BadRow, err error) {
	for _, m := range moves {
		pieces, err := i.takenIn(ctx, m)
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("look up the deliveries of %s: %w", m.row.SKU, err)
		case pieces == 0:
			remaining = append(remaining, m)
		case pieces != m.after-m.before:
			bad = append(bad, m.refused(fmt.Sprintf("%s: %d pieces of this delivery were taken in before, and now the file has %d: correct the stock with galleria stock adjust",
				stockColumn(m.location), pieces, m.after-m.before))...)
		}
	}
	return remaining, bad, nil
}

// takenIn is how many pieces of a row's delivery were taken in before; 0 for none. An inventory
// of an older program passes over the note: then what it lists is looked through.
func (i *importer) takenIn(ctx context.Context, m move) (int64, error) {
	key := i.deliveryKey(m)
	for request := (&inventoryv1.ListMovementsRequest{Sku: m.row.SKU, Note: key}); ; {
		page, err := i.inventory.ListMovements(ctx, request)
		if err != nil {
			return 0, err
		}
		for _, made := range page.GetMovements() {
			if made.GetReason() == inventoryv1.MovementReason_MOVEMENT_REASON_RECEIVE && made.GetNote() == key {
				return made.GetBy(), nil
			}
		}
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			return 0, nil
		}
	}
}
