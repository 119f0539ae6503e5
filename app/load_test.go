package app_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"galleria/app"
	"galleria/platform/certs"
	"galleria/platform/config"
)

// TestAProcessBesideTheMainOneFindsIt wherever it was told to listen itself.
func TestAProcessBesideTheMainOneFindsIt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "galleria.yaml")
	if err := os.WriteFile(file, []byte(`rpc: {listen: "127.0.0.1:7170"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name         string
		flags        map[string]string
		environ      []string
		listen, peer string
		mistake      string
	}{
		{name: "by the file", listen: "127.0.0.1:0", peer: "127.0.0.1:7170"},
		{name: "own address by flag", flags: map[string]string{"rpc.listen": "127.0.0.1:7171"}, listen: "127.0.0.1:7171", peer: "127.0.0.1:7170"},
		{name: "own address by environment", environ: []string{"GALLERIA_RPC_LISTEN=127.0.0.1:7171"}, listen: "127.0.0.1:7171", peer: "127.0.0.1:7170"},
		{
			name: "both by flag", flags: map[string]string{"rpc.listen": "127.0.0.1:7171", "peer": "shop:7070"},
			listen: "127.0.0.1:7171", peer: "shop:7070",
		},
		{name: "itself", flags: map[string]string{"rpc.listen": "127.0.0.1:7170"}, mistake: "rpc.listen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			flags := map[string]string{"target": "payments"}
			for key, text := range c.flags {
				flags[key] = text
			}
			got, _, err := app.Load(config.Sources{File: file, FileRequired: true, Environ: c.environ, Flags: flags})
			if c.mistake != "" {
				if err == nil || !strings.Contains(err.Error(), c.mistake) {
					t.Errorf("got error %v, want one about %s", err, c.mistake)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.RPC.Listen != c.listen || got.PeerAddress() != c.peer {
				t.Errorf("listens at %s and learns from %s, want %s and %s", got.RPC.Listen, got.PeerAddress(), c.listen, c.peer)
			}
		})
	}
}

func TestAProcessOfSeveralIsAskedWhichItIs(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "galleria.yaml")
	if err := os.WriteFile(file, []byte(`modules: {payments: {mode: remote, address: "127.0.0.1:7171,127.0.0.1:7172"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for rpc, works := range map[string]bool{"": false, "127.0.0.1:7172": true} {
		flags := map[string]string{"target": "payments", "data": dir}
		if rpc != "" {
			flags["rpc.listen"] = rpc
		}
		// Loading works: the file is right, and the process may run already.
		c, _, err := app.Load(config.Sources{File: file, FileRequired: true, Flags: flags})
		if err != nil {
			t.Fatal(err)
		}
		_, err = app.NewProcess(c, certs.Plaintext(), slog.New(slog.DiscardHandler))
		switch {
		case works && err != nil:
			t.Errorf("with --rpc %s: %v", rpc, err)
		case !works && (err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "modules.payments.address") || !strings.Contains(err.Error(), "--rpc")):
			t.Errorf("without --rpc: got error %v, want one line that asks for it", err)
		}
	}
}
