package service

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"pgregory.net/rapid"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/migrations"
	"galleria/modules/inventory/internal/store"
	"galleria/platform/contract"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module/moduletest"
)

// machine drives a service and a model of it through the same random steps.
// The model is as plain as can be: numbers in maps, one step at a time.
type machine struct {
	service *Service
	now     time.Time
	prefix  string
	keys    int

	onHand map[string]int64
	orders map[string]*modelOrder
}

// modelOrder is what is kept for an order, by sku.
type modelOrder struct {
	asked             map[string]int64
	open, expired     map[string]int64
	released, endless bool
	until             time.Time
	lastKey           string
	lastShipment      map[string]int64
}

func TestAnySequenceOfStepsKeepsTheBooks(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = migrations.For("inventory")
		db := databasetest.Open(t, o)
		run := 0
		rapid.Check(t, func(t *rapid.T) {
			run++
			m := &machine{
				now: time.UnixMicro(1_700_000_000_000_000).Add(time.Duration(run) * 1000 * time.Hour), prefix: fmt.Sprint(run, "-"),
				onHand: map[string]int64{}, orders: map[string]*modelOrder{},
			}
			m.service = New(store.New(db, 1, lowAt), func() time.Time { return m.now })
			t.Repeat(map[string]func(*rapid.T){
				"count": m.count, "receive": m.receive, "adjust": m.adjust, "allocate": m.allocate, "release": m.release,
				"release lines": m.releaseLines, "ship": m.ship, "ship again": m.shipAgain, "time passes": m.pass, "": m.check,
			})
			m.service.wantBalance(t)
		})
	})
}

func (m *machine) sku(t *rapid.T) string {
	return m.prefix + rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "sku")
}

func (m *machine) order(t *rapid.T) string {
	return m.prefix + rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(t, "order")
}

func (m *machine) key() string {
	m.keys++
	return fmt.Sprint(m.prefix, "key-", m.keys)
}

func (m *machine) lines(t *rapid.T) (lines []*inventoryv1.Line, sums map[string]int64) {
	sums = map[string]int64{}
	for range rapid.IntRange(1, 3).Draw(t, "lines") {
		l := &inventoryv1.Line{Sku: m.sku(t), Quantity: rapid.Int64Range(1, 3).Draw(t, "quantity")}
		lines = append(lines, l)
		sums[l.Sku] += l.Quantity
	}
	return lines, sums
}

// allocated is what is kept of a sku.
func (m *machine) allocated(sku string) (n int64) {
	for _, o := range m.orders {
		n += o.open[sku]
	}
	return n
}

func (m *machine) there(sums map[string]int64) bool {
	for sku, n := range sums {
		if m.onHand[sku]-m.allocated(sku) < n {
			return false
		}
	}
	return true
}

func (m *machine) count(t *rapid.T) {
	sku, n := m.sku(t), rapid.Int64Range(0, 12).Draw(t, "on hand")
	_, err := m.service.SetLevels(moduletest.Direct(context.Background()), &inventoryv1.SetLevelsRequest{Levels: []*inventoryv1.SetLevelsRequest_Count{{Sku: sku, OnHand: n}}})
	if n < m.allocated(sku) {
		expect(t, "count", err, inventoryv1.Reason_REASON_BELOW_ALLOCATED)
		return
	}
	expect(t, "count", err, 0)
	m.onHand[sku] = n
}

func (m *machine) receive(t *rapid.T) {
	lines, sums := m.lines(t)
	r := &inventoryv1.ReceiveRequest{IdempotencyKey: m.key(), Lines: lines}
	for range rapid.IntRange(1, 2).Draw(t, "times") {
		_, err := m.service.Receive(moduletest.Direct(context.Background()), r)
		expect(t, "receive", err, 0)
	}
	for sku, n := range sums {
		m.onHand[sku] += n
	}
}

func (m *machine) adjust(t *rapid.T) {
	sku, by := m.sku(t), rapid.Int64Range(-4, 4).Filter(func(n int64) bool { return n != 0 }).Draw(t, "by")
	r := &inventoryv1.AdjustRequest{Sku: sku, By: by, Reason: inventoryv1.AdjustReason_ADJUST_REASON_CORRECTION, IdempotencyKey: m.key()}
	for range rapid.IntRange(1, 2).Draw(t, "times") {
		_, err := m.service.Adjust(moduletest.Direct(context.Background()), r)
		if m.onHand[sku]+by < m.allocated(sku) {
			expect(t, "adjust", err, inventoryv1.Reason_REASON_BELOW_ALLOCATED)
			return
		}
		expect(t, "adjust", err, 0)
	}
	m.onHand[sku] += by
}

