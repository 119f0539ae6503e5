package app_test

import (
	"encoding/json"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestWhatCommandsChangeIsInTheAuditLog: each command that changes something stands there
// once, with who gave it; one that only looks, or is refused, does not.
func TestWhatCommandsChangeIsInTheAuditLog(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	ana := shop.Guest(t, "Ana")
	ana.Adds(2, shoptest.Mug)
	order := ana.Pays(shoptest.Visa).ID
	type change struct {
		Who, Action, Thing, From, To, Detail string
		Command                              bool
	}
	changes := func() (all []change) {
		t.Helper()
		out, code := shop.Run(t, "changes", "--json", "--limit", "1000")
		if err := json.Unmarshal([]byte(out), &all); code != 0 || err != nil {
			t.Fatalf("galleria changes: exit %d, %v: %s", code, err, out)
		}
		return all
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "tariffs.yaml")
	if err := os.WriteFile(file, []byte("taxes: {DE: VAT included 16%}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	known := len(changes()) // the goods were imported
	for _, c := range []struct {
		command     []string
		action      string
		thing, from string
		to          string
	}{
		{[]string{"orders", "ship", order, "--lines", "MUG-1=1", "--key", "parcel-1"}, "shipped", "order G-", "", "1 × MUG-1"},
		{[]string{"orders", "refund", order, "--amount", "1.00", "--reason", "a scratch"}, "refunded", "order G-", "", "1.00 EUR"},
		{[]string{"orders", "cancel", order, "--reason", "the rest broke"}, "cancelled", "order G-", "", "closed"},
		{[]string{"settings", "set", "--name", "Löwe & Söhne"}, "changed", "the shop's settings", "version 0", "version 1"},
		{[]string{"tariffs", "set", file}, "changed", "delivery and taxes", "version ", "version "},
		{[]string{"tariffs", "reset"}, "returned to the configuration of", "delivery and taxes", "version ", "version "},
		{[]string{"promotions", "add", "summer", "--name", "Summer", "--percent", "20"}, "saved", "promotion summer", "", "Summer"},
		{[]string{"promotions", "end", "summer"}, "ended", "promotion summer", "", ""},
		{[]string{"stock", "adjust", "VASE-1", "--by", "-1", "--reason", "damage"}, "corrected", "stock of VASE-1", "1", "0"},
		{[]string{"stock", "receive", "VASE-1=3", "--key", "delivery-1"}, "received", "stock of VASE-1", "", "3 × VASE-1"},
		{[]string{"products", "withdraw", "only-vase"}, "withdrew", "product ", "", ""},
		{[]string{"products", "delete", "only-vase"}, "deleted", "product ", "", ""},
		{[]string{"keys", "create", "warehouse", "--scope", "orders:read,stock:read"}, "made", "API key ", "", "orders:read stock:read"},
		{[]string{"move", "cart", "local"}, "moved", "module cart", "", ""},
		{[]string{"webhooks", "add", "https://example.org/hook"}, "added", "webhook endpoint ", "", "https://example.org/hook"},
	} {
		out, code := shop.Run(t, c.command...)
		all := changes()
		if code != 0 || len(all) != known+1 {
			t.Errorf("galleria %s: exit %d, and %d changes more, want 1: %s", strings.Join(c.command, " "), code, len(all)-known, out)
			known = len(all)
			continue
		}
		known++
		e := all[0]
		if !strings.HasPrefix(e.Who, me.Username+"@") || !e.Command || e.Action != c.action || !strings.HasPrefix(e.Thing, c.thing) || !strings.HasPrefix(e.From, c.from) || !strings.HasPrefix(e.To, c.to) {
			t.Errorf("galleria %s: the audit log says %+v", strings.Join(c.command, " "), e)
		}
		if !strings.HasPrefix(e.Detail, "galleria "+strings.Join(c.command[:2], " ")) || !strings.Contains(e.Detail, c.command[len(c.command)-1]) && !strings.HasPrefix(c.command[len(c.command)-2], "--") {
			t.Errorf("galleria %s: the audit log has the command %q", strings.Join(c.command, " "), e.Detail)
		}
		if strings.Contains(out, "secret") && strings.Contains(e.Detail+e.To, "whsec_") {
			t.Errorf("the audit log has a secret: %+v", e)
		}
	}
	const address = "otto@example.org" // which may be deleted with the account
	if out, code := shop.RunWith(t, "three lamps and a teapot\n", "admin", "create", "--email", address, "--role", "operator"); code != 0 {
		t.Fatalf("galleria admin create: exit %d: %s", code, out)
	}
	known++
	if e := changes()[0]; !strings.HasPrefix(e.Thing, "account ") || e.Detail != "galleria admin create --email=… --role=operator" {
		t.Errorf("galleria admin create: the audit log says %+v, want the account's id, and not its address", e)
	}
	for _, command := range [][]string{
		{"orders", "ship", order, "--lines", "MUG-1=1", "--key", "parcel-1"}, // again: it is the same parcel
		{"orders", "cancel", order}, // again
		{"orders", "show", order}, {"orders", "ship", order, "--lines", "MUG-1=7"}, {"settings", "show"}, {"keys", "list"}, {"modules"}, {"events", "dead"}, {"changes"},
	} {
		shop.Run(t, command...)
		if all := changes(); len(all) != known {
			t.Errorf("galleria %s is noted as %+v", strings.Join(command, " "), all[0])
			known = len(all)
		}
	}
	if out, _ := shop.Run(t, "changes", "--who", me.Username, "--action", "refund"); strings.Count(out, "\n") != 2 || !strings.Contains(out, `--reason="a scratch"`) {
		t.Errorf("galleria changes --who --action: got\n%s\nwant the head and the refund", out)
	}
	if out, _ := shop.Run(t, "changes", "--action", "made"); !strings.Contains(out, "--scope=orders:read --scope=stock:read") {
		t.Errorf("galleria changes does not show the key's scopes as they can be typed:\n%s", out)
	}
	b := shop.Browse(t)
	enter(t, shop, b)
	b.Open("/console/audit?q=returned")
	if text := b.Text("main"); !strings.Contains(text, me.Username+"@") || !strings.Contains(text, "galleria tariffs reset") {
		t.Errorf("the console's page says\n%s", text)
	}
	b.Clean("401")
}
