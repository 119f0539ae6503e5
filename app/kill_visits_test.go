package app_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"galleria/app/shoptest"
	ordersv1 "galleria/modules/orders/v1"
	paymentsv1 "galleria/modules/payments/v1"
)

// unpaid are the points a checkout passes before the guest can pay: the guest who
// does not come back from there has bought nothing.
var unpaid = []string{
	"place:after", "allocate:before", "allocate:after", "redeem:before", "redeem:after",
	"start:before", "start:after", "waiting:before", "waiting:after",
}

func dieBuying(t *testing.T, d *death) {
	ana := d.shop.Guest(t, "Ana")
	ana.Adds(2, shoptest.Mug)
	ana.Adds(1, shoptest.Teapot)
	form := d.withVoucher(ana, shoptest.Visa)
	before := d.shop.Books(t)
	d.strikes(t, func() { ana.Tries(form) })
	if slices.Contains(unpaid, d.point) {
		if got := d.shop.Books(t); got.Completed != before.Completed || got.Failed != before.Failed+1 {
			t.Errorf("got orders %+v, want one more failed than %+v", got, before)
		}
		ana.Cart().Says(shoptest.Mug.Name)
		again := ana.Submits(form).Want(http.StatusConflict).Says("cancelled")
		form = ana.With(shoptest.Visa, again.Form("/checkout"))
		before.Failed++
	}
	ana.Bought(ana.Submits(form))
	if got := d.shop.Books(t); got.Completed != before.Completed+1 || got.Failed != before.Failed {
		t.Errorf("got orders %+v, want one more sold than %+v", got, before)
	}
	d.shop.Await(t, "the cart is empty", func() bool { return !strings.Contains(ana.Cart().Body, shoptest.Mug.SKU) })
}

func (d *death) withVoucher(g *shoptest.Guest, card string) url.Values {
	return g.With(card, g.Get("/checkout?country=PT&code="+d.voucher).Want(http.StatusOK).Says("Hello").Form("/checkout"))
}

func dieSoldOut(t *testing.T, d *death) {
	leo := d.shop.Guest(t, "Leo")
	leo.Takes(1, shoptest.Bowl) // from a page that was open for long
	form := leo.FillsIn(shoptest.Visa)
	before := d.shop.Books(t)
	d.strikes(t, func() { leo.Tries(form) })
	leo.Submits(form).Want(http.StatusConflict).Says("Nothing was charged", shoptest.Bowl.Name+" is sold out")
	if got := d.shop.Books(t); got.Failed != before.Failed+1 || got.Completed != before.Completed {
		t.Errorf("got orders %+v, want one more failed than %+v", got, before)
	}
	leo.Cart().Says(shoptest.Bowl.Name)
}

func dieCancelling(t *testing.T, d *death) {
	zoe := d.shop.Guest(t, "Zoe")
	zoe.Adds(3, shoptest.Tray)
	order := zoe.Pays(shoptest.Visa)
	before := d.shop.Books(t)
	d.strikes(t, func() { zoe.TriesToCancel(order) })
	zoe.SubmitsCancel(order, url.Values{"token": {order.Token}}).Want(http.StatusSeeOther)
	if got := d.shop.Books(t); got.Cancelled != before.Cancelled+1 {
		t.Errorf("got orders %+v, want one more cancelled than %+v", got, before)
	}
}

// waits is an order that its guest has not paid.
func (d *death) waits(t *testing.T, g *shoptest.Guest) shoptest.Order {
	t.Helper()
	return d.shop.Unpaid(t, g.Post("/checkout", d.withVoucher(g, shoptest.Visa)).Want(http.StatusSeeOther).Location())
}

// dieReplacing dies when the guest goes back from the page of payment and orders anew.
func dieReplacing(t *testing.T, d *death) {
	may := d.shop.Guest(t, "May")
	may.Adds(1, shoptest.Tray)
	before := d.shop.Books(t)
	earlier := d.waits(t, may)
	anew := d.withVoucher(may, shoptest.Visa)
	anew.Set("city", "Porto")
	d.strikes(t, func() { may.Tries(anew) })
	may.Bought(may.Submits(anew))
	// Replaced, or called off by the books of a recovery: no guest pays it.
	if o := see(t, d.shop, earlier); o.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_FAILED {
		t.Errorf("the earlier order: got %s because %q, want it failed", o.GetStatus(), o.GetEndedBecause())
	}
	if got := d.shop.Books(t); got.Completed != before.Completed+1 || got.Failed != before.Failed+1 {
		t.Errorf("got orders %+v, want one more sold and one more failed than %+v", got, before)
	}
}

