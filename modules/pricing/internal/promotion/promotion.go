// Package promotion is what a promotion is and may be, however it is called for and
// stored.
package promotion

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"galleria/platform/money"
)

// Kind is what a promotion does. Combined ones are applied in this order, and within
// a kind by id: free pieces, shares of what remains, amounts off what remains, delivery.
type Kind string

// The kinds.
const (
	BuyXGetY     Kind = "buy_x_get_y"
	Percent      Kind = "percent"
	Amount       Kind = "amount"
	FreeDelivery Kind = "free_delivery"
)

var order = []Kind{BuyXGetY, Percent, Amount, FreeDelivery}

// Terms are all that an operator says of a promotion.
type Terms struct {
	ID         string           `json:"-"`
	Name       string           `json:"name"`
	Kind       Kind             `json:"kind"`
	Millionths int64            `json:"millionths,omitempty"`
	Amounts    map[string]int64 `json:"amounts,omitempty"` // minor units by currency
	Buy        int64            `json:"buy,omitempty"`
	Get        int64            `json:"get,omitempty"`
	Categories []string         `json:"categories,omitempty"`
	Tags       []string         `json:"tags,omitempty"`
	SKUs       []string         `json:"skus,omitempty"`
	Minimums   map[string]int64 `json:"minimums,omitempty"`
	StartsAt   time.Time        `json:"-"` // zero: always
	EndsAt     time.Time        `json:"-"` // zero: for ever
	Codes      []string         `json:"codes,omitempty"`
	MaxUses    int64            `json:"-"` // 0: no limit
	MaxEach    int64            `json:"-"` // by one customer; 0: no limit
	Combinable bool             `json:"combinable,omitempty"`
}

// Promotion takes something off. One that breaks a rule can't be made.
type Promotion struct {
	terms Terms
	// Used is how often it was redeemed and not given back.
	Used int64
}

// Problem says what is wrong with one field, to the person who filled it in.
type Problem struct{ Field, Message string }

const (
	maxName    = 100
	maxTargets = 100
	maxCodes   = 100
	maxPieces  = 99
	maxUses    = 1_000_000_000
	maxAmount  = 1_000_000_000_000
)

var (
	goodID   = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)
	goodCode = regexp.MustCompile(`^[A-Za-z0-9-]{3,32}$`)
)

// CheckID says what is wrong with an id.
func CheckID(id string) []Problem {
	if goodID.MatchString(id) {
		return nil
	}
	return []Problem{{"id", "has 1 to 64 lower-case letters, digits, '-' or '_'"}}
}

// CodeCanBe tells whether a text can be a voucher code at all.
func CodeCanBe(text string) bool { return goodCode.MatchString(text) }

// Fold is a code as codes are compared: capitals do not matter, nor spaces around it.
func Fold(code string) string { return strings.ToUpper(strings.TrimSpace(code)) }

// New makes a promotion, or says what is wrong with each bad field.
func New(t Terms) (Promotion, []Problem) {
	problems := CheckID(t.ID)
	check := func(good bool, field, format string, args ...any) {
		if !good {
			problems = append(problems, Problem{field, fmt.Sprintf(format, args...)})
		}
	}
	check(text(t.Name, maxName), "name", "has 1 to %d characters on one line", maxName)
	check(slices.Contains(order, t.Kind), "kind", "is one of percent, amount, buy x get y, free delivery")
	check(t.Kind == Percent && 1 <= t.Millionths && t.Millionths <= 1_000_000 || t.Kind != Percent && t.Millionths == 0,
		"percent_millionths", "is between 1 and 1000000 for a percentage, and else 0")
	check((t.Kind == Amount) == (len(t.Amounts) > 0), "amounts", "is needed for an amount, and empty else")
	check(amounts(t.Amounts), "amounts", "has currencies of ISO 4217, each with an amount above 0 that can be paid")
	pieces := func(n int64) bool {
		return t.Kind == BuyXGetY && 1 <= n && n <= maxPieces || t.Kind != BuyXGetY && n == 0
	}
	check(pieces(t.Buy), "buy", "is between 1 and %d for buy x get y, and else 0", maxPieces)
	check(pieces(t.Get), "get", "is between 1 and %d for buy x get y, and else 0", maxPieces)
	check(targets(t.Categories), "categories", "has up to %d entries of 1 to 64 characters", maxTargets)
	check(targets(t.Tags), "tags", "has up to %d entries of 1 to 64 characters", maxTargets)
	check(targets(t.SKUs), "skus", "has up to %d entries of 1 to 64 characters", maxTargets)
	check(amounts(t.Minimums), "minimums", "has currencies of ISO 4217, each with an amount above 0 that can be paid")
	check(t.EndsAt.IsZero() || t.StartsAt.IsZero() || t.StartsAt.Before(t.EndsAt), "ends_at", "is after starts_at")
	check(len(t.Codes) <= maxCodes && !slices.ContainsFunc(t.Codes, func(c string) bool { return !CodeCanBe(c) }),
		"codes", "has up to %d entries of 3 to 32 letters, digits or '-'", maxCodes)
	check(distinct(t.Codes), "codes", "has each code once; capitals do not matter")
	limit := func(n int64) bool { return n == 0 || 0 < n && n <= maxUses && len(t.Codes) > 0 }
	check(limit(t.MaxUses), "max_uses", "is 0, or, with codes, up to %d", maxUses)
	check(limit(t.MaxEach), "max_uses_per_customer", "is 0, or, with codes, up to %d", maxUses)
	if len(problems) > 0 {
		return Promotion{}, problems
	}
	return Promotion{terms: t}, nil
}

