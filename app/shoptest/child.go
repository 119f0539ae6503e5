package shoptest

import (
	"flag"
	"io"
	"os"
	"syscall"
	"testing"

	"galleria/app"
	"galleria/app/cli"
)

// The variables a child is started with. The configuration ignores names that
// begin like these.
const (
	// childVariable makes the test binary behave as galleria.
	childVariable = "GALLERIA_TEST_CHILD"
	// trapsVariable names the directory of the traps, see trap.go.
	trapsVariable = "GALLERIA_TEST_TRAPS"
	// programVariable names the same test binary without the race detector; shops that
	// are not Raced run it instead.
	programVariable = "GALLERIA_TEST_QUICK_PROGRAM"
)

// atOnce is how many tests run side by side. They wait for processes most of
// the time, so the number of processors is no measure.
const atOnce = "5"

// Main is the TestMain of packages that open shops.
func Main(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(child())
	}
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		if err := flag.Set("test.parallel", atOnce); err != nil {
			panic(err) // every test binary has the flag
		}
	}
	os.Exit(m.Run())
}

// child is the program, ended by the end of its parent: the parent's end of
// standard input is closed then, even if it was killed.
func child() int {
	go func() {
		io.Copy(io.Discard, os.Stdin)
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}()
	return cli.Main(os.Args[1:], cli.Program{
		Assemble: assemble,
		Environ:  os.Environ(),
		Stdin:    os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	})
}

// assemble does by hand what wire does in package main, sets the traps, and hashes
// passwords quickly: shops of tests have to do with other things.
func assemble(start app.Start) (*app.App, error) {
	start.Config.Modules.Accounts.Own.QuickHashes = true
	if dir := os.Getenv(trapsVariable); dir != "" {
		start.Config.Modules.Orders.Own.Hook = (&traps{dir: dir}).passed
	}
	lines := app.NewLines()
	log, err := app.NewLogger(start, lines)
	if err != nil {
		return nil, err
	}
	identity, err := app.NewIdentity(start.Config)
	if err != nil {
		return nil, err
	}
	kept := app.NewTraces(start.Config, log)
	audit := app.NewAuditLog(start.Config, log)
	process, err := app.NewProcess(start.Config, start.Version, identity, kept, lines, audit, log)
	if err != nil {
		return nil, err
	}
	shared := app.NewEdge(start.Config, log)
	info := app.NewShopInfo(start.Config, process, log)
	storefront, err := app.NewStorefront(start.Config, process, shared, info, log)
	if err != nil {
		return nil, err
	}
	staff, err := app.NewConsole(start, process, shared, info, audit, log)
	if err != nil {
		return nil, err
	}
	gateway, err := app.NewGateway(start.Config, process, shared, info, audit, log)
	if err != nil {
		return nil, err
	}
	metrics := app.NewMetrics(process, storefront, gateway, start.Version)
	return &app.App{
		Config: start.Config, Log: log, Traces: kept, Process: process, Storefront: storefront, Gateway: gateway, Console: staff, Audit: audit,
		Admin: app.NewAdmin(process, metrics), Reloader: app.NewReloader(start, process, shared, log),
	}, nil
}
