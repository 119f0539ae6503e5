package app_test

import (
	"strings"
	"testing"
	"time"

	"galleria/app/shoptest"
	"galleria/modules/accounts/accountstest"
)

// factor makes the codes of a second factor, each only once.
type factor struct {
	shop   *shoptest.Shop
	secret string
	last   int64 // the step of the last code
}

func (f *factor) code(t *testing.T) string {
	t.Helper()
	const step = 30
	now := func() int64 { return time.Now().Unix() / step }
	f.last = max(f.last+1, now())
	f.shop.Await(t, "a code that was not used yet is good", func() bool { return f.last <= now()+1 })
	return accountstest.Code(f.secret, time.Unix(f.last*step, 0))
}

// enterAsAdmin makes an administrator with a second factor, and logs in.
func enterAsAdmin(t *testing.T, shop *shoptest.Shop, b *shoptest.Browser) *factor {
	t.Helper()
	if out, code := shop.RunWith(t, "a-long-word-of-ada\n", "admin", "create", "--email", "ada@example.org"); code != 0 {
		t.Fatalf("galleria admin create: exit %d: %s", code, out)
	}
	logIn := func(path string) {
		b.Open(path)
		b.Types("[name=email]", "ada@example.org")
		b.Types("[name=password]", "a-long-word-of-ada")
	}
	logIn("/login")
	b.Follow("main form button[type=submit]", "h1")
	shop.Await(t, "she is logged in", func() bool { return !strings.HasPrefix(b.Path(), "/login") })
	b.Open("/account/second-factor")
	b.Types("[name=password]", "a-long-word-of-ada")
	b.Follow("main form button[type=submit]", "[name=code]")
	f := &factor{shop: shop, secret: shoptest.Eval[string](b, `document.querySelector("[name=secret]").value`)}
	b.Types("[name=code]", f.code(t))
	b.Follow("main form button[type=submit]", "h1")
	shop.Await(t, "the second factor is on", func() bool { return strings.Contains(b.Text("main"), "second factor is on") })
	shoptest.Eval[bool](b, `fetch("/logout", {method: "POST"}), true`)
	shop.Await(t, "she is logged out", func() bool { b.Open("/console"); return strings.HasPrefix(b.Path(), "/console/login") })
	logIn("/console/login")
	b.Follow("main button[type=submit]", "[name=code]")
	b.Types("[name=password]", "a-long-word-of-ada")
	b.Types("[name=code]", f.code(t))
	b.Follow("main button[type=submit]", ".plan svg, .problem")
	if path := b.Path(); path != "/console" {
		t.Fatalf("the log-in leads to %s: %s", path, b.Text("main"))
	}
	return f
}

// TestAModuleIsMovedOutAndBackInTheConsoleUnderLoad: by its pages alone, and no shopper
// notices.
func TestAModuleIsMovedOutAndBackInTheConsoleUnderLoad(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	b := shop.Browse(t)
	b.Screen(1300, 1000)
	codes := enterAsAdmin(t, shop, b)
	crowd := shop.Crowd(t, 3, shoptest.Shops)
	crowd.Walks(t, 2)

	b.Open("/console/rooms/payments")
	b.Click("a.button", "#address")
	b.Click("[value=remote]", "#address")
	b.Types("#address", shop.Address("payments"))
	b.Types("#why", "a test")
	b.Follow("form.fields button", "#code")
	if got, want := b.Text("#to"), "remote at "+shop.Address("payments"); got != want {
		t.Errorf("the page says that it would be %q, want %q", got, want)
	}
	b.Types("#code", codes.code(t))
	b.Follow("form.fields button", "#progress")
	b.Sees("#progress .problem") // nothing listens there yet
	if got := b.Text("#progress .problem"); !strings.Contains(got, "refused") {
		t.Errorf("the page says %q, want the reason why it is refused", got)
	}
	crowd.Walks(t, 2)
	shop.StartModules(t, "payments")
	b.Sees("#progress .done") // by itself: the page is live
	crowd.Walks(t, 4)
	b.Click("#back", "#progress")
	shop.Await(t, "payments is back, and the page says so", func() bool {
		return strings.Contains(b.Text("#progress"), "payments is local") && shop.Table(t)["payments"].Place == "local"
	})
	crowd.Walks(t, 4)
	crowd.Leave(t)
	b.Clean("401 (Unauthorized)", "422 (Unprocessable Entity)") // the log-in, which asks for a code
	history, _ := shop.Run(t, "move", "payments", "history")
	for _, want := range []string{"ada@example.org", "a test", "the way back"} {
		if !strings.Contains(history, want) {
			t.Errorf("the audit log of moves lacks %q:\n%s", want, history)
		}
	}
	shop.Books(t)
}
