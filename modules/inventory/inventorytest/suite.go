package inventorytest

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/contract"
	"galleria/platform/id"
	"galleria/platform/module/moduletest"
)

// World is what the suite works on. Its books may be used by others too: the
// cases make skus, orders and keys of their own.
type World struct {
	Inventory inventoryv1.InventoryServiceClient
}

// Run tests the contract.
func Run(t *testing.T, w World) {
	moduletest.Cases{
		"GetStock": getStock(w),
		"SetStock": setStock(w),
		"Receive":  receive(w),
		"Reserve":  reserve(w),
		"Commit":   commit(w),
		"Release":  release(w),
	}.Run(t, &inventoryv1.InventoryService_ServiceDesc)
}

// shop speaks the suite's language on one world.
type shop struct {
	World
	t *testing.T
}

func (s shop) sku(onHand int64) string {
	s.t.Helper()
	sku := "sku-" + id.New()
	s.setStock(sku, onHand)
	return sku
}

func (s shop) setStock(sku string, onHand int64) {
	s.t.Helper()
	_, err := s.Inventory.SetStock(s.t.Context(), &inventoryv1.SetStockRequest{Levels: []*inventoryv1.SetStockRequest_Level{{Sku: sku, OnHand: onHand}}})
	s.works(err)
}

func (s shop) reserve(order string, lines ...*inventoryv1.Line) (*inventoryv1.ReserveResponse, error) {
	return s.Inventory.Reserve(s.t.Context(), &inventoryv1.ReserveRequest{OrderId: order, Lines: lines})
}

func (s shop) reserved(order string, lines ...*inventoryv1.Line) *inventoryv1.ReserveResponse {
	s.t.Helper()
	r, err := s.reserve(order, lines...)
	s.works(err)
	return r
}

func (s shop) commit(order string) error {
	_, err := s.Inventory.Commit(s.t.Context(), &inventoryv1.CommitRequest{OrderId: order})
	return err
}

func (s shop) release(order string) error {
	_, err := s.Inventory.Release(s.t.Context(), &inventoryv1.ReleaseRequest{OrderId: order})
	return err
}

func (s shop) receive(key string, lines ...*inventoryv1.Line) error {
	_, err := s.Inventory.Receive(s.t.Context(), &inventoryv1.ReceiveRequest{IdempotencyKey: key, Lines: lines})
	return err
}

func line(sku string, quantity int64) *inventoryv1.Line {
	return &inventoryv1.Line{Sku: sku, Quantity: quantity}
}

func (s shop) works(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("got error %v, want none", err)
	}
}

func (s shop) fails(err error, code codes.Code, reason protoreflect.Enum) {
	s.t.Helper()
	if status.Code(err) != code || !contract.Is(err, reason) {
		s.t.Fatalf("got %v, want code %v with reason %v", err, code, reason)
	}
}

func (s shop) invalid(err error, fields ...string) {
	s.t.Helper()
	got := map[string]bool{}
	for _, v := range contract.Violations(err) {
		got[v.Field] = true
	}
	for _, field := range fields {
		if !got[field] {
			s.t.Errorf("got %v, want a violation of %s", err, field)
		}
	}
	if status.Code(err) != codes.InvalidArgument {
		s.t.Errorf("got code %v, want InvalidArgument", status.Code(err))
	}
}

// books wants the books of a sku to be so; received is the sum.
func (s shop) books(sku string, onHand, reserved, sold int64) {
	s.t.Helper()
	got, err := s.Inventory.GetStock(s.t.Context(), &inventoryv1.GetStockRequest{Skus: []string{sku}})
	s.works(err)
	if len(got.GetStock()) != 1 {
		s.t.Fatalf("got %d skus, want the books of %s", len(got.GetStock()), sku)
	}
	b := got.GetStock()[0]
	if b.GetOnHand() != onHand || b.GetReserved() != reserved || b.GetSold() != sold || b.GetReceived() != onHand+reserved+sold {
		s.t.Fatalf("got %v, want %d on hand, %d reserved, %d sold, %d received", b, onHand, reserved, sold, onHand+reserved+sold)
	}
}
