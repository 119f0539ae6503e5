package cli_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"galleria/app"
	"galleria/platform/database"
	"galleria/platform/process"
)

// closedShop makes the cart's database in the present directory and closes it.
func closedShop(t *testing.T) database.Options {
	t.Helper()
	t.Chdir(t.TempDir())
	o, err := app.DefaultConfig().Store("cart")
	if err != nil {
		t.Fatal(err)
	}
	reopen(t, o)
	return o
}

func reopen(t *testing.T, o database.Options) {
	t.Helper()
	db, err := database.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func wantSaid(t *testing.T, part string, args ...string) {
	t.Helper()
	code, stdout, stderr := run(t, nil, args...)
	if code != 0 || !strings.Contains(stdout, part) {
		t.Errorf("galleria %s: exit %d, got %q and %q, want %q", strings.Join(args, " "), code, stdout, stderr, part)
	}
}

func TestARestoredStoreIsShownAndAdopted(t *testing.T) {
	o := closedShop(t)
	file := filepath.Join(app.DefaultConfig().Data, "cart.db")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := database.Open(t.Context(), o); !errors.Is(err, database.ErrCopied) {
		t.Fatalf("got %v, want ErrCopied", err)
	}
	seen, err := database.Inspect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	// The backup is older than what this directory has seen of the store.
	if err := process.SetPin(o.Dir, "cart", process.Pin{Store: seen.StoreID, Generation: 5}); err != nil {
		t.Fatal(err)
	}
	wantSaid(t, "copied or restored: refused", "store", "cart")
	wantSaid(t, "at generation 6", "store", "adopt", "cart")
	wantSaid(t, "6           ok", "store", "cart")
	reopen(t, o)
	if pin, err := process.PinOf(o.Dir, "cart"); err != nil || pin != (process.Pin{Store: seen.StoreID, Generation: 6}) {
		t.Errorf("got pin %v (%v), want the adopted store at generation 6", pin, err)
	}
}

// What the shop refuses by what its data directory remembers is shown as refused.
func TestAStoreThatTheDataDirectoryRefusesIsShown(t *testing.T) {
	o := closedShop(t)
	seen, err := database.Inspect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	remember := func(pin process.Pin) {
		t.Helper()
		if err := process.SetPin(o.Dir, "cart", pin); err != nil {
			t.Fatal(err)
		}
	}
	remember(process.Pin{Store: seen.StoreID, Generation: 1})
	wantSaid(t, "1           ok", "store", "cart")
	remember(process.Pin{Store: seen.StoreID, Generation: 2})
	wantSaid(t, "put back to an earlier state: refused", "store", "cart")
	remember(process.Pin{Store: "other", Generation: 1})
	wantSaid(t, "not store other, which was used before: refused", "store", "cart")
	remember(process.Pin{Store: seen.StoreID, Generation: 1})

	lost := database.Mark{Store: seen.StoreID, Adoptions: 3, Number: 7, Text: "lost"}
	if err := process.MarksOf(o.Dir, "cart").Keep(lost); err != nil {
		t.Fatal(err)
	}
	wantSaid(t, "put back to an earlier state: refused", "store", "cart")
	wantSaid(t, "at generation 2", "store", "adopt", "cart")
	wantSaid(t, "2           ok", "store", "cart")
	o.Marks = process.MarksOf(o.Dir, "cart")
	reopen(t, o)
}

func TestASealedStoreIsShownAndAdopted(t *testing.T) {
	o := closedShop(t)
	wantSaid(t, "is sealed", "store", "seal", "cart", "--why", "moved elsewhere")
	wantSaid(t, "moved elsewhere", "store")
	if _, err := database.Open(t.Context(), o); !errors.Is(err, database.ErrSealed) {
		t.Errorf("got %v, want ErrSealed", err)
	}
	wantSaid(t, "at generation 2", "store", "adopt", "cart")
	reopen(t, o)
}

func TestStoreMakesNone(t *testing.T) {
	t.Chdir(t.TempDir())
	wantSaid(t, "not made yet", "store", "orders")
	for _, command := range []string{"seal", "adopt"} {
		if code, _, stderr := run(t, nil, "store", command, "orders"); code != 1 || !strings.Contains(stderr, "there is none") {
			t.Errorf("store %s: exit %d and %q, want that there is none", command, code, stderr)
		}
	}
	if code, _, _ := run(t, nil, "store", "nothing"); code != 2 {
		t.Errorf("a module that is not there: exit %d, want %d", code, 2)
	}
	if _, err := os.Stat(filepath.Join(app.DefaultConfig().Data, "orders.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want no database", err)
	}
}
