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
	byHostName(t, shop)
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

// byHostName gives the shop an address that browsers make passkeys for: a host name.
func byHostName(t *testing.T, shop *shoptest.Shop) {
	t.Helper()
	file, err := os.ReadFile(shop.ConfigFile())
	if err != nil {
		t.Fatal(err)
	}
	numbered := `base_url: "http://127.0.0.1:`
	if !strings.Contains(string(file), numbered) {
		t.Fatalf("no %s in\n%s", numbered, file)
	}
	shop.WriteConfig(t, strings.Replace(string(file), numbered, `base_url: "http://localhost:`, 1))
}

// An administrator adds a passkey at the storefront, and comes into the console by it alone:
// without a password, and without the code that administrators need otherwise.
func TestAnAdministratorComesIntoTheConsoleWithAPasskeyInABrowser(t *testing.T) {
	shop := shoptest.Prepare(t, shoptest.Layout{})
	byHostName(t, shop)
	shop.StartAll(t)
	const password = "a-long-word-of-alma"
	if out, code := shop.RunWith(t, password+"\n", "admin", "create", "--email", "alma@example.org", "--role", "admin"); code != 0 {
		t.Fatalf("galleria admin create: exit %d: %s", code, out)
	}
	b := shop.Browse(t)
	b.Screen(360, 800)
	b.Calls("localhost")
	b.HasAuthenticator()
	logIn := func(page string) {
		t.Helper()
		b.Open(page)
		b.Types("[name=email]", "alma@example.org")
		b.Types("[name=password]", password)
	}
	logIn("/console/login")
	b.Follow(`form[action="/console/login"] button`, `main`)
	if got := b.Text("main"); !strings.Contains(got, "needs a second factor") {
		t.Fatalf("an administrator without a second factor sees %q", got)
	}
	b.Open("/account/passkeys/add")
	b.Types("[name=name]", "My telephone")
	b.Types("[name=password]", password)
	b.Follow(`form[action="/account/passkeys/add"] button`, `form[data-passkey]`)
	b.Click(`form[data-passkey] button`, `a[href^="/account/passkeys/remove"]`)
	b.Open("/account")
	b.Follow(`form[action="/logout"] button`, `main`)

	b.Open("/console/settings")
	if got := b.Path(); !strings.HasPrefix(got, "/console/login?next=") {
		t.Fatalf("without a session the console leads to %s", got)
	}
	if over := shoptest.Eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		t.Errorf("the page to log in is %d pixels wider than the screen", over)
	}
	b.Click(`form[data-passkey] button`, `main h2`)
	if got := b.Path(); got != "/console/settings" {
		t.Fatalf("the passkey leads to %s: %s", got, b.Text("main"))
	}

	b.Open("/account/security")
	b.Click(`a[href^="/account/passkeys/remove"]`, `form[action="/account/passkeys/remove"]`)
	b.Types("[name=password]", password)
	b.Follow(`form[action="/account/passkeys/remove"] button`, `a[href="/account/passkeys/add"]`)
	b.Open("/account")
	b.Follow(`form[action="/logout"] button`, `main`)
	b.Open("/console/login")
	b.Click(`form[data-passkey] button`, `.door > .problem`)
	if got := b.Text(".door > .problem"); !strings.Contains(got, "did not open") {
		t.Errorf("a removed passkey: the page says %q", got)
	}
	b.Clean("401", "403")
}

// An administrator with a passkey and no codes moves a module: with the keyboard, and by the
// passkey alone.
func TestAModuleIsMovedByAPasskeyInABrowser(t *testing.T) {
	shop := shoptest.Prepare(t, shoptest.Layout{})
	byHostName(t, shop)
	shop.StartAll(t)
	shop.StartModules(t, "payments")
	const password = "a-long-word-of-kim"
	if out, code := shop.RunWith(t, password+"\n", "admin", "create", "--email", "kim@example.org", "--role", "admin"); code != 0 {
		t.Fatalf("galleria admin create: exit %d: %s", code, out)
	}
	b := shop.Browse(t)
	b.Screen(360, 800)
	b.Calls("localhost")
	b.HasAuthenticator()
	b.Open("/login")
	b.Types("[name=email]", "kim@example.org")
	b.Types("[name=password]", password)
	b.Follow("main form button[type=submit]", `a[href="/account/orders"]`)
	b.Open("/account/passkeys/add")
	b.Types("[name=name]", "My telephone")
	b.Types("[name=password]", password)
	b.Follow(`form[action="/account/passkeys/add"] button`, `form[data-passkey]`)
	b.Click(`form[data-passkey] button`, `a[href^="/account/passkeys/remove"]`)
	b.Open("/account")
	b.Follow(`form[action="/logout"] button`, `main`)
	b.Open("/console/login?next=/console/rooms/payments/move")
	b.Click(`form[data-passkey] button`, "#address")

	b.Click("[value=remote]", "#address")
	b.Types("#address", shop.Address("payments"))
	b.Types("#why", "by passkey")
	b.Follow("form.fields button", "#to")
	if shoptest.Eval[bool](b, `document.querySelector("#code") !== null`) {
		t.Error("who has no codes is asked for one")
	}
	if over := shoptest.Eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		t.Errorf("the page is %d pixels wider than the screen", over)
	}
	b.PressesEnter("[data-passkey] button")
	b.Sees("#progress .done") // by itself: the page is live
	if place := shop.Table(t)["payments"].Place; !strings.HasPrefix(place, "remote") {
		t.Errorf("payments is %s, want it moved out", place)
	}
	if history, _ := shop.Run(t, "move", "payments", "history"); !strings.Contains(history, "kim@example.org") || !strings.Contains(history, "by passkey") {
		t.Errorf("the audit log of moves lacks who and why:\n%s", history)
	}
	b.Clean()
}
