package database_test

import (
	"errors"
	"io/fs"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

type label string

// TestTextThatOneDatabaseRefusesIsRefusedByBoth, however a statement is run, as a
// mistake of the caller; and the transaction goes on.
func TestTextThatOneDatabaseRefusesIsRefusedByBoth(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		d := open(notes)
		for name, text := range map[string]any{"NUL": "a\x00b", "not UTF-8": "a\xff", "named": label("\x00"), "pointer": new(string)} {
			if p, ok := text.(*string); ok {
				*p = "\x00"
			}
			var found string
			var number int64
			for way, err := range map[string]error{
				"scan": d.Read(background).Raw("SELECT id FROM notes WHERE id = ?", text).Scan(&found).Error,
				"row":  d.Read(background).Raw("SELECT count(*) FROM notes WHERE id = ?", text).Row().Scan(&number),
				"write": d.Write(background, func(tx *gorm.DB) error {
					err := tx.Exec("INSERT INTO notes (id, amount) VALUES (?, 1)", text).Error
					if err := insert("beside " + name)(tx); err != nil {
						return err
					}
					if !errors.Is(err, database.ErrText) {
						t.Errorf("%s in a transaction: got %v, want ErrText", name, err)
					}
					return nil
				}),
				"row of a write": d.Write(background, func(tx *gorm.DB) error {
					return tx.Raw("SELECT count(*) FROM notes WHERE id = ?", text).Row().Scan(&number)
				}),
			} {
				if way == "write" {
					if err != nil {
						t.Errorf("%s: what else was written failed: %v", name, err)
					}
					continue
				}
				if !errors.Is(err, database.ErrText) {
					t.Errorf("%s by %s: got %v, want ErrText", name, way, err)
				}
			}
		}
		if got := count(t, d); got != 4 {
			t.Errorf("got %d rows, want the 4 beside the refused ones", got)
		}
		if got := status.Code(database.ErrText); got != codes.InvalidArgument {
			t.Errorf("a caller is told %s, want InvalidArgument", got)
		}
	})
}
