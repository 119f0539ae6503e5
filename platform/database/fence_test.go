package database_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// held runs test on both dialects; open opens the store as a process of that name.
func held(t *testing.T, test func(t *testing.T, o database.Options, open func(process string) *database.DB)) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations, o.Log = notes, slog.New(slog.DiscardHandler)
		test(t, o, func(process string) *database.DB {
			o.Holder = process
			return databasetest.Open(t, o)
		})
	})
}

func holders(t *testing.T, o database.Options) []string {
	t.Helper()
	c, err := database.Inspect(background, o)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, h := range c.Holders {
		names = append(names, fmt.Sprintf("%s@%d", h.Process, h.Generation))
	}
	slices.Sort(names)
	return names
}

// wantRefusal looks for what an operator needs to know of it.
func wantRefusal(t *testing.T, got, want error, tells ...string) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for _, part := range append(tells, "store adopt test") {
		if !strings.Contains(got.Error(), part) {
			t.Errorf("%q does not tell %q", got, part)
		}
	}
}

func TestOpenAndCloseAreNotedAmongTheHolders(t *testing.T) {
	held(t, func(t *testing.T, o database.Options, open func(string) *database.DB) {
		a := open("a")
		open("b")
		if got := holders(t, o); fmt.Sprint(got) != "[a@1 b@1]" {
			t.Errorf("got holders %v, want a and b at generation 1", got)
		}
		if err := a.Close(background); err != nil {
			t.Fatal(err)
		}
		if got := holders(t, o); fmt.Sprint(got) != "[b@1]" {
			t.Errorf("after a closed: got holders %v, want b", got)
		}
	})
}

// A module that comes back before its predecessor in the same process has ended.
func TestCloseLeavesALaterOpenOfTheSameProcessAlone(t *testing.T) {
	held(t, func(t *testing.T, o database.Options, open func(string) *database.DB) {
		before, after := open("a"), open("a")
		if err := before.Close(background); err != nil {
			t.Fatal(err)
		}
		if got := holders(t, o); fmt.Sprint(got) != "[a@1]" {
			t.Errorf("got holders %v, want a", got)
		}
		if err := after.Write(background, insert("x")); err != nil {
			t.Error(err)
		}
	})
}

func TestDismissRefusesThatProcessAlone(t *testing.T) {
	held(t, func(t *testing.T, o database.Options, open func(string) *database.DB) {
		kept, taker, old := open("kept"), open("taker"), open("old")
		if err := old.Write(background, insert("before")); err != nil {
			t.Fatal(err)
		}
		generation, err := taker.Dismiss(background, "old")
		if err != nil || generation != 2 {
			t.Fatalf("got generation %d and error %v, want 2", generation, err)
		}
		wantRefusal(t, old.Write(background, insert("late")), database.ErrFenced, old.StoreID(), "generation 2", "at 1", "old")
		for _, d := range []*database.DB{kept, taker} {
			if err := d.Write(background, insert(fmt.Sprintf("by %p", d))); err != nil {
				t.Errorf("a holder that was kept: %v", err)
			}
			if got, err := d.Generation(background); got != 2 || err != nil {
				t.Errorf("got generation %d (%v), want 2", got, err)
			}
		}
		if got := count(t, taker); got != 3 {
			t.Errorf("got %d rows, want 3: none of the old holder after it was dismissed", got)
		}
		if got := holders(t, o); fmt.Sprint(got) != "[kept@2 taker@2]" {
			t.Errorf("got holders %v", got)
		}
		if _, err := old.Dismiss(background, "taker"); !errors.Is(err, database.ErrFenced) {
			t.Errorf("dismissing by one that lost the store: got %v, want ErrFenced", err)
		}
	})
}

