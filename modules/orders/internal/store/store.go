// Package store keeps orders in the module's database.
package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"gorm.io/gorm"

	"galleria/modules/orders/internal/order"
	"galleria/platform/database"
	"galleria/platform/events"
)

// Store keeps orders. Safe for concurrent use, also by several processes.
type Store struct {
	db  *database.DB
	now func() time.Time
}

// New uses a database that was migrated.
func New(db *database.DB, now func() time.Time) *Store { return &Store{db: db, now: now} }

// Limits are how many orders may be in placing at a time; 0: any number.
type Limits struct{ PerRecipient, PerClient int }

// Placed is what became of a new order.
type Placed int

// What became of a new order.
const (
	Stored        Placed = iota
	KeyTaken             // another order has its key
	NumberTaken          // another order has its number
	CartTaken            // another order of its cart is open
	CartBought           // another order has taken things out of its cart since it was read
	RecipientFull        // its e-mail address has as many unpaid orders of its client as it may
	ClientFull           // its client has, and not only such as it would replace
)

// Source is the carts of a new order: its own, and those that were merged into it.
type Source struct {
	Carts []string
	// Bought are the orders that had taken things out of these carts before they were
	// read; see BoughtFrom.
	Bought []string
}

// Place stores a new order, if its key, its number and its carts are free, nothing was
// taken out of those since they were read, and the limits allow it.
func (s *Store) Place(ctx context.Context, o *order.Order, from Source, most Limits) (result Placed, err error) {
	snapshot := o.Snapshot()
	r, err := rowOf(snapshot)
	if err != nil {
		return 0, err
	}
	carts := from.Carts
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := s.oneAtATime(tx, r.Client, most); err != nil {
			return err
		}
		var err error
		if result, err = full(tx, r, carts, most); err != nil {
			return err
		}
		if result != Stored {
			// The same request, sent again, finds its order, and one of the same cart makes room.
			return s.taken(tx, r, carts, &result)
		}
		done := tx.Exec(insert, r.ID, r.Number, r.IdempotencyKey, r.Fingerprint, r.Token, r.CartID, r.Client, r.Recipient, r.Mailbox,
			r.Email, r.Name, r.Line1, r.Line2, r.City, r.Region, r.PostalCode, r.Country, r.ReturnURL, r.CurrencyCode,
			r.GoodsMinor, r.DiscountMinor, r.DeliveryMinor, r.TaxMinor, r.TotalMinor, r.TaxesIncluded, r.Terms, "", r.CreatedAt,
			r.Status, r.Version, r.HoldEndsAt, r.PaymentAttempt, r.PaymentState, r.PaymentURL, r.WasPayable, r.PaidMinor, r.CardBrand, r.CardLast4,
			r.EndedBecause, r.EndedBy, r.EndedNote, r.EndedFacts, r.Attention, r.AttentionSince, r.Timeline,
			r.GiveBack, r.TakeFromCart, r.HasParts, r.DueAt, r.Attempts)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			result = NumberTaken
			return s.taken(tx, r, carts, &result)
		}
		if err := claim(tx, r.ID, carts); err != nil {
			return err
		}
		// With the claim, no other order takes anything out of them any more.
		bought, err := boughtFrom(tx, carts)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(bought, func(order string) bool { return !slices.Contains(from.Bought, order) }) {
			return errBought
		}
		return insertLines(tx, snapshot)
	})
	switch {
	case errors.Is(err, errClaimed):
		return CartTaken, nil
	case errors.Is(err, errBought):
		return CartBought, nil
	case err != nil:
		return 0, fmt.Errorf("store new order %s: %w", r.ID, err)
	}
	return result, nil
}

// oneAtATime lets the orders of a client be counted and stored one after the other: those of
// the same moment would not see each other, and all be within the limits.
func (s *Store) oneAtATime(tx *gorm.DB, client string, most Limits) error {
	if s.db.Dialect() != "postgres" || client == "" || most == (Limits{}) {
		return nil // on SQLite, a transaction that writes is alone
	}
	return tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "orders of "+client).Error
}

// unpaid are the orders that count towards the limits: those that wait for an operator
// are not their customer's to pay.
const unpaid = "FROM orders WHERE status = 'placing' AND attention = '' AND "

