package service

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/migrations"
	"galleria/modules/inventory/internal/stock"
	"galleria/modules/inventory/internal/store"
	"galleria/platform/contract"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// machine drives a service and a model of it through the same random steps.
// The model is as plain as can be: numbers in maps, one step at a time.
type machine struct {
	service *Service
	now     time.Time
	prefix  string

	books      map[string]*stock.Books
	orders     map[string]*modelOrder
	deliveries map[string]map[string]int64
}

type modelOrder struct {
	status stock.Status
	lines  map[string]int64
	until  time.Time
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
				books: map[string]*stock.Books{}, orders: map[string]*modelOrder{}, deliveries: map[string]map[string]int64{},
			}
			m.service = New(store.New(db), func() time.Time { return m.now }, time.Minute)
			t.Repeat(map[string]func(*rapid.T){
				"set": m.set, "receive": m.receive, "reserve": m.reserve, "commit": m.commit, "release": m.release,
				"expire": m.expire, "": m.check,
			})
		})
	})
}

func (m *machine) sku(t *rapid.T) string {
	return m.prefix + rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "sku")
}

func (m *machine) order(t *rapid.T) string {
	return m.prefix + rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(t, "order")
}

func (m *machine) lines(t *rapid.T) (lines []*inventoryv1.Line, sums map[string]int64) {
	sums = map[string]int64{}
	for range rapid.IntRange(1, 4).Draw(t, "lines") {
		l := &inventoryv1.Line{Sku: m.sku(t), Quantity: rapid.Int64Range(1, 3).Draw(t, "quantity")}
		lines = append(lines, l)
		sums[l.Sku] += l.Quantity
	}
	return lines, sums
}

func (m *machine) shelf(sku string) *stock.Books {
	if m.books[sku] == nil {
		m.books[sku] = &stock.Books{SKU: sku}
	}
	return m.books[sku]
}

func (m *machine) set(t *rapid.T) {
	sku, n := m.sku(t), rapid.Int64Range(0, 8).Draw(t, "on hand")
	m.service.shelve(t, n, sku)
	b := m.shelf(sku)
	b.OnHand, b.Received = n, n+b.Reserved+b.Sold
}

func (m *machine) receive(t *rapid.T) {
	key := m.prefix + rapid.StringMatching("[a-z]").Draw(t, "key")
	lines, sums := m.lines(t)
	_, err := m.service.Receive(context.Background(), &inventoryv1.ReceiveRequest{IdempotencyKey: key, Lines: lines})
	if before, ok := m.deliveries[key]; ok {
		want := inventoryv1.Reason_REASON_KEY_REUSED
		if same(before, sums) {
			want = 0
		}
		expect(t, "receive", err, want)
		return
	}
	expect(t, "receive", err, 0)
	m.deliveries[key] = sums
	for sku, n := range sums {
		m.shelf(sku).OnHand += n
		m.shelf(sku).Received += n
	}
}

func (m *machine) reserve(t *rapid.T) {
	id := m.order(t)
	lines, sums := m.lines(t)
	_, err := m.service.Reserve(context.Background(), &inventoryv1.ReserveRequest{OrderId: id, Lines: lines})
	switch o := m.orders[id]; {
	case o != nil && o.status == stock.Released:
		expect(t, "reserve", err, inventoryv1.Reason_REASON_RELEASED)
	case o != nil && !same(o.lines, sums):
		expect(t, "reserve", err, inventoryv1.Reason_REASON_KEY_REUSED)
	case o != nil:
		expect(t, "reserve", err, 0)
	case !m.there(sums):
		expect(t, "reserve", err, inventoryv1.Reason_REASON_OUT_OF_STOCK)
	default:
		expect(t, "reserve", err, 0)
		m.orders[id] = &modelOrder{status: stock.Held, lines: sums, until: m.now.Add(time.Minute)}
		m.each(sums, func(b *stock.Books, n int64) { b.OnHand -= n; b.Reserved += n })
	}
}

func (m *machine) commit(t *rapid.T) {
	id := m.order(t)
	err := m.service.tryCommit(id)
	switch o := m.orders[id]; {
	case o == nil:
		expect(t, "commit", err, inventoryv1.Reason_REASON_NO_RESERVATION)
	case o.status == stock.Released:
		expect(t, "commit", err, inventoryv1.Reason_REASON_RELEASED)
	case o.status == stock.Expired && !m.there(o.lines):
		expect(t, "commit", err, inventoryv1.Reason_REASON_OUT_OF_STOCK)
	case o.status == stock.Expired:
		expect(t, "commit", err, 0)
		o.status = stock.Committed
		m.each(o.lines, func(b *stock.Books, n int64) { b.OnHand -= n; b.Sold += n })
	case o.status == stock.Held:
		expect(t, "commit", err, 0)
		o.status = stock.Committed
		m.each(o.lines, func(b *stock.Books, n int64) { b.Reserved -= n; b.Sold += n })
	default:
		expect(t, "commit", err, 0)
	}
}

func (m *machine) release(t *rapid.T) {
	id := m.order(t)
	expect(t, "release", m.service.tryRelease(id), 0)
	o := m.orders[id]
	if o == nil {
		o = &modelOrder{}
		m.orders[id] = o
	}
	switch o.status {
	case stock.Held:
		m.each(o.lines, func(b *stock.Books, n int64) { b.Reserved -= n; b.OnHand += n })
	case stock.Committed:
		m.each(o.lines, func(b *stock.Books, n int64) { b.Sold -= n; b.OnHand += n })
	}
	o.status = stock.Released
}

// expire lets time pass and the background work look.
func (m *machine) expire(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "seconds")) * time.Second)
	for n := expiryBatch; n == expiryBatch; {
		var err error
		if n, err = m.service.store.Expire(context.Background(), m.now, expiryBatch); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range m.orders {
		if o.status == stock.Held && !m.now.Before(o.until) {
			o.status = stock.Expired
			m.each(o.lines, func(b *stock.Books, n int64) { b.Reserved -= n; b.OnHand += n })
		}
	}
}

// check compares the books with the model's after every step.
func (m *machine) check(t *rapid.T) {
	for sku, b := range m.books {
		m.service.wantBooks(t, sku, b.OnHand, b.Reserved, b.Sold)
	}
}

func (m *machine) there(sums map[string]int64) bool {
	for sku, n := range sums {
		if b := m.books[sku]; b == nil || b.OnHand < n {
			return false
		}
	}
	return true
}

func (m *machine) each(sums map[string]int64, change func(b *stock.Books, n int64)) {
	for sku, n := range sums {
		change(m.books[sku], n)
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
