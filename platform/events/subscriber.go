package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"galleria/platform/database"
	"galleria/platform/lifecycle"
)

// SubscriberOptions changes how a subscriber works; the zero value is useful.
type SubscriberOptions struct {
	Backoff []time.Duration  // waits between attempts at one event; nil = 0.1s, 0.5s, 2s, 5s
	Now     func() time.Time // nil = time.Now
	Log     *slog.Logger     // nil = slog.Default()
}

// Subscriber hands the events a module subscribes to to its handlers, one after
// the other in the order of the stream, and many in one transaction when they wait.
type Subscriber struct {
	name    string
	db      *database.DB
	conn    *Conn
	subs    map[string]Subscription // by type
	backoff []time.Duration
	now     func() time.Time
	log     *slog.Logger

	maxBatch  int           // most events in one transaction
	lookEvery time.Duration // how often an idle subscriber asks whether it is passed over
	trimEvery time.Duration
	trimBatch int
	illness   illness

	handled, repeated, failed, parked atomic.Uint64
	lag                               atomic.Uint64
	types                             counts // of what was handled
}

// SubscriberStats counts since the subscriber was made.
type SubscriberStats struct {
	Handled  uint64 // events whose effect is in the database
	Repeated uint64 // deliveries of events that had been handled before
	Failed   uint64 // attempts that failed
	Parked   uint64 // dead letters made
	Lag      uint64 // events that waited in the stream when the last one came
}

// name is a durable consumer's name, too, and those allow less.
var subscriberName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// NewSubscriber makes the subscriber of the module that is called name and owns
// db. A name that is new to the broker begins with the oldest event there is; one
// that is known goes on where it stopped, in whatever process that was.
func NewSubscriber(name string, db *database.DB, conn *Conn, subs []Subscription, o SubscriberOptions) (*Subscriber, error) {
	if !subscriberName.MatchString(name) {
		return nil, fmt.Errorf("events: subscriber %q: the name must have 1 to 64 letters, digits, - or _", name)
	}
	if len(subs) == 0 {
		return nil, fmt.Errorf("events: subscriber %s has no subscriptions", name)
	}
	if o.Backoff == nil {
		o.Backoff = []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 5 * time.Second}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Subscriber{
		name: name, db: db, conn: conn, subs: make(map[string]Subscription, len(subs)),
		backoff: o.Backoff, now: o.Now, log: o.Log.With("subscriber", name),
		maxBatch: 128, lookEvery: 15 * time.Second, trimEvery: time.Hour, trimBatch: 500,
	}
	for _, sub := range subs {
		if _, twice := s.subs[sub.Type()]; twice {
			return nil, fmt.Errorf("events: subscriber %s subscribes to %s twice", name, sub.Type())
		}
		s.subs[sub.Type()] = sub
	}
	return s, nil
}

// Name is the module's name, and that of its durable consumer.
func (s *Subscriber) Name() string { return s.name }

// Stats returns the counters.
func (s *Subscriber) Stats() SubscriberStats {
	return SubscriberStats{
		Handled: s.handled.Load(), Repeated: s.repeated.Load(), Failed: s.failed.Load(),
		Parked: s.parked.Load(), Lag: s.lag.Load(),
	}
}

// Types counts the events whose effect is in the database, since the subscriber was
// made, by their type.
func (s *Subscriber) Types() map[string]uint64 { return s.types.read() }

// Problem says why events have not been received or handled for a while; nil:
// they are, or there are none. Call it where Run runs.
func (s *Subscriber) Problem() error {
	if err := s.illness.problem(); err != nil {
		return fmt.Errorf("events are not received: %w", err)
	}
	return nil
}

// Run handles events until ctx ends; those that are under way then are rolled
// back, and the broker delivers them again. It is run under a lease: two at once
// would still apply every event once and in order, but would hinder each other.
//
// Run returns nil when ctx has ended. A broker or database that is away makes it
// wait, not return.
func (s *Subscriber) Run(ctx context.Context) error {
	defer s.illness.over()
	var trimmer sync.WaitGroup
	defer trimmer.Wait()
	trimmer.Go(func() { s.keepInboxTrimmed(ctx) })
	s.resendUnderstood(ctx)
	var told lifecycle.Said
	for failed := 0; ctx.Err() == nil; failed++ {
		began := s.handled.Load()
		err := s.consume(ctx, errors.Is(s.illness.reason(), errPassedOver))
		if ctx.Err() != nil {
			break
		}
		if s.handled.Load() != began {
			failed, told = 0, nil
		}
		s.illness.because(err)
		if told.IsNew(err) {
			s.log.Warn("receiving events was interrupted", "error", err)
		}
		lifecycle.Pause(ctx, min(100*time.Millisecond<<min(failed, 4), time.Second))
	}
	return nil
}

func (s *Subscriber) filters() []string {
	var subjects []string
	for _, sub := range s.subs {
		subjects = append(subjects, sub.filter())
	}
	slices.Sort(subjects) // two versions of a type share a subject, and subjects may not repeat
	return slices.Compact(subjects)
}