func dieChangingTheMind(t *testing.T, d *death) {
	may := d.shop.Guest(t, "May")
	may.Adds(1, shoptest.Tray)
	before := d.shop.Books(t)
	order := d.waits(t, may)
	// The ledger keeps cancellations of what was sold, so this one is not for it.
	cancel := func() *shoptest.Page {
		return may.TriesToSend("/orders/"+order.ID+"/cancel", url.Values{"token": {order.Token}})
	}
	d.strikes(t, func() { cancel() })
	cancel().Want(http.StatusSeeOther)
	if got := d.shop.Books(t); got.Failed != before.Failed+1 || got.Completed != before.Completed {
		t.Errorf("got orders %+v, want one more failed than %+v", got, before)
	}
	may.Bought(may.Submits(d.withVoucher(may, shoptest.Visa)))
	d.shop.Books(t)
}

// dieLooking dies once, when the order looks whether it is paid: which may be before
// the guest has paid, who then pays.
func dieLooking(t *testing.T, d *death) {
	may := d.shop.Guest(t, "May")
	may.Adds(1, shoptest.Tray)
	before := d.shop.Books(t)
	order := d.waits(t, may)
	to := may.Post("/orders/"+order.ID+"/pay", url.Values{"token": {order.Token}}).Want(http.StatusSeeOther).Location()
	d.shop.DieAt(t, d.point, 1)
	card := may.With(shoptest.Visa, url.Values{})
	may.TriesToSend(to, card)
	d.shop.Main().AwaitDeath(t)
	d.shop.Restart(t)
	may.TriesToSend(to, card) // if it is paid, the page says so
	d.shop.Await(t, "the order is confirmed", func() bool {
		return see(t, d.shop, order).GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_OPEN
	})
	if got := d.shop.Books(t); got.Completed != before.Completed+1 || got.Failed != before.Failed {
		t.Errorf("got orders %+v, want one more sold than %+v", got, before)
	}
}

