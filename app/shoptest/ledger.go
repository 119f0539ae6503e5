package shoptest

import (
	"fmt"
	"maps"
	"sync"
)

// ledger is what the shop has acknowledged to its guests: what must be true ever
// after.
type ledger struct {
	mu       sync.Mutex
	received map[string]int64           // sku → what ever came in
	orders   map[string]acknowledgement // by id
	keys     map[string]string          // idempotency key → order
	wrong    []string
}

type acknowledgement struct {
	Order
	cancelled bool
}

func newLedger() ledger {
	return ledger{received: map[string]int64{}, orders: map[string]acknowledgement{}, keys: map[string]string{}}
}

func (l *ledger) stocked(products []Product) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range products {
		l.received[p.SKU] = p.Stock
	}
}

func (l *ledger) confirmed(o Order, key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, known := l.keys[key]; known && before != o.ID {
		l.wrong = append(l.wrong, fmt.Sprintf("key %s was answered with the orders %s and %s", key, before, o.ID))
	}
	l.keys[key] = o.ID
	if _, known := l.orders[o.ID]; !known {
		l.orders[o.ID] = acknowledgement{Order: o}
	}
}

func (l *ledger) cancelled(o Order) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.orders[o.ID] = acknowledgement{Order: o, cancelled: true}
}

// read gives copies.
func (l *ledger) read() (received map[string]int64, orders map[string]acknowledgement, wrong []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.received), maps.Clone(l.orders), append([]string(nil), l.wrong...)
}

// Acknowledged is how many orders were confirmed to their guests.
func (s *Shop) Acknowledged() int {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	return len(s.ledger.orders)
}
