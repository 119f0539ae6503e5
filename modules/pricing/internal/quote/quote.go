// Package quote works out what lines cost, to the cent. It is pure: the same request
// has the same answer.
//
// Rounding: a share of a line's amount is rounded to the nearest minor unit, half a
// unit away from zero, once per line; in a currency of larger steps (money.Step) to the
// nearest step, so that the total can be paid. What is taken off several lines together is
// shared out in proportion, by largest remainder, so that the shares sum to it.
package quote

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"galleria/modules/pricing/internal/promotion"
	"galleria/modules/pricing/internal/tariff"
	"galleria/platform/money"
)

// Line is something to buy.
type Line struct {
	SKU      string
	Quantity int64
	// Unit is the price of one piece.
	Unit     int64
	Category string
	Tags     []string
	Grams    int64 // of one piece
	TaxClass string
	// Left out: it can't be bought. It costs nothing and changes nothing.
	Left bool
}

// Code is a voucher code as a shopper gave it, with what is known of it.
type Code struct {
	Asked string
	// Promotion is the one it belongs to; nil: none.
	Promotion *promotion.Promotion
	UsedUp    bool
}

// Request is what is to be priced. Line order and order of promotions do not matter;
// each sku is there once.
type Request struct {
	Lines     []Line
	Currency  string
	Country   string
	Region    string
	Option    string // of delivery; empty or unknown: the cheapest
	Codes     []Code
	Automatic []*promotion.Promotion
	Now       time.Time
}

// Problem is why a code takes nothing off.
type Problem string

// The problems.
const (
	Unknown     Problem = "unknown"
	Ended       Problem = "ended"
	NotYet      Problem = "not yet"
	UsedUp      Problem = "used up"
	TooLittle   Problem = "minimum not reached"
	NotForThese Problem = "not for these"
	NotCombined Problem = "not combined"
)

// CodeProblem is one code's.
type CodeProblem struct {
	Code    string
	Problem Problem
	Minimum int64 // for TooLittle
}

// Priced is what one line costs.
type Priced struct {
	SKU                                  string
	Quantity, Unit, Discount, Tax, Total int64
	Rate                                 tariff.Rate
	left                                 bool
}

// Discount is what one promotion takes off.
type Discount struct {
	Promotion *promotion.Promotion
	Code      string // folded; empty: automatic
	Goods     int64
	Delivery  int64
}

// TaxLine is the tax of one rate.
type TaxLine struct {
	Name   string
	Rate   tariff.Rate
	Amount int64
}

// Totals are the sums.
type Totals struct {
	Goods, Discount, Delivery, DeliveryTax, Tax, Total int64
	Included                                           bool
}

// Quote is what the lines of a request cost.
type Quote struct {
	Lines       []Priced // in the order of the request
	Options     []tariff.Offer
	Option      string
	Totals      Totals
	Discounts   []Discount
	Problems    []CodeProblem
	Taxes       []TaxLine
	Fingerprint string
}

// Table is what the shop charges.
type Table tariff.Table

// ErrTooMuch: the goods cost more than can be worked with.
var ErrTooMuch = errors.New("the goods cost too much to be priced")

// maxGoods keeps every sum far within 64 bits.
const maxGoods = 1 << 53

// Price answers a request.
func (t Table) Price(r Request) (Quote, error) {
	b, err := t.basketOf(r)
	if err != nil {
		return Quote{}, err
	}
	usable, problems := b.usable(r)
	best := b.best(usable)
	q := best.quote
	q.Problems = append(problems, b.idle(best, usable)...)
	slices.SortStableFunc(q.Problems, func(x, y CodeProblem) int {
		return cmp.Compare(position(r.Codes, x.Code), position(r.Codes, y.Code))
	})
	q.Fingerprint = fingerprint(r, q) // of lines by sku
	q.Lines = inOrder(r.Lines, q.Lines)
	return q, nil
}

func position(codes []Code, asked string) int {
	return slices.IndexFunc(codes, func(c Code) bool { return c.Asked == asked })
}