// diePayingAgain dies once: an order whose payment was stopped has nothing to
// recover but the time of its guest.
func diePayingAgain(t *testing.T, d *death) {
	may := d.shop.Guest(t, "May")
	may.Adds(1, shoptest.Tray)
	before := d.shop.Books(t)
	order := d.waits(t, may)
	err := d.shop.Operate(t, func(ctx context.Context, shop grpc.ClientConnInterface) error {
		_, err := paymentsv1.NewPaymentsServiceClient(shop).CancelPayment(ctx, &paymentsv1.CancelPaymentRequest{PaymentId: order.ID})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	d.shop.Await(t, "the order knows that its payment was stopped", func() bool {
		return see(t, d.shop, order).GetPaymentUrl() == ""
	})
	d.shop.DieAt(t, d.point, 1)
	pay, token := "/orders/"+order.ID+"/pay", url.Values{"token": {order.Token}}
	may.TriesToSend(pay, token)
	d.shop.Main().AwaitDeath(t)
	d.shop.Restart(t)
	to := may.Post(pay, token).Want(http.StatusSeeOther).Location()
	may.Post(to, may.With(shoptest.Visa, url.Values{})).Want(http.StatusSeeOther)
	d.shop.Await(t, "the order is confirmed", func() bool {
		return see(t, d.shop, order).GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_OPEN
	})
	if got := d.shop.Books(t); got.Completed != before.Completed+1 || got.Failed != before.Failed {
		t.Errorf("got orders %+v, want one more sold than %+v", got, before)
	}
}

func see(t *testing.T, shop *shoptest.Shop, o shoptest.Order) (seen *ordersv1.Order) {
	t.Helper()
	if err := operate(t, shop, func(ctx context.Context, orders ordersv1.OrdersServiceClient) error {
		got, err := orders.GetOrder(ctx, &ordersv1.GetOrderRequest{OrderId: o.ID, Token: o.Token})
		seen = got.GetOrder()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return seen
}

func operate(t *testing.T, shop *shoptest.Shop, do func(ctx context.Context, orders ordersv1.OrdersServiceClient) error) error {
	t.Helper()
	return shop.Operate(t, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		return do(ctx, ordersv1.NewOrdersServiceClient(conn))
	})
}

func dieShipping(t *testing.T, d *death) {
	ida := d.shop.Guest(t, "Ida")
	ida.Adds(1, shoptest.Mug)
	order := ida.Pays(shoptest.Visa)
	d.shop.Books(t)
	d.strikes(t, func() { d.shop.Ship(t, order) }) // the answer may come before death
	if err := d.shop.Ship(t, order); err != nil {
		t.Error(err)
	}
	ida.Get(order.Path).Want(http.StatusOK).Says("on its way")
	ida.SubmitsCancel(order, url.Values{"token": {order.Token}}).Want(http.StatusConflict).Says("Too late")
	d.shop.Books(t)
}

func dieRefunding(t *testing.T, d *death) {
	ida := d.shop.Guest(t, "Ida")
	ida.Adds(2, shoptest.Mug)
	order := ida.Pays(shoptest.Visa)
	d.strikes(t, func() { refunds(t, d.shop, order) })
	if err := refunds(t, d.shop, order); err != nil {
		t.Error(err)
	}
	d.shop.Books(t)
	if got := see(t, d.shop, order); len(got.GetRefunds()) != 1 || got.GetRefundedMinor() != 100 {
		t.Errorf("got %d refunded in %d refunds, want 100 in one", got.GetRefundedMinor(), len(got.GetRefunds()))
	}
}

func refunds(t *testing.T, shop *shoptest.Shop, o shoptest.Order) error {
	t.Helper()
	return operate(t, shop, func(ctx context.Context, orders ordersv1.OrdersServiceClient) error {
		_, err := orders.RefundOrder(ctx, &ordersv1.RefundOrderRequest{OrderId: o.ID, AmountMinor: 100, Reason: "a scratch", IdempotencyKey: o.ID})
		return err
	})
}

func dieReturning(t *testing.T, d *death) {
	ida := d.shop.Guest(t, "Ida")
	ida.Adds(2, shoptest.Mug)
	order := ida.Pays(shoptest.Visa)
	if err := d.shop.Ship(t, order); err != nil {
		t.Fatal(err)
	}
	d.shop.Books(t)
	returns := func() error {
		return operate(t, d.shop, func(ctx context.Context, orders ordersv1.OrdersServiceClient) error {
			got, err := orders.GetOrder(ctx, &ordersv1.GetOrderRequest{OrderId: order.ID, Token: order.Token})
			if err != nil {
				return err
			}
			// Broken ones: they are not put back.
			_, err = orders.ReturnItems(ctx, &ordersv1.ReturnItemsRequest{
				OrderId: order.ID, Reason: "broken", IdempotencyKey: order.ID,
				Pieces: []*ordersv1.Piece{{LineId: got.GetOrder().GetLines()[0].GetId(), Quantity: 1}},
			})
			return err
		})
	}
	d.strikes(t, func() { returns() })
	if err := returns(); err != nil {
		t.Error(err)
	}
	if got := see(t, d.shop, order); len(got.GetReturns()) != 1 {
		t.Errorf("got %d returns, want one", len(got.GetReturns()))
	}
	d.shop.Books(t)
}

// refusesRefunds is a card whose refunds are refused for good.
const refusesRefunds = "4000000000006066"

// dieResolving dies once: an order that needs attention rests until it is given.
func dieResolving(t *testing.T, d *death) {
	ida := d.shop.Guest(t, "Ida")
	ida.Adds(2, shoptest.Mug)
	order := ida.Pays(refusesRefunds)
	if err := refunds(t, d.shop, order); err != nil {
		t.Fatal(err)
	}
	d.shop.Await(t, "the order needs attention", func() bool { return see(t, d.shop, order).GetAttention() != nil })
	reason := see(t, d.shop, order).GetAttention().GetReason()
	resolves := func() error {
		return operate(t, d.shop, func(ctx context.Context, orders ordersv1.OrdersServiceClient) error {
			_, err := orders.ResolveAttention(ctx, &ordersv1.ResolveAttentionRequest{
				OrderId: order.ID, Action: ordersv1.ResolveAttentionRequest_ACTION_CLOSE, Note: "sent a voucher",
				Reason: reason, IdempotencyKey: "voucher",
			})
			return err
		})
	}
	d.shop.DieAt(t, d.point, 1)
	resolves()
	d.shop.Main().AwaitDeath(t)
	d.shop.Restart(t)
	if err := resolves(); err != nil {
		t.Errorf("resolving again after death at %s: got %v", d.point, err)
	}
	d.shop.Books(t)
}
