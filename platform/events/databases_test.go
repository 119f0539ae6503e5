package events

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"
	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// databases opens modules' databases of one kind: a module's first open makes its
// database, each further one is another handle on it, as another process has.
type databases struct {
	place func(t testing.TB) database.Options
	made  map[string]database.Options
}

func (d databases) open(t *testing.T, module string) *database.DB {
	t.Helper()
	if _, ok := d.made[module]; !ok {
		o := d.place(t)
		o.Module = module
		d.made[module] = o
	}
	return open(t, d.made[module])
}

// everywhere runs a test on each kind of database.
func everywhere(t *testing.T, test func(t *testing.T, dbs databases)) {
	for kind, place := range map[string]func(testing.TB) database.Options{
		"sqlite":   databasetest.SQLite,
		"postgres": databasetest.Postgres,
	} {
		t.Run(kind, func(t *testing.T) { test(t, databases{place, map[string]database.Options{}}) })
	}
}

// commitInOrder appends an event and writes down in the same transaction, after
// it, what the order of the commits is.
func commitInOrder(t *testing.T, db *database.DB, aggregate, value string) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *gorm.DB) error {
		if err := Append(tx, time.Now(), aggregate, wrapperspb.String(value)); err != nil {
			return err
		}
		return effect(tx, value, Meta{Aggregate: aggregate})
	})
	if err != nil {
		t.Errorf("append: %v", err)
	}
}
