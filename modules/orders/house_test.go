package orders_test

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

	"google.golang.org/grpc"

	"galleria/migrations"
	"galleria/modules/cart/carttest"
	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/inventory/inventorytest"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/orders"
	"galleria/modules/orders/orderstest"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
	"galleria/platform/route"
)

const (
	confirmed  = ordersv1.OrderStatus_ORDER_STATUS_CONFIRMED
	captured   = ordersv1.OrderStatus_ORDER_STATUS_CAPTURED
	completed  = ordersv1.OrderStatus_ORDER_STATUS_COMPLETED
	failing    = ordersv1.OrderStatus_ORDER_STATUS_FAILING
	failed     = ordersv1.OrderStatus_ORDER_STATUS_FAILED
	cancelling = ordersv1.OrderStatus_ORDER_STATUS_CANCELLING
	cancelled  = ordersv1.OrderStatus_ORDER_STATUS_CANCELLED
)

// house is the modules orders sells with, and the database in which one life
// of orders follows another.
type house struct {
	orderstest.Shop
	t         *testing.T
	db        *database.DB
	inventory *inventorytest.Fake
	payments  *paymentstest.Fake
	takes     *takes
	needs     orders.Needs
	// later is how far the clock of orders is ahead.
	later atomic.Int64
	// shelf is how far inventory's is.
	shelf atomic.Int64
}

// takes lets calls of cart.TakeItems fail.
type takes struct {
	cartv1.CartServiceClient
	fail, lose atomic.Int32 // how many are still to fail
	// look, if set, runs once before the next look into the cart.
	look atomic.Pointer[func()]
	// cheap makes the cart say that everything costs next to nothing.
	cheap atomic.Bool
}

func (c *takes) GetCart(ctx context.Context, r *cartv1.GetCartRequest, o ...grpc.CallOption) (*cartv1.GetCartResponse, error) {
	if look := c.look.Swap(nil); look != nil {
		(*look)()
	}
	got, err := c.CartServiceClient.GetCart(ctx, r, o...)
	for _, l := range got.GetCart().GetLines() {
		if c.cheap.Load() {
			l.UnitPriceMinor, l.TotalMinor = 1, l.GetQuantity()
		}
	}
	return got, err
}

func (c *takes) TakeItems(ctx context.Context, r *cartv1.TakeItemsRequest, o ...grpc.CallOption) (*cartv1.TakeItemsResponse, error) {
	if c.fail.Add(-1) >= 0 {
		return nil, inventorytest.Unavailable()
	}
	got, err := c.CartServiceClient.TakeItems(ctx, r, o...)
	if c.lose.Add(-1) >= 0 {
		return nil, inventorytest.Unavailable()
	}
	return got, err
}

// inHouse runs a test on SQLite and on PostgreSQL.
func inHouse(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) { test(t, build(t, o)) })
}

func build(t *testing.T, o database.Options) *house {
	t.Helper()
	o.Migrations = migrations.For(orders.Name)
	h := &house{t: t, db: databasetest.Open(t, o), inventory: inventorytest.NewFake(t), payments: paymentstest.NewFake()}
	h.inventory.Now = func() time.Time { return time.Now().Add(time.Duration(h.shelf.Load())) }
	catalog := catalogv1.NewCatalogServiceClient(local(t, "catalog", &catalogv1.CatalogService_ServiceDesc, catalogtest.NewFake()))
	cart := cartv1.NewCartServiceClient(local(t, "cart", &cartv1.CartService_ServiceDesc, carttest.NewFake(catalog)))
	h.takes = &takes{CartServiceClient: cart}
	h.needs = orders.Needs{
		Catalog: catalog, Cart: h.takes,
		Inventory: inventoryv1.NewInventoryServiceClient(local(t, "inventory", &inventoryv1.InventoryService_ServiceDesc, h.inventory)),
		Payments:  paymentsv1.NewPaymentsServiceClient(local(t, "payments", &paymentsv1.PaymentsService_ServiceDesc, h.payments)),
	}
	h.Shop = orderstest.NewShop(t, orderstest.World{Catalog: catalog, Cart: cart, Inventory: h.needs.Inventory, Payments: h.needs.Payments})
	return h
}

