package service

import (
	"context"
	"fmt"
	"testing"
	"time"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/migrations"
	"galleria/modules/inventory/internal/stock"
	"galleria/modules/inventory/internal/store"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// each runs test on SQLite and on PostgreSQL with two services on the same
// books, as two processes have them during a move.
func each(t *testing.T, test func(t *testing.T, db *database.DB, here, there *Service)) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = migrations.For("inventory")
		one, two := databasetest.Open(t, o), databasetest.Open(t, o)
		make := func(db *database.DB) *Service { return New(store.New(db), time.Now, time.Minute) }
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
	r := &inventoryv1.SetStockRequest{}
	for _, sku := range skus {
		r.Levels = append(r.Levels, &inventoryv1.SetStockRequest_Level{Sku: sku, OnHand: onHand})
	}
	if _, err := s.SetStock(context.Background(), r); err != nil {
		t.Fatal(err)
	}
}

func (s *Service) tryReserve(order string, quantity int64, skus ...string) error {
	r := &inventoryv1.ReserveRequest{OrderId: order}
	for _, sku := range skus {
		r.Lines = append(r.Lines, &inventoryv1.Line{Sku: sku, Quantity: quantity})
	}
	_, err := s.Reserve(context.Background(), r)
	return err
}

func (s *Service) tryCommit(order string) error {
	_, err := s.Commit(context.Background(), &inventoryv1.CommitRequest{OrderId: order})
	return err
}

func (s *Service) tryRelease(order string) error {
	_, err := s.Release(context.Background(), &inventoryv1.ReleaseRequest{OrderId: order})
	return err
}

// wantBooks compares the books of a sku, and checks that they add up.
func (s *Service) wantBooks(t failer, sku string, onHand, reserved, sold int64) {
	t.Helper()
	books, err := s.store.Books(context.Background(), []string{sku})
	if err != nil || len(books) != 1 {
		t.Fatalf("got %v, %v, want the books of %s", books, err, sku)
	}
	if err := books[0].Check(); err != nil {
		t.Error(err)
	}
	want := stock.Books{SKU: sku, OnHand: onHand, Reserved: reserved, Sold: sold, Received: onHand + reserved + sold}
	if books[0] != want {
		t.Errorf("got %+v, want %+v", books[0], want)
	}
}

func skus(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s-%03d", prefix, i)
	}
	return all
}
