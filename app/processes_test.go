package app_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/app/shoptest"
)

// TestTheProcessesOfAShopAreListed as they come, hang and end.
func TestTheProcessesOfAShopAreListed(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{Apart: []string{"payments"}})
	type row struct {
		Process, Address, Version, State, Started string
		Main                                      bool
		Targets                                   []string
		Modules                                   []struct{ Module, Problem string }
	}
	rows := func() map[string]row {
		t.Helper()
		out, code := shop.Run(t, "processes", "--json")
		var all []row
		if err := json.Unmarshal([]byte(out), &all); code != 0 || err != nil {
			t.Fatalf("processes --json ended with %d, error %v:\n%s", code, err, out)
		}
		at := map[string]row{}
		for _, r := range all {
			at[r.Address] = r
		}
		return at
	}
	main, payments := rows()[shop.Address("rpc")], rows()[shop.Address("payments")]
	if !main.Main || !slices.Equal(main.Targets, []string{"all"}) || len(main.Modules) != len(shoptest.Modules)-1 || main.State != "answering" {
		t.Errorf("got %+v, want the main process with the other modules", main)
	}
	if payments.Main || !slices.Equal(payments.Targets, []string{"payments"}) || len(payments.Modules) != 1 || payments.Modules[0].Module != "payments" {
		t.Errorf("got %+v, want the process with payments", payments)
	}
	if started, err := time.Parse(time.RFC3339, payments.Started); err != nil || started.After(time.Now()) || payments.Version == "" || payments.Process == main.Process {
		t.Errorf("got %+v, want its name, version and when it was started", payments)
	}
	out, code := shop.Run(t, "processes")
	if code != 0 || !strings.Contains(out, main.Process+" (main)") || !strings.Contains(out, payments.Process) {
		t.Errorf("processes ended with %d:\n%s", code, out)
	}

	state := func(want, shown string) {
		t.Helper()
		shop.Await(t, "payments is "+want, func() bool { return rows()[shop.Address("payments")].State == want })
		if out, _ := shop.Run(t, "processes"); !strings.Contains(out, shown) {
			t.Errorf("%s is not shown as %q:\n%s", want, shown, out)
		}
	}
	process := shop.Module("payments")
	process.Freeze(t)
	state("silent", "does not answer")
	shown := func() string { return shop.Table(t)["payments"].Problem }
	if got := shown(); got != "does not answer" {
		t.Errorf("the table of modules says %q of a process that nobody called and that hangs", got)
	}
	process.Thaw(t)
	state("answering", "ok")
	if got := shown(); got != "" {
		t.Errorf("the table of modules says %q of a process that goes on", got)
	}
	process.Kill(t)
	state("gone", "gone")
	// Another one at the same address takes its place.
	shop.StartModules(t, "payments")
	state("answering", "ok")
	if again := rows(); len(again) != 2 || again[shop.Address("payments")].Process == payments.Process {
		t.Errorf("got %+v, want the new process instead of the dead one", again)
	}
}