// local is a connection to a module of this process.
func local(t testing.TB, name string, contract *grpc.ServiceDesc, server any) grpc.ClientConnInterface {
	t.Helper()
	r, err := route.New(name, contract, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	target, err := r.NewLocal(server, route.LocalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r.Point(target)
	return r.For("test")
}

// life is orders at work in one process, until it dies.
type life struct {
	ordersv1.OrdersServiceClient
	t        *testing.T
	instance *module.Instance
	died     chan struct{}
	dead     atomic.Bool
	end      context.CancelFunc
	recovery sync.WaitGroup
}

// live begins a life. hook is told its points and says where it dies.
func (h *house) live(hook func(point string) (die bool), recover bool) *life {
	h.t.Helper()
	l := &life{t: h.t, died: make(chan struct{})}
	cfg := orders.DefaultConfig()
	cfg.PollInterval = 10 * time.Millisecond
	cfg.Hook = func(point string) {
		if hook != nil && !l.dead.Load() && hook(point) && l.dead.CompareAndSwap(false, true) {
			close(l.died)
		}
		if l.dead.Load() {
			runtime.Goexit() // and so everything else of this life that gets anywhere
		}
	}
	var err error
	l.instance, err = orders.New(module.Host{
		DB: h.db, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Now().Add(time.Duration(h.later.Load())) },
	}, h.needs, cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	l.OrdersServiceClient = ordersv1.NewOrdersServiceClient(local(h.t, "orders", &ordersv1.OrdersService_ServiceDesc, l.instance.Server))
	var ctx context.Context
	ctx, l.end = context.WithCancel(context.Background())
	if recover {
		l.recovery.Go(func() { l.instance.Work["recovery"](ctx) })
	}
	h.t.Cleanup(l.close)
	return l
}

// close ends the life, in order unless it died.
func (l *life) close() {
	l.end()
	l.recovery.Wait()
	if err := l.instance.Close(); err != nil {
		l.t.Error(err)
	}
}

// bury ends a life that died, and lets its claims run out.
func (h *house) bury(l *life) {
	l.close()
	h.later.Add(int64(3 * time.Second))
}

// kept is an order as the database has it.
type kept struct{ ID, Token, Status string }

func (h *house) kept() []kept {
	h.t.Helper()
	var all []kept
	if err := h.db.Read(context.Background()).Raw("SELECT id, token, status FROM orders ORDER BY id").Scan(&all).Error; err != nil {
		h.t.Fatal(err)
	}
	return all
}

// open is the number of orders with something left to do.
func (h *house) open() (n int64) {
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

// wantEven fails unless goods, money, events and the order itself tell the same
// story of an order of quantity things at price each.
func (h *house) wantEven(o *ordersv1.Order, sku string, stock, quantity, price int64) {
	h.t.Helper()
	sold := int64(0)
	var told []string
	switch o.GetStatus() {
	case completed:
		sold, told = quantity, []string{"orders.v1.OrderConfirmed"}
	case cancelled:
		told = []string{"orders.v1.OrderConfirmed", "orders.v1.OrderCancelled"}
	case failed:
	default:
		h.t.Fatalf("order is %s, which is no end", o.GetStatus())
	}
	h.WantLevel(sku, stock-sold, sold)
	if got := h.events(o.GetId()); !slices.Equal(got, told) {
		h.t.Errorf("events: got %v, want %v", got, told)
	}
	var paid, returned int64
	for _, p := range h.payments.Payments() {
		if p.GetOrderId() != o.GetId() {
			h.t.Errorf("a payment of an order there is not: %v", p)
		}
		if p.GetStatus() == paymentsv1.CardStatus_CARD_STATUS_AUTHORIZED || p.GetStatus() == paymentsv1.CardStatus_CARD_STATUS_PENDING {
			h.t.Errorf("payment of %s order is %s: money is held for nothing", o.GetStatus(), p.GetStatus())
		}
		paid += p.GetCapturedMinor() - p.GetRefundedMinor()
		returned += p.GetRefundedMinor()
	}
	if want := sold * price; paid != want || returned != o.GetRefundedMinor() {
		h.t.Errorf("money of %s order: got %d paid and %d returned, want %d and %d", o.GetStatus(), paid, returned, want, o.GetRefundedMinor())
	}
	var seen []string
	for _, e := range o.GetTimeline() {
		seen = append(seen, strings.TrimPrefix(e.GetStatus().String(), "ORDER_STATUS_"))
	}
	if slices.Contains(seen, "FAILED") && slices.Contains(seen, "CONFIRMED") || len(seen) != len(slices.Compact(slices.Sorted(slices.Values(seen)))) {
		h.t.Errorf("timeline %v can't be", seen)
	}
}

// get reads an order with the token from the database.
func (h *house) get(l *life, k kept) *ordersv1.Order {
	h.t.Helper()
	got, err := l.GetOrder(context.Background(), &ordersv1.GetOrderRequest{OrderId: k.ID, Token: k.Token})
	if err != nil {
		h.t.Fatalf("get order %s: %v", k.ID, err)
	}
	return got.GetOrder()
}

// only is the one order there must be.
func (h *house) only() kept {
	h.t.Helper()
	all := h.kept()
	if len(all) != 1 {
		h.t.Fatalf("got %d orders, want one: %v", len(all), all)
	}
	return all[0]
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
