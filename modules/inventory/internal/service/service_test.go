package service

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/migrations"
	"galleria/modules/inventory/internal/stock"
	"galleria/modules/inventory/internal/store"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module/moduletest"
)

// each runs test on SQLite and on PostgreSQL with two services on the same
// books, as two processes have them during a move.
func each(t *testing.T, maxUnpaid float64, test func(t *testing.T, db *database.DB, here, there *Service)) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = migrations.For("inventory")
		one, two := databasetest.Open(t, o), databasetest.Open(t, o)
		make := func(db *database.DB) *Service { return New(store.New(db, maxUnpaid, lowAt), time.Now) }
		test(t, one, make(one), make(two))
	})
}

// failer is a test, or a run of a property.
type failer interface {
	Helper()
	Error(...any)
	Errorf(string, ...any)
	Fatal(...any)
	Fatalf(string, ...any)
}

func (s *Service) shelve(t failer, onHand int64, skus ...string) {
	t.Helper()
	r := &inventoryv1.SetLevelsRequest{}
	for _, sku := range skus {
		r.Levels = append(r.Levels, &inventoryv1.SetLevelsRequest_Count{Sku: sku, OnHand: onHand})
	}
	if _, err := s.SetLevels(moduletest.Direct(context.Background()), r); err != nil {
		t.Fatal(err)
	}
}

func lines(quantity int64, skus ...string) (all []*inventoryv1.Line) {
	for _, sku := range skus {
		all = append(all, &inventoryv1.Line{Sku: sku, Quantity: quantity})
	}
	return all
}

// tryHold allocates for a minute.
func (s *Service) tryHold(order string, quantity int64, skus ...string) error {
	_, err := s.Allocate(moduletest.Direct(context.Background()), &inventoryv1.AllocateRequest{OrderId: order, Lines: lines(quantity, skus...), Hold: durationpb.New(time.Minute)})
	return err
}

// tryKeep allocates without end.
func (s *Service) tryKeep(order string, quantity int64, skus ...string) error {
	_, err := s.Allocate(moduletest.Direct(context.Background()), &inventoryv1.AllocateRequest{OrderId: order, Lines: lines(quantity, skus...)})
	return err
}

func (s *Service) tryRelease(order string) error {
	_, err := s.Release(moduletest.Direct(context.Background()), &inventoryv1.ReleaseRequest{OrderId: order})
	return err
}

func (s *Service) tryShip(order, key string, quantity int64, skus ...string) error {
	_, err := s.Ship(moduletest.Direct(context.Background()), &inventoryv1.ShipRequest{OrderId: order, IdempotencyKey: key, Lines: lines(quantity, skus...)})
	return err
}

// wantLevel compares the level of a sku at the default location.
func (s *Service) wantLevel(t failer, sku string, onHand, allocated int64) {
	t.Helper()
	levels, err := s.store.Levels(context.Background(), []string{sku})
	if err != nil || len(levels) != 1 {
		t.Fatalf("got %v, %v, want the level of %s", levels, err, sku)
	}
	if want := (stock.Level{SKU: sku, Location: stock.Main, OnHand: onHand, Allocated: allocated}); levels[0] != want {
		t.Errorf("got %+v, want %+v", levels[0], want)
	}
}

// wantBalance fails unless levels, movements and allocations agree.
func (s *Service) wantBalance(t failer) {
	t.Helper()
	problems, err := s.store.Audit(context.Background(), 100)
	if err != nil || len(problems) != 0 {
		t.Fatalf("audit: got %v, %v, want books that balance", problems, err)
	}
}

func skus(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s-%03d", prefix, i)
	}
	return all
}
