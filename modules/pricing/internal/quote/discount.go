package quote

import (
	"slices"
	"strings"

	"galleria/modules/pricing/internal/promotion"
	"galleria/modules/pricing/internal/tariff"
)

// outcome is the quote of one set of promotions.
type outcome struct {
	set   []used
	quote Quote
}

// best tries all combinable promotions together, and each other one alone. The lowest
// total wins; of equals the combinable ones, then the lowest id.
func (b *basket) best(usable []used) outcome {
	var together, alone []used
	for _, u := range usable {
		if u.Combinable() {
			together = append(together, u)
		} else {
			alone = append(alone, u)
		}
	}
	slices.SortFunc(alone, func(x, y used) int { return strings.Compare(x.ID(), y.ID()) })
	best := b.with(together)
	for _, u := range alone {
		if other := b.with([]used{u}); other.quote.Totals.Total < best.quote.Totals.Total {
			best = other
		}
	}
	return best
}

// uses says that the promotion takes something off.
func (o outcome) uses(u used) bool {
	return slices.ContainsFunc(o.quote.Discounts, func(d Discount) bool { return d.Promotion.ID() == u.ID() })
}

// idle says of each code that holds, but takes nothing off, why.
func (b *basket) idle(o outcome, usable []used) []CodeProblem {
	var problems []CodeProblem
	for _, u := range usable {
		if u.code == "" || o.uses(u) {
			continue
		}
		problem := NotCombined
		if u.Kind() == promotion.FreeDelivery && slices.ContainsFunc(o.set, func(s used) bool { return s.ID() == u.ID() }) {
			problem = NotForThese // what was chosen is no part of it, or free anyway
		} else if !b.with([]used{u}).uses(u) {
			problem = NotForThese // it takes nothing off by itself, such as a "buy 2, get 1" of too few pieces
		}
		problems = append(problems, CodeProblem{Code: u.asked, Problem: problem})
	}
	return problems
}

// with prices the basket with these promotions.
func (b *basket) with(set []used) outcome {
	q := Quote{Lines: make([]Priced, len(b.lines)), Options: slices.Clone(b.options)}
	for i, l := range b.lines {
		q.Lines[i] = Priced{SKU: l.SKU, Quantity: l.Quantity, left: l.Left}
		if !l.Left {
			q.Lines[i].Unit = l.Unit
			q.Lines[i].Rate = b.tax.Rate(l.TaxClass)
			q.Lines[i].Total = l.Unit * l.Quantity // what remains of it
		}
	}
	var free []used
	for _, u := range set {
		if u.Kind() == promotion.FreeDelivery {
			free = append(free, u)
		} else if off := b.take(u.Promotion, q.Lines); off > 0 {
			q.Discounts = append(q.Discounts, Discount{Promotion: u.Promotion, Code: u.code, Goods: off})
		}
	}
	b.deliver(&q, free)
	b.sum(&q)
	return outcome{set, q}
}

// take takes a promotion off the lines it is for, and tells how much that was.
func (b *basket) take(p *promotion.Promotion, lines []Priced) (off int64) {
	remains := make([]int64, len(lines))
	for i := range lines {
		if isFor(p, b.lines[i]) {
			remains[i] = lines[i].Total
		}
	}
	for i, part := range b.parts(p, remains) {
		lines[i].Discount += part
		lines[i].Total -= part
		off += part
	}
	return off
}

// parts is how much a promotion takes off each line, of what remains of those that it
// is for.
func (b *basket) parts(p *promotion.Promotion, remains []int64) []int64 {
	terms := p.Terms()
	parts := make([]int64, len(remains))
	switch terms.Kind {
	case promotion.Percent:
		for i, remaining := range remains {
			parts[i] = tariff.Rate(terms.Millionths).Of(remaining, b.step)
		}
	case promotion.Amount:
		return shares(terms.Amounts[b.currency], remains, b.step)
	case promotion.BuyXGetY:
		b.freePieces(p, func(i int, pieces int64) {
			parts[i] = tariff.Share(remains[i], pieces, b.lines[i].Quantity, b.step)
		})
	}
	return parts
}

// freePieces finds the free pieces: of all that the promotion is for, the cheapest get
// of each buy + get, of equal prices those with the lowest sku.
func (b *basket) freePieces(p *promotion.Promotion, each func(line int, pieces int64)) {
	var those []int
	var pieces int64
	for i, l := range b.lines {
		if isFor(p, l) {
			those = append(those, i)
			pieces += l.Quantity
		}
	}
	slices.SortStableFunc(those, func(x, y int) int { return compare(b.lines[x].Unit, b.lines[y].Unit) })
	terms := p.Terms()
	free := pieces / (terms.Buy + terms.Get) * terms.Get
	for _, i := range those {
		some := min(free, b.lines[i].Quantity)
		each(i, some)
		free -= some
	}
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// shares shares an amount out over what remains, by largest remainder; no more than
// remains. Of equal remainders the earlier line, which has the lower sku, gets the step:
// parts are multiples of it.
func shares(amount int64, remains []int64, step int64) []int64 {
	parts := make([]int64, len(remains))
	var whole int64
	for _, remaining := range remains {
		whole += remaining / step
	}
	left := min(amount/step, whole)
	if left == 0 {
		return parts
	}
	rests := make([]int64, len(remains))
	steps := left
	for i, remaining := range remains {
		parts[i], rests[i] = divide(steps, remaining/step, whole)
		left -= parts[i]
	}
	for ; left > 0; left-- {
		most := 0
		for i := range rests {
			if rests[i] > rests[most] {
				most = i
			}
		}
		parts[most]++
		rests[most] = -1
	}
	for i := range parts {
		parts[i] *= step
	}
	return parts
}
