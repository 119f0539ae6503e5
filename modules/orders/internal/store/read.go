package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"galleria/modules/orders/internal/order"
	"galleria/platform/mailaddress"
)

// ByID reads one order; order.ErrNotFound.
func (s *Store) ByID(ctx context.Context, id string) (*order.Order, error) {
	return s.one(ctx, "SELECT * FROM orders WHERE id = ?", id)
}

// ByKey reads the order a key made; order.ErrNotFound.
func (s *Store) ByKey(ctx context.Context, key string) (*order.Order, error) {
	return s.one(ctx, "SELECT * FROM orders WHERE idempotency_key = ?", key)
}

// ByNumber reads the order of a number; order.ErrNotFound.
func (s *Store) ByNumber(ctx context.Context, number string) (*order.Order, error) {
	return s.one(ctx, "SELECT * FROM orders WHERE number = ?", number)
}

// OfCarts reads the open order of one of these carts; order.ErrNotFound.
func (s *Store) OfCarts(ctx context.Context, carts []string) (*order.Order, error) {
	return s.one(ctx, "SELECT * FROM orders WHERE id IN (SELECT order_id FROM order_carts WHERE cart_id IN ?) ORDER BY id LIMIT 1", carts)
}

// UnpaidOf are the ids of the orders of an e-mail address and a client that count towards
// the limit of both together, oldest first.
func (s *Store) UnpaidOf(ctx context.Context, email, client string) (ids []string, err error) {
	err = s.db.Read(ctx).Raw("SELECT id "+unpaid+"recipient = ? AND client = ? ORDER BY id", mailaddress.RecipientOf(email), client).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read unpaid orders: %w", err)
	}
	return ids, nil
}

func (s *Store) one(ctx context.Context, query string, value any) (*order.Order, error) {
	found, err := s.many(ctx, query, value)
	if err != nil {
		return nil, fmt.Errorf("read order: %w", err)
	}
	if len(found) == 0 {
		return nil, order.ErrNotFound
	}
	return found[0], nil
}

// Due are the orders to go on with, the longest due first: tried says whether
// those whose last attempt failed, or the others.
func (s *Store) Due(ctx context.Context, now time.Time, tried bool, limit int) (ids []string, err error) {
	condition := "attempts = 0"
	if tried {
		condition = "attempts > 0"
	}
	err = s.db.Read(ctx).Raw("SELECT id FROM orders WHERE due_at <= ? AND "+condition+" ORDER BY due_at LIMIT ?", now.UnixMicro(), limit).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read due orders: %w", err)
	}
	return ids, nil
}

// Filter says which orders a list has.
type Filter struct {
	// Statuses; none: all.
	Statuses []order.Status
	// Attention: only those that need it.
	Attention bool
	// Query is the number of an order, an e-mail address, a sku or a part of a name.
	Query string
	// Mailbox: only those of an address, spelt one way; "": of all. See
	// order.Mailbox.
	Mailbox string
	// Before is the id of the order before the list; "": it begins with the
	// newest.
	Before string
}

// List reads orders, newest first.
func (s *Store) List(ctx context.Context, f Filter, limit int) ([]*order.Order, error) {
	query, args := "SELECT * FROM orders WHERE 1 = 1", []any{}
	if f.Mailbox != "" {
		query, args = query+" AND mailbox = ?", append(args, f.Mailbox)
	}
	if f.Before != "" {
		query, args = query+" AND id < ?", append(args, f.Before)
	}
	if len(f.Statuses) > 0 {
		query, args = query+" AND status IN ?", append(args, f.Statuses)
	}
	if f.Attention {
		query += " AND attention <> ''"
	}
	if f.Query != "" {
		condition, values, err := s.matching(ctx, f.Query)
		if err != nil {
			return nil, fmt.Errorf("list orders: %w", err)
		}
		query, args = query+" AND "+condition, append(args, values...)
	}
	found, err := s.many(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	return found, nil
}

// matching is the condition for what was typed into a search: what it is, is looked up by
// indexes; only parts of names have to be looked for in all orders.
func (s *Store) matching(ctx context.Context, text string) (condition string, values []any, err error) {
	if mailbox := order.Mailbox(text); mailbox != "" {
		return "mailbox = ?", []any{mailbox}, nil
	}
	numbers := []string{strings.ToUpper(text)}
	if number, ok := order.ParseNumber(text); ok {
		numbers = append(numbers, number)
	}
	spelt := []string{text, strings.ToUpper(text)}
	var there int
	if err = s.db.Read(ctx).Raw("SELECT COUNT(*) FROM orders WHERE number IN ?", numbers).Scan(&there).Error; err != nil {
		return "", nil, err
	}
	if there > 0 {
		return "number IN ?", []any{numbers}, nil
	}
	if err = s.db.Read(ctx).Raw("SELECT COUNT(*) FROM (SELECT 1 FROM order_lines WHERE sku IN ? LIMIT 1) AS found", spelt).Scan(&there).Error; err != nil {
		return "", nil, err
	}
	if there > 0 {
		return "id IN (SELECT order_id FROM order_lines WHERE sku IN ?)", []any{spelt}, nil
	}
	condition, value := s.db.Containing("name", text)
	return condition, []any{value}, nil
}

func (s *Store) many(ctx context.Context, query string, args ...any) ([]*order.Order, error) {
	db := s.db.Read(ctx)
	var rows []row
	if err := db.Raw(query, args...).Scan(&rows).Error; err != nil {
		return nil, err
	}
	var ids, withParts []string
	found := map[string]*order.Snapshot{}
	for _, r := range rows {
		snapshot, err := r.snapshot()
		if err != nil {
			return nil, err
		}
		found[r.ID] = &snapshot
		if r.OldLines == "" {
			ids = append(ids, r.ID)
		}
		if r.HasParts {
			withParts = append(withParts, r.ID)
		}
	}
	if len(ids) > 0 {
		var lines []lineRow
		if err := db.Raw("SELECT * FROM order_lines WHERE order_id IN ? ORDER BY order_id, length(line), line", ids).Scan(&lines).Error; err != nil {
			return nil, err
		}
		for _, l := range lines {
			found[l.OrderID].Lines = append(found[l.OrderID].Lines, l.line())
		}
	}
	if err := readParts(db, withParts, found); err != nil {
		return nil, err
	}
	newer, err := s.changed(ctx, withParts, found)
	if err != nil {
		return nil, err
	}
	orders := make([]*order.Order, len(rows))
	for i, r := range rows {
		if orders[i] = newer[r.ID]; orders[i] == nil {
			orders[i] = order.FromStore(*found[r.ID])
		}
	}
	return orders, nil
}

// changed reads those orders again that were changed between the reads of their row and
// of their parts: a refund would have succeeded of which the order knows nothing yet.
func (s *Store) changed(ctx context.Context, ids []string, found map[string]*order.Snapshot) (map[string]*order.Order, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var now []struct {
		ID      string
		Version int64
	}
	if err := s.db.Read(ctx).Raw("SELECT id, version FROM orders WHERE id IN ?", ids).Scan(&now).Error; err != nil {
		return nil, err
	}
	var changed []string
	for _, n := range now {
		if n.Version != found[n.ID].Version {
			changed = append(changed, n.ID)
		}
	}
	if len(changed) == 0 {
		return nil, nil
	}
	again, err := s.many(ctx, "SELECT * FROM orders WHERE id IN ?", changed)
	newer := map[string]*order.Order{}
	for _, o := range again {
		newer[o.ID()] = o
	}
	return newer, err
}
