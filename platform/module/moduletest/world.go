package moduletest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"

	"galleria/platform/events"
	"galleria/platform/identity"
	"galleria/platform/module"
	"galleria/platform/route"
)

// World is the modules that live together in one test; the first is the one
// under test, the others what it needs, as fakes or as themselves.
type World []module.Definition

// Worlds are the worlds of one test binary, by name.
type Worlds map[string]World

// Connect gives the connection to a module of the world.
type Connect func(module string) grpc.ClientConnInterface

const asOther = " calls "

// As names a connection to a module for a Connect: that of another caller than the
// suite, such as the operator.
func As(caller, module string) string { return caller + asOther + module }

// place is where and how a world is started.
type place struct {
	dir  string
	dsn  string // of the module under test
	mode route.Mode
}

// alive is a started world.
type alive struct {
	routes  map[string]*route.Route
	running []*module.Running
	targets []*route.Target
	broker  *events.Broker
	// identities are the keys by which modules believe on whose behalf calls are made.
	identities *identity.Keys
}

func (w World) start(ctx context.Context, p place) (*alive, error) {
	a := &alive{routes: map[string]*route.Route{}}
	if err := a.start(ctx, w, p); err != nil {
		return nil, errors.Join(err, a.stop())
	}
	return a, nil
}

func (a *alive) start(ctx context.Context, w World, p place) error {
	log := slog.Default()
	a.identities = identity.NewKeys(log, time.Now)
	for _, d := range w {
		r, err := route.New(d.Name, d.Contract, log)
		if err != nil {
			return err
		}
		r.Believe(a.identities)
		a.routes[d.Name] = r
	}
	var err error
	if a.broker, err = events.OpenBroker(events.BrokerOptions{Dir: p.dir + "/events"}); err != nil {
		return err
	}
	conn, err := a.broker.Conn()
	if err != nil {
		return err
	}
	// Last to first: what the module under test needs is there before it.
	for i, d := range slices.Backward(w) {
		dsn := ""
		if i == 0 {
			dsn = p.dsn
		}
		running, err := module.Start(ctx, d, module.Environment{
			Dir: p.dir, DSN: dsn, Broker: conn, Log: log, Now: time.Now, LeaseTTL: time.Second,
			Connect: func(callee string) grpc.ClientConnInterface { return a.connect(d.Name)(callee) },
		})
		if err != nil {
			return err
		}
		a.running = append([]*module.Running{running}, a.running...)
		if d.Vouches {
			a.identities.Learn(d.Name, running.Instance.Vouches())
		}
		if err := a.point(a.routes[d.Name], running, p.mode); err != nil {
			return err
		}
	}
	return nil
}

func (a *alive) point(r *route.Route, running *module.Running, mode route.Mode) error {
	make := r.NewLocal
	if mode == route.ModeLoopback {
		make = r.NewLoopback
	}
	target, err := make(running.Instance.Server, route.LocalOptions{})
	if err != nil {
		return err
	}
	r.Point(target)
	a.targets = append(a.targets, target)
	return nil
}

// connect gives the connections of one caller.
func (a *alive) connect(caller string) Connect {
	return func(callee string) grpc.ClientConnInterface {
		caller := caller
		if other, name, as := strings.Cut(callee, asOther); as {
			caller, callee = other, name
		}
		r := a.routes[callee]
		if r == nil {
			panic(fmt.Sprintf("%s is not in this world", callee))
		}
		return r.For(caller)
	}
}

// stopTimeout bounds the end of a world.
const stopTimeout = 10 * time.Second

func (a *alive) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var errs []error
	for _, t := range a.targets {
		errs = append(errs, t.Close())
	}
	for _, r := range a.running {
		errs = append(errs, r.Stop(ctx))
	}
	if a.broker != nil {
		errs = append(errs, a.broker.Close(ctx))
	}
	return errors.Join(errs...)
}