// What is acknowledged before a process is dismissed is there when it has returned, and
// nothing comes after it.
func TestDismissAmidWritesDividesThem(t *testing.T) {
	held(t, func(t *testing.T, _ database.Options, open func(string) *database.DB) {
		old, taker := open("old"), open("taker")
		var acknowledged, next atomic.Int64
		begun := make(chan struct{})
		var once sync.Once
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				for {
					err := old.Write(background, insert(fmt.Sprint(next.Add(1))))
					if errors.Is(err, database.ErrFenced) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					if acknowledged.Add(1) == 20 {
						once.Do(func() { close(begun) })
					}
				}
			})
		}
		<-begun
		if _, err := taker.Dismiss(background, "old"); err != nil {
			t.Fatal(err)
		}
		then := count(t, taker)
		wait.Wait()
		if now := count(t, taker); now != then || int64(now) != acknowledged.Load() {
			t.Errorf("%d rows when it was dismissed, %d at the end, %d acknowledged: want the same", then, now, acknowledged.Load())
		}
	})
}

// A transaction that began before its process is dismissed ends before that, too.
func TestDismissWaitsForTheWriteUnderWay(t *testing.T) {
	held(t, func(t *testing.T, _ database.Options, open func(string) *database.DB) {
		old, taker := open("old"), open("taker")
		inside, finish := make(chan struct{}), make(chan struct{})
		written, taken := make(chan error, 1), make(chan error, 1)
		go func() {
			written <- old.Write(background, func(tx *gorm.DB) error {
				close(inside)
				<-finish
				return insert("x")(tx)
			})
		}()
		<-inside
		var seen int
		go func() {
			_, err := taker.Dismiss(background, "old")
			seen = count(t, taker)
			taken <- err
		}()
		close(finish)
		if err := errors.Join(<-written, <-taken); err != nil {
			t.Fatal(err)
		}
		if seen != 1 {
			t.Errorf("rows there when the process was dismissed: got %d, want 1", seen)
		}
	})
}

func TestNothingIsWrittenBehindADismissalInItsBatch(t *testing.T) {
	o := databasetest.SQLite(t)
	o.Migrations, o.Log, o.Holder = notes, slog.New(slog.DiscardHandler), "a"
	d := databasetest.Open(t, o)
	var wait sync.WaitGroup
	results := make([]error, 2)
	inside, finish := make(chan struct{}), make(chan struct{})
	wait.Go(func() {
		_ = d.Write(background, func(*gorm.DB) error { close(inside); <-finish; return errors.New("undo") })
	})
	<-inside
	wait.Go(func() { _, results[0] = d.Dismiss(background, "a") })
	database.AwaitQueue(d, 1)
	wait.Go(func() { results[1] = d.Write(background, insert("x")) })
	database.AwaitQueue(d, 2)
	close(finish)
	wait.Wait()
	if results[0] != nil || !errors.Is(results[1], database.ErrFenced) {
		t.Errorf("got %v and %v, want a dismissal and then ErrFenced", results[0], results[1])
	}
}

func TestSealedStoreIsRefusedUntilItIsAdopted(t *testing.T) {
	held(t, func(t *testing.T, o database.Options, open func(string) *database.DB) {
		a, b := open("a"), open("b")
		if err := a.Seal(background, "moved to PostgreSQL"); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, b.Write(background, insert("x")), database.ErrSealed, a.StoreID(), "moved to PostgreSQL", "generation 1")
		if err := a.Write(background, insert("x")); !errors.Is(err, database.ErrSealed) {
			t.Errorf("the process that sealed it: got %v, want ErrSealed", err)
		}
		_, err := database.Open(background, o)
		wantRefusal(t, err, database.ErrSealed, a.StoreID())
		if got := count(t, b); got != 0 {
			t.Errorf("got %d rows, want none", got)
		}

		if err := database.Adopt(background, o, 0); err != nil {
			t.Fatal(err)
		}
		if err := a.Write(background, insert("x")); !errors.Is(err, database.ErrFenced) {
			t.Errorf("a holder from before the adoption: got %v, want ErrFenced", err)
		}
		c, err := database.Inspect(background, o)
		if err != nil || c.Generation != 2 || len(c.Holders) != 0 || !c.SealedAt.IsZero() || c.StoreID != a.StoreID() {
			t.Errorf("got %+v (%v), want generation 2, no holders, no seal", c, err)
		}
		if err := open("c").Write(background, insert("x")); err != nil {
			t.Errorf("opened after the adoption: %v", err)
		}
	})
}

