package service

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/orders/internal/order"
	"galleria/platform/contract"
)

// OfInventory is where the goods are.
type OfInventory struct {
	Inventory inventoryv1.InventoryServiceClient
}

var _ Goods = OfInventory{}

// Allocate sets goods aside.
func (i OfInventory) Allocate(ctx context.Context, orderID string, lines []order.Line, hold time.Duration) error {
	req := &inventoryv1.AllocateRequest{OrderId: orderID}
	if hold > 0 {
		req.Hold = durationpb.New(hold)
	}
	for _, l := range lines {
		req.Lines = append(req.Lines, &inventoryv1.Line{Sku: l.SKU, Quantity: l.Quantity})
	}
	_, err := i.Inventory.Allocate(ctx, req)
	if contract.Is(err, inventoryv1.Reason_REASON_OUT_OF_STOCK) {
		return refusable(err, order.OutOfStock, "sku", "available", "held")
	}
	return refusable(err, order.Unavailable)
}

// Release gives back all that is set aside.
func (i OfInventory) Release(ctx context.Context, orderID string) error {
	_, err := i.Inventory.Release(ctx, &inventoryv1.ReleaseRequest{OrderId: orderID})
	return refusable(err, order.Unavailable)
}

// ReleaseSome gives back a part.
func (i OfInventory) ReleaseSome(ctx context.Context, orderID, key string, of []Amount) error {
	_, err := i.Inventory.Release(ctx, &inventoryv1.ReleaseRequest{OrderId: orderID, IdempotencyKey: key, Lines: linesOf(of)})
	return refusable(err, order.Unavailable)
}

// Ship says that goods have left.
func (i OfInventory) Ship(ctx context.Context, orderID, key string, of []Amount) error {
	_, err := i.Inventory.Ship(ctx, &inventoryv1.ShipRequest{OrderId: orderID, IdempotencyKey: key, Lines: linesOf(of)})
	return refusable(err, order.Unavailable)
}

// PutBack puts returned goods on the shelf: one adjustment for each sku.
func (i OfInventory) PutBack(ctx context.Context, orderID, key string, of []Amount, note string) error {
	for _, l := range of {
		_, err := i.Inventory.Adjust(ctx, &inventoryv1.AdjustRequest{
			Sku: l.SKU, By: l.Quantity, Reason: inventoryv1.AdjustReason_ADJUST_REASON_RETURN, Note: note, OrderId: orderID,
			IdempotencyKey: key + "/" + l.SKU,
		})
		if err != nil {
			return refusable(err, order.Unavailable)
		}
	}
	return nil
}

func linesOf(of []Amount) []*inventoryv1.Line {
	var lines []*inventoryv1.Line
	for _, l := range of {
		lines = append(lines, &inventoryv1.Line{Sku: l.SKU, Quantity: l.Quantity})
	}
	return lines
}
