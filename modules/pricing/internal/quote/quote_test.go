package quote

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"galleria/modules/pricing/internal/promotion"
	"galleria/modules/pricing/internal/tariff"
	"galleria/platform/money"
)

var now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// table is what the defaults charge, from a shop in Germany, and more taxes by place.
func table(more ...string) Table {
	taxes := tariff.DefaultTaxes()
	for _, line := range more {
		place, text, _ := strings.Cut(line, " ")
		var tax tariff.Tax
		if err := tax.UnmarshalText([]byte(text)); err != nil {
			panic(err)
		}
		taxes[place] = tax
	}
	return Table{taxes, tariff.Delivery{Home: "DE", Zones: tariff.DefaultZones(), Options: tariff.DefaultOptions()}}
}

func made(t interface{ Fatalf(string, ...any) }, terms promotion.Terms) *promotion.Promotion {
	p, problems := promotion.New(terms)
	if len(problems) > 0 {
		t.Fatalf("promotion %s: %v", terms.ID, problems)
	}
	return &p
}

// TestWorkedExamples are worked by hand. Totals are goods, discount, delivery, tax of
// delivery, tax, total.
func TestWorkedExamples(t *testing.T) {
	percent := func(millionths int64) *promotion.Promotion {
		return made(t, promotion.Terms{ID: "percent", Name: "P", Kind: promotion.Percent, Millionths: millionths, Combinable: true})
	}
	amount := func(currency string, minor int64) *promotion.Promotion {
		return made(t, promotion.Terms{ID: "amount", Name: "A", Kind: promotion.Amount, Amounts: map[string]int64{currency: minor}, Combinable: true})
	}
	pieces := made(t, promotion.Terms{ID: "pieces", Name: "B", Kind: promotion.BuyXGetY, Buy: 2, Get: 1, Combinable: true})
	for _, row := range []struct {
		name     string
		to       string // country, region, currency
		lines    []Line
		with     []*promotion.Promotion
		totals   string
		taxes    string
		each     string // total and tax of each line
		included bool
	}{
		{"DE: 19 % within goods and delivery", "DE EUR", []Line{{SKU: "a", Quantity: 3, Unit: 1999}}, nil,
			// 5997 × 19/119 = 957.5…; 490 × 19/119 = 78.2…
			"5997 0 490 78 1036 6487", "VAT 19 %=1036", "5997/958", true},
		{"DE: books at 7 %, a mug at 19 %, delivery at the higher", "DE EUR", []Line{{SKU: "a", Quantity: 1, Unit: 2000, TaxClass: "books"}, {SKU: "b", Quantity: 1, Unit: 1000}}, nil,
			// 2000 × 7/107 = 130.8…; 1000 × 19/119 = 159.7
			"3000 0 490 78 369 3490", "VAT 19 %=238 VAT 7 %=131", "2000/131 1000/160", true},
		{"DE: free from 60 euros, before the discount", "DE EUR", []Line{{SKU: "a", Quantity: 1, Unit: 6000}}, []*promotion.Promotion{percent(100_000)},
			"6000 600 0 0 862 5400", "VAT 19 %=862", "5400/862", true},
		{"PT: half a cent goes up, once per line", "PT EUR", []Line{{SKU: "a", Quantity: 1, Unit: 1005}, {SKU: "b", Quantity: 1, Unit: 1005}}, []*promotion.Promotion{percent(100_000)},
			// 100.5 → 101 each; 904 × 23/123 = 169.0…; 990 × 23/123 = 185.1…
			"2010 202 990 185 523 2798", "VAT 23 %=523", "904/169 904/169", true},
		{"PT: 10.00 off three lines, by largest remainder", "PT EUR", []Line{{SKU: "a", Quantity: 1, Unit: 1000}, {SKU: "b", Quantity: 1, Unit: 1000}, {SKU: "c", Quantity: 1, Unit: 1000}}, []*promotion.Promotion{amount("EUR", 1000)},
			// 334, 333, 333; 666 × 23/123 = 124.5…, 667 × 23/123 = 124.7…
			"3000 1000 990 185 560 2990", "VAT 23 %=560", "666/125 667/125 667/125", true},
		{"GB: food at 0 %", "GB GBP", []Line{{SKU: "a", Quantity: 2, Unit: 450, TaxClass: "food"}, {SKU: "b", Quantity: 1, Unit: 600}}, nil,
			// 600 / 6 = 100; 1090 / 6 = 181.7
			"1500 0 1090 182 282 2590", "VAT 20 %=282", "900/0 600/100", true},
		{"GB: food alone, delivery at 0 % as well", "GB GBP", []Line{{SKU: "a", Quantity: 2, Unit: 450, TaxClass: "food"}}, nil,
			"900 0 1090 0 0 1990", "", "900/0", true},
		{"US-CA: 7.25 % added to goods and delivery", "US-CA USD", []Line{{SKU: "a", Quantity: 1, Unit: 2000}}, nil,
			// 145; 2190 × 0.0725 = 158.775
			"2000 0 2190 159 304 4494", "Sales tax 7.25 %=304", "2145/145", false},
		{"US-CA: two get one, the cheapest is free", "US-CA USD", []Line{{SKU: "a", Quantity: 2, Unit: 2000}, {SKU: "b", Quantity: 1, Unit: 1500}}, []*promotion.Promotion{pieces},
			"5500 1500 2190 159 449 6639", "Sales tax 7.25 %=449", "4290/290 0/0", false},
		{"US-NY: 4 %, the tax of what is left after the discount", "US-NY USD", []Line{{SKU: "a", Quantity: 1, Unit: 9999}}, []*promotion.Promotion{percent(150_000)},
			// 1499.85 → 1500; 8499 × 0.04 = 339.96; 2190 × 0.04 = 87.6
			"9999 1500 2190 88 428 11117", "Sales tax 4 %=428", "8839/340", false},
		{"US-OR: a state that is not in the table", "US-OR USD", []Line{{SKU: "a", Quantity: 1, Unit: 2000}}, nil,
			"2000 0 2190 0 0 4190", "", "2000/0", true},
		{"CH: none by default", "CH CHF", []Line{{SKU: "a", Quantity: 1, Unit: 2495}}, nil,
			"2495 0 1290 0 0 3785", "", "2495/0", true},
		{"CH: 8.1 % and 2.6 %, when they are set", "CH CHF +CH", []Line{{SKU: "a", Quantity: 1, Unit: 2495}, {SKU: "b", Quantity: 1, Unit: 1000, TaxClass: "food"}}, nil,
			// 2495 × 81/1081 = 186.9…; 1000 × 26/1026 = 25.3…; 1290 × 81/1081 = 96.7
			"3495 0 1290 97 309 4785", "VAT 8.1 %=284 VAT 2.6 %=25", "2495/187 1000/25", true},
		{"JPY: no decimals", "JP JPY +JP", []Line{{SKU: "a", Quantity: 3, Unit: 333}}, []*promotion.Promotion{percent(50_000)},
			// 49.95 → 50; 949 / 11 = 86.3; 3400 / 11 = 309.1
			"999 50 3400 309 395 4349", "Consumption tax 10 %=395", "949/86", true},
		{"BHD: three decimals", "BH BHD +BH", []Line{{SKU: "a", Quantity: 1, Unit: 12_340}}, []*promotion.Promotion{percent(100_000)},
			// 1234 → 1230, for cards know two decimals; 11110 / 11 = 1010; 8400 / 11 = 763.6
			"12340 1230 8400 764 1774 19510", "VAT 10 %=1774", "11110/1010", true},
		{"KWD: a tax that is added, and 1.000 off three lines", "KW KWD +KW", []Line{{SKU: "a", Quantity: 1, Unit: 1110}, {SKU: "b", Quantity: 1, Unit: 1110}, {SKU: "c", Quantity: 1, Unit: 1110}}, []*promotion.Promotion{amount("KWD", 1000)},
			// 340, 330, 330; 770 and 780 × 0.05 = 38.5 and 39 → 40 each
			"3330 1000 0 0 120 2450", "VAT 5 %=120", "810/40 820/40 820/40", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			words := strings.Fields(row.to)
			country, region, _ := strings.Cut(words[0], "-")
			charges := table()
			if len(words) > 2 {
				charges = table("CH VAT included 8.1%, food 2.6%", "JP Consumption tax included 10%", "BH VAT included 10%", "KW VAT added 5%")
			}
			q, err := charges.Price(Request{Lines: row.lines, Country: country, Region: region, Currency: words[1], Automatic: row.with, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			x := q.Totals
			var taxes, each []string
			for _, tax := range q.Taxes {
				taxes = append(taxes, fmt.Sprintf("%s=%d", tax.Name, tax.Amount))
			}
			for _, l := range q.Lines {
				each = append(each, fmt.Sprintf("%d/%d", l.Total, l.Tax))
			}
			got := []string{fmt.Sprint(x.Goods, x.Discount, x.Delivery, x.DeliveryTax, x.Tax, x.Total), strings.Join(taxes, " "), strings.Join(each, " "), fmt.Sprint(x.Included)}
			want := []string{row.totals, row.taxes, row.each, fmt.Sprint(row.included)}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// anyRequest draws a request: lines, promotions of all kinds, codes, a destination.
func anyRequest(t *rapid.T) Request {
	names := rapid.SampledFrom([]string{"a", "b", "c"})
	r := Request{
		Currency: rapid.SampledFrom([]string{"EUR", "USD", "JPY", "SEK", "KWD"}).Draw(t, "currency"),
		Option:   rapid.SampledFrom([]string{"", "standard", "express", "none"}).Draw(t, "option"),
		Now:      now,
	}
	r.Country, r.Region, _ = strings.Cut(rapid.SampledFrom([]string{"DE", "PT", "GB", "US-CA", "US-OR", "CH", "HU"}).Draw(t, "to"), "-")
	step := money.Step(r.Currency)
	for i := range rapid.IntRange(0, 8).Draw(t, "lines") {
		r.Lines = append(r.Lines, Line{
			SKU: fmt.Sprint("sku-", i), Quantity: rapid.Int64Range(1, 20).Draw(t, "quantity"),
			Unit:     step * rapid.OneOf(rapid.Int64Range(0, 20), rapid.Int64Range(0, 1_000_000_000)).Draw(t, "unit"),
			Category: names.Draw(t, "category"), Tags: []string{names.Draw(t, "tag")}, Grams: rapid.Int64Range(0, 4000).Draw(t, "grams"),
			TaxClass: rapid.SampledFrom([]string{"", "reduced", "food", "zero"}).Draw(t, "class"),
			Left:     rapid.IntRange(0, 5).Draw(t, "left") == 0,
		})
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "promotions") {
		terms := promotion.Terms{
			ID: fmt.Sprint("p", i), Name: "P", Combinable: rapid.Bool().Draw(t, "combinable"),
			Kind: rapid.SampledFrom([]promotion.Kind{promotion.Percent, promotion.Amount, promotion.BuyXGetY, promotion.FreeDelivery}).Draw(t, "kind"),
		}
		switch terms.Kind {
		case promotion.Percent:
			terms.Millionths = rapid.Int64Range(1, 1_000_000).Draw(t, "percent")
		case promotion.Amount:
			terms.Amounts = map[string]int64{r.Currency: step * rapid.OneOf(rapid.Int64Range(1, 100), rapid.Int64Range(1, 10_000_000_000)).Draw(t, "amount")}
		case promotion.BuyXGetY:
			terms.Buy, terms.Get = rapid.Int64Range(1, 3).Draw(t, "buy"), rapid.Int64Range(1, 3).Draw(t, "get")
		}
		switch rapid.IntRange(0, 3).Draw(t, "target") {
		case 0:
			terms.Categories = []string{names.Draw(t, "of category")}
		case 1:
			terms.Tags = []string{names.Draw(t, "of tag")}
		case 2:
			terms.SKUs = []string{"sku-1", "sku-2"}
		}
		if rapid.Bool().Draw(t, "has code") {
			terms.Codes = []string{fmt.Sprint("CODE", i)}
			r.Codes = append(r.Codes, Code{Asked: terms.Codes[0], Promotion: made(t, terms)})
			continue
		}
		r.Automatic = append(r.Automatic, made(t, terms))
	}
	return r
}

func priced(t *rapid.T, r Request) Quote {
	q, err := table().Price(r)
	if err != nil {
		t.Fatalf("%v of %+v", err, r)
	}
	return q
}

func TestThePartsSumAndNothingIsBelowZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRequest(t)
		q := priced(t, r)
		x := q.Totals
		var lines, discounts, taxes, byPromotion, saved, byRate int64
		for i, l := range q.Lines {
			if l.Total < 0 || l.Tax < 0 || l.Discount < 0 || l.Discount > l.Unit*l.Quantity || l.SKU != r.Lines[i].SKU || r.Lines[i].Left && l.Total != 0 {
				t.Fatalf("line %+v of %+v", l, r.Lines[i])
			}
			lines, discounts, taxes = lines+l.Total, discounts+l.Discount, taxes+l.Tax
		}
		for _, d := range q.Discounts {
			if d.Goods < 0 || d.Delivery < 0 || d.Goods+d.Delivery == 0 {
				t.Fatalf("discount %+v", d)
			}
			byPromotion, saved = byPromotion+d.Goods, saved+d.Delivery
		}
		for _, tax := range q.Taxes {
			byRate += tax.Amount
		}
		added, addedToDelivery := x.Tax, x.DeliveryTax
		if x.Included {
			added, addedToDelivery = 0, 0
		}
		if x.Total != x.Goods-x.Discount+x.Delivery+added || x.Total != lines+x.Delivery+addedToDelivery || x.Discount != discounts ||
			x.Discount != byPromotion || x.Tax != taxes+x.DeliveryTax || x.Tax != byRate || x.Total < 0 || x.Delivery < 0 || x.DeliveryTax < 0 {
			t.Fatalf("got %+v with lines %d, discounts %d and %d, taxes %d and %d", x, lines, discounts, byPromotion, taxes, byRate)
		}
		if x.Total%money.Step(r.Currency) != 0 {
			t.Fatalf("%d in the smallest unit of %s can't be paid", x.Total, r.Currency)
		}
	})
}

func TestTheOrderOfLinesAndPromotionsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRequest(t)
		first, again := priced(t, r), priced(t, r)
		if !reflect.DeepEqual(first, again) {
			t.Fatalf("the same request: got %+v, then %+v", first, again)
		}
		turned := r
		turned.Lines, turned.Automatic, turned.Codes = shuffled(t, r.Lines), shuffled(t, r.Automatic), shuffled(t, r.Codes)
		other := priced(t, turned)
		bySKU := map[string]Priced{}
		for _, l := range other.Lines {
			bySKU[l.SKU] = l
		}
		for i, l := range first.Lines {
			if bySKU[l.SKU] != l {
				t.Fatalf("line %d: got %+v, turned %+v", i, l, bySKU[l.SKU])
			}
		}
		if first.Fingerprint != other.Fingerprint || first.Totals != other.Totals || !reflect.DeepEqual(first.Discounts, other.Discounts) {
			t.Fatalf("got %+v, turned %+v", first, other)
		}
	})
}

