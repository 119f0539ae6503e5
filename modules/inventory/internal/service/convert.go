package service

import (
	"errors"
	"fmt"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/modules/inventory/internal/stock"
	"galleria/platform/contract"
)

var adjustReasons = map[inventoryv1.AdjustReason]stock.Reason{
	inventoryv1.AdjustReason_ADJUST_REASON_DAMAGE:     stock.Damage,
	inventoryv1.AdjustReason_ADJUST_REASON_LOSS:       stock.Loss,
	inventoryv1.AdjustReason_ADJUST_REASON_FOUND:      stock.Found,
	inventoryv1.AdjustReason_ADJUST_REASON_RETURN:     stock.Return,
	inventoryv1.AdjustReason_ADJUST_REASON_CORRECTION: stock.Correction,
}

var movementReasons = map[stock.Reason]inventoryv1.MovementReason{
	stock.Receive:    inventoryv1.MovementReason_MOVEMENT_REASON_RECEIVE,
	stock.Counted:    inventoryv1.MovementReason_MOVEMENT_REASON_COUNT,
	stock.Ship:       inventoryv1.MovementReason_MOVEMENT_REASON_SHIP,
	stock.Damage:     inventoryv1.MovementReason_MOVEMENT_REASON_DAMAGE,
	stock.Loss:       inventoryv1.MovementReason_MOVEMENT_REASON_LOSS,
	stock.Found:      inventoryv1.MovementReason_MOVEMENT_REASON_FOUND,
	stock.Return:     inventoryv1.MovementReason_MOVEMENT_REASON_RETURN,
	stock.Correction: inventoryv1.MovementReason_MOVEMENT_REASON_CORRECTION,
	stock.Opening:    inventoryv1.MovementReason_MOVEMENT_REASON_OPENING,
}

func levelOf(l stock.Level) *inventoryv1.Level {
	return &inventoryv1.Level{Sku: l.SKU, Location: l.Location, OnHand: l.OnHand, Allocated: l.Allocated, Available: l.Available()}
}

func movementOf(m stock.Movement) *inventoryv1.Movement {
	answer := &inventoryv1.Movement{
		Id: m.ID, Sku: m.SKU, Location: m.Location, By: m.By, Reason: movementReasons[m.Reason],
		OrderId: m.OrderID, Note: m.Note, Actor: m.Actor,
	}
	if !m.At.IsZero() { // that of an opening is not known
		answer.At = timestamppb.New(m.At)
	}
	return answer
}

// failure is the contract's form of what the store answers.
func failure(what string, err error) error {
	var short stock.Short
	var below stock.BelowAllocated
	var missing stock.NotAllocated
	switch {
	case errors.As(err, &short):
		facts := map[string]string{"sku": short.SKU, "available": number(short.Available)}
		if short.Held {
			facts["held"] = "true"
		}
		return contract.WithMetadata(contract.Error(codes.FailedPrecondition, inventoryv1.Reason_REASON_OUT_OF_STOCK, "%v", short), facts)
	case errors.As(err, &below):
		return contract.WithMetadata(
			contract.Error(codes.FailedPrecondition, inventoryv1.Reason_REASON_BELOW_ALLOCATED, "%v", below),
			map[string]string{"sku": below.SKU, "location": below.Location, "allocated": number(below.Allocated)})
	case errors.As(err, &missing):
		return contract.WithMetadata(
			contract.Error(codes.FailedPrecondition, inventoryv1.Reason_REASON_NOT_ALLOCATED, "%v", missing),
			map[string]string{"sku": missing.SKU, "allocated": number(missing.Allocated)})
	case errors.Is(err, stock.ErrReleased):
		return contract.Error(codes.FailedPrecondition, inventoryv1.Reason_REASON_RELEASED, "the goods of %s were given back", what)
	case errors.Is(err, stock.ErrKeyReused):
		return contract.Error(codes.InvalidArgument, inventoryv1.Reason_REASON_KEY_REUSED, "%s was used before for something else", what)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