// full tells which limit a new order would exceed. An e-mail address is typed, and may be
// another person's: so it counts those of one client only, and none of a client that is not
// known. Of a client those don't count that the order would replace, of its carts or its
// e-mail address: no order ends for one that is refused then.
func full(tx *gorm.DB, r row, carts []string, most Limits) (Placed, error) {
	result, gone := Stored, 0
	if most.PerRecipient > 0 && r.Recipient != "" && r.Client != "" {
		var there int
		if err := tx.Raw("SELECT COUNT(*) "+unpaid+"recipient = ? AND client = ?", r.Recipient, r.Client).Scan(&there).Error; err != nil {
			return 0, err
		}
		if gone = max(there-most.PerRecipient+1, 0); gone > 0 {
			result = RecipientFull
		}
	}
	if most.PerClient > 0 && r.Client != "" {
		var there int
		err := tx.Raw("SELECT COUNT(*) "+unpaid+`client = ? AND id NOT IN (SELECT order_id FROM order_carts WHERE cart_id IN ?)
			AND id NOT IN (SELECT id `+unpaid+"recipient = ? AND client = ? ORDER BY id LIMIT ?)", r.Client, carts, r.Recipient, r.Client, gone).Scan(&there).Error
		if err != nil {
			return 0, err
		}
		if there >= most.PerClient {
			result = ClientFull
		}
	}
	return result, nil
}

// taken says what is taken of a new order: its key before all else, for then it
// is the same request.
func (s *Store) taken(tx *gorm.DB, r row, carts []string, result *Placed) error {
	var key, cart int
	err := tx.Raw("SELECT COUNT(*) FROM orders WHERE idempotency_key = ?", r.IdempotencyKey).Scan(&key).Error
	if err == nil && key == 0 && *result != ClientFull {
		err = tx.Raw("SELECT COUNT(*) FROM order_carts WHERE cart_id IN ?", carts).Scan(&cart).Error
	}
	if key > 0 {
		*result = KeyTaken
	} else if cart > 0 {
		*result = CartTaken
	}
	return err
}

var (
	errClaimed = errors.New("another open order has the cart")
	errBought  = errors.New("another order has taken things out of the cart")
)

// BoughtFrom are the orders that have taken what they bought out of carts lately. To be
// asked before the carts are read: see Place.
func (s *Store) BoughtFrom(ctx context.Context, carts []string) ([]string, error) {
	orders, err := boughtFrom(s.db.Read(ctx), carts)
	if err != nil {
		return nil, fmt.Errorf("read what was bought from carts: %w", err)
	}
	return orders, nil
}

func boughtFrom(tx *gorm.DB, carts []string) (orders []string, err error) {
	err = tx.Raw("SELECT order_id FROM carts_bought WHERE cart_id IN ?", carts).Scan(&orders).Error
	return orders, err
}

// claim gives carts to an order: all or, with errClaimed, none. An order has them while
// it is being placed, and until its goods were taken out of them. The key of the table
// decides between two orders at once, also of two carts of which one was merged into the
// other between them.
func claim(tx *gorm.DB, order string, carts []string) error {
	for _, cart := range slices.Sorted(slices.Values(carts)) { // in one order, so that two do not wait for each other
		done := tx.Exec("INSERT INTO order_carts (cart_id, order_id) VALUES (?, ?) ON CONFLICT DO NOTHING", cart, order)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			return errClaimed
		}
	}
	return nil
}

// claims tells whether an order has its carts.
func claims(s order.Snapshot) bool { return s.Status == order.Placing || s.TakeFromCart }

const insert = `INSERT INTO orders (id, number, idempotency_key, fingerprint, token, cart_id, client, recipient, mailbox,
	email, name, line1, line2, city, region, postal_code, country, return_url, currency_code,
	goods_minor, discount_minor, delivery_minor, tax_minor, total_minor, taxes_included, terms, old_lines, created_at,
	status, version, hold_ends_at, payment_attempt, payment_state, payment_url, was_payable, paid_minor, card_brand, card_last4,
	ended_because, ended_by, ended_note, ended_facts, attention, attention_since, timeline,
	give_back, take_from_cart, has_parts, due_at, attempts)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
		?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT DO NOTHING`

