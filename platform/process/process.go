package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"

	"galleria/platform/database"
	"galleria/platform/durable"
	"galleria/platform/events"
	"galleria/platform/id"
	"galleria/platform/identity"
	"galleria/platform/lifecycle"
	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// Process is one process of an installation. Make it with New, start it with
// Start, change it with Apply, end it with Stop.
type Process struct {
	o       Options
	name    string
	began   time.Time
	ordered []module.Definition // each after those it needs
	routes  map[string]*route.Route
	pins    pins
	// identities are the keys by which statements are believed here.
	identities *identity.Keys
	believing  sync.Mutex // held while it is worked out which keys those are
	// registry knows the other processes; ends are the addresses of a connection.
	registry *registry
	ends     func(context.Context) (remote, local netip.Addr)

	// life ends when Stop begins, patience when Stop runs out of time: what
	// waits for others to finish waits no longer then.
	life, patience       context.Context
	endLife, endPatience context.CancelFunc
	tasks                sync.WaitGroup
	departures           sync.WaitGroup // from old places; begun within a change

	broker     *events.Broker // nil: external, the peer's, or none
	tunnels    tunnels
	events     *events.Conn // nil: none
	peer       *peer        // nil: none
	listener   net.Listener
	server     *grpc.Server
	checks     *health.Server
	serverDone chan error
	guests     atomic.Int64 // calls in this process of methods that are no module's

	// changing holds a token for as long as the process is being changed:
	// Start, Apply or Stop, one at a time. What follows is theirs.
	changing         chan struct{}
	started, stopped bool

	saving        sync.Mutex // held, and taken before mu, while a canary's progress is written
	writeProgress func(file string, data []byte) error

	mu          sync.Mutex      // guards what follows; never held while waiting, for a disk neither
	own         map[string]bool // modules whose place the peer has no say in
	placed      map[string]route.Place
	running     map[string]*module.Running    // modules at work for their routes
	spare       map[string]*module.Running    // started, or taken back, for a place that is being made
	opened      map[string]*database.DB       // of modules that are about to start
	leaving     map[string]*module.Running    // moved away; stopped when their calls have ended
	draining    map[*module.Running]int       // how many old places have calls in a module, unless none
	seeking     map[string]context.CancelFunc // modules that are to get to another place
	wishes      map[string]Wish               // where to, and why they are not there
	standingFor map[string]route.Place        // what the place of a module stands in for since the start
	// progress is that of canaries, announced who is about to change a place.
	progress  map[string]Progress
	unsaved   map[string]*Progress // what the disk is to say of it; nil: nothing
	announced map[string]announcement
	sought    map[string]Cause  // who ordered the moves that are tried again
	starting  map[string]bool   // modules that are wanted here and not started yet
	ill       map[string]string // why modules that run here can't be called
	changed   chan struct{}     // closed and replaced at each change

	undeclared undeclared
	refusals   *refusals
}

// New checks the options and makes the routes. Nothing runs yet.
func New(o Options) (*Process, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o.complete()
	ordered, err := InOrderOfNeed(o.Definitions)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("name this process: %w", err)
	}
	p := &Process{
		// The random part tells a process from its predecessor, and lets it
		// recognise itself when an address leads back to it.
		o: o, name: fmt.Sprintf("%s:%d:%s", host, os.Getpid(), id.New()), ordered: ordered,
		began: o.Now(), registry: newRegistry(time.Now), refusals: newRefusals(time.Now), ends: endsOf, ill: map[string]string{},
		routes: map[string]*route.Route{}, pins: pinsIn(o.Dir), identities: identity.NewKeys(o.Log, o.Now),
		changing: make(chan struct{}, 1), own: map[string]bool{},
		placed: map[string]route.Place{}, running: map[string]*module.Running{},
		spare: map[string]*module.Running{}, opened: map[string]*database.DB{}, leaving: map[string]*module.Running{},
		draining: map[*module.Running]int{}, wishes: map[string]Wish{}, standingFor: map[string]route.Place{},
		progress: map[string]Progress{}, unsaved: map[string]*Progress{}, writeProgress: durable.WriteFile, announced: map[string]announcement{}, sought: map[string]Cause{},
		seeking: map[string]context.CancelFunc{}, changed: make(chan struct{}),
	}
	for _, d := range ordered {
		if p.routes[d.Name], err = route.New(d.Name, d.Contract, o.Log); err != nil {
			return nil, err
		}
		p.routes[d.Name].Believe(p.identities)
	}
	p.life, p.endLife = context.WithCancel(context.Background())
	p.patience, p.endPatience = context.WithCancel(context.Background())
	return p, nil
}