// Restore makes a promotion of what was stored: it was checked when it was new,
// perhaps by rules that have changed since.
func Restore(t Terms, used int64) Promotion { return Promotion{terms: t, Used: used} }

func text(s string, most int) bool {
	n := utf8.RuneCountInString(s)
	return 1 <= n && n <= most && utf8.ValidString(s) && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, unicode.IsControl)
}

func amounts(by map[string]int64) bool {
	for currency, minor := range by {
		if _, err := money.New(currency, minor); err != nil || minor < 1 || minor > maxAmount || minor%money.Step(currency) != 0 {
			return false
		}
	}
	return true
}

func targets(names []string) bool {
	return len(names) <= maxTargets && !slices.ContainsFunc(names, func(n string) bool { return !text(n, 64) })
}

func distinct(codes []string) bool {
	seen := map[string]bool{}
	for _, c := range codes {
		if seen[Fold(c)] {
			return false
		}
		seen[Fold(c)] = true
	}
	return true
}

// Terms are a copy of what it is made of; its lists and maps are shared and not to be
// changed.
func (p *Promotion) Terms() Terms { return p.terms }

// ID is its identity.
func (p *Promotion) ID() string { return p.terms.ID }

// Name is what shoppers read.
func (p *Promotion) Name() string { return p.terms.Name }

// Kind is what it does.
func (p *Promotion) Kind() Kind { return p.terms.Kind }

// Combinable tells whether it may be applied together with others.
func (p *Promotion) Combinable() bool { return p.terms.Combinable }

// Automatic tells whether it needs no code.
func (p *Promotion) Automatic() bool { return len(p.terms.Codes) == 0 }

// Limited tells whether its uses are counted against a limit.
func (p *Promotion) Limited() bool { return p.terms.MaxUses > 0 || p.terms.MaxEach > 0 }

// Started tells whether it has begun.
func (p *Promotion) Started(now time.Time) bool {
	return p.terms.StartsAt.IsZero() || !now.Before(p.terms.StartsAt)
}

// Ended tells whether it is over.
func (p *Promotion) Ended(now time.Time) bool {
	return !p.terms.EndsAt.IsZero() && !now.Before(p.terms.EndsAt)
}

// EndsAfter tells whether it is over later than another one: never is after any time.
func (p *Promotion) EndsAfter(other *Promotion) bool {
	end, before := p.terms.EndsAt, other.terms.EndsAt
	return !before.IsZero() && (end.IsZero() || end.After(before))
}

// Spelling is one of its codes as it was written, by its folded form.
func (p *Promotion) Spelling(folded string) string {
	for _, c := range p.terms.Codes {
		if Fold(c) == folded {
			return c
		}
	}
	return folded
}

// IsFor tells whether it is for goods like these.
func (p *Promotion) IsFor(sku, category string, tags []string) bool {
	t := &p.terms
	if len(t.Categories)+len(t.Tags)+len(t.SKUs) == 0 {
		return true
	}
	return slices.Contains(t.SKUs, sku) || slices.Contains(t.Categories, category) ||
		slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(t.Tags, tag) })
}

// Minimum is what all goods have to cost in a currency; false: it does not work in it.
func (p *Promotion) Minimum(currency string) (minor int64, works bool) {
	if p.terms.Kind == Amount && p.terms.Amounts[currency] == 0 {
		return 0, false
	}
	if len(p.terms.Minimums) == 0 {
		return 0, true
	}
	minor, works = p.terms.Minimums[currency]
	return minor, works
}

// Compare says which of two is applied first.
func Compare(a, b *Promotion) int {
	if d := slices.Index(order, a.terms.Kind) - slices.Index(order, b.terms.Kind); d != 0 {
		return d
	}
	return strings.Compare(a.terms.ID, b.terms.ID)
}
