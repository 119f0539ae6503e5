package database_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

func openPostgresNotes(t testing.TB) *database.DB {
	t.Helper()
	o := databasetest.Postgres(t)
	o.Migrations = notes
	return databasetest.Open(t, o)
}

func TestDeadlockedTransactionRunsAgain(t *testing.T) {
	d := openPostgresNotes(t)
	for _, id := range []string{"a", "b"} {
		if err := d.Write(background, insert(id)); err != nil {
			t.Fatal(err)
		}
	}
	add := func(tx *gorm.DB, id string) error {
		return tx.Exec("UPDATE notes SET amount = amount + 1 WHERE id = ?", id).Error
	}
	// Each takes one row, waits until the other has taken its own, then wants that.
	taken := map[string]chan struct{}{"a": make(chan struct{}), "b": make(chan struct{})}
	results := make(chan error)
	runs := make(chan string, 10)
	transfer := func(from, to string) {
		first := true
		results <- d.Write(background, func(tx *gorm.DB) error {
			runs <- from
			if err := add(tx, from); err != nil {
				return err
			}
			if first {
				first = false
				close(taken[from])
				<-taken[to]
			}
			if err := add(tx, to); err != nil {
				return fmt.Errorf("hidden: %v", err) // as a module may do
			}
			return nil
		})
	}
	go transfer("a", "b")
	go transfer("b", "a")
	if err := errors.Join(<-results, <-results); err != nil {
		t.Fatal(err)
	}
	var amounts []int64
	if err := d.Read(background).Raw("SELECT amount FROM notes").Scan(&amounts).Error; err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(amounts) != "[3 3]" {
		t.Errorf("amounts: got %v, want [3 3]", amounts)
	}
	if got := len(runs); got != 3 {
		t.Errorf("got %d runs, want 3: the loser of the deadlock once more", got)
	}
}

func TestCancelledStatementIsReportedAsNotWritten(t *testing.T) {
	d := openPostgresNotes(t)
	ctx, cancel := context.WithCancel(background)
	err := d.Write(ctx, func(tx *gorm.DB) error {
		if err := insert("x")(tx); err != nil {
			return err
		}
		cancel()
		return insert("y")(tx)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if got := count(t, d); got != 0 {
		t.Errorf("got %d rows, want none", got)
	}
}

// Both dialects promise no more than this to modules.
func TestIsolationIsReadCommitted(t *testing.T) {
	d := openPostgresNotes(t)
	err := d.Write(background, func(tx *gorm.DB) error {
		var got string
		if err := tx.Raw("SHOW transaction_isolation").Scan(&got).Error; err != nil {
			return err
		}
		if got != "read committed" {
			t.Errorf("got %q, want read committed", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
