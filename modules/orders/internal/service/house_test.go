package service_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/migrations"
	"galleria/modules/orders/internal/order"
	"galleria/modules/orders/internal/service"
	"galleria/modules/orders/internal/store"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/id"
)

// house is the street orders sells in, and the database in which one life of
// orders follows another.
type house struct {
	*street
	t  *testing.T
	db *database.DB
	// later is how far the clock is ahead.
	later atomic.Int64
	// change adapts the options of the lives to come.
	change func(*service.Options)
}

// inHouse runs a test on SQLite and on PostgreSQL.
func inHouse(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) { test(t, build(t, o)) })
}

func build(t *testing.T, o database.Options) *house {
	t.Helper()
	o.Migrations = migrations.For("orders")
	h := &house{t: t, db: databasetest.Open(t, o)}
	h.street = newStreet(h.now)
	return h
}

func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.later.Load())) }

// fill makes a cart of a number of a new thing, of which there are so many.
func (h *house) fill(stock, quantity int64) (sku, cart string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sku, cart = "sku-"+id.New(), id.Secret()
	h.shelf[sku] = stock
	h.carts[cart] = &basket{lines: map[string]int64{sku: quantity}, taken: map[string]bool{}}
	return sku, cart
}

// merge puts what is in one cart into another, as cart does.
func (h *house) merge(from, into string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a, b := h.carts[from], h.carts[into]
	for sku, n := range a.lines {
		b.lines[sku] += n
	}
	clear(a.lines)
	a.into, b.mergedFrom = b, append(b.mergedFrom, from)
}

// request is Ana's, who has seen the price.
func (h *house) request(cart string, codes ...string) *ordersv1.PlaceOrderRequest {
	h.mu.Lock()
	defer h.mu.Unlock()
	quote := h.quote(service.Ask{Lines: h.carts[cart].value().Lines, Codes: codes})
	return &ordersv1.PlaceOrderRequest{
		IdempotencyKey: id.New(), CartId: cart, Quote: quote.Fingerprint, Codes: codes,
		ReturnUrl: "https://shop.example/orders/{order_id}?token={token}", Client: "192.0.2.1",
		Contact: &ordersv1.Contact{Email: "ana@example.org", Name: "Ana Example"},
		Address: &ordersv1.Address{Line1: "1 Arcade", City: "Lisbon", PostalCode: "1100-000", Country: "PT"},
	}
}

// life is orders at work in one process, until it dies.
type life struct {
	*service.Service
	t      *testing.T
	died   chan struct{}
	dead   atomic.Bool
	end    context.CancelFunc
	driver sync.WaitGroup
}

type pace struct{}

func (pace) Rest(ctx context.Context, signal <-chan struct{}) bool {
	select {
	case <-signal:
	case <-time.After(5 * time.Millisecond):
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// live begins a life. hook is told its points and says where it dies.
func (h *house) live(hook func(point string) (die bool)) *life {
	h.t.Helper()
	l := &life{t: h.t, died: make(chan struct{})}
	o := service.Options{
		Store:      store.New(h.db, h.now),
		Neighbours: service.Neighbours{Goods: goods{h.street}, Prices: prices{h.street}, Carts: carts{h.street}, Money: payments{h.street}},
		Log:        slog.New(slog.DiscardHandler), Now: h.now,
		Hold: 30 * time.Minute, Poll: 5 * time.Minute, GiveUp: 24 * time.Hour, KeepFailed: 30 * 24 * time.Hour,
		Hook: func(point string) {
			if hook != nil && !l.dead.Load() && hook(point) && l.dead.CompareAndSwap(false, true) {
				close(l.died)
			}
			if l.dead.Load() {
				runtime.Goexit() // and so everything else of this life that gets anywhere
			}
		},
	}
	if h.change != nil {
		h.change(&o)
	}
	l.Service = service.New(o)
	var ctx context.Context
	ctx, l.end = context.WithCancel(context.Background())
	l.driver.Go(func() { l.Drive(ctx, pace{}) })
	h.t.Cleanup(l.close)
	return l
}

func (l *life) close() {
	l.end()
	l.driver.Wait()
	if err := l.Close(); err != nil {
		l.t.Error(err)
	}
}

// bury ends a life that died, and lets its head start run out.
func (h *house) bury(l *life) {
	l.close()
	h.later.Add(int64(20 * time.Second))
}

// kept is an order as the database has it.
type kept struct{ ID, Token, Status, PaymentState string }

func (h *house) kept() []kept {
	h.t.Helper()
	var all []kept
	if err := h.db.Read(context.Background()).Raw("SELECT id, token, status, payment_state FROM orders ORDER BY id").Scan(&all).Error; err != nil {
		h.t.Fatal(err)
	}
	return all
}

func (h *house) only() kept {
	h.t.Helper()
	all := h.kept()
	if len(all) != 1 {
		h.t.Fatalf("got %d orders, want one: %v", len(all), all)
	}
	return all[0]
}

// busy is the number of orders with something left to do now.
func (h *house) busy() (n int64) {
	h.t.Helper()
	if err := h.db.Read(context.Background()).Raw("SELECT COUNT(*) FROM orders WHERE due_at IS NOT NULL").Scan(&n).Error; err != nil {
		h.t.Fatal(err)
	}
	return n
}

// events are the types of those published about an order, in order.
func (h *house) events(orderID string) []string {
	h.t.Helper()
	var all []string
	if err := h.db.Read(context.Background()).Raw("SELECT type FROM outbox WHERE aggregate = ? ORDER BY seq", orderID).Scan(&all).Error; err != nil {
		h.t.Fatal(err)
	}
	for i := range all {
		all[i] = strings.TrimPrefix(all[i], "orders.v1.Order")
	}
	return all
}

func (h *house) await(what string, done func() bool) {
	h.t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("still not so: %s; orders are %v", what, h.kept())
		}
	}
}

