package service

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/modules/inventory/internal/stock"
	"galleria/modules/inventory/internal/store"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/platform/contract"
	"galleria/platform/plaintext"
)

// Bounds the contract states, and those of names, which keep rows small.
const (
	maxRead     = 200
	maxLevels   = 1000
	maxReceived = 500
	maxLines    = 100
	maxPage     = 200
	usualPage   = 50
	maxQuantity = 1_000_000
	maxOnHand   = 1_000_000_000
	maxName     = 64
	maxKey      = 200
	maxNote     = 500
	maxHold     = 30 * 24 * time.Hour
)

// problems collects what is wrong with a request.
type problems []contract.Violation

func (p problems) err() error { return contract.Invalid(p...) }

func (p *problems) add(field, format string, args ...any) {
	*p = append(*p, contract.Violation{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (p *problems) lines(in []*inventoryv1.Line, least, most int) stock.Lines {
	p.count("lines", len(in), least, most)
	lines := make([]stock.Line, 0, len(in))
	for i, l := range in {
		p.name(fmt.Sprintf("lines[%d].sku", i), l.GetSku())
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

func (p *problems) key(field, key string) string {
	if key == "" || len(key) > maxKey {
		p.add(field, "must have 1 to %d bytes", maxKey)
		return key
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			p.add(field, "must be printable ASCII without spaces")
			return key
		}
	}
	return key
}

// name checks a sku, or the name of a location.
func (p *problems) name(field, name string) string {
	ok := name != "" && len(name) <= maxName
	for _, c := range []byte(name) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.')
	}
	if !ok {
		p.add(field, "must be 1 to %d letters, digits, '-', '_' or '.'", maxName)
	}
	return name
}

func (p *problems) location(field, location string) string {
	return p.name(field, cmp.Or(location, stock.Main))
}

func (p *problems) note(field, note string) string {
	if utf8.RuneCountInString(note) > maxNote {
		p.add(field, "must have at most %d characters", maxNote)
	}
	if !plaintext.Is(note) {
		p.add(field, "must be text")
	}
	return note
}

// end is when a hold ends; zero: never. It is in microseconds, as stored, so that a
// repeat answers the same.
func (p *problems) end(r *inventoryv1.AllocateRequest, now time.Time) time.Time {
	if r.GetHold() == nil {
		return time.Time{}
	}
	hold := r.GetHold().AsDuration()
	if !r.GetHold().IsValid() || hold < 0 || hold > maxHold {
		p.add("hold", "must be 0s to %v", maxHold)
	}
	if hold <= 0 {
		return time.Time{}
	}
	return now.Add(hold).UTC().Truncate(time.Microsecond)
}

// readSKUs are those of a GetLevels, each once, in the order asked for.
func readSKUs(r *inventoryv1.GetLevelsRequest) ([]string, error) {
	if n := len(r.GetSkus()); n > maxRead {
		return nil, contract.Invalid(contract.Violation{Field: "skus", Message: fmt.Sprintf("at most %d, not %d", maxRead, n)})
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

// readCounts are the counts of a SetLevels, in the order of stock.ComparePlaces.
func readCounts(r *inventoryv1.SetLevelsRequest) ([]stock.Count, error) {
	var bad problems
	if bad.count("levels", len(r.GetLevels()), 0, maxLevels); len(bad) > 0 {
		return nil, bad.err()
	}
	type place struct{ sku, location string }
	seen := make(map[place]bool, len(r.GetLevels()))
	counts := make([]stock.Count, 0, len(r.GetLevels()))
	for i, l := range r.GetLevels() {
		field := fmt.Sprintf("levels[%d]", i)
		c := stock.Count{
			SKU: bad.name(field+".sku", l.GetSku()), Location: bad.location(field+".location", l.GetLocation()), OnHand: l.GetOnHand(),
		}
		if seen[place{c.SKU, c.Location}] {
			bad.add(field+".sku", "is there twice")
		}
		seen[place{c.SKU, c.Location}] = true
		bad.between(field+".on_hand", c.OnHand, 0, maxOnHand)
		counts = append(counts, c)
	}
	slices.SortFunc(counts, func(a, b stock.Count) int {
		return stock.ComparePlaces(a.SKU, a.Location, b.SKU, b.Location)
	})
	return counts, bad.err()
}

// readAdjustment is the key and the change of an Adjust.
func readAdjustment(r *inventoryv1.AdjustRequest) (key string, a stock.Adjustment, err error) {
	var bad problems
	a = stock.Adjustment{
		SKU: bad.name("sku", r.GetSku()), Location: bad.location("location", r.GetLocation()), By: r.GetBy(),
		Reason: adjustReasons[r.GetReason()], Note: bad.note("note", r.GetNote()), OrderID: r.GetOrderId(),
	}
	bad.between("by", a.By, -maxQuantity, maxQuantity)
	if a.By == 0 {
		bad.add("by", "must not be 0")
	}
	switch {
	case a.Reason == "":
		bad.add("reason", "must be one of the contract's")
	case (a.Reason == stock.Damage || a.Reason == stock.Loss) && a.By > 0, (a.Reason == stock.Found || a.Reason == stock.Return) && a.By < 0:
		bad.add("by", "has the wrong sign for %s; a correction may have either", a.Reason)
	}
	if a.OrderID != "" {
		bad.key("order_id", a.OrderID)
	}
	key = bad.key("idempotency_key", r.GetIdempotencyKey())
	return key, a, bad.err()
}

// tokenMark tells this method's page tokens from others'.
const tokenMark = "movements:"

// readPage is what a ListMovements asks for, with a page size.
func readPage(r *inventoryv1.ListMovementsRequest) (wanted store.WantedMovements, err error) {
	var bad problems
	if r.GetSku() != "" {
		wanted.SKU = bad.name("sku", r.GetSku())
	}
	wanted.Note = bad.note("note", r.GetNote())
	if wanted.Note != "" && r.GetSku() == "" {
		bad.add("note", "needs a sku")
	}
	bad.between("page_size", int64(r.GetPageSize()), 0, maxPage)
	if r.GetPageToken() != "" {
		raw, err := base64.RawURLEncoding.DecodeString(r.GetPageToken())
		last, ours := strings.CutPrefix(string(raw), tokenMark)
		if err != nil || !ours || !plaintext.Is(last) {
			bad.add("page_token", "must be the next_page_token of another page of this method")
		}
		wanted.Before = last
	}
	wanted.Most = cmp.Or(int(r.GetPageSize()), usualPage)
	return wanted, bad.err()
}

func tokenAfter(id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(tokenMark + id))
}
