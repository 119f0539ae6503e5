package app_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestDeadLettersAreListedWhileAModuleIsAway: the others' are shown, the module is
// named, and a script notices that the list has a hole.
func TestDeadLettersAreListedWhileAModuleIsAway(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{Apart: []string{"inventory"}})
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(shop.Data(), "notifications.db")+"?_busy_timeout=60000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.Exec(`INSERT INTO dead_letters (event_id, subject, type, aggregate, payload, occurred_at, error, attempts, parked_at, seq)
		VALUES ('the letter', 'events.orders.OrderPlaced.o1', 'orders.v1.OrderPlaced', 'o1', '{}', 1, 'no such shelf', 5, 1, 1)`)
	if err != nil {
		t.Fatal(err)
	}
	dead := func(want int, says ...string) {
		t.Helper()
		out, code := shop.Run(t, "events", "dead")
		for _, part := range says {
			if code != want || !strings.Contains(out, part) {
				t.Errorf("events dead: got exit %d and\n%s\nwant %d and %q", code, out, want, part)
			}
		}
	}
	dead(0, "the letter", "no such shelf")
	shop.Module("inventory").Kill(t)
	dead(1, "the letter", "no such shelf", "galleria: not listed: module inventory does not answer at "+shop.Address("inventory"))
	for _, args := range [][]string{{"events", "dead", "--module", "inventory"}, {"events", "resend", "inventory"}} {
		out, code := shop.Run(t, args...)
		if code != 1 || !strings.Contains(out, "module inventory does not answer") || strings.Contains(out, "no shop answers") {
			t.Errorf("%v: got exit %d and\n%s\nwant 1 and that inventory is away", args, code, out)
		}
	}
	shop.StartModules(t, "inventory")
	shop.Await(t, "all are listed", func() bool { _, code := shop.Run(t, "events", "dead"); return code == 0 })
	shop.Main().Stop(t)
	dead(1, "no shop answers at "+shop.Address("rpc"))
}
