package app_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestModulesAreMovedComparedAndTriedByCommand goes the way of an operator who
// brings a module into a process of its own, while guests buy.
func TestModulesAreMovedComparedAndTriedByCommand(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	crowd := shop.Crowd(t, 3, shoptest.Shops)
	run := func(want int, says string, args ...string) string {
		t.Helper()
		out, code := shop.Run(t, args...)
		if code != want || !strings.Contains(out, says) {
			t.Errorf("galleria %s: got exit %d and\n%s\nwant %d and %q", strings.Join(args, " "), code, out, want, says)
		}
		return out
	}
	before, err := os.ReadFile(shop.ConfigFile())
	if err != nil {
		t.Fatal(err)
	}
	address := shop.Address("catalog")
	run(0, "nothing was changed", "move", "catalog", "shadow", "--dry-run")
	if after, _ := os.ReadFile(shop.ConfigFile()); string(after) != string(before) {
		t.Error("a dry run changed the file")
	}
	run(1, "connection refused", "move", "catalog", "shadow")
	run(0, "tried again", "modules") // wanted and what holds, and why
	run(0, "done", "move", "catalog", "local")

	shop.StartModules(t, "catalog")
	run(0, "done", "move", "catalog", "shadow", address)
	crowd.Walks(t, 6)
	shop.Await(t, "calls are compared", func() bool {
		var methods []struct {
			Counts map[string]int64 `json:"counts"`
		}
		out, _ := shop.Run(t, "move", "catalog", "diff", "--json")
		if err := json.Unmarshal([]byte(out), &methods); err != nil {
			t.Fatalf("diff --json: %v in\n%s", err, out)
		}
		same := int64(0)
		for _, m := range methods {
			same += m.Counts["same"]
		}
		return same > 20
	})
	if out := run(0, "SAME", "move", "catalog", "diff"); strings.Contains(out, " here, ") {
		t.Errorf("two processes on one store differ:\n%s", out)
	}

	// Two processes beside the main one are compared, and then tried, the same way.
	other := shop.StartCopy(t, "catalog")
	run(0, "get the answers of "+address, "move", "catalog", "shadow", other, "--primary", address)
	run(0, "shadow: remote at "+address+", compared with remote at "+other, "modules")
	crowd.Walks(t, 2)
	shop.Await(t, "calls of the two are compared", func() bool {
		out, _ := shop.Run(t, "move", "catalog", "diff")
		return strings.Contains(out, "GetOffers")
	})
	run(0, "galleria move catalog remote "+address, "move", "catalog", "canary", "--weight", "50", "--steps", "50", "--every", "1h")
	run(0, "canary: 50 % remote at "+other+", the rest remote at "+address, "modules")
	crowd.Walks(t, 2)
	run(0, "done", "move", "catalog", "remote", address)
	run(2, "is for a shadow or a canary", "move", "catalog", "remote", "--primary", other)
	run(1, "modules.catalog.primary: is "+address+", and so is address", "move", "catalog", "shadow")
	run(0, "compared with remote at "+other, "move", "catalog", "shadow", other, "--primary", "local")

	run(0, "done", "move", "catalog", "local")
	shop.StopModules(t, "catalog")

	// Payments promise a second: a busy machine is no reason to roll them back.
	shop.StartModules(t, "payments")
	run(0, "done", "move", "payments", "canary", "--weight", "50", "--steps", "50,100", "--every", "300ms", "--why", "a test")
	shop.Await(t, "the canary is promoted", func() bool {
		out, _ := shop.Run(t, "modules")
		if strings.Contains(out, "rolled back") {
			t.Fatalf("a process that does well was rolled back:\n%s", out)
		}
		crowd.Walks(t, 1)
		return strings.Contains(out, "promoted")
	})
	run(0, "done", "move", "payments", "remote")
	crowd.Walks(t, 4)
	crowd.Leave(t) // on a busy machine the next command begins later than calls wait for
	run(0, "done", "move", "payments", "held")
	run(0, `"done": true`, "move", "payments", "local", "--json")
	shop.StopModules(t, "payments")
	crowd = shop.Crowd(t, 3, shoptest.Shops)
	crowd.Walks(t, 2)
	crowd.Leave(t)
	for module, lines := range map[string][]string{
		"catalog":  {"shadow: local, compared with remote at " + address},
		"payments": {"a test", "canary: 100 %", "held"},
	} {
		history := run(0, "WHEN", "move", module, "history")
		for _, want := range lines {
			if !strings.Contains(history, want) {
				t.Errorf("the history of %s has no %q:\n%s", module, want, history)
			}
		}
		if strings.Contains(history, "peer ") {
			t.Errorf("the history of %s is of other processes, too:\n%s", module, history)
		}
		run(0, "PROCESS", "move", module, "history", "--all")
	}
	shop.Books(t)

	run(2, "no module", "move", "catalogue", "local")
	run(2, "is not one of", "move", "catalog", "sideways")
	run(2, "takes no address", "move", "catalog", "local", address)
	run(2, "are for a canary", "move", "catalog", "remote", "--weight", "3")
	run(2, "host:port", "move", "catalog", "remote", "nowhere")
	shop.Main().Stop(t)
	run(0, "from the next start", "move", "catalog", "local")
}