// inOrder puts lines by sku into the order they were asked in.
func inOrder(asked []Line, bySKU []Priced) []Priced {
	lines := make([]Priced, len(asked))
	for i, l := range asked {
		at, _ := slices.BinarySearchFunc(bySKU, l.SKU, func(p Priced, sku string) int { return strings.Compare(p.SKU, sku) })
		lines[i] = bySKU[at]
	}
	return lines
}

// basket is what all ways to combine promotions have in common.
type basket struct {
	lines   []Line // by sku
	goods   int64  // before discounts
	tax     tariff.Tax
	options []tariff.Offer
	option  string
	// currency of all amounts, and what is charged in it is a multiple of.
	currency string
	step     int64
}

func (t Table) basketOf(r Request) (*basket, error) {
	b := &basket{tax: t.Taxes.At(r.Country, r.Region), option: r.Option, currency: r.Currency, step: money.Step(r.Currency)}
	b.lines = slices.SortedFunc(slices.Values(r.Lines), func(x, y Line) int { return strings.Compare(x.SKU, y.SKU) })
	var grams int64
	buys := false
	for _, l := range b.lines {
		if l.Left {
			continue
		}
		if l.Unit > (maxGoods-b.goods)/max(l.Quantity, 1) || l.Grams > (maxGoods-grams)/max(l.Quantity, 1) {
			return nil, ErrTooMuch
		}
		b.goods += l.Unit * l.Quantity
		grams += l.Grams * l.Quantity
		buys = true
	}
	if buys {
		b.options = t.Delivery.Offers(tariff.Parcel{Country: r.Country, Currency: r.Currency, Grams: grams, Value: b.goods})
	}
	return b, nil
}

// used is a promotion that may be applied, with the code that called for it.
type used struct {
	*promotion.Promotion
	code  string // folded
	asked string
}

// usable are the promotions that hold for the basket now, in the order they are
// applied, and what is wrong with the other codes.
func (b *basket) usable(r Request) (all []used, problems []CodeProblem) {
	for _, p := range r.Automatic {
		if b.problem(p, r.Now).Problem == "" {
			all = append(all, used{Promotion: p})
		}
	}
	seen := map[string]bool{}
	for _, c := range r.Codes {
		if seen[promotion.Fold(c.Asked)] {
			continue
		}
		seen[promotion.Fold(c.Asked)] = true
		problem := CodeProblem{Problem: Unknown}
		if c.Promotion != nil {
			problem = b.problem(c.Promotion, r.Now)
			switch {
			case problem.Problem == "" && c.UsedUp:
				problem.Problem = UsedUp
			case problem.Problem == "" && slices.ContainsFunc(all, func(u used) bool { return u.ID() == c.Promotion.ID() }):
				problem.Problem = NotCombined
			}
		}
		if problem.Problem == "" {
			all = append(all, used{c.Promotion, promotion.Fold(c.Asked), c.Asked})
			continue
		}
		problem.Code = c.Asked
		problems = append(problems, problem)
	}
	slices.SortFunc(all, func(x, y used) int { return promotion.Compare(x.Promotion, y.Promotion) })
	return all, problems
}

// problem is why a promotion does not hold for the basket.
func (b *basket) problem(p *promotion.Promotion, now time.Time) CodeProblem {
	minimum, works := p.Minimum(b.currency)
	switch {
	case p.Ended(now):
		return CodeProblem{Problem: Ended}
	case !p.Started(now):
		return CodeProblem{Problem: NotYet}
	case !works, !slices.ContainsFunc(b.lines, func(l Line) bool { return isFor(p, l) }):
		return CodeProblem{Problem: NotForThese}
	case b.goods < minimum:
		return CodeProblem{Problem: TooLittle, Minimum: minimum}
	}
	return CodeProblem{}
}

func isFor(p *promotion.Promotion, l Line) bool { return !l.Left && p.IsFor(l.SKU, l.Category, l.Tags) }