func shuffled[T any](t *rapid.T, all []T) []T {
	turned := append([]T(nil), all...)
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	random.Shuffle(len(turned), func(i, j int) { turned[i], turned[j] = turned[j], turned[i] })
	return turned
}

// TestTheBestSetWins: no promotion that could be had alone makes it cheaper, nor does
// having none.
func TestTheBestSetWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRequest(t)
		best := priced(t, r).Totals.Total
		all := r.Automatic
		for _, c := range r.Codes {
			all = append(all, c.Promotion)
		}
		r.Codes, r.Automatic = nil, nil
		if none := priced(t, r).Totals.Total; none < best {
			t.Fatalf("got %d, without any promotion %d", best, none)
		}
		var together []*promotion.Promotion
		for _, p := range all {
			if p.Combinable() {
				together = append(together, p)
				continue
			}
			r.Automatic = []*promotion.Promotion{p}
			if alone := priced(t, r).Totals.Total; alone < best {
				t.Fatalf("got %d, with %s alone %d", best, p.ID(), alone)
			}
		}
		r.Automatic = together
		if combined := priced(t, r).Totals.Total; combined < best {
			t.Fatalf("got %d, with all combinable ones %d", best, combined)
		}
	})
}

// TestEachCodeWorksOrIsExplained.
func TestEachCodeWorksOrIsExplained(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRequest(t)
		q := priced(t, r)
		told := map[string]int{}
		for _, d := range q.Discounts {
			if d.Code != "" {
				told[d.Code]++
			}
		}
		for _, p := range q.Problems {
			told[p.Code]++
		}
		for _, c := range r.Codes {
			if told[c.Asked] != 1 {
				t.Fatalf("%s is told of %d times in %+v and %+v", c.Asked, told[c.Asked], q.Discounts, q.Problems)
			}
		}
	})
}

