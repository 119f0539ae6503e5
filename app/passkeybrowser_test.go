package app_test

import (
	"os"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// A person signs up, adds a passkey, logs out, logs in by the passkey alone, and removes it.
func TestAPersonLogsInWithAPasskeyInABrowser(t *testing.T) {
	shop := shoptest.Prepare(t, shoptest.Layout{})
	file, err := os.ReadFile(shop.ConfigFile())
	if err != nil {
		t.Fatal(err)
	}
	// Browsers make passkeys for host names only.
	numbered := `base_url: "http://127.0.0.1:`
	if !strings.Contains(string(file), numbered) {
		t.Fatalf("no %s in\n%s", numbered, file)
	}
	shop.WriteConfig(t, strings.Replace(string(file), numbered, `base_url: "http://localhost:`, 1))
	shop.StartAll(t)
	shop.Fill(t)
	for name, width := range map[string]int64{"on a desktop": 1440, "on a phone": 360} {
		t.Run(name, func(t *testing.T) {
			b := shop.Browse(t)
			b.Screen(width, 800)
			b.Calls("localhost")
			b.HasAuthenticator()
			fits := func() {
				t.Helper()
				if over := shoptest.Eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
					t.Errorf("%s is %d pixels wider than the screen", b.Path(), over)
				}
			}
			email := strings.ReplaceAll(name, " ", ".") + "@example.org"
			password := "nine teapots on a shelf"
			b.Open("/signup")
			b.Types("[name=email]", email)
			b.Types("[name=password]", password)
			b.Follow(`form[action="/signup"] button`, `.notice`)
			b.Open(mailedLink(t, shop, email))
			b.Follow(`form[action="/verify"] button`, `a[href="/account/orders"]`)

			b.Open("/account/security")
			b.Click(`a[href="/account/passkeys/add"]`, `form[action="/account/passkeys/add"]`)
			fits()
			b.Types("[name=name]", "My telephone")
			b.Types("[name=password]", password)
			b.Follow(`form[action="/account/passkeys/add"] button`, `form[data-passkey]`)
			fits()
			b.Click(`form[data-passkey] button`, `a[href^="/account/passkeys/remove"]`)
			if got := b.Text("main"); !strings.Contains(got, "My telephone") {
				t.Errorf("the page of security says %q, want the passkey", got)
			}
			fits()
			b.Open("/account")
			b.Follow(`form[action="/logout"] button`, `main a[href^="/products/"]`)

			b.Open("/login?next=/account/security")
			fits()
			b.Click(`form[data-passkey] button`, `a[href^="/account/passkeys/remove"]`)
			if got := b.Text("main"); !strings.Contains(got, "last used") || strings.Contains(got, "not used yet") {
				t.Errorf("the page of security says %q, want that the passkey was used", got)
			}

			b.Click(`a[href^="/account/passkeys/remove"]`, `form[action="/account/passkeys/remove"]`)
			fits()
			b.Types("[name=password]", password)
			b.Follow(`form[action="/account/passkeys/remove"] button`, `a[href="/account/passkeys/add"]`)
			if got := b.Text("main"); strings.Contains(got, "My telephone") {
				t.Errorf("the page of security says %q, want no passkey", got)
			}
			b.Open("/account")
			b.Follow(`form[action="/logout"] button`, `main a[href^="/products/"]`)
			b.Open("/login")
			b.Click(`form[data-passkey] button`, `.notice`)
			if got := b.Text(".notice"); !strings.Contains(got, "did not open") {
				t.Errorf("a removed passkey: the page says %q", got)
			}
			b.Clean("401")
		})
	}
}
