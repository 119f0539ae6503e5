// Package send sends the deliveries that wait.
//
// Each endpoint has a lane of its own, with so many requests at once and so many a
// second: one that hangs fills its lane, and no other waits for it.
//
// # At least once
//
// An attempt is noted before it is made, with the time after which it is made again, and
// its outcome after it. If this process dies in between, nobody knows whether the
// endpoint has it: it is sent again, with the same webhook-id, by which the receiver
// knows it.
package send

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"galleria/modules/webhooks/internal/store"
	"galleria/modules/webhooks/internal/webhook"
)

const (
	// gather lets deliveries that are queued together be found together.
	gather = 20 * time.Millisecond
	// poll finds those whose pause is over, or that another process queued.
	poll = time.Second
	// claimSlack is how much longer than its timeout an attempt is kept from others.
	claimSlack = 2 * finishTime
	// finishTime is what attempts under way get when the process stops.
	finishTime = 5 * time.Second
)

// Options are the bounds of the work.
type Options struct {
	// AtOnce and PerSecond bound the requests to one endpoint.
	AtOnce, PerSecond int
	Timeout           time.Duration
	Retries           webhook.Retries
}

// Sender sends.
type Sender struct {
	store   *store.Store
	client  *Client
	options Options
	now     func() time.Time
	log     *slog.Logger

	mu    sync.Mutex
	lanes map[string]*lane
	// freed wakes Run when a lane has room again.
	freed chan struct{}
}

// lane is what is under way to one endpoint.
type lane struct {
	busy int
	// next is when the next request may begin, and woken the one of these times that
	// there is a timer for.
	next, woken time.Time
}

// New makes a sender.
func New(s *store.Store, client *Client, o Options, now func() time.Time, log *slog.Logger) *Sender {
	return &Sender{store: s, client: client, options: o, now: now, log: log, lanes: map[string]*lane{}, freed: make(chan struct{}, 1)}
}

// Run sends what is due until ctx ends, and returns when the last attempt has. It is run
// under a lease: two at once would send nothing twice, but not keep to the bounds. It
// fails only with the database.
func (s *Sender) Run(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	pace := s.store.Pace(poll, gather)
	defer pace.End()
	for ctx.Err() == nil {
		if err := s.pass(ctx, &all); err != nil && ctx.Err() == nil {
			return err
		}
		pace.Rest(ctx, s.freed)
	}
	return ctx.Err()
}

// pass begins what is due and has room in its lane.
func (s *Sender) pass(ctx context.Context, all *sync.WaitGroup) error {
	busy, err := s.store.Busy(ctx, s.now())
	if err != nil {
		return err
	}
	for _, e := range busy {
		room := s.room(e.ID)
		if room == 0 {
			continue
		}
		due, err := s.store.Due(ctx, e.ID, s.now(), room)
		if err != nil {
			return err
		}
		for _, d := range due {
			now := s.now()
			mine, err := s.store.Claim(ctx, &d, now, now.Add(s.options.Timeout+claimSlack))
			if err != nil {
				return err
			}
			if !mine {
				continue
			}
			s.enter(e.ID, now)
			all.Go(func() {
				defer s.leave(e.ID)
				s.attempt(ctx, e, d)
			})
		}
	}
	return nil
}

// room is how many requests to the endpoint may begin now.
func (s *Sender) room(endpoint string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lanes[endpoint]
	switch now := s.now(); {
	case l == nil:
		return min(s.options.AtOnce, s.options.PerSecond)
	case now.Before(l.next):
		// Look again when it may go on.
		if !l.woken.Equal(l.next) {
			l.woken = l.next
			time.AfterFunc(l.next.Sub(now), s.wake)
		}
		return 0
	}
	return min(s.options.AtOnce-l.busy, s.options.PerSecond)
}

// enter takes room, and a share of the second.
func (s *Sender) enter(endpoint string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lanes[endpoint]
	if l == nil {
		l = &lane{}
		s.lanes[endpoint] = l
	}
	l.busy++
	if l.next.Before(now) {
		l.next = now
	}
	l.next = l.next.Add(time.Second / time.Duration(s.options.PerSecond))
}

// leave gives room back. A lane is kept when it is empty: there are as many as endpoints.
func (s *Sender) leave(endpoint string) {
	s.mu.Lock()
	s.lanes[endpoint].busy--
	s.mu.Unlock()
	s.wake()
}

// longestRest bounds how long an endpoint that asks for a rest gets no request at all. The
// delivery that it answered waits as long as it asks; others, and what is sent by hand,
// are not held up by it for hours.
const longestRest = time.Minute

// rest keeps requests from an endpoint for a while.
func (s *Sender) rest(endpoint string, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.lanes[endpoint]; l.next.Before(until) {
		l.next = until
	}
}

func (s *Sender) wake() {
	select {
	case s.freed <- struct{}{}:
	default:
	}
}
