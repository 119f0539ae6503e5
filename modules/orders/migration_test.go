package orders_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"testing"
	"testing/fstest"
	"time"

	"gorm.io/gorm"

	cartv1 "galleria/modules/cart/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	paymentsv1 "galleria/modules/payments/v1"
	pricingv1 "galleria/modules/pricing/v1"

	"galleria/migrations"
	"galleria/modules/orders"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
)

// An order of before the life of orders was told by rows: each status becomes what
// the program knows now, and what it can't go on with asks for an operator.
func TestOrdersOfEarlierCommitsAreConverted(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		ctx := t.Context()
		first, err := fs.ReadFile(migrations.For(orders.Name), "0001_orders.sql")
		if err != nil {
			t.Fatal(err)
		}
		o.Migrations = fstest.MapFS{"0001_orders.sql": {Data: first}}
		old, err := database.Open(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		all := []struct {
			was, because string
			refunded     int64
			status       ordersv1.OrderStatus
			money        ordersv1.PaymentStatus
			ended        string
			attention    bool
		}{
			{"accepted", "", 0, ordersv1.OrderStatus_ORDER_STATUS_FAILED, ordersv1.PaymentStatus_PAYMENT_STATUS_NONE, "unavailable", false},
			{"failed", "sold_out", 0, ordersv1.OrderStatus_ORDER_STATUS_FAILED, ordersv1.PaymentStatus_PAYMENT_STATUS_NONE, "sold_out", false},
			{"captured", "", 0, ordersv1.OrderStatus_ORDER_STATUS_OPEN, ordersv1.PaymentStatus_PAYMENT_STATUS_PAID, "", true},
			{"completed", "", 0, ordersv1.OrderStatus_ORDER_STATUS_OPEN, ordersv1.PaymentStatus_PAYMENT_STATUS_PAID, "", false},
			{"completed", "", 300, ordersv1.OrderStatus_ORDER_STATUS_OPEN, ordersv1.PaymentStatus_PAYMENT_STATUS_PARTLY_REFUNDED, "", false},
			{"shipped", "", 0, ordersv1.OrderStatus_ORDER_STATUS_CLOSED, ordersv1.PaymentStatus_PAYMENT_STATUS_PAID, "", false},
			{"cancelling", "guest", 0, ordersv1.OrderStatus_ORDER_STATUS_CANCELLED, ordersv1.PaymentStatus_PAYMENT_STATUS_NONE, "on_request", true},
			{"cancelled", "guest", 1000, ordersv1.OrderStatus_ORDER_STATUS_CANCELLED, ordersv1.PaymentStatus_PAYMENT_STATUS_REFUNDED, "on_request", false},
		}
		name := func(i int) string { return fmt.Sprintf("0sgk2aay2d8yh67ecx%08d", i) }
		for i, was := range all {
			email := "Ana@example.org"
			if i == 1 {
				email = "ana@BÜCHER.example"
			}
			err := old.Write(ctx, func(tx *gorm.DB) error {
				return tx.Exec(`INSERT INTO orders VALUES (?, ?, 'f', 'secret', 'cart', 'm', ?, 'Ana', 'Rua 1', '', 'Porto', '4050', 'PT', 'EUR', 1000,
					'[{"sku":"mug","name":"Mug","slug":"mug","picture":"","quantity":2,"unit_price_minor":500}]', 1, ?, 3, 'visa', '4242', ?, ?, '{}',
					'[{"status":"accepted","at":1}]', FALSE, '', NULL, 0)`, name(i), name(i), email, was.was, was.refunded, was.because).Error
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := old.Close(ctx); err != nil {
			t.Fatal(err)
		}

		o.Migrations = migrations.For(orders.Name)
		db := databasetest.Open(t, o)
		instance, err := orders.New(module.Host{DB: db, Now: time.Now, Log: slog.Default()}, nobody(), orders.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		working, stop := context.WithCancel(ctx)
		done := make(chan error)
		go func() { done <- instance.Work["mailboxes"](working) }()
		mailbox := func(i int) (found string) {
			if err := db.Read(ctx).Raw("SELECT mailbox FROM orders WHERE id = ?", name(i)).Scan(&found).Error; err != nil {
				t.Fatal(err)
			}
			return found
		}
		for end := time.Now().Add(20 * time.Second); mailbox(1) == ""; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("nobody notes whose the order of an address with other letters is")
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Errorf("noting whose orders are: %v", err)
		}
		for i, want := range []string{"ana@example.org", "ana@xn--bcher-kva.example", "ana@example.org"} {
			if got := mailbox(i); got != want {
				t.Errorf("mailbox of order %d: got %q, want %q", i, got, want)
			}
		}
		s := instance.Server.(ordersv1.OrdersServiceServer)
		for i, was := range all {
			got, err := s.GetOrder(ctx, &ordersv1.GetOrderRequest{OrderId: name(i), Token: "secret"})
			if err != nil {
				t.Errorf("%s: got %v, want none", was.was, err)
				continue
			}
			is := got.GetOrder()
			if is.GetStatus() != was.status || is.GetPaymentStatus() != was.money || is.GetEndedBecause() != was.ended || (is.GetAttention() != nil) != was.attention {
				t.Errorf("%s: got %v, want %+v", was.was, is, was)
			}
			if is.GetTotals().GetTotalMinor() != 1000 || is.GetRefundedMinor() != was.refunded || len(is.GetLines()) != 1 || is.GetLines()[0].GetTotalMinor() != 1000 {
				t.Errorf("%s: got %v, want what was sold, and %d given back", was.was, is, was.refunded)
			}
			if sent := len(is.GetFulfilments()); sent != 0 && was.was != "shipped" || sent != 1 && was.was == "shipped" {
				t.Errorf("%s: got %d parcels", was.was, sent)
			}
		}
	})
}

// nobody is the modules next door, where they are not called.
func nobody() orders.Needs {
	return orders.Needs{
		Inventory: struct {
			inventoryv1.InventoryServiceClient
		}{}, Pricing: struct{ pricingv1.PricingServiceClient }{},
		Cart: struct{ cartv1.CartServiceClient }{}, Payments: struct {
			paymentsv1.PaymentsServiceClient
		}{},
	}
}
