package store_test

import (
	"context"
	"errors"
	"io/fs"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/migrations"
	"galleria/modules/orders/internal/order"
	"galleria/modules/orders/internal/store"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/id"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 123456000, time.UTC)

func inStore(t *testing.T, test func(t *testing.T, db *database.DB, s *store.Store)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		db := open(migrations.For("orders"))
		test(t, db, store.New(db, func() time.Time { return noon }))
	})
}

func accepted(t *testing.T, key string) *order.Order {
	t.Helper()
	o, err := order.Accept(id.New(), id.Secret(), order.Purchase{
		Key: key, Fingerprint: "print", CartID: "cart", PaymentMethodID: "pm", Currency: "EUR",
		Contact: order.Contact{Email: "ana@example.org", Name: "Añá"},
		Address: order.Address{Line1: "1 High Street", Line2: "left", City: "Berlin", PostalCode: "10115", Country: "DE"},
		Lines:   []order.Line{{SKU: "mug", Name: "Mug \"big\"", Slug: "mug", Picture: "mug.svg", Quantity: 2, UnitPrice: 1250}},
	}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func stored(t *testing.T, s *store.Store, key string) *order.Order {
	t.Helper()
	o := accepted(t, key)
	if ok, err := s.Accept(t.Context(), o); err != nil || !ok {
		t.Fatalf("accept: got %v, %v", ok, err)
	}
	return o
}

func TestAnOrderComesBackAsItWent(t *testing.T) {
	inStore(t, func(t *testing.T, _ *database.DB, s *store.Store) {
		o := accepted(t, "key")
		o.Drive("me", noon.Add(time.Second))
		if ok, err := s.Accept(t.Context(), o); err != nil || !ok {
			t.Fatalf("accept: got %v, %v", ok, err)
		}
		want := func(what string) {
			t.Helper()
			for name, read := range map[string]func() (*order.Order, error){
				"id":  func() (*order.Order, error) { return s.ByID(t.Context(), o.ID()) },
				"key": func() (*order.Order, error) { return s.ByKey(t.Context(), "key") },
			} {
				got, err := read()
				if err != nil {
					t.Fatalf("%s: read by %s: %v", what, name, err)
				}
				if !reflect.DeepEqual(got.Snapshot(), o.Snapshot()) {
					t.Errorf("%s, by %s:\ngot  %+v\nwant %+v", what, name, got.Snapshot(), o.Snapshot())
				}
			}
		}
		want("accepted")
		for _, err := range []error{
			o.Reserve(noon), o.Authorize(order.Card{Brand: "visa", Last4: "4242"}, noon), o.Confirm(noon), s.Save(t.Context(), o),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		want("confirmed")
		if err := o.Cancel(order.Ending{Because: order.OutOfStock, Facts: map[string]string{"sku": "mug"}}, noon); err != nil {
			t.Fatal(err)
		}
		if err := o.Undone(2500, noon); err != nil {
			t.Fatal(err)
		}
		o.Rest()
		if err := s.Save(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		want("cancelled")
	})
}

func TestAKeyIsTakenOnce(t *testing.T) {
	inStore(t, func(t *testing.T, _ *database.DB, s *store.Store) {
		var won atomic.Int32
		var all sync.WaitGroup
		for range 16 {
			o := accepted(t, "key")
			all.Go(func() {
				ok, err := s.Accept(context.Background(), o)
				if err != nil {
					t.Error(err)
				}
				if ok {
					won.Add(1)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("got %d orders of one key, want 1", won.Load())
		}
	})
}

func TestOneOfManyChangesWinsAndPublishes(t *testing.T) {
	inStore(t, func(t *testing.T, db *database.DB, s *store.Store) {
		first := stored(t, s, "key")
		var won, stale atomic.Int32
		var all sync.WaitGroup
		for range 16 {
			o := order.FromStore(first.Snapshot())
			if err := o.Reserve(noon); err != nil {
				t.Fatal(err)
			}
			all.Go(func() {
				switch err := s.Save(context.Background(), o, &ordersv1.OrderConfirmed{}); {
				case err == nil:
					won.Add(1)
				case errors.Is(err, order.ErrStale):
					stale.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || stale.Load() != 15 {
			t.Errorf("got %d changes and %d stale, want 1 and 15", won.Load(), stale.Load())
		}
		var published int64
		if err := db.Read(t.Context()).Raw("SELECT COUNT(*) FROM outbox").Scan(&published).Error; err != nil || published != 1 {
			t.Errorf("got %d events, %v; want 1", published, err)
		}
	})
}

func TestOnlyTheDriverKeepsAClaim(t *testing.T) {
	inStore(t, func(t *testing.T, _ *database.DB, s *store.Store) {
		o := accepted(t, "key")
		o.Drive("me", noon)
		if _, err := s.Accept(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		for driver, want := range map[string]bool{"me": true, "you": false} {
			if got, err := s.Keep(t.Context(), o.ID(), driver, noon.Add(time.Minute)); err != nil || got != want {
				t.Errorf("keep by %s: got %v, %v; want %v", driver, got, err, want)
			}
		}
		due, err := s.Due(t.Context(), noon.Add(59*time.Second), 10)
		if err != nil || len(due) != 0 {
			t.Errorf("got %d due orders, %v; want none while the claim lasts", len(due), err)
		}
		due, err = s.Due(t.Context(), noon.Add(time.Minute), 10)
		if err != nil || len(due) != 1 {
			t.Errorf("got %d due orders, %v; want one when the claim is over", len(due), err)
		}
		// A kept claim is no change: the driver's next step still fits.
		if err := o.Reserve(noon); err != nil {
			t.Fatal(err)
		}
		if err := s.Save(t.Context(), o); err != nil {
			t.Errorf("the driver's next step: %v", err)
		}
	})
}

func TestTheDatabaseRefusesImpossibleMoney(t *testing.T) {
	inStore(t, func(t *testing.T, db *database.DB, s *store.Store) {
		o := stored(t, s, "key")
		err := db.Write(t.Context(), func(tx *gorm.DB) error {
			return tx.Exec("UPDATE orders SET refunded_minor = total_minor + 1 WHERE id = ?", o.ID()).Error
		})
		if err == nil {
			t.Error("a refund beyond the total was stored")
		}
	})
}

func TestPagesCostOneStatement(t *testing.T) {
	inStore(t, func(t *testing.T, db *database.DB, s *store.Store) {
		for range 5 {
			stored(t, s, id.New())
		}
		got := databasetest.CountStatements(db, func() {
			found, err := s.List(t.Context(), []order.Status{order.Accepted, order.Failed}, "", 3)
			if err != nil || len(found) != 3 {
				t.Errorf("got %d orders, %v; want 3", len(found), err)
			}
		})
		if got != 1 {
			t.Errorf("got %d statements, want 1", got)
		}
	})
}