// settled tells orders of a payment, as its event does.
func (h *house) settled(orderID string, paid bool) {
	h.t.Helper()
	err := h.db.Write(context.Background(), func(tx *gorm.DB) error { return store.PaymentSettled(tx, orderID, paid, h.now()) })
	if err != nil {
		h.t.Error(err)
	}
}

func (h *house) get(l *life, k kept) *ordersv1.Order {
	h.t.Helper()
	got, err := l.GetOrder(context.Background(), &ordersv1.GetOrderRequest{OrderId: k.ID, Token: k.Token})
	if err != nil {
		h.t.Fatalf("get order %s: %v", k.ID, err)
	}
	return got.GetOrder()
}

// wantEven fails unless goods, money, codes, events and all orders of a sku tell
// the same story.
func (h *house) wantEven(l *life, sku string, stock int64) {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.expire()
	var sold, shipped, back int64
	for _, k := range h.kept() {
		o := h.get(l, k)
		var told []string
		wantBack := int64(0)
		switch o.GetStatus() {
		case ordersv1.OrderStatus_ORDER_STATUS_OPEN, ordersv1.OrderStatus_ORDER_STATUS_CLOSED:
			told = []string{"Placed"}
			for _, l := range o.GetLines() {
				sold += l.GetQuantity() - l.GetCancelled()
				shipped += l.GetShipped()
				back += l.GetReturned()
			}
			wantBack = o.GetRefundedMinor()
		case ordersv1.OrderStatus_ORDER_STATUS_CANCELLED:
			told, wantBack = []string{"Cancelled"}, -1
		case ordersv1.OrderStatus_ORDER_STATUS_FAILED:
			told = []string{"Failed"}
		default:
			h.t.Errorf("order is %s, which is no end", o.GetStatus())
		}
		got := h.events(k.ID)
		for _, want := range told {
			if n := len(slices.DeleteFunc(slices.Clone(got), func(e string) bool { return e != want })); n != 1 {
				h.t.Errorf("events of %s order: got %v, want %s once", o.GetStatus(), got, want)
			}
		}
		// Who is told that nothing was charged is not charged.
		if o.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_FAILED && slices.Contains(got, "Failed") {
			h.t.Errorf("events of %s order: got %v, want no Failed", o.GetStatus(), got)
		}
		if o.GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_CANCELLED && o.GetAttention() != nil {
			h.t.Errorf("cancelled order needs attention: %s", o.GetAttention().GetReason())
		}
		var paid, refunded int64
		for name, p := range h.payments {
			if name != k.ID && !strings.HasPrefix(name, k.ID+"-") {
				continue
			}
			if p.PaymentState == order.Waiting {
				h.t.Errorf("payment %s of %s order can still be made", name, o.GetStatus())
			}
			if p.PaymentState == order.Paid {
				paid += p.amount
				refunded += p.refunded
			}
		}
		if o.GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_FAILED && paid != 0 {
			h.t.Errorf("failed order is paid: %d", paid)
		}
		if wantBack < 0 && refunded != paid || wantBack >= 0 && refunded != wantBack {
			h.t.Errorf("money of %s order: %d paid, %d refunded, order says %d", o.GetStatus(), paid, refunded, o.GetRefundedMinor())
		}
		if (o.GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_OPEN) && paid != o.GetTotals().GetTotalMinor() {
			h.t.Errorf("open order of %d has %d paid", o.GetTotals().GetTotalMinor(), paid)
		}
	}
	if got := h.shelf[sku]; got != stock-sold {
		h.t.Errorf("got %d of %d on the shelf, with %d sold", got, stock, sold)
	}
	var held int64
	for _, a := range h.allocated {
		if !a.released && !a.gone {
			held += a.lines[sku]
		}
	}
	if held != sold-shipped {
		h.t.Errorf("got %d held for orders, want %d sold and %d of it shipped", held, sold, shipped)
	}
}

// dieAt makes the hook of a life that ends at the n-th point it passes.
func dieAt(n int, at *string) func(string) bool {
	var passed atomic.Int32
	return func(point string) bool {
		if int(passed.Add(1)) != n+1 {
			return false
		}
		*at = fmt.Sprintf("%d %s", n, point)
		return true
	}
}
