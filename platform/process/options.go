package process

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"galleria/platform/certs"
	"galleria/platform/module"
	"galleria/platform/route"
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
	// Dir is the data directory.
	Dir string
	// DSN gives the PostgreSQL of a module; "": SQLite in Dir.
	DSN func(module string) string
	// Listen is where other processes reach this one: host:port, port 0 for
	// any.
	Listen string
	// Identity secures that.
	Identity *certs.Identity
	// Peer is the rpc address of a running process to learn the rest from;
	// empty: none.
	Peer string
	// BrokerURL is an external event broker; empty: the peer's, or one
	// embedded here when there is no peer.
	BrokerURL string
	Log       *slog.Logger
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// DrainTimeout bounds how long calls may finish at their old place; 0:
	// 30 s, longer than any promise.
	DrainTimeout time.Duration
	// LeaseTTL as in database.Options.
	LeaseTTL time.Duration
}

func (o *Options) check() error {
	var errs []error
	known := map[string]bool{}
	for _, d := range o.Definitions {
		known[d.Name] = true
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
	}
	if o.Identity != nil && o.Identity.IsPlaintext() && !OnLoopback(o.Listen) {
		errs = append(errs, fmt.Errorf("rpc listens in plaintext on %s: that is allowed on a loopback address only", o.Listen))
	}
	return errors.Join(errs...)
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

// Callers lists who may call a module: the modules and outside callers that
// declare the need.
func Callers(definitions []module.Definition, outside map[string][]string, callee string) []string {
	var callers []string
	for _, d := range definitions {
		if slices.Contains(d.Needs, callee) {
			callers = append(callers, d.Name)
		}
	}
	for caller, needs := range outside {
		if slices.Contains(needs, callee) {
			callers = append(callers, caller)
		}
	}
	slices.Sort(callers)
	return callers
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

// Placement is where a module is served.
type Placement struct {
	// Mode is local or remote.
	Mode route.Mode
	// Address of a remote module: host:port, or several with commas between.
	Address string
}

func (p Placement) String() string {
	if p.Mode == route.ModeRemote {
		return "remote at " + p.Address
	}
	return string(p.Mode)
}
