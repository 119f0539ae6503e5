package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"time"

	"galleria/platform/certs"
	"galleria/platform/connections"
	"galleria/platform/module"
	"galleria/platform/route"
	"galleria/platform/telemetry"
	"galleria/platform/traces"
)

// Options describe a process. All but the durations are required unless said
// otherwise.
type Options struct {
	// Definitions are all modules of the installation, whether they run here
	// or not.
	Definitions []module.Definition
	// Outside lists callers that are no modules, such as an edge, and the
	// modules each of them needs.
	Outside map[string][]string
	// OutsideCalls names the methods that such a caller calls of those, as in
	// module.Definition.Calls. One that is not in it may call any.
	OutsideCalls map[string][]string
	// Dir is the data directory.
	Dir string
	// DSN gives the PostgreSQL of a module; "": SQLite in Dir. Nil: SQLite
	// for all.
	DSN func(module string) string
	// Shared gives settings of a module, by key, that other processes count on. One
	// that has them otherwise is not called for the module. Nil: none.
	Shared func(module string) map[string]string
	// Listen is where other processes reach this one: host:port, port 0 for
	// any.
	Listen string
	// Advertise is how other processes reach Listen, host:port, where that can't be
	// seen from it: behind a translated address, say. Empty: Listen, with the address
	// this process is seen at if it listens at all.
	Advertise string
	// Targets are what this process was started to run, and Version is the
	// program's, for people. May be empty.
	Targets []string
	Version string
	// Connections bounds how many others may have open to that.
	Connections connections.Limits
	// Identity secures that.
	Identity *certs.Identity
	// Peer is the rpc address of a running process to learn the rest from;
	// empty: none.
	Peer string
	// BrokerURL is an external event broker, the same for all processes of an
	// installation; empty: the peer's, or one
	// embedded here when there is no peer.
	BrokerURL string
	// NoEvents leaves the broker alone: events stay in the outboxes, for a
	// later process to publish, and none are heard. For short work on a
	// stopped installation.
	NoEvents bool
	// AllOrNothing lets the start fail when a module can't start, instead of
	// leaving it down and trying again. For short work, too.
	AllOrNothing bool
	// ConnectionAge is how long a connection lasts before both processes have to
	// show their certificates again; calls do not fail for it. 0:
	// certs.ConnectionAge.
	ConnectionAge time.Duration
	// Log may be nil: slog.Default().
	Log *slog.Logger
	// Traces and Lines are what this process kept of its traces and its log, for
	// operators; nil: nothing.
	Traces *traces.Store
	Lines  *telemetry.Lines
	// Commanded is told each call at Listen by which an operator has changed something,
	// before the answer goes out. It may get calls of methods that change nothing that is
	// kept. Nil: nothing is told.
	Commanded func(context.Context, Command)
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// DrainTimeout bounds how long calls may finish at their old place, and
	// then how long background work may; 0: 30 s, longer than any promise.
	DrainTimeout time.Duration
	// StartWait bounds how long Start waits for what a module's place needs. One whose
	// tables are migrated for longer comes later, and the others do without it. 0: 25 s,
	// time for all else, also for an arm that stands in. Not with AllOrNothing.
	StartWait time.Duration
	// LeaseTTL as in database.Options.
	LeaseTTL time.Duration
}

func (o *Options) complete() {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Shared == nil {
		o.Shared = func(string) map[string]string { return nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.ConnectionAge == 0 {
		o.ConnectionAge = certs.ConnectionAge
	}
	if o.DrainTimeout == 0 {
		o.DrainTimeout = 30 * time.Second
	}
	if o.StartWait == 0 {
		o.StartWait = 25 * time.Second
	}
}

func (o *Options) check() error {
	var errs []error
	known, contracts := map[string]bool{}, map[string]string{}
	for _, d := range o.Definitions {
		if known[d.Name] {
			errs = append(errs, fmt.Errorf("two modules are named %s", d.Name))
		}
		known[d.Name] = true
		if d.Contract == nil {
			errs = append(errs, fmt.Errorf("module %s has no contract", d.Name))
			continue
		}
		if other, taken := contracts[d.Contract.ServiceName]; taken {
			errs = append(errs, fmt.Errorf("modules %s and %s have the same contract %s", other, d.Name, d.Contract.ServiceName))
		}
		contracts[d.Contract.ServiceName] = d.Name
	}
	needs := func(who string, names []string) {
		for _, name := range names {
			if !known[name] {
				errs = append(errs, fmt.Errorf("%s needs %s, which is no module", who, name))
			}
		}
	}
	for _, d := range o.Definitions {
		needs(d.Name, d.Needs)
	}
	for caller, names := range o.Outside {
		needs(caller, names)
		if known[caller] {
			errs = append(errs, fmt.Errorf("the outside caller %s has the name of a module", caller))
		}
	}
	if o.Dir == "" {
		errs = append(errs, errors.New("no data directory is given"))
	}
	if o.Identity == nil {
		return errors.Join(append(errs, errors.New("no identity is given"))...)
	}
	errs = append(errs, checkPlaintext(o.Identity, o.Listen))
	if o.Peer != "" {
		errs = append(errs, checkPlaintext(o.Identity, o.Peer))
	}
	return errors.Join(errs...)
}

func checkPlaintext(identity *certs.Identity, address string) error {
	if identity.IsPlaintext() && !OnLoopback(address) {
		return fmt.Errorf("%s in plaintext: that is allowed on a loopback address only", address)
	}
	return nil
}

// OnLoopback tells whether host:port can be reached from this machine only.
func OnLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// InOrderOfNeed sorts definitions so that each comes after those it needs.
func InOrderOfNeed(definitions []module.Definition) ([]module.Definition, error) {
	byName := map[string]module.Definition{}
	for _, d := range definitions {
		byName[d.Name] = d
	}
	var sorted []module.Definition
	state := map[string]int{} // 1: being visited, 2: done
	var visit func(d module.Definition, path []string) error
	visit = func(d module.Definition, path []string) error {
		switch path = append(path, d.Name); state[d.Name] {
		case 1:
			return fmt.Errorf("modules need each other in a circle: %v", path)
		case 2:
			return nil
		}
		state[d.Name] = 1
		for _, need := range d.Needs {
			if err := visit(byName[need], path); err != nil {
				return err
			}
		}
		state[d.Name] = 2
		sorted = append(sorted, d)
		return nil
	}
	for _, d := range definitions {
		if err := visit(d, nil); err != nil {
			return nil, err
		}
	}
	return sorted, nil
}

// checkPlaces refuses what makes no sense, whatever answers where.
func (p *Process) checkPlaces(wanted map[string]route.Place) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		switch {
		case p.routes[name] == nil:
			errs = append(errs, fmt.Errorf("there is no module %q", name))
		default:
			errs = append(errs, p.checkPlace(name, wanted[name]))
		}
	}
	return errors.Join(errs...)
}

func (p *Process) checkPlace(name string, place route.Place) error {
	if err := place.Check(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, address := range place.Reached() {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return fmt.Errorf("%s: remote at %q: want host:port", name, address)
		}
		if err := checkPlaintext(p.o.Identity, address); err != nil {
			return fmt.Errorf("%s: remote at %w", name, err)
		}
	}
	return nil
}
