package shoptest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// promotion is a discount by codes, and how often it was used: the limits, what pricing
// counts in all, and what it counts of each customer, in rising order.
type promotion struct {
	maxUses, maxEach, used int64
	byCustomer             []int64
}

// codeBooks are the books of pricing. They are read from the database: a use without an
// order is one that would not be asked for.
type codeBooks struct {
	promotions map[string]*promotion
	byCode     map[string]string   // code → promotion
	taken      map[string][]string // order → codes it has redeemed and not given back
}

func (a *audit) codeBooks() codeBooks {
	a.Helper()
	db := a.shop.database(a.TB, "pricing")
	defer db.Close()
	books := codeBooks{promotions: map[string]*promotion{}, byCode: map[string]string{}, taken: map[string][]string{}}
	read(a, db, "SELECT id, max_uses, max_each, used FROM promotions", func(row []any) {
		books.promotions[text(row[0])] = &promotion{maxUses: row[1].(int64), maxEach: row[2].(int64), used: row[3].(int64)}
	})
	read(a, db, "SELECT code, promotion_id FROM promotion_codes", func(row []any) { books.byCode[text(row[0])] = text(row[1]) })
	read(a, db, "SELECT promotion_id, used FROM promotion_customers WHERE used > 0 ORDER BY used", func(row []any) {
		if p := books.promotions[text(row[0])]; p != nil {
			p.byCustomer = append(p.byCustomer, row[1].(int64))
		}
	})
	read(a, db, "SELECT order_id, codes FROM redemptions WHERE status = 'taken'", func(row []any) {
		var codes []string
		if err := json.Unmarshal([]byte(text(row[1])), &codes); err != nil {
			a.Fatalf("the codes of order %s: %v", text(row[0]), err)
		}
		books.taken[text(row[0])] = codes
	})
	return books
}

func text(value any) string {
	if raw, ok := value.([]byte); ok {
		return string(raw)
	}
	return fmt.Sprint(value)
}

// codeProblems says where the uses of codes are not those of the orders: each that stands
// has one of each of its codes, all others have none, and no limit is passed.
func (a *audit) codeProblems() (problems []string) {
	a.Helper()
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	books := a.codeBooks()
	uses, byEmail := map[string]int64{}, map[string]map[string]int64{} // by promotion
	for id, o := range a.orders {
		var want []string
		if sold(o) {
			want = folded(o.GetCodes())
		}
		if got := folded(books.taken[id]); !slices.Equal(got, want) {
			wrong("order %s is %s: it has redeemed the codes %q, want %q", id, o.GetStatus(), got, want)
		}
		var of []string
		for _, code := range want {
			of = append(of, books.byCode[code])
		}
		slices.Sort(of)
		for _, p := range slices.Compact(of) { // one by two of its codes is used once
			uses[p]++
			if byEmail[p] == nil {
				byEmail[p] = map[string]int64{}
			}
			byEmail[p][strings.ToLower(o.GetContact().GetEmail())]++
		}
	}
	for id := range books.taken {
		if a.orders[id] == nil {
			wrong("codes were redeemed for order %s, which does not exist", id)
		}
	}
	for id, p := range books.promotions {
		if p.used != uses[id] || p.maxUses > 0 && uses[id] > p.maxUses {
			wrong("promotion %s: %d uses are counted; %d orders stand that used it, of %d at most", id, p.used, uses[id], p.maxUses)
		}
		if p.maxEach == 0 {
			continue
		}
		var want []int64
		for email, n := range byEmail[id] {
			want = append(want, n)
			if n > p.maxEach {
				wrong("promotion %s: %d orders of %s stand, of %d at most", id, n, email, p.maxEach)
			}
		}
		if slices.Sort(want); !slices.Equal(p.byCustomer, want) {
			wrong("promotion %s: uses by customer are counted as %v, and the orders that stand are %v", id, p.byCustomer, want)
		}
	}
	slices.Sort(problems)
	return problems
}

// folded are codes as pricing keeps them: in capitals, each once.
func folded(codes []string) []string {
	var all []string
	for _, c := range codes {
		all = append(all, strings.ToUpper(c))
	}
	slices.Sort(all)
	return slices.Compact(all)
}
