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

// configured loads a file with the text, and flags.
func configured(t *testing.T, text string, flags map[string]string, environ ...string) (app.Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "galleria.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := app.Load(config.Sources{File: file, FileRequired: true, Environ: environ, Flags: flags})
	return c, err
}

// TestAProcessBesideTheMainOneFindsIt wherever it was told to listen itself.
func TestAProcessBesideTheMainOneFindsIt(t *testing.T) {
	const shared, named = `rpc: {listen: "127.0.0.1:7170"}`, `{main: "shop.internal:7070", rpc: {listen: "0.0.0.0:7070"}}`
	for _, c := range []struct {
		name, file   string
		flags        map[string]string
		environ      []string
		listen, peer string
		mistake      string
	}{
		{name: "by the file", file: shared, listen: "127.0.0.1:0", peer: "127.0.0.1:7170"},
		{name: "own address by flag", file: shared, flags: map[string]string{"rpc.listen": "127.0.0.1:7171"}, listen: "127.0.0.1:7171", peer: "127.0.0.1:7170"},
		{name: "own address by environment", file: shared, environ: []string{"GALLERIA_RPC_LISTEN=127.0.0.1:7171"}, listen: "127.0.0.1:7171", peer: "127.0.0.1:7170"},
		{
			name: "both by flag", file: shared, flags: map[string]string{"rpc.listen": "127.0.0.1:7171", "peer": "shop:7070"},
			listen: "127.0.0.1:7171", peer: "shop:7070",
		},
		{name: "by its name", file: named, listen: "127.0.0.1:0", peer: "shop.internal:7070"},
		{name: "by its name, at the same port of another machine", file: named, flags: map[string]string{"rpc.listen": "0.0.0.0:7070"}, listen: "0.0.0.0:7070", peer: "shop.internal:7070"},
		{name: "another one than the main one", file: named, flags: map[string]string{"peer": "near:7070"}, listen: "127.0.0.1:0", peer: "near:7070"},
		{name: "nowhere", file: "{}", listen: "127.0.0.1:0", peer: "127.0.0.1:7070"},
		{name: "itself", file: shared, flags: map[string]string{"rpc.listen": "127.0.0.1:7170"}, mistake: "rpc.listen"},
		{name: "no address", file: "main: shop", mistake: "main: must be host:port"},
	} {
		t.Run(c.name, func(t *testing.T) {
			flags := map[string]string{"target": "payments"}
			for key, text := range c.flags {
				flags[key] = text
			}
			got, err := configured(t, c.file, flags, c.environ...)
			if c.mistake != "" {
				if err == nil || !strings.Contains(err.Error(), c.mistake) {
					t.Errorf("got error %v, want one about %s", err, c.mistake)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.RPC.Listen != c.listen || got.Peer != c.peer {
				t.Errorf("listens at %s and learns from %s, want %s and %s", got.RPC.Listen, got.Peer, c.listen, c.peer)
			}
		})
	}
}

// TestTheMainProcessKnowsItsName: at which others reach it.
func TestTheMainProcessKnowsItsName(t *testing.T) {
	for file, want := range map[string]string{
		"{}":                              "127.0.0.1:7070",
		`rpc: {listen: "127.0.0.1:7170"}`: "127.0.0.1:7170",
		`{main: "shop.internal:7070", rpc: {listen: "0.0.0.0:7070"}}`: "shop.internal:7070",
	} {
		c, err := configured(t, file, nil)
		if err != nil || c.Main != want || c.Peer != "" {
			t.Errorf("%s: main is %q, learns from %q, error %v; want %q and none", file, c.Main, c.Peer, err, want)
		}
	}
}

func TestAProcessWithSeveralAddressesIsAskedWhichIsItsOwn(t *testing.T) {
	for name, file := range map[string]string{
		"copies of a module":          `modules: {payments: {mode: remote, address: ["127.0.0.1:7171", "127.0.0.1:7172"]}}`,
		"written with commas":         `modules: {payments: {mode: remote, address: "127.0.0.1:7171,127.0.0.1:7172"}}`,
		"modules at different places": `modules: {payments: {address: "127.0.0.1:7171"}, orders: {address: "127.0.0.1:7172"}}`,
	} {
		for rpc, works := range map[string]bool{"": false, "127.0.0.1:7172": true} {
			flags := map[string]string{"target": "payments,orders", "data": t.TempDir()}
			if rpc != "" {
				flags["rpc.listen"] = rpc
			}
			// Loading works: the file is right, and the process may run already.
			c, err := configured(t, file, flags)
			if err != nil {
				t.Fatal(err)
			}
			_, err = app.NewProcess(c, "test", certs.Plaintext(), nil, nil, nil, slog.New(slog.DiscardHandler))
			switch {
			case works && err != nil:
				t.Errorf("%s, with --rpc %s: %v", name, rpc, err)
			case !works && (err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "127.0.0.1:7171, 127.0.0.1:7172") || !strings.Contains(err.Error(), "--rpc")):
				t.Errorf("%s, without --rpc: got error %v, want one line that asks for it", name, err)
			}
		}
	}
}

func TestTheTimeZoneIsSetOnceForPagesAndMails(t *testing.T) {
	c, err := configured(t, "time_zone: Europe/Lisbon", nil)
	if err != nil || c.TimeZone != "Europe/Lisbon" || c.Modules.Notifications.Own.TimeZone != "Europe/Lisbon" {
		t.Errorf("got %q and %q for mails, %v", c.TimeZone, c.Modules.Notifications.Own.TimeZone, err)
	}
	for _, wrong := range []string{"Lisbon", "\"\"", "Local", "../etc/passwd"} {
		if c, err := configured(t, "time_zone: "+wrong, nil); err == nil && c.Validate() == nil {
			t.Errorf("%s was taken for a time zone", wrong)
		}
	}
}
