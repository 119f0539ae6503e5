package store

import (
	"time"

	"gorm.io/gorm"

	"galleria/modules/inventory/internal/stock"
)

// once notes that a method is done under a key. It is false when it was done before:
// then nothing is to be done. stock.ErrKeyReused: the key stands for something else.
func once(tx *gorm.DB, method, key, content string, now time.Time) (first bool, err error) {
	added := tx.Exec(`INSERT INTO stock_requests (method, idempotency_key, content, at) VALUES (?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, method, key, content, now.UnixMicro())
	if added.Error != nil || added.RowsAffected == 1 {
		return added.Error == nil, added.Error
	}
	var before string
	if err := tx.Raw("SELECT content FROM stock_requests WHERE method = ? AND idempotency_key = ?", method, key).Row().Scan(&before); err != nil {
		return false, err
	}
	if before != content {
		return false, stock.ErrKeyReused
	}
	return false, nil
}
