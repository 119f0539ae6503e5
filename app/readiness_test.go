package app_test

import (
	"database/sql"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestAProcessIsReadyWhenItsOwnModulesAre: a module that can't start makes its process
// unready and leaves the pages served; one that is away in another process does neither.
func TestAProcessIsReadyWhenItsOwnModulesAre(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{Apart: []string{"payments"}})
	shop.Module("payments").Kill(t)
	shop.Await(t, "payments is seen to be away", func() bool {
		code, _ := admin(t, shop, "/readyz/payments")
		return code == http.StatusServiceUnavailable
	})
	for _, path := range []string{"/readyz", "/readyz/edge"} {
		if code, body := admin(t, shop, path); code != http.StatusOK {
			t.Errorf("payments is away in its own process: %s answers %d: %s", path, code, body)
		}
	}

	shop.Main().Stop(t)
	ofNewerRelease(t, shop, "webhooks")
	shop.Restart(t)
	for _, path := range []string{"/readyz", "/readyz/webhooks"} {
		code, body := admin(t, shop, path)
		if code != http.StatusServiceUnavailable || !strings.Contains(body, "newer") {
			t.Errorf("webhooks can't start here: %s answers %d, want 503 and why: %s", path, code, body)
		}
	}
	for path, want := range map[string]string{
		"/readyz/edge": `"ready":true`, "/metrics": `module_problem{module="webhooks"} 1`,
	} {
		if code, body := admin(t, shop, path); code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("webhooks can't start here: %s answers %d, want %s: %.300s", path, code, want, body)
		}
	}
}

// ofNewerRelease makes a module's database one that this program can't open.
func ofNewerRelease(t *testing.T, shop *shoptest.Shop, module string) {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(shop.Data(), module+".db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO " + module + "_version (version_id, is_applied, tstamp) VALUES (99, 1, '2027-01-01')"); err != nil {
		t.Fatal(err)
	}
}
