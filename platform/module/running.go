package module

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"

	"galleria/platform/database"
	"galleria/platform/events"
	"galleria/platform/lifecycle"
	"galleria/platform/telemetry"
)

// Environment is where Start starts a module.
type Environment struct {
	// Dir is the data directory, DSN the module's PostgreSQL; "": SQLite.
	Dir, DSN string
	// DB is the module's database if Open has opened it already.
	DB *database.DB
	// Broker carries events. Nil: they stay in the outbox, none are heard.
	Broker *events.Conn
	// Connect gives the connection this module calls another one through.
	Connect func(callee string) grpc.ClientConnInterface
	// Log and Now are required.
	Log *slog.Logger
	Now func() time.Time
	// LeaseTTL as in database.Options.
	LeaseTTL time.Duration
	// Holder as in database.Options: the name of this process.
	Holder string
	// OpenWithin as in database.Options.
	OpenWithin time.Duration
	// Marks as in database.Options.
	Marks database.Marks
	// CheckStore, if set, looks at the store's id and generation before anything is
	// done with it; its error is Start's.
	CheckStore func(id string, generation int64) error
}

// Running is a module that was started.
type Running struct {
	// Instance is what the module's New made.
	Instance *Instance
	// DB is its database; nil when it has none.
	DB *database.DB
	// Subscriber handles its subscriptions; nil when it has none or there is
	// no broker.
	Subscriber *events.Subscriber

	relay    *events.Relay // nil when there is no broker or no database
	name     string
	stopWork context.CancelFunc
	working  sync.WaitGroup
}

// Open opens the database of a module that is about to start; nil: it has none.
func Open(ctx context.Context, d Definition, e Environment) (*database.DB, error) {
	if d.Migrations == nil {
		return nil, nil
	}
	db, err := database.Open(ctx, database.Options{
		Module: d.Name, Dir: e.Dir, DSN: e.DSN, Migrations: d.Migrations, Log: e.Log.With("module", d.Name),
		Now: e.Now, LeaseTTL: e.LeaseTTL, Holder: e.Holder, NewerSchema: d.NewerSchema, OpenWithin: e.OpenWithin, Marks: e.Marks,
	})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", d.Name, err)
	}
	if err := checkStore(ctx, db, e); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", d.Name, err), db.Close(ctx))
	}
	return db, nil
}

// Start opens the module's database unless that is done, makes the module and runs its
// work. When it returns, the module serves. Calls to it are the route's business. When it
// fails, the database is closed.
func Start(ctx context.Context, d Definition, e Environment) (_ *Running, err error) {
	r := &Running{name: d.Name, DB: e.DB}
	log := e.Log.With("module", d.Name)
	if r.DB == nil {
		if r.DB, err = Open(ctx, d, e); err != nil {
			return nil, err
		}
	}
	if err := r.make(d, e, log); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", d.Name, err), r.close(ctx))
	}
	r.run(d, e, log)
	return r, nil
}

func checkStore(ctx context.Context, db *database.DB, e Environment) error {
	if e.CheckStore == nil {
		return nil
	}
	generation, err := db.Generation(ctx)
	if err != nil {
		return err
	}
	return e.CheckStore(db.StoreID(), generation)
}

// Work that every module has beside its own.
const (
	relayWork      = "relay"
	subscriberWork = "subscriber"
)

func (r *Running) make(d Definition, e Environment, log *slog.Logger) error {
	instance, err := d.New(Host{
		DB: r.DB, Log: log, Now: e.Now,
		clients: func(callee string) grpc.ClientConnInterface { return d.client(callee, e.Connect) },
	})
	if err != nil {
		return err
	}
	if instance == nil {
		return errors.New("its New made nothing")
	}
	r.Instance = instance
	if r.DB == nil && len(instance.Work)+len(instance.Subscriptions) > 0 {
		return errors.New("its work and subscriptions need a database, and it has no migrations")
	}
	if d.Vouches != (instance.Vouches != nil) {
		return fmt.Errorf("its definition says Vouches: %v, and its New says Vouches: %v", d.Vouches, instance.Vouches != nil)
	}
	for _, name := range []string{relayWork, subscriberWork} {
		if _, taken := instance.Work[name]; taken {
			return fmt.Errorf("its work %q has a name that is taken", name)
		}
	}
	for _, s := range instance.Subscriptions {
		if !slices.Contains(d.Heard(), s.Type()) {
			return fmt.Errorf("it subscribes to %s, which its definition does not list in Hears %v", s.Type(), d.Heard())
		}
	}
	if e.Broker == nil || len(instance.Subscriptions) == 0 {
		return nil
	}
	r.Subscriber, err = events.NewSubscriber(d.Name, r.DB, e.Broker, instance.Subscriptions, events.SubscriberOptions{Now: e.Now, Log: log})
	return err
}

