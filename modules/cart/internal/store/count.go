package store

import (
	"context"
	"time"
)

// CountBegun counts the carts that were begun in a time, and that may be forgotten when
// they were begun before completeFrom.
func (s *Store) CountBegun(ctx context.Context, from, until time.Time) (carts int64, completeFrom time.Time, err error) {
	err = s.db.Read(ctx).Raw("SELECT COUNT(*) FROM carts WHERE created_at >= ? AND created_at < ?", max(1, from.UnixMicro()), until.UnixMicro()).Row().Scan(&carts)
	return carts, s.now().Add(-s.lifetime), err
}