func TestOfEqualsTheCombinableWinAndThenTheLowestID(t *testing.T) {
	same := func(id string, combinable bool) *promotion.Promotion {
		return made(t, promotion.Terms{ID: id, Name: "P", Kind: promotion.Percent, Millionths: 100_000, Combinable: combinable})
	}
	r := Request{Lines: []Line{{SKU: "a", Quantity: 1, Unit: 1000}}, Currency: "EUR", Country: "DE", Now: now}
	for want, all := range map[string][]*promotion.Promotion{
		"z": {same("b", false), same("z", true), same("a", false)},
		"a": {same("b", false), same("a", false)},
	} {
		r.Automatic = all
		q, err := table().Price(r)
		if err != nil || len(q.Discounts) != 1 || q.Discounts[0].Promotion.ID() != want {
			t.Errorf("got %v and %v, want %s", q.Discounts, err, want)
		}
	}
}

func TestACodeThatNeedsMorePiecesLosesToNoOtherDiscount(t *testing.T) {
	pieces := made(t, promotion.Terms{ID: "pieces", Name: "B", Kind: promotion.BuyXGetY, Buy: 2, Get: 1})
	tenth := made(t, promotion.Terms{ID: "tenth", Name: "P", Kind: promotion.Percent, Millionths: 100_000})
	half := made(t, promotion.Terms{ID: "half", Name: "H", Kind: promotion.Percent, Millionths: 500_000})
	for _, c := range []struct {
		name      string
		quantity  int64
		automatic []*promotion.Promotion
		want      Problem // "": it works
	}{
		{"too few", 2, nil, NotForThese},
		{"too few, beside a discount", 2, []*promotion.Promotion{tenth}, NotForThese},
		{"enough", 3, []*promotion.Promotion{tenth}, ""},
		{"enough, and less than a discount", 3, []*promotion.Promotion{half}, NotCombined},
	} {
		q, err := table().Price(Request{
			Lines: []Line{{SKU: "a", Quantity: c.quantity, Unit: 1000}}, Currency: "EUR", Country: "DE", Now: now,
			Automatic: c.automatic, Codes: []Code{{Asked: "B2G1", Promotion: pieces}},
		})
		var got Problem
		if len(q.Problems) > 0 {
			got = q.Problems[0].Problem
		}
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

func TestWhatCostsTooMuchIsRefused(t *testing.T) {
	r := Request{Lines: []Line{{SKU: "a", Quantity: 999, Unit: 1 << 52}}, Currency: "EUR", Country: "DE", Now: now}
	if _, err := table().Price(r); err != ErrTooMuch {
		t.Errorf("got %v, want ErrTooMuch", err)
	}
}
