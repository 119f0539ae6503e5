package service_test

import (
	"context"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/modules/orders/internal/store"
	ordersv1 "galleria/modules/orders/v1"
)

// TestAnOrderForgetsACustomerWhoIsGone, but not before it is finished, and no other
// customer.
func TestAnOrderForgetsACustomerWhoIsGone(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		l := h.live(nil)
		place := func(email string) kept {
			t.Helper()
			_, cart := h.fill(1, 1)
			r := h.request(cart)
			r.Contact.Email = email
			got, err := l.PlaceOrder(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			return kept{ID: got.GetOrder().GetId(), Token: got.GetToken()}
		}
		ended := func(k kept) {
			t.Helper()
			if _, err := l.CancelOrder(t.Context(), &ordersv1.CancelOrderRequest{OrderId: k.ID, Token: k.Token}); err != nil {
				t.Fatal(err)
			}
			h.await("the order is finished", func() bool {
				var n int64
				err := h.db.Read(t.Context()).Raw("SELECT COUNT(*) FROM orders WHERE id = ? AND status = 'failed' AND due_at IS NULL", k.ID).Scan(&n).Error
				return err == nil && n == 1
			})
		}
		first, open, others := place("Ana@Example.org"), place("ana@example.org"), place("ben@example.org")
		ended(first)
		ended(others)
		gone := h.now().Add(time.Millisecond)
		err := h.db.Write(context.Background(), func(tx *gorm.DB) error { return store.ForgetPerson(tx, "ana@example.org", gone) })
		if err != nil {
			t.Fatal(err)
		}
		knows := func(k kept) bool {
			o := h.get(l, k)
			c, a := o.GetContact(), o.GetAddress()
			whole := c.GetEmail() != "" && c.GetName() != "" && a.GetLine1() != "" && a.GetCity() != "" && a.GetPostalCode() != ""
			none := c.GetEmail() == "" && c.GetName() == "" && a.GetLine1() == "" && a.GetCity() == "" && a.GetPostalCode() == ""
			if !whole && !none || a.GetCountry() != "PT" {
				t.Errorf("got contact %v and address %v, want all of the person or none, and the country", c, a)
			}
			return whole
		}
		if knows(first) || !knows(open) || !knows(others) {
			t.Error("want the person forgotten in the order that is finished, and in it alone")
		}

		ended(open)
		later := place("ana@example.org") // of a new account
		ended(later)
		if n, err := store.New(h.db, h.now).ForgetPersons(t.Context()); err != nil || n != 0 {
			t.Errorf("got %d orders, %v, want none left", n, err)
		}
		if knows(open) || !knows(later) {
			t.Error("want the person forgotten in what was ordered before")
		}
	})
}
