package service_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/modules/orders/internal/store"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/id"
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

// typed stands in each text that people type in the test below.
const typed = "zephyrine"

// texts are all values of a database in which what people typed is found, by table, but for
// events that wait for the broker.
func (h *house) texts() (found []string) {
	h.t.Helper()
	db := h.db.Read(context.Background())
	var tables []string
	query := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if h.db.Dialect() == "postgres" {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
	}
	if err := db.Raw(query).Scan(&tables).Error; err != nil {
		h.t.Fatal(err)
	}
	for _, table := range tables {
		if table == "outbox" {
			continue
		}
		var rows []map[string]any
		if err := db.Raw("SELECT * FROM " + table).Scan(&rows).Error; err != nil {
			h.t.Fatal(err)
		}
		for _, row := range rows {
			for column, value := range row {
				if strings.Contains(strings.ToLower(fmt.Sprintf("%s", value)), typed) {
					found = append(found, fmt.Sprintf("%s.%s: %s", table, column, value))
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// TestNothingThatWasTypedStaysInAnOrder whose customer is gone: neither what the customer
// typed nor what the staff did, before and after. Nor does another module keep it.
func TestNothingThatWasTypedStaysInAnOrder(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		l := h.live(nil)
		says := func(what string) string { return typed + " " + what }
		open := func() kept {
			t.Helper()
			_, cart := h.fill(4, 4)
			r := h.request(cart)
			r.Contact = &ordersv1.Contact{Email: typed + "@example.org", Name: says("name")}
			r.Address = &ordersv1.Address{Line1: says("line 1"), Line2: says("line 2"), City: says("city"), PostalCode: "4050 " + typed, Country: "PT"}
			k := l.order(r)
			h.pay(k.ID)
			h.settled(k.ID, true)
			h.await("it is open", func() bool { return h.get(l, k).GetStatus() == opened })
			return k
		}
		ok := func(_ any, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		one := []*ordersv1.Piece{{LineId: "1", Quantity: 1}}
		sendBack := func(k kept) {
			ok(l.ReturnItems(operator(t), &ordersv1.ReturnItemsRequest{OrderId: k.ID, Pieces: one, Reason: says("return"), Restock: true, IdempotencyKey: id.New()}))
		}
		parcel := &ordersv1.ShipOrderRequest{
			Pieces: []*ordersv1.Piece{{LineId: "1", Quantity: 2}}, Carrier: says("carrier"), Tracking: says("tracking"),
			TrackingUrl: "https://example.org/" + typed, IdempotencyKey: id.New(),
		}
		cancelled, sent := open(), open()
		parcel.OrderId = sent.ID
		ok(l.ShipOrder(operator(t), parcel))
		sendBack(sent)
		ok(l.RefundOrder(operator(t), &ordersv1.RefundOrderRequest{OrderId: sent.ID, Pieces: one, Reason: says("refund"), IdempotencyKey: id.New()}))
		ok(l.AddNote(operator(t), &ordersv1.AddNoteRequest{OrderId: sent.ID, Text: says("note"), IdempotencyKey: id.New()}))
		h.disputed(sent)
		ok(l.ResolveAttention(operator(t), &ordersv1.ResolveAttentionRequest{
			OrderId: sent.ID, Action: ordersv1.ResolveAttentionRequest_ACTION_CLOSE, Note: says("closed"),
			Reason: h.get(l, sent).GetAttention().GetReason(), IdempotencyKey: id.New(),
		}))
		for _, k := range []kept{cancelled, sent} {
			ok(l.CancelOrder(operator(t), &ordersv1.CancelOrderRequest{OrderId: k.ID, Operator: true, Reason: says("cancelled")}))
		}
		h.done()
		if n := len(h.texts()); n < 20 {
			t.Fatalf("got %d texts of people before, want what was typed in each field: %q", n, h.texts())
		}

		err := h.db.Write(t.Context(), func(tx *gorm.DB) error { return store.ForgetPerson(tx, typed+"@example.org", h.now()) })
		ok(nil, err)
		if found := h.texts(); len(found) > 0 {
			t.Errorf("forgotten, and still there: %q", found)
		}
		if got := h.get(l, sent); len(got.GetTimeline()) < 8 || got.GetTimeline()[3].GetWhat() != "shipped" || got.GetRefunds()[0].GetAmountMinor() == 0 {
			t.Errorf("got %v, want what happened as it was", got)
		}

		ok(l.ShipOrder(operator(t), parcel)) // sent again, for the answer was lost
		sendBack(sent)
		h.done()
		if found := h.texts(); len(found) > 0 {
			t.Errorf("typed after that, and still there: %q", found)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if want := "return of order " + h.get(l, sent).GetNumber(); len(h.noted) != 2 || h.noted[0] != want || h.noted[1] != want {
			t.Errorf("inventory keeps %q, want %q twice", h.noted, want)
		}
	})
}
