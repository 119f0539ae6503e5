package catalog_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"gorm.io/gorm"

	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/database"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// many are products with as much to say as real ones have, in 20 categories.
func many(n int) []*catalogv1.Product {
	products := make([]*catalogv1.Product, n)
	for i := range products {
		p := catalogtest.Product(fmt.Sprintf("SKU-%05d", i))
		p.Name = fmt.Sprintf("%s %s %d", words[i%len(words)], words[i/7%len(words)], i)
		p.Description = strings.Repeat(strings.Join(words, " ")+". ", 4)
		p.Category = fmt.Sprintf("category-%d", i%20)
		catalogtest.SetPrice(p, "EUR", int64(i*7919%20000)+100)
		products[i] = p
	}
	return products
}

var words = strings.Fields("Oak lamp steel kettle linen throw copper pan walnut shelf wool sock brass hook")

// putBack does to the database what restoring an older copy would.
func putBack(t *testing.T, db *database.DB) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE catalog_products SET name = 'First', changed = 2").Error; err != nil {
			return err
		}
		return tx.Exec("UPDATE catalog_state SET version = 2").Error
	})
	if err != nil {
		t.Fatal(err)
	}
}
