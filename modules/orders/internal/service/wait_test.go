package service_test

import (
	"sync/atomic"
	"testing"

	ordersv1 "galleria/modules/orders/v1"
)

// A drive has stored that a payment stopped, and is held before it tells; meanwhile the
// shopper asks for another payment.
func TestWhatIsToldLateIsNotTakenForNews(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		_, cart := h.fill(1, 1)
		var hold atomic.Bool
		stored, goOn := make(chan struct{}), make(chan struct{})
		l := h.live(func(point string) bool {
			if point == "waiting:after" && hold.CompareAndSwap(true, false) {
				close(stored)
				<-goOn
			}
			return false
		})
		placed, err := l.PlaceOrder(t.Context(), h.request(cart))
		if err != nil {
			t.Fatal(err)
		}
		order := placed.GetOrder().GetId()
		if err := (payments{h.street}).Cancel(t.Context(), order); err != nil {
			t.Fatal(err)
		}
		hold.Store(true)
		h.settled(order, false)
		<-stored
		paid := make(chan error, 1)
		var url string
		go func() {
			got, err := l.PayOrder(t.Context(), &ordersv1.PayOrderRequest{OrderId: order, Token: placed.GetToken()})
			url = got.GetRedirectUrl()
			paid <- err
		}()
		h.await("the shopper waits", func() bool { return l.Watchers(order) == 1 })
		close(goOn)
		if err := <-paid; err != nil || url == "" || url == placed.GetRedirectUrl() {
			t.Errorf("got %q and %v, want another payment", url, err)
		}
	})
}
