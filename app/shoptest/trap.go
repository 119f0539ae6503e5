package shoptest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"galleria/modules/orders"
)

// A trap is a file that the process finds when it passes a point of the
// checkout (orders.Points): kill-POINT or hold-POINT. Files, because they can
// be set while the process runs and are still there when it starts again.
//
// A deadly trap holds how many passings are left; a process that holds waits
// until the file is gone, and says by another file, held-POINT, that it does.
const (
	deadly  = "kill-"
	holding = "hold-"
	held    = "held-"
	// anyPoint counts passings of all points.
	anyPoint = "any"
)

// traps looks for traps inside the child.
type traps struct {
	dir string
	mu  sync.Mutex
}

func (t *traps) passed(point string) {
	t.mu.Lock()
	for _, name := range []string{point, anyPoint} {
		t.count(filepath.Join(t.dir, deadly+name))
	}
	t.mu.Unlock()
	hold := filepath.Join(t.dir, holding+point)
	for exists(hold) {
		if err := os.WriteFile(filepath.Join(t.dir, held+point), nil, 0o600); err != nil {
			panic(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// count takes one passing off a deadly trap. The trap is gone before it is
// deadly: the next life passes here too.
func (t *traps) count(file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		return
	}
	var left int
	if _, err := fmt.Sscan(string(text), &left); err != nil {
		return
	}
	if left > 1 {
		// One that was taken away meanwhile must not come back.
		trap, err := os.OpenFile(file, os.O_WRONLY|os.O_TRUNC, 0)
		if err != nil {
			return
		}
		defer trap.Close()
		if _, err := fmt.Fprint(trap, left-1); err != nil {
			panic(err)
		}
		return
	}
	if err := os.Remove(file); err != nil {
		return // taken away meanwhile
	}
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // not a step further
}

// DieAt makes the process that runs orders kill itself when it passes the
// point for the n-th time from now on.
func (s *Shop) DieAt(t testing.TB, point string, n int) {
	t.Helper()
	s.setTrap(t, deadly, point, n)
}

// DieSoon is DieAt for the n-th passing of any point.
func (s *Shop) DieSoon(t testing.TB, n int) {
	t.Helper()
	s.setTrap(t, deadly, anyPoint, n)
}

// Spare takes back what DieSoon has set. It is false when that has gone off: the
// process is dead, or dies just now.
func (s *Shop) Spare(t testing.TB) bool {
	t.Helper()
	err := os.Remove(filepath.Join(s.traps, deadly+anyPoint))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return err == nil
}

// HoldAt makes checkouts wait at the point. reached waits until one does;
// release lets it go on.
func (s *Shop) HoldAt(t testing.TB, point string) (reached, release func()) {
	t.Helper()
	s.setTrap(t, holding, point, 1)
	reached = func() {
		t.Helper()
		s.Await(t, "a checkout waits at "+point, func() bool { return exists(filepath.Join(s.traps, held+point)) })
	}
	return reached, func() {
		t.Helper()
		if err := os.Remove(filepath.Join(s.traps, holding+point)); err != nil {
			t.Fatal(err)
		}
	}
}

// ClearTraps takes away traps that were not met.
func (s *Shop) ClearTraps(t testing.TB) {
	t.Helper()
	files, err := os.ReadDir(s.traps)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		// One may go off just now.
		if err := os.Remove(filepath.Join(s.traps, f.Name())); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

func (s *Shop) setTrap(t testing.TB, kind, point string, n int) {
	t.Helper()
	if point != anyPoint && !slices.Contains(orders.Points, point) {
		t.Fatalf("there is no point %q; there are: %s", point, strings.Join(orders.Points, ", "))
	}
	path := filepath.Join(s.traps, kind+point)
	draft := path + ".draft"
	if err := os.WriteFile(draft, fmt.Append(nil, n), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(draft, path); err != nil {
		t.Fatal(err)
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
