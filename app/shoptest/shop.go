package shoptest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/modules/payments/stripetest"
	"galleria/platform/database/databasetest"
)

// Modules are the modules of the shop.
var Modules = []string{"catalog", "inventory", "cart", "pricing", "payments", "orders", "notifications", "accounts", "webhooks", "settings"}

// Layout is how a shop is spread over processes and databases.
type Layout struct {
	// Apart are modules that begin in processes of their own. When these are
	// all modules, the main process runs the edge and nothing else.
	Apart []string
	// Copies: modules that are apart run in two processes each, on PostgreSQL.
	Copies bool
	// Postgres: every module has a PostgreSQL schema instead of SQLite.
	Postgres bool
	// Demo: the shop fills itself with the demo catalogue, instead of being
	// given the goods of products.go.
	Demo bool
	// AtShipping: money is only held until something is sent.
	AtShipping bool
	// Stripe is the account that the shop is paid through, instead of the sandbox.
	Stripe *stripetest.Account
	// Recover is when payments asks its provider by itself; 0: as by default.
	Recover time.Duration
	// Hold is how long orders may wait for their payment; then Books waits until those that
	// no guest pays have ended by themselves. 0: as by default, which is too long for that.
	Hold time.Duration
	// Raced: the processes have the race detector whenever the test has it.
	Raced bool
	// Files is how many files each process may have open; 0: as this one.
	Files int
}

// Shop is a running shop on a data directory of its own.
type Shop struct {
	owner     testing.TB // the test that opened it
	layout    Layout
	dir       string // of the configuration file and all else
	traps     string
	addresses map[string]string // of the doors, and of each module when it is apart
	dsn       map[string]string
	transport *http.Transport
	ledger    ledger

	mu        sync.Mutex
	remote    map[string]bool // as galleria.yaml has it
	overrides map[string]string
	main      *Process
	apart     map[string]*Process
}

// Open opens a shop with its goods on the shelves; it closes with the test.
func Open(t testing.TB, l Layout) *Shop {
	t.Helper()
	s := Prepare(t, l)
	s.StartAll(t)
	if l.Demo {
		s.ledger.stocked(demoGoods(t))
	} else {
		s.Fill(t)
	}
	return s
}

// Prepare makes everything of a shop but its processes and goods.
func Prepare(t testing.TB, l Layout) *Shop {
	t.Helper()
	dir := t.TempDir()
	s := &Shop{
		owner: t, layout: l, dir: dir, traps: filepath.Join(dir, "traps"),
		addresses: map[string]string{}, dsn: map[string]string{}, remote: map[string]bool{}, overrides: map[string]string{},
		apart: map[string]*Process{}, ledger: newLedger(),
		transport: &http.Transport{MaxIdleConnsPerHost: 128},
	}
	if err := os.Mkdir(s.traps, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range append([]string{"http", "admin", "rpc"}, Modules...) {
		s.addresses[name] = freeAddress(t)
	}
	if l.Copies {
		for _, m := range Modules {
			s.addresses[copyOf(m)] = freeAddress(t)
		}
	}
	for _, m := range Modules {
		if l.Postgres {
			s.dsn[m] = databasetest.DSN(t)
		}
		s.remote[m] = slices.Contains(l.Apart, m)
	}
	t.Cleanup(s.transport.CloseIdleConnections)
	s.writeConfig(t)
	return s
}

// The ports of shops: below those the system gives to connections.
const (
	firstPort = 10000
	ports     = 22000
)

// portsTaken counts the ports this process gave out. Two runs at the same time
// begin at different places.
var portsTaken = func() *atomic.Int64 {
	taken := &atomic.Int64{}
	taken.Store(int64(rand.IntN(ports)))
	return taken
}()

// freeAddress is a free address, given out once. A process that
// is started again must be found where it was, so the system can't choose at
// each start; and a port drawn twice would be free until both its owners
// start.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", firstPort+portsTaken.Add(1)%ports)
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		listener.Close()
		return address
	}
	t.Fatal("found no free port")
	return ""
}

