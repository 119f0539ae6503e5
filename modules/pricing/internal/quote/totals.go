package quote

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"

	"galleria/modules/pricing/internal/promotion"
	"galleria/modules/pricing/internal/tariff"
)

// divide is a × b / c and what remains; c is not 0 and b is at most c.
func divide(a, b, c int64) (quotient, rest int64) {
	high, low := bits.Mul64(uint64(a), uint64(b))
	q, r := bits.Div64(high, low, uint64(c))
	return int64(q), int64(r)
}

// deliver chooses the delivery. The first promotion for free delivery makes the
// cheapest option free; more of them change nothing.
func (b *basket) deliver(q *Quote, free []used) {
	if len(q.Options) == 0 {
		return
	}
	saved, cheapest := int64(0), q.Options[0].ID
	if len(free) > 0 {
		saved = q.Options[0].Price
		q.Options[0].Price = 0
	}
	chosen := q.Options[0]
	for _, o := range q.Options {
		if o.ID == b.option {
			chosen = o
		}
	}
	q.Option, q.Totals.Delivery = chosen.ID, chosen.Price
	if saved > 0 && chosen.ID == cheapest {
		q.Discounts = append(q.Discounts, Discount{Promotion: free[0].Promotion, Code: free[0].code, Delivery: saved})
	}
}

// sum works out taxes and totals. The tax of delivery follows the highest rate of the
// goods.
func (b *basket) sum(q *Quote) {
	t := &q.Totals
	t.Included = b.tax.Included || b.tax.Name == ""
	var highest tariff.Rate
	byRate := map[tariff.Rate]int64{}
	for i := range q.Lines {
		l := &q.Lines[i]
		if l.left {
			continue
		}
		l.Tax = b.taxOf(l.Rate, l.Total)
		if !t.Included {
			l.Total += l.Tax
		}
		t.Goods += l.Unit * l.Quantity
		t.Discount += l.Discount
		byRate[l.Rate] += l.Tax
		highest = max(highest, l.Rate)
	}
	t.DeliveryTax = b.taxOf(highest, t.Delivery)
	byRate[highest] += t.DeliveryTax
	for rate, amount := range byRate {
		t.Tax += amount
		if rate > 0 {
			q.Taxes = append(q.Taxes, TaxLine{Name: b.tax.Name + " " + rate.String(), Rate: rate, Amount: amount})
		}
	}
	slices.SortFunc(q.Taxes, func(x, y TaxLine) int { return cmp.Compare(y.Rate, x.Rate) })
	t.Total = t.Goods - t.Discount + t.Delivery
	if !t.Included {
		t.Total += t.Tax
	}
}

func (b *basket) taxOf(rate tariff.Rate, amount int64) int64 {
	if b.tax.Included {
		return rate.Within(amount)
	}
	return rate.Of(amount, b.step)
}

// fingerprint stands for what a shopper agrees to. Lines come by sku.
func fingerprint(r Request, q Quote) string {
	text := make([]byte, 0, 256+64*len(q.Lines))
	word := func(s string) { text = append(binary.AppendUvarint(text, uint64(len(s))), s...) }
	numbers := func(all ...int64) {
		for _, n := range all {
			text = binary.AppendVarint(text, n)
		}
	}
	word("2") // the form of this text
	word(r.Currency)
	word(r.Country)
	word(r.Region)
	word(q.Option)
	numbers(int64(len(q.Lines)))
	for _, l := range q.Lines {
		word(l.SKU)
		numbers(l.Quantity, l.Unit, l.Discount, l.Tax, l.Total)
	}
	numbers(int64(len(q.Discounts)))
	for _, d := range q.Discounts {
		word(d.Promotion.ID())
		word(d.Code)
		numbers(d.Goods, d.Delivery)
	}
	// Who types a code counts on it: that it takes nothing off is something to agree to.
	idle := map[string]bool{}
	for _, p := range q.Problems {
		idle[promotion.Fold(p.Code)] = true
	}
	numbers(int64(len(idle)))
	for _, code := range slices.Sorted(maps.Keys(idle)) {
		word(code)
	}
	t := q.Totals
	numbers(t.Goods, t.Discount, t.Delivery, t.DeliveryTax, t.Tax, t.Total)
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}
