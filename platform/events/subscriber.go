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

	"github.com/nats-io/nats.go/jetstream"

	"galleria/platform/database"
)

const (
	// ackWait is how long after a sudden death the broker waits before it gives
	// the event that was under way to the next process.
	ackWait = 5 * time.Second
	// heartbeat is how often the broker tells an idle subscriber that it is there.
	heartbeat = 5 * time.Second
	// handBackTime bounds how long stopping waits for the broker.
	handBackTime = time.Second
)

// SubscriberOptions changes how a subscriber works; the zero value is useful.
type SubscriberOptions struct {
	Backoff []time.Duration  // waits between attempts at one event; nil = 0.1s, 0.5s, 2s, 5s
	Now     func() time.Time // nil = time.Now
	Log     *slog.Logger     // nil = slog.Default()
}

// Subscriber hands the events a module subscribes to to its handlers, one after
// the other in the order of the stream.
type Subscriber struct {
	name    string
	db      *database.DB
	conn    *Conn
	subs    map[string]Subscription // by type
	backoff []time.Duration
	now     func() time.Time
	log     *slog.Logger

	ackWait   time.Duration
	trimEvery time.Duration
	trimBatch int

	handled, repeated, failed, parked atomic.Uint64
	lag                               atomic.Uint64
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
		ackWait: ackWait, trimEvery: time.Hour, trimBatch: 500,
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

// Run handles events until ctx ends; an event that is under way then is rolled
// back and handed back to the broker. It is run under a lease: two at once would
// still apply every event once, but would wait for each other.
//
// Run returns nil when ctx has ended. A broker or database that is away makes it
// wait, not return.
func (s *Subscriber) Run(ctx context.Context) error {
	var trimmer sync.WaitGroup
	defer trimmer.Wait()
	trimmer.Go(func() { s.keepInboxTrimmed(ctx) })
	var told said
	for failed := 0; ctx.Err() == nil; failed++ {
		began := s.handled.Load()
		err := s.consume(ctx)
		if ctx.Err() != nil {
			break
		}
		if s.handled.Load() != began {
			failed, told = 0, nil
		}
		if told.news(err) {
			s.log.Warn("receiving events was interrupted", "error", err)
		}
		pause(ctx, min(100*time.Millisecond<<min(failed, 4), time.Second))
	}
	return nil
}

// consume receives and handles events until something goes wrong or ctx ends.
func (s *Subscriber) consume(ctx context.Context) error {
	if !s.conn.Connected() {
		return s.conn.away()
	}
	stream, err := s.conn.stream(ctx)
	if err != nil {
		return err
	}
	consumer, err := s.consumer(ctx, stream)
	if err != nil {
		return fmt.Errorf("open the consumer %s: %w", s.name, err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(16), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		return fmt.Errorf("receive events: %w", err)
	}
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err == nil {
			err = s.receive(ctx, msg)
		}
		if err != nil {
			s.handBack(messages, msg)
			return fmt.Errorf("receive events: %w", err)
		}
	}
}

// consumer opens the durable consumer, which the broker may know already. When
// this module subscribes to more than it did, the consumer is made anew and begins
// with the oldest event: it may have passed events of the new types already. What
// was handled, the inbox recognises.
func (s *Subscriber) consumer(ctx context.Context, stream jetstream.Stream) (jetstream.Consumer, error) {
	filters := s.filters()
	known, err := stream.Consumer(ctx, s.name)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil, err
	}
	if err == nil {
		cfg := known.CachedInfo().Config
		before := append(cfg.FilterSubjects, cfg.FilterSubject) // the broker uses either
		for _, filter := range filters {
			if slices.Contains(before, filter) {
				continue
			}
			s.log.Info("a new subscription: going through the stream from its beginning", "subject", filter)
			if err := stream.DeleteConsumer(ctx, s.name); err != nil {
				return nil, err
			}
			break
		}
	}
	return stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:        s.name,
		FilterSubjects: filters,
		DeliverPolicy:  jetstream.DeliverAllPolicy,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        s.ackWait,
		MaxDeliver:     -1,
		// One event at a time is what makes the order survive a crash: with
		// more, the next process would get newer ones while older ones still
		// wait for ackWait to pass. In process it costs 16 µs an event.
		MaxAckPending: 1,
	})
}

func (s *Subscriber) filters() []string {
	var subjects []string
	for _, sub := range s.subs {
		subjects = append(subjects, sub.filter())
	}
	slices.Sort(subjects) // two versions of a type share a subject, and subjects may not repeat
	return slices.Compact(subjects)
}

// receive brings one message to its end: handled, recognised or parked, then
// acknowledged. An error means that it is not at its end.
func (s *Subscriber) receive(ctx context.Context, msg jetstream.Msg) error {
	info, err := msg.Metadata()
	if err != nil {
		return fmt.Errorf("read what the broker says of a message: %w", err)
	}
	s.lag.Store(info.NumPending)
	defer s.keepInProgress(msg)()
	d, problem := received(msg.Subject(), msg.Headers(), msg.Data(), info.Sequence.Stream)
	if err := s.settle(ctx, d, problem); err != nil {
		return err
	}
	// Should the acknowledgement get lost, the message comes again and the inbox
	// recognises it.
	return msg.Ack()
}

// keepInProgress tells the broker, until the returned function has returned, that
// the message is being worked on.
func (s *Subscriber) keepInProgress(msg jetstream.Msg) (stop func()) {
	done := make(chan struct{})
	var beats sync.WaitGroup
	beats.Go(func() {
		tick := time.NewTicker(s.ackWait / 4)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				// A lost one matters only if all are lost; then the message comes again.
				_ = msg.InProgress()
			case <-done:
				return
			}
		}
	})
	return func() { close(done); beats.Wait() }
}

// handBack gives what is not at its end back to the broker, so that the next
// process gets it at once and not after ackWait. The pull request is withdrawn
// first: the broker would answer it with the very same message.
func (s *Subscriber) handBack(messages jetstream.MessagesContext, current jetstream.Msg) {
	ctx, cancel := context.WithTimeout(context.Background(), handBackTime)
	defer cancel()
	messages.Drain()
	var open []jetstream.Msg
	if current != nil {
		open = append(open, current)
	}
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			break
		}
		open = append(open, msg)
	}
	if len(open) == 0 || !s.conn.Connected() {
		return
	}
	for _, msg := range open {
		if err := msg.Nak(); err != nil {
			s.log.Debug("an event was not handed back; it comes again by itself", "after", s.ackWait, "error", err)
		}
	}
	if err := s.conn.nc.FlushWithContext(ctx); err != nil {
		s.log.Debug("events were not handed back; they come again by themselves", "after", s.ackWait, "error", err)
	}
}