func (r *Running) run(d Definition, e Environment, log *slog.Logger) {
	// Work outlives the context Start was called with; Stop ends it.
	ctx, stop := context.WithCancel(telemetry.WithModule(context.Background(), d.Name))
	r.stopWork = stop
	if r.Instance.Run != nil {
		r.working.Go(func() { keep(ctx, log, r.Instance.Run) })
	}
	r.hold(ctx, log, workLease, r.Instance.Work)
	if e.Broker == nil || r.DB == nil {
		return
	}
	r.relay = events.NewRelay(r.DB, e.Broker, log)
	work := map[string]func(context.Context) error{relayWork: r.relay.Run}
	if r.Subscriber != nil {
		work[subscriberWork] = r.Subscriber.Run
	}
	r.hold(ctx, log, eventsLease, work)
}

// The leases of a module's database. All its own work is done by one process,
// and so is all that has to do with events: not by the same one necessarily,
// for a process may have no broker.
const workLease, eventsLease = "work", "events"

// hold runs work while this process has the lease.
func (r *Running) hold(ctx context.Context, log *slog.Logger, lease string, work map[string]func(context.Context) error) {
	if len(work) > 0 {
		r.working.Go(func() { r.holding(ctx, log, lease, work) })
	}
}

func (r *Running) holding(ctx context.Context, log *slog.Logger, lease string, work map[string]func(context.Context) error) {
	err := r.DB.Hold(ctx, lease, func(ctx context.Context) error {
		var all sync.WaitGroup
		for name, one := range work {
			all.Go(func() { keep(ctx, log.With("work", name), one) })
		}
		all.Wait()
		return nil
	})
	if err != nil && ctx.Err() == nil {
		log.ErrorContext(ctx, "background work ended", "lease", lease, "error", err)
	}
}

// keepPause is how long work rests after a failure.
const keepPause = time.Second

// keep runs work until it is done, and again when it fails.
func keep(ctx context.Context, log *slog.Logger, work func(context.Context) error) {
	for {
		err := lifecycle.Guard(func() error { return work(ctx) }) // its panic must not end the process of all the others
		if ctx.Err() != nil || err == nil {
			return
		}
		log.ErrorContext(ctx, "background work failed and is started again", "error", err, "again_in", keepPause)
		if lifecycle.Pause(ctx, keepPause) != nil {
			return
		}
	}
}

// StoreID names the module's store; "" when it has no database.
func (r *Running) StoreID() string {
	if r.DB == nil {
		return ""
	}
	return r.DB.StoreID()
}

// Healthy says why calls to the module are likely to fail.
func (r *Running) Healthy(ctx context.Context) error {
	if r.DB == nil {
		return nil
	}
	return r.DB.Ping(ctx)
}

// Problem says what of the module's work does not go on here, though calls may be
// answered: its database takes no writes, or events wait that this process should
// have published or handled. Nil: all does.
func (r *Running) Problem() error {
	if r.DB != nil {
		if err := r.DB.WriteProblem(); err != nil {
			return err
		}
	}
	if err := r.Unpublished(); err != nil {
		return err
	}
	if r.Subscriber != nil {
		return r.Subscriber.Problem()
	}
	return nil
}

// Unpublished says why events of the module have waited here for a while to be published;
// nil: they have not.
func (r *Running) Unpublished() error {
	if r.relay == nil {
		return nil
	}
	return r.relay.Problem()
}

// Published counts the events that were published here, by type; nil when this
// process publishes none.
func (r *Running) Published() map[string]uint64 {
	if r.relay == nil {
		return nil
	}
	return r.relay.Types()
}

// Stop ends the background work, waits for it until ctx ends, and closes the
// database. Calls must have been drained before.
func (r *Running) Stop(ctx context.Context) error {
	r.stopWork()
	done := make(chan struct{})
	go func() {
		r.working.Wait()
		close(done)
	}()
	var errs []error
	select {
	case <-done:
	case <-ctx.Done():
		errs = append(errs, fmt.Errorf("stop %s: background work: %w", r.name, ctx.Err()))
	}
	errs = append(errs, r.close(ctx))
	return errors.Join(errs...)
}

// close frees what New and Start opened. What does not end before ctx does is
// left behind, for the database to cut it off.
func (r *Running) close(ctx context.Context) error {
	var errs []error
	if r.Instance != nil && r.Instance.Close != nil {
		closed := make(chan error, 1)
		go func() { closed <- r.Instance.Close() }()
		select {
		case err := <-closed:
			errs = append(errs, err)
		case <-ctx.Done():
			errs = append(errs, fmt.Errorf("close %s: %w", r.name, ctx.Err()))
		}
	}
	if r.DB != nil {
		errs = append(errs, r.DB.Close(ctx))
	}
	return errors.Join(errs...)
}
