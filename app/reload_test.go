package app

import (
	"bytes"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"galleria/app/edge"
	"galleria/platform/config"
)

// rereading gives each text in turn to a reloader that has no process, and what it
// logs of each.
func rereading(t *testing.T, first string) (*Reloader, func(text string) string) {
	t.Helper()
	from := config.Sources{File: filepath.Join(t.TempDir(), "galleria.yaml")}
	var log bytes.Buffer
	write := func(text string) {
		if err := os.WriteFile(from.File, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(first)
	c, loaded, err := Load(from)
	if err != nil {
		t.Fatal(err)
	}
	r := NewReloader(Start{Config: c, Sources: from, Loaded: loaded}, nil, NewEdge(c, slog.New(slog.DiscardHandler)), slog.New(slog.NewTextHandler(&log, nil)))
	return r, func(text string) string {
		log.Reset()
		write(text)
		r.reload(t.Context())
		return log.String()
	}
}

// A peer says where the modules are, so nothing is applied.
const beside = "peer: '127.0.0.1:1'\ntarget: [payments]\n"

func TestAChangedSecretNeedsARestartAndIsNotShown(t *testing.T) {
	const dsn = "modules: {payments: {dsn: 'postgres://ana:%s@db/shop'}}\n"
	with := func(password string) string { return beside + strings.Replace(dsn, "%s", password, 1) }
	_, reread := rereading(t, with("hunter2"))
	for _, step := range []struct {
		password string
		reported bool
	}{{"hunter3", true}, {"hunter3", false}, {"hunter4", true}, {"hunter2", false}} {
		log := reread(with(step.password))
		if got := strings.Contains(log, "needs a restart") && strings.Contains(log, "modules.payments.dsn"); got != step.reported {
			t.Errorf("to %s: reported is %v, want %v:\n%s", step.password, got, step.reported, log)
		}
		if strings.Contains(log, "hunter") {
			t.Errorf("a password is logged:\n%s", log)
		}
	}
}

func TestWhatIsAppliedNeedsNoRestart(t *testing.T) {
	_, reread := rereading(t, beside)
	log := reread(beside + "modules: {cart: {mode: canary, address: 'a:1', canary: {weight: 5}, held: {calls: 7}}}\nlog: {level: debug}\n")
	if strings.Count(log, "needs a restart") != 1 || !strings.Contains(log, "key=log.level") {
		t.Errorf("want log.level alone to need a restart:\n%s", log)
	}
}

// TestLimitsOfClientsChangeAtOnce, in hard times, also in an edge beside the main process.
func TestLimitsOfClientsChangeAtOnce(t *testing.T) {
	r, reread := rereading(t, beside)
	client := netip.MustParseAddr("192.0.2.1")
	for range 3 {
		if wait := r.edge.Clients.Take(client, edge.NewCarts); wait > 0 {
			t.Fatalf("got a wait of %v, want none yet", wait)
		}
	}
	log := reread(beside + "http: {limits: {carts: 2}}\n")
	if strings.Contains(log, "needs a restart") || !strings.Contains(log, "clients have other limits now") {
		t.Errorf("want them changed, and told:\n%s", log)
	}
	if wait := r.edge.Clients.Take(client, edge.NewCarts); wait == 0 {
		t.Error("a client that has more than it may now need not wait")
	}
	if log := reread(beside); !strings.Contains(log, "clients have other limits now") || r.edge.Clients.Take(client, edge.NewCarts) > 0 {
		t.Errorf("want the default again:\n%s", log)
	}
}

// TestAFileThatHasLostWhatItSaidChangesNothing: it is on its way, or broken.
func TestAFileThatHasLostWhatItSaidChangesNothing(t *testing.T) {
	whole := beside + "log: {level: debug}\nmodules: {payments: {mode: remote, address: 'a:1'}, cart: {mode: local, address: 'a:2'}}\n"
	for name, c := range map[string]struct{ text, says string }{
		"emptied":                 {"", "it says nothing any more"},
		"white space":             {" \n\n", "it says nothing any more"},
		"comments":                {"# galleria\n", "it says nothing any more"},
		"the end of its head":     {"---\n", "it says nothing any more"},
		"sections without values": {"modules:\nlog:\n", "it says nothing any more"},
		"modules are missing":     {beside, "it says nothing of modules any more"},
		"modules are empty":       {beside + "modules:\n  payments:\n", "it says nothing of modules any more"},
		"one is missing":          {beside + "modules: {cart: {mode: remote, address: 'a:2'}}\n", "it says nothing of payments any more, which is remote at a:1"},
		"made anew for another":   {beside + "modules: {cart: {mode: local}}\n", "it says nothing of payments any more"},
		"one at home is missing":  {beside + "modules: {payments: {mode: local}}\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, reread := rereading(t, whole)
			log := reread(c.text)
			if c.says == "" {
				if strings.Contains(log, "nothing is changed") || r.previousLoaded.Written("modules.cart") {
					t.Errorf("want it to be applied:\n%s", log)
				}
				return
			}
			if !strings.Contains(log, "half written; nothing is changed") || !strings.Contains(log, c.says) || !r.previousLoaded.Written("modules.payments") {
				t.Errorf("want %q and what was read before to hold:\n%s", c.says, log)
			}
			if log := reread(whole); strings.Contains(log, "level=ERROR") || strings.Contains(log, "restart") {
				t.Errorf("the whole file again is no change:\n%s", log)
			}
		})
	}
}
