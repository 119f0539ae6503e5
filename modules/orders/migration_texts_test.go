package orders_test

import (
	"log/slog"
	"slices"
	"testing"

	ordersv1 "galleria/modules/orders/v1"

	"galleria/migrations"
	"galleria/modules/orders"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
)

// An earlier program forgot the customer of an order, and not what was typed about it.
func TestOrdersThatForgotTheirCustomersForgetWhatWasTyped(t *testing.T) {
	const gone, known = "0sgmdtpvnyzt8ewwqbnxpb6q48", "0sgmdtq7kmxvwfj81188jf2maw"
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = migrations.For(orders.Name)
		databasetest.Fill(t, o, "0005_persons_gone.sql", slices.Concat(withoutCarts, []string{
			"UPDATE orders SET email = '' WHERE id = '" + gone + "'",
			"UPDATE order_fulfilments SET carrier = 'Ana', tracking = 'Ana', tracking_url = 'https://example.org/ana' WHERE order_id = '" + gone + "'",
			"UPDATE order_returns SET reason = 'Ana sent it back' WHERE order_id = '" + gone + "'",
			"UPDATE order_refunds SET reason = 'Ana phoned' WHERE order_id = '" + known + "'",
		})...)
		instance, err := orders.New(module.Host{DB: databasetest.Open(t, o), Now: meanwhile, Log: slog.Default()}, nobody(), orders.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		get := func(id string) *ordersv1.Order {
			t.Helper()
			got, err := instance.Server.(ordersv1.OrdersServiceServer).GetOrder(t.Context(), &ordersv1.GetOrderRequest{OrderId: id, Token: "t"})
			if err != nil {
				t.Fatal(err)
			}
			return got.GetOrder()
		}
		forgot := get(gone)
		for _, f := range forgot.GetFulfilments() {
			if f.GetCarrier() != "" || f.GetTracking() != "" || f.GetTrackingUrl() != "" {
				t.Errorf("got the parcel %v", f)
			}
		}
		if r := forgot.GetReturns(); len(r) != 1 || r[0].GetReason() != "" || len(forgot.GetTimeline()) > 0 {
			t.Errorf("got returns %v and the timeline %v, want nothing that was typed", r, forgot.GetTimeline())
		}
		if o := get(known); o.GetRefunds()[0].GetReason() != "Ana phoned" || len(o.GetTimeline()) != 4 {
			t.Errorf("got %v, want the order of a customer who is not gone as it was", o)
		}
	})
}