func insertLines(tx *gorm.DB, s order.Snapshot) error {
	values := make([]string, 0, len(s.Lines))
	args := make([]any, 0, 12*len(s.Lines))
	for _, l := range s.Lines {
		values = append(values, "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
		args = append(args, s.ID, l.ID, l.SKU, l.Name, l.Variant, l.Slug, l.Picture, l.Quantity, l.UnitPrice, l.Discount, l.Tax, l.Total)
	}
	return tx.Exec(`INSERT INTO order_lines (order_id, line, sku, name, variant, slug, picture, quantity,
		unit_price_minor, discount_minor, tax_minor, total_minor) VALUES `+strings.Join(values, ", "), args...).Error
}

// Save stores what changed since the order was read, and publishes the facts
// with it; order.ErrStale when another change was stored meanwhile.
func (s *Store) Save(ctx context.Context, o *order.Order, facts ...proto.Message) error {
	snapshot := o.Snapshot()
	r, err := changingOf(snapshot)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec(update, r.Status, r.HoldEndsAt, r.PaymentAttempt, r.PaymentState, r.PaymentURL, r.WasPayable, r.PaidMinor, r.CardBrand, r.CardLast4,
			r.EndedBecause, r.EndedBy, r.EndedNote, r.EndedFacts, r.Attention, r.AttentionSince, r.Timeline,
			r.GiveBack, r.TakeFromCart, r.Refused, r.HasParts, r.DueAt, r.Attempts, r.Status, r.Status, snapshot.ID, r.Version)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected != 1 {
			return order.ErrStale
		}
		if claims(o.Was()) && !claims(snapshot) {
			if snapshot.Status != order.Failed {
				bought := tx.Exec("INSERT INTO carts_bought (cart_id, order_id, at) SELECT cart_id, order_id, ? FROM order_carts WHERE order_id = ?",
					s.now().UnixMicro(), snapshot.ID)
				if bought.Error != nil {
					return bought.Error
				}
			}
			if err := tx.Exec("DELETE FROM order_carts WHERE order_id = ?", snapshot.ID).Error; err != nil {
				return err
			}
		}
		if r.DueAt != nil {
			database.Announce(tx, DueWork)
		}
		if r.HasParts {
			if err := saveParts(tx, snapshot); err != nil {
				return err
			}
		}
		for _, fact := range facts {
			if err := events.Append(tx, s.now(), snapshot.ID, fact); err != nil {
				return err
			}
		}
		if r.DueAt == nil && r.Attention == "" && r.Status != "placing" && r.Status != "open" {
			return forgetIfGone(tx, snapshot)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store order %s as %s: %w", snapshot.ID, r.Status, err)
	}
	o.Saved()
	return nil
}

const update = `UPDATE orders SET status = ?, hold_ends_at = ?, payment_attempt = ?, payment_state = ?, payment_url = ?, was_payable = ?, paid_minor = ?,
	card_brand = ?, card_last4 = ?, ended_because = ?, ended_by = ?, ended_note = ?, ended_facts = ?, attention = ?, attention_since = ?,
	timeline = ?, give_back = ?, take_from_cart = ?, refused = ?, has_parts = ?, due_at = ?, attempts = ?,
	client = CASE WHEN ? = 'placing' THEN client ELSE '' END, recipient = CASE WHEN ? = 'placing' THEN recipient ELSE '' END,
	version = version + 1
	WHERE id = ? AND version = ?`

// Forget deletes at most limit failed orders that were made before then, and
// says how many: nobody bought, and nothing of who would have is kept.
func (s *Store) Forget(ctx context.Context, before time.Time, limit int) (gone int64, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		var ids []string
		err := tx.Raw("SELECT id FROM orders WHERE status = 'failed' AND due_at IS NULL AND attention = '' AND created_at < ? ORDER BY id LIMIT ?",
			before.UnixMicro(), limit).Scan(&ids).Error
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, table := range []string{"order_lines", "order_notes"} {
			if err := tx.Exec("DELETE FROM "+table+" WHERE order_id IN ?", ids).Error; err != nil {
				return err
			}
		}
		done := tx.Exec("DELETE FROM orders WHERE id IN ?", ids)
		gone = done.RowsAffected
		return done.Error
	})
	if err != nil {
		return 0, fmt.Errorf("forget failed orders: %w", err)
	}
	return gone, nil
}

// ForgetBought deletes the memory of what was taken out of carts before then.
func (s *Store) ForgetBought(ctx context.Context, before time.Time) error {
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM carts_bought WHERE at < ?", before.UnixMicro()).Error
	})
	if err != nil {
		return fmt.Errorf("forget what was bought from carts: %w", err)
	}
	return nil
}