// copyFile copies a closed database as a backup does.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCopiedFileIsRefusedUntilItIsAdopted(t *testing.T) {
	o := databasetest.SQLite(t)
	o.Migrations = notes
	file := filepath.Join(o.Dir, "test.db")
	d := databasetest.Open(t, o)
	err := d.Write(background, func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO leases (name, holder, expires_at) VALUES ('relay', 'old', 9000000000000000)").Error
	})
	if err := errors.Join(err, d.Close(background)); err != nil {
		t.Fatal(err)
	}
	// As when a backup is put back, right over what was there: the file system
	// may well give the new file the number of the old one.
	backup := filepath.Join(t.TempDir(), "backup")
	copyFile(t, file, backup)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	copyFile(t, backup, file)

	_, err = database.Open(background, o)
	wantRefusal(t, err, database.ErrCopied, d.StoreID(), "generation 1")
	if c, err := database.Inspect(background, o); err != nil || !c.Copied {
		t.Errorf("got %+v (%v), want that it is a copy", c, err)
	}
	if err := database.Adopt(background, o, 7); err != nil {
		t.Fatal(err)
	}
	adopted := databasetest.Open(t, o)
	if got, err := adopted.Generation(background); got != 8 || err != nil {
		t.Errorf("got generation %d (%v), want 8, above what was seen", got, err)
	}
	var leases int
	if err := adopted.Read(background).Raw("SELECT COUNT(*) FROM leases").Scan(&leases).Error; err != nil || leases != 0 {
		t.Errorf("got %d leases carried over (%v), want none", leases, err)
	}
}

func TestMovedDirectoryIsTheSameStore(t *testing.T) {
	o := databasetest.SQLite(t)
	parent := o.Dir
	o.Dir = filepath.Join(parent, "before")
	d := databasetest.Open(t, o)
	if err := d.Close(background); err != nil {
		t.Fatal(err)
	}
	after := filepath.Join(parent, "after")
	if err := os.Rename(o.Dir, after); err != nil {
		t.Fatal(err)
	}
	o.Dir = after
	if got := databasetest.Open(t, o).StoreID(); got != d.StoreID() {
		t.Errorf("got store %s, want %s", got, d.StoreID())
	}
}

// A restored dump has the rows of the store in a table of its own.
func TestRestoredSchemaIsRefused(t *testing.T) {
	o := databasetest.Postgres(t)
	o.Migrations = notes
	d := databasetest.Open(t, o)
	err := d.Write(background, func(tx *gorm.DB) error {
		return errors.Join(
			tx.Exec("ALTER TABLE store RENAME TO dumped").Error,
			tx.Exec("CREATE TABLE store (LIKE dumped INCLUDING ALL)").Error,
			tx.Exec("INSERT INTO store SELECT * FROM dumped").Error)
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = database.Open(background, o)
	wantRefusal(t, err, database.ErrCopied, d.StoreID())
	if err := database.Adopt(background, o, 0); err != nil {
		t.Fatal(err)
	}
	databasetest.Open(t, o)
}

func TestOnlyAStoreThatExistsIsAdopted(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		if err := database.Adopt(background, o, 0); err == nil || !strings.Contains(err.Error(), "there is none") {
			t.Errorf("got %v, want that there is none", err)
		}
		databasetest.Open(t, o)
		if o.Dir == "" {
			o.Module = "other"
			if err := database.Adopt(background, o, 0); err == nil || !strings.Contains(err.Error(), `belongs to module "test"`) {
				t.Errorf("got %v, want a refusal that names the owner", err)
			}
		}
	})
}
