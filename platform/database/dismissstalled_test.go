package database_test

import (
	"testing"

	"gorm.io/gorm"

	"galleria/platform/database/databasetest"
)

// A process stands still in the midst of a write: to take the store from it waits for that to
// end, and must not have the writers that live wait with it.
func TestWritersDoNotWaitWithADismissal(t *testing.T) {
	o := databasetest.Postgres(t)
	o.Migrations = notes
	stalled, other := databasetest.Open(t, o), databasetest.Open(t, o)
	goOn := standStill(t, stalled)
	defer goOn()
	if generation, err := other.Dismiss(background, "somebody"); err == nil {
		t.Errorf("dismissed at generation %d, beside a write under way", generation)
	}
	err := other.Write(background, func(tx *gorm.DB) error { return tx.Exec("INSERT INTO notes VALUES ('a', 1)").Error })
	if err != nil {
		t.Errorf("another writer: %v", err)
	}
	goOn()
	if _, err := other.Dismiss(background, "somebody"); err != nil {
		t.Errorf("when the write has ended: %v", err)
	}
}