// Start opens the broker and the rpc port and puts the modules where they are
// wanted. With a peer, modules that are not named are where the peer has them,
// now and when they move; without one, they are local. A module that can't be
// reached or can't start yet does not hinder the others: it is down, Wish says
// why, and it is tried again. When the start itself fails nothing is left
// running.
func (p *Process) Start(ctx context.Context, wanted map[string]route.Place) error {
	if err := p.startOnce(ctx, wanted); err != nil {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return errors.Join(err, p.Stop(stopping))
	}
	return nil
}

func (p *Process) startOnce(ctx context.Context, wanted map[string]route.Place) error {
	if err := errors.Join(p.checkPlaces(wanted), p.checkTargets()); err != nil {
		return err
	}
	ctx, end, err := p.change(ctx)
	if err != nil {
		return err
	}
	defer end()
	if p.started {
		return errors.New("the process was started before")
	}
	p.started = true
	return p.start(ctx, wanted)
}

func (p *Process) start(ctx context.Context, wanted map[string]route.Place) error {
	if err := database.OwnDirectory(p.o.Dir); err != nil {
		return err
	}
	if err := p.listen(); err != nil {
		return err
	}
	p.expect(wanted)
	var member *joined
	var learned *processv1.JoinResponse
	if p.o.Peer != "" {
		var err error
		if p.peer, member, err = p.join(ctx, p.o.Peer); err != nil {
			return err
		}
		learned = member.told
	}
	if err := p.adoptStores(learned); err != nil {
		return err
	}
	opened := p.sayWhenLate("the event broker opens slowly")
	err := p.openEvents(ctx, learned)
	opened()
	if err != nil {
		return err
	}
	// Who asks this process must hear where the broker is, so it answers from
	// here on, and before the modules: two processes that start together may
	// each wait for a module of the other.
	p.serve()
	p.tasks.Go(p.tendRegistry)
	for name := range wanted {
		p.heed(name, operators)
	}
	if err := p.populate(ctx, p.wanted(wanted, learned)); err != nil {
		return err
	}
	p.expect(nil)
	p.auditStart()
	if p.peer != nil {
		p.tasks.Go(func() { p.follow(member) })
	}
	p.tasks.Go(p.watchHealth)
	if p.o.Traces != nil {
		p.tasks.Go(p.gatherTraces)
	}
	return nil
}

// startPatience is how long a step of a start may take without a word.
const startPatience = 2 * time.Second

// sayWhenLate logs a step of a start that is still not done after startPatience, so that a
// start that hangs on a disk or a peer says on what. The step's end calls done.
func (p *Process) sayWhenLate(what string, facts ...any) (done func()) {
	late := time.AfterFunc(startPatience, func() { p.o.Log.Warn(what, facts...) })
	return func() { late.Stop() }
}

