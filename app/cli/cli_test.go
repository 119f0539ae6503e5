package cli_test

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"galleria/app"
	"galleria/app/cli"
	"galleria/app/demo"
	"galleria/platform/certs"
)

// run runs a command line that needs no running shop, in a directory of the
// test's own.
func run(t *testing.T, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = cli.Main(args, cli.Program{
		Assemble: func(app.Start) (*app.App, error) { t.Fatal("nothing is to be served"); return nil, nil },
		Environ:  environ, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err,
	})
	return code, out.String(), err.String()
}

func TestExitCodes(t *testing.T) {
	t.Chdir(t.TempDir())
	closed := "127.0.0.1:1"
	if err := os.WriteFile("one.csv", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		args []string
		code int
		says string
	}{
		"no command is help":           {nil, 0, ""},
		"unknown command":              {[]string{"sreve"}, 2, `did you mean "serve"?`},
		"unknown flag":                 {[]string{"serve", "--htp", "x"}, 2, "unknown flag: --htp"},
		"argument too many":            {[]string{"modules", "payments"}, 2, "takes no arguments"},
		"unknown event command":        {[]string{"events", "ded"}, 2, `there is no command "ded"`},
		"resend without a module":      {[]string{"events", "resend"}, 2, "wants a module"},
		"settings that say nothing":    {[]string{"settings", "set"}, 2, "wants a file or flags"},
		"settings of two files":        {[]string{"settings", "set", "a.yaml", "b.yaml"}, 2, "wants one file, or none"},
		"resend without a mail":        {[]string{"mails", "resend"}, 2, "wants one mail"},
		"a status that no mail has":    {[]string{"mails", "list", "--status", "lost"}, 2, "not one of queued, sent, refused"},
		"admin without an address":     {[]string{"admin", "create"}, 2, "wants --email"},
		"an admin of no such role":     {[]string{"admin", "create", "--email", "a@example.com", "--role", "boss"}, 2, "not one of operator, admin"},
		"an admin without a password":  {[]string{"admin", "create", "--email", "a@example.com", "--rpc", closed}, 1, "has no password in its first line"},
		"unknown way with stock":       {[]string{"import", "products", "one.csv", "--stock", "double"}, 2, "--stock is set, add or ignore"},
		"import without a file":        {[]string{"import", "products"}, 2, "wants one file"},
		"file that is not there":       {[]string{"import", "products", "none.csv"}, 1, "none.csv"},
		"no shop to ask":               {[]string{"modules", "--rpc", closed}, 1, "no shop answers at " + closed},
		"certificate for nothing":      {[]string{"certs", "--for", "paymints", "--out", "x"}, 2, `"paymints" is not one of`},
		"configuration not there":      {[]string{"config", "--config", "none.yaml"}, 1, "none.yaml"},
		"target that is not there":     {[]string{"serve", "--target", "all,paymints"}, 1, `"paymints" is not one of`},
		"database that is away":        {[]string{"import", "products", "one.csv", "--rpc", closed}, 1, "connection refused"},
		"plaintext beyond one machine": {[]string{"serve", "--rpc", "0.0.0.0:7070"}, 1, "rpc.plaintext: is allowed on a loopback address only"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var environ []string
			if strings.Contains(name, "plaintext") {
				environ = []string{"GALLERIA_RPC_PLAINTEXT=true"}
			}
			if strings.Contains(name, "database") {
				environ = []string{"GALLERIA_MODULES_CATALOG_DSN=postgres://shop:hunter2@127.0.0.1:1/shop"}
			}
			code, _, stderr := run(t, environ, c.args...)
			if code != c.code || !strings.Contains(stderr, c.says) {
				t.Errorf("got exit %d and %q, want %d and %q", code, stderr, c.code, c.says)
			}
			if c.code != 0 && !strings.HasPrefix(stderr, "galleria: ") {
				t.Errorf("the error does not say whose it is: %q", stderr)
			}
			if c.code != 0 && strings.Count(stderr, "\n") != 1 {
				t.Errorf("the error is not one line: %q", stderr)
			}
			if strings.Contains(stderr, "hunter2") {
				t.Errorf("the error shows a password: %q", stderr)
			}
		})
	}
}

