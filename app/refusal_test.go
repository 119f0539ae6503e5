package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"galleria/app/shoptest"
	"galleria/platform/route"
)

// TestWrongPlacesAreRefused: the file sends payments where it can't be. The
// reason is logged, and the shop goes on as before.
func TestWrongPlacesAreRefused(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	crowd := shop.Crowd(t, 2, shoptest.Shops)
	shop.StartModules(t, "cart")

	sameOwner := shoptest.Prepare(t, shoptest.Layout{})
	if err := os.CopyFS(filepath.Join(sameOwner.Data(), "certs"), os.DirFS(filepath.Join(shop.Data(), "certs"))); err != nil {
		t.Fatal(err)
	}
	sameOwner.StartMain(t)
	stranger := shoptest.Prepare(t, shoptest.Layout{})
	stranger.StartMain(t)

	for _, c := range []struct{ name, address, reason string }{
		{"nothing is there", shop.Address("notifications"), "connection refused"},
		{"another store", sameOwner.Address("rpc"), "its store is"},
		{"another module", shop.Address("cart"), "lets it serve [cart] and not payments"},
		{"another contract", otherPayments(t, shop), "its contract does not fit: method StartPayment: payments.v1.StartPaymentRequest.amount_minor: is string there, not int64"},
		{"a stranger", stranger.Address("rpc"), "certificate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			logged := len(shop.Main().Log())
			shop.PlaceAt(t, "payments", c.address)
			shop.Await(t, "the log says why", func() bool {
				return strings.Contains(shop.Main().Log()[logged:], "payments stays local")
			})
			if log := shop.Main().Log()[logged:]; !strings.Contains(log, c.reason) {
				t.Errorf("the log does not say %q:\n%s", c.reason, log)
			}
			wantAllLocal(t, shop)
			crowd.Walks(t, 2)
		})
	}
	shop.PlaceBack(t, "payments")
	crowd.Walks(t, 2)
	crowd.Leave(t)
	shop.Books(t)
}

// TestABrokenFileChangesNothing, neither one that does not parse nor one that
// makes no sense, nor one that is gone; and the next good one is applied.
func TestABrokenFileChangesNothing(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	crowd := shop.Crowd(t, 2, shoptest.Shops)
	shop.StartModules(t, "payments")
	shop.Place(t, route.ModeRemote, "payments")
	shop.AwaitHealthy(t)
	good, err := os.ReadFile(shop.ConfigFile())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, text, reason string }{
		{"not YAML", string(good) + "\n: [", "galleria.yaml"},
		{"no such mode", strings.Replace(string(good), "mode: remote", "mode: elsewhere", 1), "modules.payments.mode"},
		{"remote without an address", "modules: {payments: {mode: remote}}", "modules.payments.address"},
		{"no such key", string(good) + "\nshoop: open\n", "shoop"},
		{"emptied", "", "half written"},
	} {
		t.Run(c.name, func(t *testing.T) {
			logged := len(shop.Main().Log())
			shop.WriteConfig(t, c.text)
			shop.Await(t, "the mistake is logged", func() bool {
				return strings.Contains(shop.Main().Log()[logged:], "nothing is changed")
			})
			if log := shop.Main().Log()[logged:]; !strings.Contains(log, c.reason) {
				t.Errorf("the log does not name %q:\n%s", c.reason, log)
			}
			shop.WriteConfig(t, string(good)) // for the command line, which reads it too
			for _, row := range shop.Table(t) {
				if !row.Healthy || (row.Mode == "remote") != (row.Module == "payments") {
					t.Errorf("%s is %s (%s); nothing but payments was remote before", row.Module, row.Mode, row.Problem)
				}
			}
			crowd.Walks(t, 2)
		})
	}
	t.Run("no file any more", func(t *testing.T) {
		logged := len(shop.Main().Log())
		if err := os.Remove(shop.ConfigFile()); err != nil {
			t.Fatal(err)
		}
		shop.Await(t, "its absence is logged", func() bool {
			return strings.Contains(shop.Main().Log()[logged:], "its last content stays in force")
		})
		// Not the command line: it would read the file.
		if _, got := admin(t, shop, "/readyz/payments"); !strings.Contains(got, `"mode":"remote"`) || !strings.Contains(got, `"ready":true`) {
			t.Errorf("payments: got %s, want it remote and well as before", got)
		}
		crowd.Walks(t, 2)
		logged = len(shop.Main().Log())
		shop.WriteConfig(t, strings.Replace(string(good), "mode: remote", "mode: local", 1)+"stop_within: 21s\n")
		shop.Await(t, "it is applied, and what is not is said", func() bool {
			return strings.Contains(shop.Main().Log()[logged:], `"the configuration is applied, except for what needs a restart" keys=stop_within`)
		})
		shop.Place(t, route.ModeLocal, "payments")
		shop.AwaitHealthy(t)
	})
	shop.AwaitHealthy(t)
	crowd.Walks(t, 2)
	crowd.Leave(t)
	shop.Books(t)
}

func wantAllLocal(t *testing.T, shop *shoptest.Shop) {
	t.Helper()
	for _, row := range shop.Table(t) {
		if row.Mode != string(route.ModeLocal) || !row.Healthy {
			t.Errorf("%s is %s (%s), want it local and well as before", row.Module, row.Mode, row.Problem)
		}
	}
}
