package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"galleria/modules/cart/internal/cart"
)

// SetCodes replaces the voucher codes, see the service. The statement that writes looks at
// what they were: of two changes at once, the second does not overwrite the first unseen.
// Those that are set already are no conflict, for a repeat finds what it wrote.
func (s *Store) SetCodes(ctx context.Context, id string, codes []string, expected *[]string) error {
	var only condition
	if expected != nil {
		only = condition{" AND codes IN (?, ?)", []any{textOf(*expected), textOf(codes)}, cart.ErrOtherCodes}
	}
	return s.choose(ctx, id, "codes", textOf(codes), only)
}

// SetDelivery keeps the delivery option.
func (s *Store) SetDelivery(ctx context.Context, id, option string) error {
	return s.choose(ctx, id, "delivery_option", option, condition{})
}

// SetDestination keeps where the goods go.
func (s *Store) SetDestination(ctx context.Context, id string, to cart.Destination) error {
	return s.choose(ctx, id, "destination", lineOf(to), condition{})
}

// SetCustomer says whose cart it is. was: see the service; the same statement that writes
// looks at whose it is, so of two people at once the first has it.
func (s *Store) SetCustomer(ctx context.Context, id, customer string, was *string) error {
	var only condition
	if was != nil {
		only = condition{" AND customer_id IN ('', ?)", []any{*was}, cart.ErrAnothers}
	}
	return s.choose(ctx, id, "customer_id", customer, only)
}

// condition is what else must be so for a choice to be written, and what is wrong when it is
// not. Zero: nothing else.
type condition struct {
	and       string
	args      []any
	otherwise error
}

// choose writes one column of a cart that is there, if the condition holds. The version stays
// when nothing changes.
func (s *Store) choose(ctx context.Context, id, column, value string, only condition) error {
	defer s.kept.forget(id)
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		c := change{tx: tx, cart: id, now: s.now(), lifetime: s.lifetime}
		args := append([]any{c.expiry(), value, value, id, c.now.UnixMicro()}, only.args...)
		found, err := c.exec("UPDATE carts SET expires_at = ?, version = version + CASE WHEN "+column+" = ? THEN 0 ELSE 1 END, "+column+" = ? WHERE id = ? AND expires_at > ?"+only.and, args...)
		if err != nil || found > 0 {
			return err
		}
		return c.refused(only.otherwise)
	})
}

// refused is why a statement with a condition wrote nothing: because of that, or because
// there is no such cart.
func (c change) refused(because error) error {
	var there int64
	if err := c.tx.Raw("SELECT count(*) FROM carts WHERE id = ? AND expires_at > ?", c.cart, c.now.UnixMicro()).Scan(&there).Error; err != nil {
		return err
	}
	if there > 0 {
		return because
	}
	return cart.ErrNoCart
}

// textOf is how codes are stored: none of them has a space.
func textOf(codes []string) string { return strings.Join(codes, " ") }

// lineOf is how a destination is stored: nothing in it has a tab.
func lineOf(d cart.Destination) string {
	if d.Country == "" {
		return ""
	}
	return d.Country + "\t" + d.Region + "\t" + d.PostalCode
}

func destinationOf(line string) cart.Destination {
	country, rest, _ := strings.Cut(line, "\t")
	region, code, _ := strings.Cut(rest, "\t")
	return cart.Destination{Country: country, Region: region, PostalCode: code}
}

func codesOf(text string) []string { return strings.Fields(text) }

// Merge empties one cart into another, once per key.
func (s *Store) Merge(ctx context.Context, m cart.Merge) (count int64, err error) {
	defer s.kept.forget(m.From)
	defer s.kept.forget(m.Into)
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		from := change{tx: tx, cart: m.From, now: s.now(), lifetime: s.lifetime}
		into := from
		into.cart = m.Into
		repeated, err := into.noteMerge(m)
		if err != nil {
			return err
		}
		if !repeated {
			if err := into.merge(from); err != nil {
				return err
			}
		}
		merged, err := load(tx, m.Into, into.now)
		count = merged.Count()
		return err
	})
	return count, err
}

// noteMerge remembers a merge; repeated tells that it was made before.
func (c change) noteMerge(m cart.Merge) (repeated bool, err error) {
	made, err := c.exec("INSERT INTO cart_merges (into_id, idempotency_key, from_id, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		m.Into, m.Key, m.From, c.expiry())
	if err != nil || made > 0 {
		return false, err
	}
	var first string
	if err := c.tx.Raw("SELECT from_id FROM cart_merges WHERE into_id = ? AND idempotency_key = ?", m.Into, m.Key).Row().Scan(&first); err != nil {
		return false, fmt.Errorf("read a merge: %w", err)
	}
	if first != m.From {
		return true, cart.ErrKeyReused
	}
	return true, nil
}

// merge moves the lines, in the domain's words: merging is seldom, and its limits are
// easier to read there than in SQL. Both carts are locked, always the one with the
// lower id first, so that two merges against each other do not wait for each other.
func (c change) merge(from change) error {
	both := []change{from, c}
	slices.SortFunc(both, func(a, b change) int { return strings.Compare(a.cart, b.cart) })
	there := map[string]bool{}
	for _, one := range both {
		_, found, err := one.extend()
		if err != nil {
			return err
		}
		there[one.cart] = found
	}
	source, err := load(from.tx, from.cart, from.now)
	if err != nil || len(source.Lines) == 0 {
		return err
	}
	if !there[c.cart] {
		if _, err := c.open(source.Currency); err != nil {
			return err
		}
	}
	target, err := load(c.tx, c.cart, c.now)
	if err != nil {
		return err
	}
	before := slices.Clone(target.Lines)
	target.Merge(&source)
	if err := c.replace(before, target); err != nil {
		return err
	}
	return from.empty(c.cart)
}

// replace writes lines that are new or longer, and what was chosen.
func (c change) replace(before []cart.Line, target cart.Cart) error {
	if _, err := c.exec("UPDATE carts SET currency_code = ?, codes = ?, delivery_option = ?, destination = ?, customer_id = ?, merged_from = ? WHERE id = ?",
		target.Currency, textOf(target.Codes), target.Delivery, lineOf(target.Destination), target.Customer, strings.Join(target.Merged, " "), c.cart); err != nil {
		return err
	}
	for i, l := range target.Lines {
		if i < len(before) && l == before[i] {
			continue
		}
		if err := c.put(cart.Item{SKU: l.SKU, Name: l.Name, Quantity: l.Quantity}, "excluded.quantity"); err != nil {
			return err
		}
	}
	return nil
}

// empty takes out all lines, and the codes, and remembers where they went: an order of
// this cart that is paid later takes them out there.
func (c change) empty(into string) error {
	if _, err := c.exec("DELETE FROM cart_items WHERE cart_id = ?", c.cart); err != nil {
		return err
	}
	_, err := c.exec("UPDATE carts SET codes = '', merged_into = ? WHERE id = ?", into, c.cart)
	return err
}
