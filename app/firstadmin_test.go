package app_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

var firstAdminLink = regexp.MustCompile(`/first-admin\?token=([A-Za-z0-9_-]{43})\n`)

// printedLink waits for the link that makes the first administrator.
func printedLink(t *testing.T, shop *shoptest.Shop) (path, token string) {
	t.Helper()
	shop.Await(t, "the main process prints a link", func() bool { return firstAdminLink.MatchString(shop.Main().Printed()) })
	found := firstAdminLink.FindStringSubmatch(shop.Main().Printed())
	return strings.TrimSpace(found[0]), found[1]
}

// TestAShopWithoutAnAdministratorPrintsALinkThatMakesOne also where accounts runs in another
// process. The link stands in the terminal, and nowhere else.
func TestAShopWithoutAnAdministratorPrintsALinkThatMakesOne(t *testing.T) {
	for name, apart := range map[string][]string{"in one process": nil, "with accounts apart": {"accounts"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := shoptest.Prepare(t, shoptest.Layout{Apart: apart})
			file, err := os.ReadFile(shop.ConfigFile())
			if err != nil {
				t.Fatal(err)
			}
			shop.WriteConfig(t, string(file)+"log: {level: debug}\ntracing: {keep: 1}\n")
			shop.StartAll(t)
			older, _ := printedLink(t, shop)
			shop.Main().Kill(t)
			shop.Restart(t)
			path, token := printedLink(t, shop)
			if path == older {
				t.Error("another start printed the same link")
			}

			owner := shop.Guest(t, "Ana")
			form := owner.Get(path).Want(200).Form("/first-admin")
			typed := func(path string) map[string][]string {
				form.Set("token", path[strings.Index(path, "=")+1:])
				form.Set("email", "ana@example.com")
				form.Set("password", "nine teapots on a shelf")
				return form
			}
			owner.Get(older).Want(404).Says("was used, or is too old")
			owner.Post("/first-admin", typed(older)).Want(404).Says("was used, or is too old")
			if to := owner.Post("/first-admin", typed(path)).Want(303).Location(); to != "/account/second-factor" {
				t.Errorf("the link leads to %s, want the second factor", to)
			}
			owner.Get("/account/second-factor").Want(200).Says("Set up a second factor")
			ben := shop.Guest(t, "Ben")
			ben.Get(path).Want(404).Says("was used, or is too old", "Log in")
			again := typed(path)
			again["idempotency_key"] = []string{"of another one"}
			ben.Post("/first-admin", again).Want(404)
			// What is stored once a second is stored, and the log is out.
			shop.Await(t, "the trace of the form is stored", func() bool { return holds(t, shop.Data(), "/first-admin") })
			if holds(t, shop.Data(), token) {
				t.Error("a file of the shop holds the link")
			}
			logged := shop.Main().Log()
			if apart != nil {
				logged += shop.Module("accounts").Log()
			}
			if strings.Contains(logged, token) {
				t.Error("a log holds the link")
			}
			if !strings.Contains(logged, "the shop has no administrator") {
				t.Error("the log does not say that there was no administrator")
			}
			if n := strings.Count(shop.Main().Printed(), token); n != 1 {
				t.Errorf("the link was printed %d times, want once", n)
			}
			if body := owner.Get("/console/traces").Body; strings.Contains(body, token) {
				t.Error("the console shows the link")
			}

			shop.Main().Kill(t)
			shop.Restart(t)
			shop.Guest(t, "Cem").Get("/").Want(200)
			if firstAdminLink.MatchString(shop.Main().Printed()) {
				t.Error("a shop with an administrator printed a link")
			}
		})
	}
}

// holds tells whether a file in a directory has a text in it.
func holds(t *testing.T, dir, text string) (found bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // it went while we looked
		}
		if content, err := os.ReadFile(path); err == nil && bytes.Contains(content, []byte(text)) {
			found = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
