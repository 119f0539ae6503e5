package gateway

import (
	"fmt"
	"strings"

	"galleria/app/auditlog"
	catalogv1 "galleria/modules/catalog/v1"
	ordersv1 "galleria/modules/orders/v1"
	cash "galleria/platform/money"
)

// changed writes into the audit log what was changed. key is the request's idempotency
// key, when it has one: a repeat is not noted again.
func (g *Gateway) changed(who *staff, key string, e auditlog.Entry) {
	if g.audit == nil {
		return
	}
	e.Who, e.Program = who.name, who.isProgram
	if key != "" {
		e.Once = who.name + " " + e.Action + " " + key
	}
	g.audit.Note(e)
}

func orderName(o *ordersv1.Order) string { return "order " + o.GetNumber() }

// piecesNoted are pieces in few words; none stand for all that was left.
func piecesNoted(o *ordersv1.Order, pieces []Piece) string {
	var texts []string
	for _, p := range pieces {
		name := p.Item
		for _, l := range o.GetLines() {
			if l.GetId() == p.Item {
				name = l.GetSku()
			}
		}
		texts = append(texts, fmt.Sprintf("%d × %s", p.Quantity, name))
	}
	if len(texts) == 0 {
		return "all that was left"
	}
	return strings.Join(texts, ", ")
}

// pricesNoted are the variants of a product with their prices; "" for none.
func pricesNoted(p *catalogv1.Product) string {
	var variants []string
	for _, v := range p.GetVariants() {
		texts := []string{v.GetSku()}
		for _, price := range v.GetPrices() {
			texts = append(texts, amountNoted(price.GetCurrencyCode(), price.GetAmountMinor()))
		}
		variants = append(variants, strings.Join(texts, " "))
	}
	return strings.Join(variants, ", ")
}

func amountNoted(currency string, minor int64) string {
	m, err := cash.New(currency, minor)
	if err != nil { // the shop does not know the currency
		return fmt.Sprintf("%d %s", minor, currency)
	}
	return m.String()
}