// ConfigFile is the shop's galleria.yaml.
func (s *Shop) ConfigFile() string { return filepath.Join(s.dir, "galleria.yaml") }

// Data is the shop's data directory.
func (s *Shop) Data() string { return filepath.Join(s.dir, "data") }

// Address is where a module listens when it is apart, or one of http, admin
// and rpc.
func (s *Shop) Address(name string) string { return s.addresses[name] }

func (s *Shop) writeConfig(t testing.TB) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "data: %q\ndemo: %v\nhttp: {listen: %q, base_url: %q}\n", s.Data(), s.layout.Demo, s.addresses["http"], "http://"+s.addresses["http"])
	fmt.Fprintf(&b, "admin: {listen: %q}\nrpc: {listen: %q}\nmodules:\n", s.addresses["admin"], s.addresses["rpc"])
	s.mu.Lock()
	for _, m := range Modules {
		mode, address := "local", s.addresses[m]
		if s.remote[m] {
			mode = "remote"
		}
		if s.layout.Copies {
			address += "," + s.addresses[copyOf(m)]
		}
		if s.overrides[m] != "" {
			address = s.overrides[m]
		}
		more := ""
		if m == "orders" { // guests may have one e-mail address
			more = ", max_unpaid_per_email: 0"
			if s.layout.Hold > 0 {
				more += fmt.Sprintf(", hold: %s", s.layout.Hold)
			}
		}
		if m == "webhooks" { // what they are sent to is in the test
			more = ", allow_private: true"
		}
		if m == "payments" {
			more = s.layout.payments()
		}
		fmt.Fprintf(&b, "  %s: {mode: %s, address: [%s], dsn: %q%s}\n", m, mode, address, s.dsn[m], more)
	}
	s.mu.Unlock()
	s.WriteConfig(t, b.String())
}

// payments are the settings of that module that are not its defaults.
func (l Layout) payments() (more string) {
	if l.AtShipping {
		more += ", capture: at_shipping"
	}
	if l.Recover > 0 {
		more += fmt.Sprintf(", recover_after: %s", l.Recover)
	}
	if l.Stripe != nil {
		more += fmt.Sprintf(", provider: stripe, stripe: {secret_key: sk_test_1, api_base: %q, webhook_secrets: [%q]}", l.Stripe.URL, l.Stripe.Secret)
	}
	return more
}

