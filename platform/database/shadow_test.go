package database_test

import (
	"errors"
	"io/fs"
	"testing"

	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/telemetry"
)

func TestAShadowCallWritesNothing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		d := open(nil)
		err := d.Write(telemetry.WithShadow(t.Context()), func(*gorm.DB) error {
			t.Error("the function of a shadow call was run")
			return nil
		})
		if !errors.Is(err, database.ErrShadow) {
			t.Errorf("got %v, want ErrShadow", err)
		}
	})
}