func TestAShopOfAnotherAuthorityIsNamedAsSuch(t *testing.T) {
	t.Chdir(t.TempDir())
	authority, err := certs.OpenAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	id, err := certs.FromAuthority(authority, certs.Rights{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(id.Server()))
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	address := listener.Addr().String()
	for _, command := range [][]string{{"modules"}, {"events", "dead"}, {"events", "resend", "payments"}} {
		code, _, stderr := run(t, nil, append(command, "--rpc", address)...)
		if code != 1 || !strings.Contains(stderr, address) || !strings.Contains(stderr, "authority") || strings.Contains(stderr, "desc =") {
			t.Errorf("%v: exit %d, %q, want 1 and that the authority at %s is another", command, code, stderr, address)
		}
	}
}

func TestConfigSaysWhereValuesComeFromAndHidesSecrets(t *testing.T) {
	t.Chdir(t.TempDir())
	file := "http: {listen: \":9000\"}\nmodules:\n  payments: {dsn: \"postgres://shop:hunter2@db/payments\"}\n" +
		"events: {url: \"nats://hunter2@broker:4222\"}\n"
	if err := os.WriteFile("galleria.yaml", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := run(t, []string{"GALLERIA_LOG_LEVEL=debug"}, "config", "--different", "--data", "elsewhere")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for key, origin := range map[string]string{
		"data": "--data", "http.listen": "galleria.yaml:1", "log.level": "$GALLERIA_LOG_LEVEL", "modules.payments.dsn": "galleria.yaml:3",
	} {
		found := false
		for line := range strings.Lines(stdout) {
			found = found || strings.HasPrefix(line, key+" ") && strings.Contains(line, origin)
		}
		if !found {
			t.Errorf("no line says that %s comes from %s:\n%s", key, origin, stdout)
		}
	}
	if strings.Contains(stdout, "hunter2") {
		t.Errorf("a password is shown:\n%s", stdout)
	}
}

// TestConfigShowsWhatHoldsForAProcessBesideTheMainOne, not what the file says of the
// main one.
func TestConfigShowsWhatHoldsForAProcessBesideTheMainOne(t *testing.T) {
	t.Chdir(t.TempDir())
	file := "http: {base_url: \"https://shop.example\"}\nadmin: {listen: \"127.0.0.1:9081\"}\nrpc: {listen: \"127.0.0.1:9070\"}\nmodules: {payments: {address: \"127.0.0.1:9071\"}}\n"
	for name, c := range map[string]struct {
		file    string
		environ []string
		want    []string
	}{
		"shared": {file, []string{"GALLERIA_TARGET=payments"}, []string{
			"main rpc.listen of the main process 127.0.0.1:9070", "peer main 127.0.0.1:9070",
			"admin.listen a free port, beside the main process 127.0.0.1:0",
			"rpc.listen the address of its modules, or a free port 127.0.0.1:9071",
			"modules.notifications.base_url http.base_url https://shop.example",
		}},
		"its own": {file + "target: payments\npeer: \"shop:7070\"\n", nil, []string{
			"peer galleria.yaml:6 shop:7070", "admin.listen galleria.yaml:2 127.0.0.1:9081", "rpc.listen galleria.yaml:3 127.0.0.1:9070",
		}},
	} {
		if err := os.WriteFile("galleria.yaml", []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := run(t, c.environ, "config", "--different")
		shown := strings.Join(strings.Fields(stdout), " ")
		for _, want := range c.want {
			if code != 0 || !strings.Contains(shown, want) {
				t.Errorf("%s: exit %d, %s; want %q in\n%s", name, code, stderr, want, stdout)
			}
		}
	}
}

// A password with a slash that is not escaped makes any part of the URL a secret.
func TestAnUnreadableBrokerIsRefusedWithoutItsPassword(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, servers := range []string{"nats://ana:hun/ter2@h:4222", "h:4222", "http://h:4222", "nats://h:4222,nats://"} {
		code, stdout, stderr := run(t, []string{"GALLERIA_EVENTS_URL=" + servers}, "config")
		if code != 1 || !strings.Contains(stderr, "events.url") || !strings.Contains(stderr, "%2F") {
			t.Errorf("%s: exit %d, %q, want 1 and how events.url is written", servers, code, stderr)
		}
		if strings.Contains(stdout+stderr, "hun/ter2") || strings.Contains(stdout+stderr, "ter2@") {
			t.Errorf("%s: a password is shown: %s%s", servers, stdout, stderr)
		}
	}
}

func TestTheExampleConfigurationIsTheDefaults(t *testing.T) {
	t.Chdir(t.TempDir())
	code, example, stderr := run(t, nil, "config", "--example")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if err := os.WriteFile("galleria.yaml", []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	code, different, stderr := run(t, nil, "config", "--different")
	if code != 0 || strings.Count(different, "\n") > 1 {
		t.Errorf("exit %d, %s; differs from the defaults:\n%s", code, stderr, different)
	}
}

func TestAllMistakesOfAConfigurationAreReportedAtOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	file := "modules:\n  payments: {mode: remot}\n  orders: {mode: remote}\nhtpp: {}\nlog: {level: loud}\n"
	if err := os.WriteFile("galleria.yaml", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := run(t, nil, "config")
	for _, want := range []string{"galleria.yaml:2: modules.payments.mode", "galleria.yaml:3: modules.orders.address", "galleria.yaml:4: htpp", "galleria.yaml:5: log.level"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("exit %d; not reported: %s in\n%s", code, want, stderr)
		}
	}
}

func TestCertificatesAreWrittenOnceAndForTheirOwnerOnly(t *testing.T) {
	t.Chdir(t.TempDir())
	args := []string{"certs", "--for", "payments", "--out", "certs"}
	if code, _, stderr := run(t, nil, args...); code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, name := range []string{"certificate.pem", "key.pem", "authority.pem"} {
		info, err := os.Stat(filepath.Join("certs", name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, mode %v, want 0600", name, err, info.Mode())
		}
	}
	if code, _, stderr := run(t, nil, args...); code != 1 || !strings.Contains(stderr, "is there already") {
		t.Errorf("a second time: exit %d, %q, want a refusal", code, stderr)
	}
}

func TestProductsAreImportedIntoAClosedShop(t *testing.T) {
	t.Chdir(t.TempDir())
	file, err := os.Create("products.csv")
	if err != nil {
		t.Fatal(err)
	}
	var rows bytes.Buffer
	rows.ReadFrom(demo.Generate(7, 20))
	lines := strings.SplitAfter(rows.String(), "\n")
	lines = append(lines[:3], append([]string{"BAD-1,Bad,,bags,,12.999,EUR,1,bad.svg\n"}, lines[3:]...)...)
	file.WriteString(strings.Join(lines, ""))
	file.Close()

	code, stdout, stderr := run(t, nil, "import", "products", "products.csv", "--rpc", "127.0.0.1:1")
	if code != 1 || !strings.Contains(stdout, "21 rows: 20 new, 0 changed, 0 unchanged, 1 left out") || !strings.Contains(stderr, "1 row was left out") {
		t.Errorf("exit %d, %q", code, stdout)
	}
	if !strings.Contains(stderr, "products.csv:4: ") {
		t.Errorf("the bad row is not named by its line: %q", stderr)
	}
	code, stdout, _ = run(t, nil, "import", "products", "products.csv", "--rpc", "127.0.0.1:1")
	if code != 1 || !strings.Contains(stdout, "0 new, 0 changed, 20 unchanged") {
		t.Errorf("a second time: exit %d, %q, want nothing changed", code, stdout)
	}
}

func TestAnImportOfNothingButBadRowsFails(t *testing.T) {
	t.Chdir(t.TempDir())
	header := strings.Join(demo.Columns(), ",")
	if err := os.WriteFile("bad.csv", []byte(header+"\nBAD-1,Bad,,bags,,free,EUR,1,bad.svg\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := run(t, nil, "import", "products", "bad.csv", "--rpc", "127.0.0.1:1")
	if code != 1 || !strings.Contains(stderr, "bad.csv:2: ") || !strings.Contains(stderr, "1 row was left out") {
		t.Errorf("exit %d, %q, want a failure that names the row", code, stderr)
	}
}

func TestWhatACommandChangesOfAClosedShopIsInTheAuditLog(t *testing.T) {
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if code := cli.Main(append(args, "--data", dir, "--rpc", "127.0.0.1:1"), cli.Program{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out}); code != 0 {
			t.Fatalf("galleria %s: exit %d: %s", strings.Join(args, " "), code, &out)
		}
		return out.String()
	}
	if out := run("changes"); !strings.Contains(out, "no such change") {
		t.Errorf("of an empty shop: got %s", out)
	}
	run("promotions", "add", "hello", "--name", "Hello", "--percent", "10")
	run("promotions", "list")
	if out := run("changes"); strings.Count(out, "\n") != 2 || !strings.Contains(out, "saved promotion hello") || !strings.Contains(out, "galleria promotions add --name=Hello --percent=10 hello") {
		t.Errorf("got %s, want the promotion alone", out)
	}
}
