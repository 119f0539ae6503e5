package request

import (
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/modules/inventory/internal/stock"
	"galleria/platform/contract"
)

// Stock is the contract's form of books.
func Stock(b stock.Books) *inventoryv1.Stock {
	return &inventoryv1.Stock{Sku: b.SKU, OnHand: b.OnHand, Reserved: b.Reserved, Sold: b.Sold, Received: b.Received}
}

// Reserved is the answer to a Reserve.
func Reserved(r stock.Reservation) *inventoryv1.ReserveResponse {
	return &inventoryv1.ReserveResponse{Status: statuses[r.Status], ExpiresAt: timestamppb.New(r.ExpiresAt)}
}

var statuses = map[stock.Status]inventoryv1.ReservationStatus{
	stock.Held:      inventoryv1.ReservationStatus_RESERVATION_STATUS_HELD,
	stock.Committed: inventoryv1.ReservationStatus_RESERVATION_STATUS_COMMITTED,
	stock.Released:  inventoryv1.ReservationStatus_RESERVATION_STATUS_RELEASED,
	stock.Expired:   inventoryv1.ReservationStatus_RESERVATION_STATUS_EXPIRED,
}

// OutOfStock is the error of an order the shelf is too short for.
func OutOfStock(s stock.Short) error {
	err := contract.Error(codes.FailedPrecondition, inventoryv1.Reason_REASON_OUT_OF_STOCK, "%v", s)
	return contract.WithMetadata(err, map[string]string{"sku": s.SKU, "available": strconv.FormatInt(s.Available, 10)})
}

// NoReservation is the error of committing what was never reserved.
func NoReservation(orderID string) error {
	return contract.Error(codes.NotFound, inventoryv1.Reason_REASON_NO_RESERVATION, "order %s never reserved anything", orderID)
}

// Released is the error of an order whose goods were given back.
func Released(orderID string) error {
	return contract.Error(codes.FailedPrecondition, inventoryv1.Reason_REASON_RELEASED, "the goods of order %s were given back", orderID)
}

// KeyReused is the error of a key used before with other lines.
func KeyReused(key string) error {
	return contract.Error(codes.InvalidArgument, inventoryv1.Reason_REASON_KEY_REUSED, "%s was used before with other lines", key)
}
