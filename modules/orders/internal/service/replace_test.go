package service_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"galleria/modules/orders/internal/order"
	"galleria/modules/orders/internal/service"
	"galleria/modules/orders/internal/store"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
)

const (
	opened = ordersv1.OrderStatus_ORDER_STATUS_OPEN
	failed = ordersv1.OrderStatus_ORDER_STATUS_FAILED
)

// anew is another order of the same cart.
func (h *house) anew(cart string) *ordersv1.PlaceOrderRequest {
	req := h.request(cart)
	req.Contact.Name = "Ana Maria Example"
	return req
}

// order places one, and gives it as the database keeps it.
func (l *life) order(req *ordersv1.PlaceOrderRequest) kept {
	l.t.Helper()
	placed, err := l.PlaceOrder(l.t.Context(), req)
	if err != nil {
		l.t.Fatalf("place: %v", err)
	}
	return kept{ID: placed.GetOrder().GetId(), Token: placed.GetToken()}
}

func (h *house) wantEnd(l *life, k kept, status ordersv1.OrderStatus, because string) {
	h.t.Helper()
	h.await("the order has its end", func() bool { return h.get(l, k).GetStatus() == status })
	if o := h.get(l, k); o.GetEndedBecause() != because || o.GetRefundedMinor() != 0 {
		h.t.Errorf("order %s: got %s because %q, %d refunded, want because %q", k.ID, o.GetStatus(), o.GetEndedBecause(), o.GetRefundedMinor(), because)
	}
}

// An order that was paid, and has not heard of it, is not given up for a newer one of its
// cart: what is in the cart would be paid twice, or the shopper's payment be undone.
func TestAnOrderThatIsPaidStandsAgainstANewerOne(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		sku, cart := h.fill(5, 2)
		l := h.live(nil)
		first := l.order(h.request(cart))
		newer := h.anew(cart)
		if !h.pay(first.ID) {
			t.Fatal("can't be paid")
		}
		_, err := l.PlaceOrder(t.Context(), newer)
		if !contract.Is(err, ordersv1.Reason_REASON_CART_CLAIMED) && !contract.Is(err, ordersv1.Reason_REASON_CART_EMPTY) {
			t.Fatalf("got %v, want that the earlier order is paid", err)
		}
		if contract.Is(err, ordersv1.Reason_REASON_CART_CLAIMED) && (contract.Metadata(err, "order_id") != first.ID || contract.Metadata(err, "token") != first.Token) {
			t.Errorf("got %v, want the earlier order named", err)
		}
		h.wantEnd(l, first, opened, "")
		h.await("nothing is left to do", func() bool { return h.busy() == 0 })
		h.only()
		h.wantEven(l, sku, 5)
	})
}

// What an earlier order of the cart has redeemed is there for the one that replaces it.
func TestANewerOrderIsPricedAsIfTheEarlierOneHadEnded(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		_, cart := h.fill(5, 2)
		h.uses["WELCOME"] = 1
		l := h.live(nil)
		first := l.order(h.request(cart, "WELCOME"))
		newer := h.request(cart, "WELCOME")
		newer.Contact.Name = "Ana Maria Example"
		l.order(newer)
		h.mu.Lock()
		defer h.mu.Unlock()
		if want := []string{"", first.ID}; !slices.Equal(h.replaces, want) {
			t.Errorf("prices were asked for as of orders that replace %q, want %q", h.replaces, want)
		}
	})
}

// Until it is known whether the earlier order was paid there is no newer one, and who asks
// again gets it when that is known. In between the process dies.
func TestANewerOrderWaitsUntilTheEarlierOneCanNotBePaid(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		sku, cart := h.fill(2, 2)
		l := h.live(nil)
		first := l.order(h.request(cart))
		var away atomic.Bool
		away.Store(true)
		h.mu.Lock()
		h.trouble = func(call string, _ bool) error {
			if call == "stop" && away.Load() {
				return errors.New("payments is away")
			}
			return nil
		}
		h.mu.Unlock()
		newer := h.anew(cart)
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.PlaceOrder(soon, newer); !contract.Is(err, ordersv1.Reason_REASON_NOT_KNOWN) {
			t.Errorf("while payments is away: got %v, want NOT_KNOWN", err)
		}
		if k := h.only(); k.Status != "placing" {
			t.Errorf("got %v, want the earlier order waiting", k)
		}
		h.bury(l)
		away.Store(false)
		l = h.live(nil)
		second := l.order(newer)
		h.wantEnd(l, first, failed, "replaced")
		if h.pay(first.ID) || !h.pay(second.ID) {
			t.Error("want that one of the two can be paid, the newer one")
		}
		h.settled(second.ID, true)
		h.wantEnd(l, second, opened, "")
		h.await("nothing is left to do", func() bool { return h.busy() == 0 })
		h.wantEven(l, sku, 2)
	})
}

