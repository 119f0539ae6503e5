package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"

	"galleria/platform/events"
	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// Process is one process of an installation. Make it with New, start it with
// Start, change it with Apply, end it with Stop.
type Process struct {
	o       Options
	name    string
	ordered []module.Definition // each after those it needs
	routes  map[string]*route.Route
	pins    pins

	// life ends when Stop begins.
	life    context.Context
	endLife context.CancelFunc
	tasks   sync.WaitGroup

	broker     *events.Broker // nil: external or the peer's
	brokerURL  string
	events     *events.Conn
	peer       *peer // nil: none
	listener   net.Listener
	server     *grpc.Server
	checks     *health.Server
	serverDone chan error

	// changing serialises Apply and Stop: one move at a time.
	changing sync.Mutex

	mu      sync.Mutex // guards what follows; never held while waiting
	placed  map[string]Placement
	running map[string]*module.Running
	seeking map[string]context.CancelFunc // modules whose handshake is repeated
	changed chan struct{}                 // closed and replaced at each change
}

// New checks the options and makes the routes. Nothing runs yet.
func New(o Options) (*Process, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.DrainTimeout == 0 {
		o.DrainTimeout = 30 * time.Second
	}
	ordered, err := InOrderOfNeed(o.Definitions)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("name this process: %w", err)
	}
	life, endLife := context.WithCancel(context.Background())
	p := &Process{
		o: o, name: fmt.Sprintf("%s:%d", host, os.Getpid()), ordered: ordered,
		routes: map[string]*route.Route{}, pins: pins{filepath.Join(o.Dir, "stores")},
		life: life, endLife: endLife,
		placed: map[string]Placement{}, running: map[string]*module.Running{},
		seeking: map[string]context.CancelFunc{}, changed: make(chan struct{}),
	}
	for _, d := range ordered {
		r, err := route.New(d.Name, d.Contract, o.Log)
		if err != nil {
			endLife()
			return nil, err
		}
		p.routes[d.Name] = r
	}
	return p, nil
}

// Start opens the broker and the rpc port and puts the modules where
// placements say. With a peer, modules that placements do not name are where
// the peer has them; without one, they are local. A remote module that can't
// be reached yet does not hinder the start; a local one that fails does.
func (p *Process) Start(ctx context.Context, placements map[string]Placement) error {
	if err := p.start(ctx, placements); err != nil {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return errors.Join(err, p.Stop(stopping))
	}
	return nil
}

func (p *Process) start(ctx context.Context, placements map[string]Placement) error {
	if err := p.listen(); err != nil {
		return err
	}
	var learned *processv1.DirectoryResponse
	if p.o.Peer != "" {
		var err error
		if p.peer, learned, err = p.join(ctx, p.o.Peer); err != nil {
			return err
		}
	}
	if err := p.openEvents(ctx, learned); err != nil {
		return err
	}
	wanted := p.complete(placements, learned)
	for _, d := range p.ordered {
		if err := p.place(ctx, d, wanted[d.Name], starting); err != nil {
			return err
		}
	}
	if p.peer != nil {
		p.tasks.Go(func() { p.follow(placements) })
	}
	p.tasks.Go(p.watchHealth)
	return nil
}

// complete fills in the modules that placements leave open.
func (p *Process) complete(placements map[string]Placement, learned *processv1.DirectoryResponse) map[string]Placement {
	wanted := map[string]Placement{}
	for _, d := range p.ordered {
		wanted[d.Name] = Placement{Mode: route.ModeLocal}
		if p.peer != nil {
			wanted[d.Name] = Placement{Mode: route.ModeRemote, Address: p.o.Peer}
		}
	}
	for _, place := range learned.GetPlaces() {
		if place.GetAddress() != "" {
			wanted[place.GetModule()] = Placement{Mode: route.ModeRemote, Address: place.GetAddress()}
		}
	}
	for name, placement := range placements {
		wanted[name] = placement
	}
	return wanted
}

func (p *Process) openEvents(ctx context.Context, learned *processv1.DirectoryResponse) error {
	p.brokerURL = p.o.BrokerURL
	if p.brokerURL == "" {
		p.brokerURL = learned.GetBrokerUrl()
	}
	var err error
	switch {
	case p.brokerURL != "":
		p.events, err = events.Connect(ctx, events.ConnectOptions{URL: p.brokerURL, Name: p.name, Log: p.o.Log})
	case p.peer != nil:
		p.events, err = events.Connect(ctx, events.ConnectOptions{Dialer: p.peer, Name: p.name, Log: p.o.Log})
	default:
		p.broker, err = events.OpenBroker(events.BrokerOptions{Dir: filepath.Join(p.o.Dir, "events"), Log: p.o.Log})
		if err == nil {
			p.events, err = p.broker.Conn()
		}
	}
	if err != nil {
		return fmt.Errorf("open the event broker: %w", err)
	}
	return nil
}

// Connect gives the connection an outside caller calls a module through. It
// panics when the caller did not declare the need.
func (p *Process) Connect(caller, callee string) grpc.ClientConnInterface {
	for _, need := range p.o.Outside[caller] {
		if need == callee {
			return p.routes[callee].For(caller)
		}
	}
	panic(fmt.Sprintf("%s asks for %s, which it does not list among its needs %v", caller, callee, p.o.Outside[caller]))
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

// EventsConnected tells whether the event broker can be reached.
func (p *Process) EventsConnected() bool { return p.events != nil && p.events.Connected() }

// Stop lets calls in flight finish, stops the modules in reverse order of
// need, and closes the broker. It does as much as it can until ctx ends.
func (p *Process) Stop(ctx context.Context) error {
	p.changing.Lock()
	defer p.changing.Unlock()
	p.endLife()
	errs := []error{p.stopServing(ctx)}
	for i := len(p.ordered) - 1; i >= 0; i-- {
		errs = append(errs, p.retire(ctx, p.ordered[i].Name))
	}
	p.tasks.Wait()
	if p.events != nil {
		p.events.Close()
	}
	if p.peer != nil {
		errs = append(errs, p.peer.close())
	}
	if p.broker != nil {
		errs = append(errs, p.broker.Close(ctx))
	}
	return errors.Join(errs...)
}

// retire takes a module's route away and stops what is behind it.
func (p *Process) retire(ctx context.Context, name string) error {
	var errs []error
	if old := p.routes[name].Point(nil); old != nil {
		errs = append(errs, old.Drain(ctx), old.Close())
	}
	p.mu.Lock()
	running := p.running[name]
	delete(p.running, name)
	p.mu.Unlock()
	if running != nil {
		errs = append(errs, running.Stop(ctx))
	}
	return errors.Join(errs...)
}