// expect notes which modules are to start here, for the peer to be told.
func (p *Process) expect(wanted map[string]route.Place) {
	starting := map[string]bool{}
	for name, place := range wanted {
		starting[name] = place.IsHere()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starting = starting
}

// adoptStores pins the stores the peer knows, before a module is started here:
// one that works on another store would take the events of the installation
// and put their effects where they are not looked for.
func (p *Process) adoptStores(learned *processv1.JoinResponse) error {
	for _, place := range learned.GetPlaces() {
		if err := p.pins.check(place.GetModule(), place.GetStoreId(), 0); err != nil {
			return fmt.Errorf("peer %s, module %s: %w", p.o.Peer, place.GetModule(), err)
		}
	}
	return nil
}

func (p *Process) openEvents(ctx context.Context, learned *processv1.JoinResponse) error {
	if p.o.NoEvents {
		return nil
	}
	var err error
	switch {
	case p.o.BrokerURL != "":
		p.events, err = events.Connect(ctx, events.ConnectOptions{URL: p.o.BrokerURL, Hears: p.hears(), Name: p.name, Log: p.o.Log})
	case learned.GetBrokerExternal():
		err = errors.New(errExternal)
	case p.peer != nil:
		p.events, err = events.Connect(ctx, events.ConnectOptions{Dialer: p.peer, Name: p.name, Log: p.o.Log})
	default:
		if p.broker, err = p.openBroker(ctx); err == nil {
			p.events, err = p.broker.Conn()
		}
	}
	if err != nil {
		return fmt.Errorf("open the event broker: %w", err)
	}
	return nil
}

// brokerPatience is how long a start waits for the process before it to let go of the
// broker: it closes that last, after the calls that were in it have ended.
const brokerPatience = 15 * time.Second

// openBroker opens the broker of this process's directory, when the process that had it is
// gone.
func (p *Process) openBroker(ctx context.Context) (*events.Broker, error) {
	waiting, cancel := context.WithTimeout(ctx, brokerPatience)
	defer cancel()
	for logged := false; ; logged = true {
		broker, err := events.OpenBroker(events.BrokerOptions{Dir: filepath.Join(p.o.Dir, "events"), Hears: p.hears(), Log: p.o.Log})
		if !errors.Is(err, events.ErrBrokerRuns) {
			return broker, err
		}
		if !logged {
			p.o.Log.Warn("waiting for another process, which may be stopping, to close the event broker", "at_most", brokerPatience, "error", err)
		}
		if lifecycle.Pause(waiting, 50*time.Millisecond) != nil {
			return nil, err
		}
	}
}

// Connect gives the connection an outside caller calls a module through. It
// panics when the caller did not declare the need.
func (p *Process) Connect(caller, callee string) grpc.ClientConnInterface {
	if !slices.Contains(p.o.Outside[caller], callee) {
		panic(fmt.Sprintf("%s asks for %s, which it does not list among its needs %v", caller, callee, p.o.Outside[caller]))
	}
	return p.routes[callee].ForCalls(caller, p.o.OutsideCalls[caller])
}

// Address is where other processes reach this one; valid after Start.
func (p *Process) Address() string { return p.listener.Addr().String() }

// Routes are the routes to all modules, in order of need.
func (p *Process) Routes() []*route.Route {
	all := make([]*route.Route, 0, len(p.ordered))
	for _, d := range p.ordered {
		all = append(all, p.routes[d.Name])
	}
	return all
}

// Running is a module that runs in this process; nil when it does not.
func (p *Process) Running(name string) *module.Running {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running[name]
}

// EventsConnected tells whether events get from here to the broker and are kept there; valid
// after Start.
func (p *Process) EventsConnected() bool { return p.EventsProblem() == nil }

var errStopping = errors.New("the process is stopping")

// change waits until no other change of the process is under way, and fails when the
// process stops. The context it returns ends when Stop begins.
func (p *Process) change(ctx context.Context) (_ context.Context, end func(), err error) {
	select {
	case p.changing <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("another change is under way: %w", ctx.Err())
	case <-p.life.Done():
		return nil, nil, errStopping
	}
	if p.life.Err() != nil {
		<-p.changing
		return nil, nil, errStopping
	}
	ctx, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(p.life, func() { cancel(errStopping) })
	return ctx, func() { unhook(); cancel(nil); <-p.changing }, nil
}