// WriteConfig replaces galleria.yaml, as editors do: in one step.
func (s *Shop) WriteConfig(t testing.TB, text string) {
	t.Helper()
	draft := s.ConfigFile() + ".draft"
	if err := os.WriteFile(draft, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(draft, s.ConfigFile()); err != nil {
		t.Fatal(err)
	}
}

// StartAll starts the processes of the layout and waits until each module is
// well.
func (s *Shop) StartAll(t testing.TB) {
	t.Helper()
	s.StartMain(t)
	s.StartModules(t, s.layout.Apart...)
	s.AwaitHealthy(t)
}

// StartMain starts the process with the edge.
func (s *Shop) StartMain(t testing.TB) *Process {
	t.Helper()
	p := s.launchMain(t)
	p.awaitServing(t)
	return p
}

func (s *Shop) launchMain(t testing.TB) *Process {
	t.Helper()
	args := []string{"serve", "--config", s.ConfigFile()}
	if len(s.layout.Apart) == len(Modules) {
		args = append(args, "--target", "edge")
	}
	p := s.launch(t, "the main process", args...)
	s.mu.Lock()
	s.main = p
	s.mu.Unlock()
	return p
}

// StartModules starts a process for each of these modules, on the shop's data.
func (s *Shop) StartModules(t testing.TB, modules ...string) {
	t.Helper()
	var started []string
	for _, m := range modules {
		started = append(started, m)
		if s.layout.Copies {
			started = append(started, copyOf(m))
		}
	}
	s.startProcesses(t, started...)
}

// StartAgain starts the process of a module after its death, and no other copy.
func (s *Shop) StartAgain(t testing.TB, p *Process) {
	t.Helper()
	p.AwaitDeath(t)
	s.startProcesses(t, p.name)
}

// atATime is how many processes start together: starting costs most of a small
// machine, and what starts beside many others is slow enough to be taken for ill.
const atATime = 3

func (s *Shop) startProcesses(t testing.TB, names ...string) {
	t.Helper()
	for some := range slices.Chunk(names, atATime) {
		for _, name := range some {
			module, _, _ := strings.Cut(name, " ")
			p := s.launch(t, name, "serve", "--config", s.ConfigFile(), "--target", module, "--rpc", s.addresses[name], "--peer", s.addresses["rpc"])
			s.mu.Lock()
			s.apart[name] = p
			s.mu.Unlock()
		}
		for _, name := range some {
			s.Module(name).awaitServing(t)
		}
	}
}

// StartCopy starts one more process of a module, on the shop's data, at an address of
// its own.
func (s *Shop) StartCopy(t testing.TB, module string) (address string) {
	t.Helper()
	address = freeAddress(t)
	s.launch(t, copyOf(module), "serve", "--config", s.ConfigFile(), "--target", module, "--rpc", address, "--peer", s.addresses["rpc"]).awaitServing(t)
	return address
}

// StartEdge starts one more process with the edge, beside the main one, and gives the
// address of its pages.
func (s *Shop) StartEdge(t testing.TB) (address string) {
	t.Helper()
	address = freeAddress(t)
	s.launch(t, "edge", "serve", "--config", s.ConfigFile(), "--target", "edge", "--http", address, "--rpc", freeAddress(t), "--peer", s.addresses["rpc"]).awaitServing(t)
	return address
}

// copyOf names the second process of a module.
func copyOf(module string) string { return module + " copy" }

// StopModules ends the processes of these modules.
func (s *Shop) StopModules(t testing.TB, modules ...string) {
	t.Helper()
	for _, m := range modules {
		s.Module(m).terminate(t)
	}
	for _, m := range modules {
		s.Module(m).awaitEnd(t)
	}
}

// Main is the process with the edge.
func (s *Shop) Main() *Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.main
}

// Module is the process of a module that is apart.
func (s *Shop) Module(name string) *Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.apart[name]
}

// Restart starts the main process again after its death.
func (s *Shop) Restart(t testing.TB) *Process {
	t.Helper()
	s.Main().AwaitDeath(t)
	s.transport.CloseIdleConnections()
	return s.StartMain(t)
}

// RestartToDie starts the main process after its death when a trap may kill it
// again at any moment. It tells whether that happened before all checkouts had
// ended.
func (s *Shop) RestartToDie(t testing.TB) (died bool) {
	t.Helper()
	s.Main().AwaitDeath(t)
	s.transport.CloseIdleConnections()
	p := s.launchMain(t)
	s.Await(t, "the main process serves, or is dead", func() bool { return p.serves() || p.Dead() })
	a := s.audit(t)
	defer a.operator.conn.Close()
	s.AwaitFor(t, s.layout.Hold+patience, "every checkout has ended, or the main process is dead", func() bool { return p.Dead() || a.openOrders() == "" })
	return p.Dead()
}

// patience is how long a test waits for what must come; it is never measured.
const patience = 60 * time.Second

// Await waits for a condition.
func (s *Shop) Await(t testing.TB, what string, condition func() bool) {
	t.Helper()
	s.AwaitFor(t, patience, what, condition)
}

// AwaitFor waits for a condition that must come within a time.
func (s *Shop) AwaitFor(t testing.TB, within time.Duration, what string, condition func() bool) {
	t.Helper()
	s.await(t, within, func() string { return what }, condition)
}

func (s *Shop) await(t testing.TB, within time.Duration, what func() string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain until %s", within, what())
		}
	}
}