func (m *machine) allocate(t *rapid.T) {
	order := m.order(t)
	lines, sums := m.lines(t)
	o := m.orders[order]
	if o != nil && o.asked != nil && rapid.Bool().Draw(t, "the same lines") {
		lines, sums = nil, o.asked
		for sku, n := range o.asked {
			lines = append(lines, &inventoryv1.Line{Sku: sku, Quantity: n})
		}
	}
	seconds := rapid.IntRange(0, 60).Draw(t, "hold") // 0: without end
	_, err := m.service.Allocate(moduletest.Direct(context.Background()), &inventoryv1.AllocateRequest{
		OrderId: order, Lines: lines, Hold: durationpb.New(time.Duration(seconds) * time.Second),
	})
	until := m.now.Add(time.Duration(seconds) * time.Second)
	switch {
	case o != nil && o.released:
		expect(t, "allocate", err, inventoryv1.Reason_REASON_RELEASED)
	case o != nil && !same(o.asked, sums):
		expect(t, "allocate", err, inventoryv1.Reason_REASON_KEY_REUSED)
	case o != nil && !m.there(o.expired):
		expect(t, "allocate", err, outOfStock)
	case o != nil:
		expect(t, "allocate", err, 0)
		for sku, n := range o.expired {
			o.open[sku] += n
		}
		o.expired = map[string]int64{}
		o.endless = o.endless || seconds == 0
		if until.After(o.until) {
			o.until = until
		}
	case !m.there(sums):
		expect(t, "allocate", err, outOfStock)
	default:
		expect(t, "allocate", err, 0)
		o = &modelOrder{asked: sums, open: map[string]int64{}, expired: map[string]int64{}, endless: seconds == 0, until: until}
		for sku, n := range sums {
			o.open[sku] = n
		}
		m.orders[order] = o
	}
}

func (m *machine) release(t *rapid.T) {
	order := m.order(t)
	expect(t, "release", m.service.tryRelease(order), 0)
	if m.orders[order] == nil {
		m.orders[order] = &modelOrder{}
	}
	m.orders[order].released, m.orders[order].open = true, map[string]int64{}
}

func (m *machine) releaseLines(t *rapid.T) {
	order := m.order(t)
	lines, sums := m.lines(t)
	r := &inventoryv1.ReleaseRequest{OrderId: order, Lines: lines, IdempotencyKey: m.key()}
	for range rapid.IntRange(1, 2).Draw(t, "times") {
		_, err := m.service.Release(moduletest.Direct(context.Background()), r)
		if !m.kept(order, sums) {
			expect(t, "release lines", err, inventoryv1.Reason_REASON_NOT_ALLOCATED)
			return
		}
		expect(t, "release lines", err, 0)
	}
	for sku, n := range sums {
		m.orders[order].open[sku] -= n
	}
}

func (m *machine) ship(t *rapid.T) {
	order := m.order(t)
	_, sums := m.lines(t)
	key := m.key()
	err := m.tryShip(order, key, sums)
	if !m.kept(order, sums) {
		expect(t, "ship", err, inventoryv1.Reason_REASON_NOT_ALLOCATED)
		return
	}
	expect(t, "ship", err, 0)
	o := m.orders[order]
	o.lastKey, o.lastShipment = key, sums
	for sku, n := range sums {
		o.open[sku] -= n
		m.onHand[sku] -= n
	}
}

func (m *machine) shipAgain(t *rapid.T) {
	order := m.order(t)
	if o := m.orders[order]; o != nil && o.lastKey != "" {
		expect(t, "ship again", m.tryShip(order, o.lastKey, o.lastShipment), 0)
	}
}

func (m *machine) tryShip(order, key string, sums map[string]int64) error {
	r := &inventoryv1.ShipRequest{OrderId: order, IdempotencyKey: key}
	for sku, n := range sums {
		r.Lines = append(r.Lines, &inventoryv1.Line{Sku: sku, Quantity: n})
	}
	_, err := m.service.Ship(moduletest.Direct(context.Background()), r)
	return err
}

func (m *machine) kept(order string, sums map[string]int64) bool {
	for sku, n := range sums {
		if o := m.orders[order]; o == nil || o.open[sku] < n {
			return false
		}
	}
	return true
}

// pass lets time pass and the background work look.
func (m *machine) pass(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "seconds")) * time.Second)
	if err := m.service.ExpireNow(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, o := range m.orders {
		if o.released || o.endless || m.now.Before(o.until) {
			continue
		}
		for sku, n := range o.open {
			o.expired[sku] += n
		}
		o.open = map[string]int64{}
	}
}

// check compares the levels with the model's after every step, and what moved with
// what is there.
func (m *machine) check(t *rapid.T) {
	for sku, onHand := range m.onHand {
		levels, err := m.service.store.Levels(context.Background(), []string{sku})
		if err != nil {
			t.Fatal(err)
		}
		if len(levels) == 0 {
			continue // nothing was ever there: adjusted to nothing
		}
		if got := levels[0]; got.OnHand != onHand || got.Allocated != m.allocated(sku) {
			t.Fatalf("got %+v, want %d on hand, %d allocated", got, onHand, m.allocated(sku))
		}
		sum := int64(0)
		moved, err := m.service.store.Movements(context.Background(), store.WantedMovements{SKU: sku, Most: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, movement := range moved {
			sum += movement.By
		}
		if sum != onHand {
			t.Fatalf("%s: movements sum to %d, %d are on hand", sku, sum, onHand)
		}
	}
}

func same(a, b map[string]int64) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// expect wants an error with that reason, or none for 0.
func expect(t *rapid.T, step string, err error, want inventoryv1.Reason) {
	t.Helper()
	if want == 0 && err != nil || want != 0 && !contract.Is(err, want) {
		t.Fatalf("%s: got %v, want reason %v", step, err, want)
	}
}
