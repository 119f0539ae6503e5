// Package request reads the contract's requests into the domain, or says which
// of their fields are wrong. The service and the fake both stand on it, so that
// they refuse the same things.
package request

import (
	"fmt"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/modules/inventory/internal/stock"
	"galleria/platform/contract"
)

// Bounds the contract states, and those of names, which keep rows small.
const (
	MaxRead     = 200
	MaxLevels   = 500
	MaxReceived = 500
	MaxLines    = 100
	maxQuantity = 1_000_000
	maxOnHand   = 1_000_000_000
	maxSKU      = 64
	maxKey      = 200
)

// SKUs are those of a GetStock, each once, in the order asked for.
func SKUs(r *inventoryv1.GetStockRequest) ([]string, error) {
	if n := len(r.GetSkus()); n > MaxRead {
		return nil, contract.Invalid(contract.Violation{Field: "skus", Message: fmt.Sprintf("at most %d, not %d", MaxRead, n)})
	}
	seen := make(map[string]bool, len(r.GetSkus()))
	skus := make([]string, 0, len(r.GetSkus()))
	for _, sku := range r.GetSkus() {
		if !seen[sku] {
			seen[sku] = true
			skus = append(skus, sku)
		}
	}
	return skus, nil
}

// Levels are the shelves to set, by sku in rising order.
func Levels(r *inventoryv1.SetStockRequest) (stock.Lines, error) {
	var bad problems
	bad.count("levels", len(r.GetLevels()), 0, MaxLevels)
	seen := make(map[string]bool, len(r.GetLevels()))
	lines := make([]stock.Line, 0, len(r.GetLevels()))
	for i, l := range r.GetLevels() {
		field := fmt.Sprintf("levels[%d]", i)
		bad.sku(field+".sku", l.GetSku())
		if seen[l.GetSku()] {
			bad.add(field+".sku", "is there twice")
		}
		seen[l.GetSku()] = true
		bad.between(field+".on_hand", l.GetOnHand(), 0, maxOnHand)
		lines = append(lines, stock.Line{SKU: l.GetSku(), Quantity: l.GetOnHand()})
	}
	return stock.Sum(lines), bad.err()
}

// Delivery is the key and the goods of a Receive.
func Delivery(r *inventoryv1.ReceiveRequest) (key string, lines stock.Lines, err error) {
	var bad problems
	bad.key("idempotency_key", r.GetIdempotencyKey())
	lines = bad.lines(r.GetLines(), MaxReceived)
	return r.GetIdempotencyKey(), lines, bad.err()
}

// Reservation is the order and the goods of a Reserve.
func Reservation(r *inventoryv1.ReserveRequest) (orderID string, lines stock.Lines, err error) {
	var bad problems
	bad.key("order_id", r.GetOrderId())
	lines = bad.lines(r.GetLines(), MaxLines)
	return r.GetOrderId(), lines, bad.err()
}

// OrderID is that of a Commit or Release.
func OrderID(r interface{ GetOrderId() string }) (string, error) {
	var bad problems
	bad.key("order_id", r.GetOrderId())
	return r.GetOrderId(), bad.err()
}

// problems collects what is wrong with a request.
type problems []contract.Violation

func (p problems) err() error { return contract.Invalid(p...) }

func (p *problems) add(field, format string, args ...any) {
	*p = append(*p, contract.Violation{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (p *problems) lines(in []*inventoryv1.Line, most int) stock.Lines {
	p.count("lines", len(in), 1, most)
	lines := make([]stock.Line, 0, len(in))
	for i, l := range in {
		p.sku(fmt.Sprintf("lines[%d].sku", i), l.GetSku())
		p.between(fmt.Sprintf("lines[%d].quantity", i), l.GetQuantity(), 1, maxQuantity)
		lines = append(lines, stock.Line{SKU: l.GetSku(), Quantity: l.GetQuantity()})
	}
	return stock.Sum(lines)
}

func (p *problems) count(field string, n, least, most int) {
	if n < least || n > most {
		p.add(field, "must be %d to %d, not %d", least, most, n)
	}
}

func (p *problems) between(field string, n, least, most int64) {
	if n < least || n > most {
		p.add(field, "must be %d to %d, not %d", least, most, n)
	}
}

func (p *problems) key(field, key string) {
	if key == "" || len(key) > maxKey {
		p.add(field, "must have 1 to %d bytes", maxKey)
		return
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			p.add(field, "must be printable ASCII without spaces")
			return
		}
	}
}

func (p *problems) sku(field, sku string) {
	ok := sku != "" && len(sku) <= maxSKU
	for _, c := range []byte(sku) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.')
	}
	if !ok {
		p.add(field, "must be 1 to %d letters, digits, '-', '_' or '.'", maxSKU)
	}
}
