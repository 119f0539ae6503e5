package inventorytest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/id"
	"galleria/platform/module/moduletest"
)

// World is what the suite works on. Its books may be used by others too: the
// cases make skus, orders and keys of their own.
type World struct {
	Inventory inventoryv1.InventoryServiceClient
	// Outside is how a caller without rights of its own reaches it, such as the edge.
	Outside grpc.ClientConnInterface
}

// Run tests the contract.
func Run(t *testing.T, w World) {
	moduletest.Cases{
		"GetLevels":     getLevels(w),
		"SetLevels":     setLevels(w),
		"Receive":       receive(w),
		"Adjust":        adjust(w),
		"Allocate":      allocate(w),
		"Release":       release(w),
		"Ship":          ship(w),
		"ListMovements": listMovements(w),
		"ListLevels":    listLevels(w),
		"Audit":         audit(w),
	}.Run(t, &inventoryv1.InventoryService_ServiceDesc)
	moduletest.Refused(t, w.Outside, inventoryv1.Reason_REASON_NOT_ALLOWED,
		inventoryv1.InventoryService_SetLevels_FullMethodName,
		inventoryv1.InventoryService_Allocate_FullMethodName,
		inventoryv1.InventoryService_Release_FullMethodName,
		inventoryv1.InventoryService_Ship_FullMethodName,
		inventoryv1.InventoryService_Adjust_FullMethodName,
		inventoryv1.InventoryService_Receive_FullMethodName,
		inventoryv1.InventoryService_ListMovements_FullMethodName,
		inventoryv1.InventoryService_Audit_FullMethodName,
	)
}

// shop speaks the suite's language on one world.
type shop struct {
	World
	t *testing.T
}

func (s shop) sku(onHand int64) string {
	s.t.Helper()
	sku := "sku-" + id.New()
	s.count(sku, "", onHand)
	return sku
}

func (s shop) setLevel(sku, location string, onHand int64) error {
	_, err := s.Inventory.SetLevels(s.t.Context(), &inventoryv1.SetLevelsRequest{
		Levels: []*inventoryv1.SetLevelsRequest_Count{{Sku: sku, Location: location, OnHand: onHand}},
	})
	return err
}

func (s shop) count(sku, location string, onHand int64) {
	s.t.Helper()
	s.works(s.setLevel(sku, location, onHand))
}

// hold allocates for a minute.
func (s shop) hold(order string, lines ...*inventoryv1.Line) (*inventoryv1.AllocateResponse, error) {
	return s.holdFor(time.Minute, order, lines...)
}

func (s shop) holdFor(hold time.Duration, order string, lines ...*inventoryv1.Line) (*inventoryv1.AllocateResponse, error) {
	return s.Inventory.Allocate(s.t.Context(), &inventoryv1.AllocateRequest{OrderId: order, Lines: lines, Hold: durationpb.New(hold)})
}

func (s shop) held(order string, lines ...*inventoryv1.Line) *inventoryv1.AllocateResponse {
	s.t.Helper()
	r, err := s.hold(order, lines...)
	s.works(err)
	return r
}

// keep allocates without end.
func (s shop) keep(order string, lines ...*inventoryv1.Line) error {
	_, err := s.Inventory.Allocate(s.t.Context(), &inventoryv1.AllocateRequest{OrderId: order, Lines: lines})
	return err
}

func (s shop) release(order string) error {
	_, err := s.Inventory.Release(s.t.Context(), &inventoryv1.ReleaseRequest{OrderId: order})
	return err
}

func (s shop) releaseLines(order, key string, lines ...*inventoryv1.Line) error {
	_, err := s.Inventory.Release(s.t.Context(), &inventoryv1.ReleaseRequest{OrderId: order, IdempotencyKey: key, Lines: lines})
	return err
}

func (s shop) ship(order, key string, lines ...*inventoryv1.Line) error {
	_, err := s.Inventory.Ship(s.t.Context(), &inventoryv1.ShipRequest{OrderId: order, IdempotencyKey: key, Lines: lines})
	return err
}

func (s shop) adjust(r *inventoryv1.AdjustRequest) (*inventoryv1.Level, error) {
	got, err := s.Inventory.Adjust(s.t.Context(), r)
	return got.GetLevel(), err
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
	moduletest.WantReason(s.t, err, code, reason)
}

func (s shop) invalid(err error, fields ...string) {
	s.t.Helper()
	moduletest.WantFields(s.t, err, fields...)
}

// level wants the level of a sku at the default location to be so.
func (s shop) level(sku string, onHand, allocated int64) {
	s.t.Helper()
	s.levelAt(sku, "main", onHand, allocated)
}

func (s shop) levelAt(sku, location string, onHand, allocated int64) {
	s.t.Helper()
	got, err := s.Inventory.GetLevels(s.t.Context(), &inventoryv1.GetLevelsRequest{Skus: []string{sku}})
	s.works(err)
	want := &inventoryv1.Level{Sku: sku, Location: location, OnHand: onHand, Allocated: allocated, Available: onHand - allocated}
	for _, l := range got.GetLevels() {
		if l.GetLocation() == location {
			if !proto.Equal(l, want) {
				s.t.Fatalf("got %v, want %v", l, want)
			}
			return
		}
	}
	s.t.Fatalf("got %v, want the level of %s at %s", got.GetLevels(), sku, location)
}

// movements are all of a sku, newest first.
func (s shop) movements(sku string) []*inventoryv1.Movement {
	s.t.Helper()
	got, err := s.Inventory.ListMovements(s.t.Context(), &inventoryv1.ListMovementsRequest{Sku: sku, PageSize: 200})
	s.works(err)
	return got.GetMovements()
}

// moved wants these movements of a sku, newest first, as "+5 receive".
func (s shop) moved(sku string, want ...string) {
	s.t.Helper()
	var got []string
	for _, m := range s.movements(sku) {
		got = append(got, fmt.Sprintf("%+d %s", m.GetBy(), strings.ToLower(strings.TrimPrefix(m.GetReason().String(), "MOVEMENT_REASON_"))))
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("got movements %q, want %q", got, want)
	}
}
