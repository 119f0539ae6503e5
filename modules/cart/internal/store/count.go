package store

import (
	"context"
	"time"
)

// CountBegun counts the carts in a currency, or in all when it is "", that were begun in a
// time, and that may be forgotten when they were begun before completeFrom.
func (s *Store) CountBegun(ctx context.Context, from, until time.Time, currency string) (carts int64, completeFrom time.Time, err error) {
	err = s.db.Read(ctx).Raw("SELECT COUNT(*) FROM carts WHERE created_at >= ? AND created_at < ? AND (currency_code = ? OR ? = '')",
		max(1, from.UnixMicro()), until.UnixMicro(), currency, currency).Row().Scan(&carts)
	return carts, s.now().Add(-s.lifetime), err
}