func TestANewerOrderOfAnAddressEndsTheOldestUnpaidOne(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.change = func(o *service.Options) { o.Limits.PerRecipient, o.Limits.PerClient = 2, 2 }
		l := h.live(nil)
		var all []kept
		for _, spelt := range []string{"ana@example.org", "ANA@example.org", "ana+1@example.org", "ana+2@example.org"} {
			_, cart := h.fill(1, 1)
			req := h.request(cart)
			req.Contact.Email = spelt
			all = append(all, l.order(req)) // of the same client, too: what ends makes room there
		}
		h.wantEnd(l, all[0], failed, "replaced")
		h.wantEnd(l, all[1], failed, "replaced")
		if !h.pay(all[2].ID) || !h.pay(all[3].ID) {
			t.Error("want that the two newest can be paid")
		}
		// Paid, and not heard of yet: it stands, and needs no room.
		_, cart := h.fill(1, 1)
		l.order(h.request(cart))
		h.wantEnd(l, all[2], opened, "")
		if got := h.events(all[0].ID); !slices.Equal(got, []string{"Failed"}) {
			t.Errorf("events of an order that was replaced: got %v", got)
		}
	})
}

// An e-mail address is typed: who knows another person's neither ends their order by it, nor
// keeps them from ordering, however often they order.
func TestAStrangerEndsNoOrderOfAnAddress(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.change = func(o *service.Options) { o.Limits.PerRecipient, o.Limits.PerClient = 1, 3 }
		l := h.live(nil)
		order := func(client string) kept {
			t.Helper()
			_, cart := h.fill(1, 1)
			req := h.request(cart)
			req.Client = client
			return l.order(req)
		}
		first := order("192.0.2.1")
		strangers := []kept{order("192.0.2.2"), order("192.0.2.2"), order("192.0.2.3"), order(""), order("")}
		second := order("198.51.100.1") // by telephone
		for _, k := range []kept{first, strangers[1], strangers[2], strangers[3], strangers[4], second} {
			if got := h.get(l, k); got.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_PLACING || got.GetEndedBecause() != "" {
				t.Errorf("order %s: got %s because %q, want that it can be paid", k.ID, got.GetStatus(), got.GetEndedBecause())
			}
		}
		h.wantEnd(l, strangers[0], failed, "replaced")
		newer := order("192.0.2.1")
		h.wantEnd(l, first, failed, "replaced")
		if !h.pay(newer.ID) || !h.pay(second.ID) {
			t.Error("want that the customer can pay")
		}
	})
}

// One that gives way can still be called off: then it does not stand when it is paid.
func TestAnOrderThatGivesWayCanBeCalledOff(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		_, cart := h.fill(2, 2)
		l := h.live(nil)
		first := l.order(h.request(cart))
		h.mu.Lock()
		h.trouble = func(call string, _ bool) error {
			if call == "look" || call == "stop" {
				return errors.New("payments is away")
			}
			return nil
		}
		h.mu.Unlock()
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.PlaceOrder(soon, h.anew(cart)); !contract.Is(err, ordersv1.Reason_REASON_NOT_KNOWN) {
			t.Errorf("while payments is away: got %v, want NOT_KNOWN", err)
		}
		if _, err := l.CancelOrder(t.Context(), &ordersv1.CancelOrderRequest{OrderId: first.ID, Token: first.Token}); err != nil {
			t.Fatal(err)
		}
		h.pay(first.ID)
		h.mu.Lock()
		h.trouble = nil
		h.mu.Unlock()
		h.await("it is cancelled", func() bool { return h.get(l, first).GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_CANCELLED })
		h.await("nothing is left to do", func() bool { return h.busy() == 0 })
		if o := h.get(l, first); o.GetRefundedMinor() != o.GetTotals().GetTotalMinor() {
			t.Errorf("got %d refunded, want all", o.GetRefundedMinor())
		}
	})
}

// An order that has read its cart while an earlier one waited, and is stored when that is
// paid and what it bought is out of the cart, would sell the same a second time.
func TestWhatIsBoughtBetweenReadingACartAndStoringIsNotOrderedAgain(t *testing.T) {
	for name, merged := range map[string]bool{"of one cart": false, "of a cart and the one it was merged into": true} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				sku, cart := h.fill(5, 2)
				var l *life
				var first kept
				var between atomic.Bool
				l = h.live(func(point string) bool {
					if point == "place:before" && between.CompareAndSwap(true, false) {
						h.pay(first.ID)
						h.settled(first.ID, true)
						h.await("the first is open, and has its things", func() bool { return h.busy() == 0 && h.only().Status == "open" })
					}
					return false
				})
				first = l.order(h.request(cart))
				newer := h.anew(cart)
				if merged {
					_, own := h.fill(5, 1)
					h.merge(cart, own)
					newer = h.anew(own)
				}
				between.Store(true)
				_, err := l.PlaceOrder(t.Context(), newer)
				if !contract.Is(err, ordersv1.Reason_REASON_CART_EMPTY) && !contract.Is(err, ordersv1.Reason_REASON_QUOTE_CHANGED) {
					t.Errorf("got %v, want that there is less in the cart", err)
				}
				h.only()
				h.wantEven(l, sku, 5)
			})
		})
	}
}

