package database_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"galleria/platform/database"
)

var notes = fstest.MapFS{"0001_notes.sql": {Data: []byte(`-- +goose Up
CREATE TABLE notes (id TEXT PRIMARY KEY, amount BIGINT NOT NULL);
-- +goose Down
DROP TABLE notes;
`)}}

// With these set, the test binary is another process that writes: see writeInOtherProcess.
const childOptions, childRows = "DATABASE_TEST_DIR", "DATABASE_TEST_ROWS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childOptions); dir != "" {
		if err := child(database.Options{Module: "test", Dir: dir, Migrations: notes}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func child(o database.Options) error {
	ctx := context.Background()
	d, err := database.Open(ctx, o)
	if err != nil {
		return err
	}
	rows, err := strconv.Atoi(os.Getenv(childRows))
	if err != nil {
		return err
	}
	for i := range rows {
		if err := d.Write(ctx, insert(fmt.Sprintf("%d/%d", os.Getpid(), i))); err != nil {
			return err
		}
	}
	return d.Close()
}

// writeInOtherProcess starts a process that opens the database and inserts rows.
func writeInOtherProcess(t *testing.T, dir string, rows int) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childOptions+"="+dir, childRows+"="+strconv.Itoa(rows))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func insert(id string) func(tx *gorm.DB) error {
	return func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO notes (id, amount) VALUES (?, 1)", id).Error
	}
}

func count(t *testing.T, d *database.DB) int {
	t.Helper()
	var n int
	if err := d.Read(context.Background()).Raw("SELECT COUNT(*) FROM notes").Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}
