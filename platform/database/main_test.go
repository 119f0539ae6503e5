package database_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"galleria/platform/database"
)

var notes = fstest.MapFS{"0001_notes.sql": {Data: []byte(`-- +goose Up
CREATE TABLE notes (id TEXT PRIMARY KEY, amount BIGINT NOT NULL);
-- +goose Down
DROP TABLE notes;
`)}}

// With these set, the test binary is another process that writes or holds a
// lease: see writeInOtherProcess and holdInOtherProcess.
const (
	childDir, childDSN  = "DATABASE_TEST_DIR", "DATABASE_TEST_DSN"
	childRows, childTTL = "DATABASE_TEST_ROWS", "DATABASE_TEST_TTL"
)

func TestMain(m *testing.M) {
	o := database.Options{Module: "test", Dir: os.Getenv(childDir), DSN: os.Getenv(childDSN), Migrations: notes}
	if o.Dir != "" || o.DSN != "" {
		run := child
		if os.Getenv(childTTL) != "" {
			run = childHolds
		}
		if err := run(o); err != nil {
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
	return d.Close(ctx)
}

// writeInOtherProcess starts a process that opens the database and inserts rows.
func writeInOtherProcess(t *testing.T, dir string, rows int) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childRows+"="+strconv.Itoa(rows))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// childHolds says when it has the lease, and then, for each line it reads, what
// came of a write by the work.
func childHolds(o database.Options) error {
	ctx := context.Background()
	var err error
	if o.LeaseTTL, err = time.ParseDuration(os.Getenv(childTTL)); err != nil {
		return err
	}
	o.Log = slog.New(slog.DiscardHandler)
	d, err := database.Open(ctx, o)
	if err != nil {
		return err
	}
	return d.Hold(ctx, "relay", func(ctx context.Context) error {
		fmt.Println("working")
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			fmt.Println(d.Write(context.WithoutCancel(ctx), insert(lines.Text())))
		}
		os.Exit(0)
		return nil
	})
}

// holding is a process that has the lease "relay".
type holding struct {
	cmd   *exec.Cmd
	to    io.Writer
	lines *bufio.Scanner
}

func holdInOtherProcess(t *testing.T, o database.Options) *holding {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+o.Dir, childDSN+"="+o.DSN, childTTL+"="+o.LeaseTTL.String())
	cmd.Stderr = os.Stderr
	to, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	from, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	h := &holding{cmd, to, bufio.NewScanner(from)}
	h.next(t)
	return h
}

func (h *holding) next(t *testing.T) string {
	t.Helper()
	if !h.lines.Scan() {
		t.Fatalf("the other process said nothing more: %v", h.lines.Err())
	}
	return h.lines.Text()
}

// write has the work insert a row and tells the error it got.
func (h *holding) write(t *testing.T) string {
	t.Helper()
	if _, err := fmt.Fprintln(h.to, "x"); err != nil {
		t.Fatal(err)
	}
	return h.next(t)
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
