package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"galleria/app/shoptest"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/route"
)

// TestDeathWhileAModuleIsAway kills orders where it puts off what a cart does not
// answer to, and where recovery takes from the cart what was bought long ago.
func TestDeathWhileAModuleIsAway(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{Apart: []string{"cart"}})
	for _, points := range [][2]string{{"delay:before", "take:after"}, {"delay:after", "done:before"}} {
		ana := shop.Guest(t, "Ana")
		ana.Adds(2, shoptest.Mug)
		form := ana.FillsIn(shoptest.Visa)
		reached, release := shop.HoldAt(t, "take:before")
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			ana.Tries(form)
		}()
		reached()
		shop.Module("cart").Kill(t)
		shop.DieAt(t, points[0], 1)
		release()
		shop.Main().AwaitDeath(t)
		<-answered
		shop.ClearTraps(t)

		reached, release = shop.HoldAt(t, "take:before")
		shop.Restart(t)
		shop.StartModules(t, "cart")
		reached()
		shop.DieAt(t, points[1], 1)
		release()
		shop.Main().AwaitDeath(t)
		shop.ClearTraps(t)
		shop.Restart(t)
		shop.AwaitHealthy(t)
		shop.Books(t)
		ana.Bought(ana.Submits(form))
		shop.Await(t, "the cart is empty", func() bool { return !strings.Contains(ana.Cart().Body, shoptest.Mug.SKU) })
	}
	shop.Books(t)
}

// TestDeathWhereMoneyIsTakenAtShipping kills orders as it takes held money of what
// was sent.
func TestDeathWhereMoneyIsTakenAtShipping(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{AtShipping: true})
	for n, point := range []string{"capture:before", "capture:after"} {
		ida := shop.Guest(t, "Ida")
		ida.Adds(1, shoptest.Mug)
		order := ida.Pays(shoptest.Visa)
		(&death{shop: shop, point: point, second: n + 1}).strikes(t, func() { shop.Ship(t, order) })
		if err := shop.Ship(t, order); err != nil {
			t.Error(err)
		}
		shop.Await(t, "the money is taken", func() bool {
			return see(t, shop, order).GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_PAID
		})
		shop.Books(t)
	}
}

// TestDeathWhileOrdersAreNotPaid kills the shop while guests leave the page of payment, and
// again as their orders end: those end when their hold does, and no operator helps.
func TestDeathWhileOrdersAreNotPaid(t *testing.T) {
	t.Parallel()
	for name, layout := range map[string]shoptest.Layout{
		"one process": {Hold: time.Minute}, "PostgreSQL": {Hold: time.Minute, Postgres: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := shoptest.Open(t, layout)
			before := []string{"place:after", "start:after", "waiting:before", "waiting:after"}
			for _, point := range before {
				guest := shop.Guest(t, "Guest")
				guest.Adds(1, shoptest.Mug)
				form := guest.FillsIn(shoptest.Visa)
				shop.DieAt(t, point, 1)
				guest.TriesToSend("/checkout", form)
				shop.Main().AwaitDeath(t)
				shop.Restart(t)
			}
			after := []string{"stop:before", "stop:after", "fail:before", "fail:after"}
			shop.DieAt(t, after[0], 1)
			shop.AwaitFor(t, 2*layout.Hold, "the first hold ends", shop.Main().Dead)
			for _, point := range after[1:] {
				shop.DieAt(t, point, 1)
				if !shop.RestartToDie(t) {
					t.Errorf("no order passed %s", point)
				}
			}
			shop.Restart(t)
			if got := shop.Books(t); got.Failed != len(before) || got.Completed+got.Cancelled > 0 {
				t.Errorf("got orders %+v, want %d that failed", got, len(before))
			}
			err := operate(t, shop, func(ctx context.Context, orders ordersv1.OrdersServiceClient) error {
				listed, err := orders.ListOrders(ctx, &ordersv1.ListOrdersRequest{})
				for _, o := range listed.GetOrders() {
					if o.GetEndedBecause() != "not_paid" || o.GetEndedBy() != "shop" {
						t.Errorf("order %s ended because %q by %s, want that the shop ended it because it was not paid", o.GetId(), o.GetEndedBecause(), o.GetEndedBy())
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestDeathOfAnotherModule kills payments and inventory while orders asks
// them: the call may or may not have done its work.
func TestDeathOfAnotherModule(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{Apart: []string{"payments", "inventory"}})
	for _, c := range []struct {
		point, module string
		waits         bool // the order waits for the module, and so does the guest
	}{
		{"allocate:before", "inventory", false}, {"allocate:after", "inventory", true},
		{"start:before", "payments", false}, {"start:after", "payments", false}, {"look:before", "payments", true},
	} {
		t.Run(c.point, func(t *testing.T) {
			ana := shop.Guest(t, "Ana")
			ana.Adds(2, shoptest.Mug)
			form := ana.FillsIn(shoptest.Visa)
			reached, release := shop.HoldAt(t, c.point)
			answer := make(chan *shoptest.Page, 1)
			go func() { answer <- ana.Tries(form) }()
			reached()
			shop.Module(c.module).Kill(t)
			release()
			if c.waits {
				shop.ClearTraps(t)
				shop.StartModules(t, c.module)
			}
			got := <-answer
			switch {
			case got == nil:
				t.Error("the shop did not answer")
			case got.Status == http.StatusServiceUnavailable:
				ana.Cart().Says(shoptest.Mug.Name)
			default:
				got.Want(http.StatusSeeOther)
			}
			if !c.waits {
				shop.ClearTraps(t)
				shop.StartModules(t, c.module)
			}
			shop.AwaitHealthy(t)
			shop.Books(t)
			if got != nil && got.Status == http.StatusSeeOther {
				ana.Bought(got) // what was paid opens when the module is back
			}
		})
	}
}

// TestDeathWhileAModuleMoves kills the main process between the file's change
// and its being applied, or after: it comes back as the file says.
func TestDeathWhileAModuleMoves(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	for _, mode := range []route.Mode{route.ModeRemote, route.ModeLocal} {
		if mode == route.ModeRemote {
			shop.StartModules(t, "orders", "payments")
		}
		ana := shop.Guest(t, "Ana")
		ana.Adds(1, shoptest.Mug)
		form := ana.FillsIn(shoptest.Visa)
		shop.Place(t, mode, "orders", "payments")
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			ana.Tries(form)
		}()
		shop.Main().Kill(t)
		<-answered
		shop.Restart(t)
		shop.AwaitHealthy(t)
		ana.Bought(ana.Submits(form))
		shop.Books(t)
	}
}