// The request of a program says only what the total is: what is in the cart may be
// something else by now.
func TestAnotherThingAtTheSamePriceIsAnotherOrder(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		_, cart := h.fill(2, 2)
		other, _ := h.fill(2, 0)
		l := h.live(nil)
		first := l.order(h.request(cart))
		h.mu.Lock()
		h.carts[cart].lines = map[string]int64{other: 2}
		h.mu.Unlock()
		second := l.order(h.request(cart))
		h.wantEnd(l, first, failed, "replaced")
		if lines := h.get(l, second).GetLines(); len(lines) != 1 || lines[0].GetSku() != other {
			t.Errorf("got %v, want what is in the cart now", lines)
		}
	})
}

func TestNoOrderEndsForOneThatIsRefused(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.change = func(o *service.Options) { o.Limits.PerRecipient, o.Limits.PerClient = 1, 1 }
		l := h.live(nil)
		order := func(client, email string) (kept, error) {
			_, cart := h.fill(1, 1)
			req := h.request(cart)
			req.Client, req.Contact.Email = client, email
			placed, err := l.PlaceOrder(t.Context(), req)
			return kept{ID: placed.GetOrder().GetId(), Token: placed.GetToken()}, err
		}
		if _, err := order("192.0.2.1", "ana@example.org"); err != nil {
			t.Fatal(err)
		}
		others, err := order("192.0.2.2", "ben@example.org")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := order("192.0.2.1", "ben@example.org"); !contract.Is(err, ordersv1.Reason_REASON_TOO_MANY_ORDERS) {
			t.Errorf("got %v, want that the client has too many", err)
		}
		if got := h.get(l, others); got.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_PLACING || got.GetEndedBecause() != "" {
			t.Errorf("got %s because %q, want the other's order as it was", got.GetStatus(), got.GetEndedBecause())
		}
	})
}

// Until what an order bought is out of the cart, it can't be told what is left in it.
func TestACartIsOrderedWhenWhatAnEndedOrderBoughtIsOut(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		_, cart := h.fill(4, 2)
		l := h.live(nil)
		first := l.order(h.request(cart))
		_, back := h.away("take")
		h.pay(first.ID)
		h.settled(first.ID, true)
		h.await("it is open", func() bool { return h.get(l, first).GetStatus() == opened })
		if _, err := l.CancelOrder(t.Context(), &ordersv1.CancelOrderRequest{OrderId: first.ID, Token: first.Token}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.PlaceOrder(t.Context(), h.anew(cart)); !contract.Is(err, ordersv1.Reason_REASON_UNAVAILABLE) {
			t.Errorf("got %v, want UNAVAILABLE", err)
		}
		back()
		h.await("nothing is left to do", func() bool { return h.busy() == 0 })
		if _, err := l.PlaceOrder(t.Context(), h.anew(cart)); !contract.Is(err, ordersv1.Reason_REASON_CART_EMPTY) {
			t.Errorf("got %v, want that the cart is empty", err)
		}
	})
}

func TestAnOrderThatWaitsForAnOperatorKeepsNoAddressFromOrdering(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.change = func(o *service.Options) { o.Limits.PerRecipient, o.Limits.PerClient = 1, 1 }
		l := h.live(nil)
		_, cart := h.fill(1, 1)
		first := l.order(h.request(cart))
		orders := store.New(h.db, h.now)
		h.await("the order needs attention", func() bool {
			o, err := orders.ByID(t.Context(), first.ID)
			if err != nil {
				t.Fatal(err)
			}
			o.NeedAttention("the provider is not set up any more", h.now())
			o.Rest()
			err = orders.Save(t.Context(), o)
			if err != nil && !errors.Is(err, order.ErrStale) {
				t.Fatal(err)
			}
			return err == nil
		})
		_, another := h.fill(1, 1)
		l.order(h.request(another))
		if got := h.get(l, first); got.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_PLACING || got.GetEndedBecause() != "" {
			t.Errorf("got %s because %q, want it left to the operator", got.GetStatus(), got.GetEndedBecause())
		}
	})
}

// Money that is held until shipping is not taken: it is let go, and the newer order stands.
func TestMoneyThatIsHeldIsLetGoForANewerOrder(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		sku, cart := h.fill(5, 2)
		l := h.live(nil)
		first := l.order(h.request(cart))
		h.mu.Lock()
		h.payments[first.ID].PaymentState = order.Authorized // and orders has not heard of it
		h.mu.Unlock()
		second := l.order(h.anew(cart))
		h.wantEnd(l, first, failed, "replaced")
		h.pay(second.ID)
		h.settled(second.ID, true)
		h.wantEnd(l, second, opened, "")
		h.await("nothing is left to do", func() bool { return h.busy() == 0 })
		h.mu.Lock()
		state := h.payments[first.ID].PaymentState
		h.mu.Unlock()
		if state != order.Stopped {
			t.Errorf("got the first payment %s, want nothing held any more", state)
		}
		h.wantEven(l, sku, 5)
	})
}
