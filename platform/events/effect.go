package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/platform/lifecycle"
)

// outcome is what a transaction did with a delivery.
type outcome int

const (
	applied  outcome = iota // the effect and the inbox row are in the database
	repeated                // they were already, or the dead letter was
	parked                  // a dead letter was made
)

// arrival is a delivery with what is to be done about it: run, or park because of
// problem.
type arrival struct {
	delivery
	run     handler
	problem error
}

func (s *Subscriber) arrival(d delivery, problem error) arrival {
	a := arrival{delivery: d, problem: problem}
	if problem == nil {
		a.run, a.problem = s.handlerOf(d)
	}
	return a
}

// handlerOf decodes d for its handler.
func (s *Subscriber) handlerOf(d delivery) (handler, error) {
	sub, ok := s.subs[d.meta.Type]
	if !ok {
		return nil, fmt.Errorf("this program's %s does not know %s; one that does handles it when it starts", s.name, d.meta.Type)
	}
	return sub.decode(d.payload)
}

// errSuperseded ends a session that is not the last to have begun.
var errSuperseded = errors.New("another process receives these events now")

// begin lets session apply events, and no earlier one.
func (s *Subscriber) begin(ctx context.Context, session string) error {
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := lockInbox(tx, s.name); err != nil {
			return err
		}
		return tx.Exec("INSERT INTO subscribers (name, session) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET session = excluded.session", s.name, session).Error
	})
	if err != nil {
		return fmt.Errorf("begin to receive events: %w", err)
	}
	return nil
}

// enter makes the transaction the only one that applies events, and checks that
// session may.
func (s *Subscriber) enter(tx *gorm.DB, session string) error {
	if err := lockInbox(tx, s.name); err != nil {
		return err
	}
	var last string
	if err := tx.Raw("SELECT session FROM subscribers WHERE name = ?", s.name).Scan(&last).Error; err != nil {
		return fmt.Errorf("look up the session: %w", err)
	}
	if last != session {
		return errSuperseded
	}
	return nil
}

// settleAll brings arrivals to their end in their order, whatever that takes; only
// ctx ends it early. It returns how many are at their end.
func (s *Subscriber) settleAll(ctx context.Context, session string, arrived []arrival) (done int, err error) {
	for done < len(arrived) {
		rest := arrived[done:]
		alone, attempt := 1, 1 // how many are settled one by one, and the last one's attempt
		if n := together(rest); n > 1 {
			failed, err := s.applyTogether(ctx, session, rest[:n])
			if err == nil {
				done += n
				continue
			}
			if ctx.Err() != nil || errors.Is(err, errSuperseded) {
				return done, errors.Join(ctx.Err(), err)
			}
			if failed >= 0 {
				alone, attempt = failed+1, 2
				s.logFailed(rest[failed].delivery, 1, 0, err)
			} else {
				alone = n // the database failed, or the commit: one by one shows whose fault it is
			}
		}
		for i, a := range rest[:alone] {
			first := 1
			if i == alone-1 {
				first = attempt
			}
			if err := s.settle(ctx, session, a, first); err != nil {
				return done, err
			}
			done++
		}
	}
	return done, nil
}

// together is how many arrivals from the first on can be handled in one
// transaction: those without a problem.
func together(arrived []arrival) int {
	for i, a := range arrived {
		if a.problem != nil {
			return i
		}
	}
	return len(arrived)
}

// settle tries a until it is applied or parked, beginning with the given attempt.
func (s *Subscriber) settle(ctx context.Context, session string, a arrival, attempt int) error {
	for ; ; attempt++ {
		result, err := s.try(ctx, session, a, attempt)
		if err == nil {
			s.count(a.delivery, result)
			return nil
		}
		if ctx.Err() != nil || errors.Is(err, errSuperseded) {
			return errors.Join(ctx.Err(), err)
		}
		s.illness.because(err)
		wait := s.waitAfter(attempt)
		s.logFailed(a.delivery, attempt, wait, err)
		if lifecycle.Pause(ctx, wait) != nil {
			return ctx.Err()
		}
	}
}

func (s *Subscriber) logFailed(d delivery, attempt int, wait time.Duration, err error) {
	s.failed.Add(1)
	s.log.Warn("handling an event failed", "event", d.meta.ID, "type", d.meta.Type, "aggregate", d.meta.Aggregate,
		"attempt", attempt, "again_in", wait, "error", err)
}

// try makes one attempt at a.
func (s *Subscriber) try(ctx context.Context, session string, a arrival, attempt int) (outcome, error) {
	return s.traced(ctx, a.delivery, func(ctx context.Context) (outcome, error) {
		if a.problem != nil {
			return s.park(ctx, session, a.delivery, a.problem)
		}
		return s.apply(ctx, session, a.delivery, a.run, attempt)
	})
}

// applyTogether applies arrivals in one transaction, or none of them. When it
// fails, failed is the arrival whose handler did; -1 means that it was none's.
func (s *Subscriber) applyTogether(ctx context.Context, session string, arrived []arrival) (failed int, err error) {
	results := make([]outcome, len(arrived))
	failed = -1
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		failed = -1
		if err := s.enter(tx, session); err != nil {
			return err
		}
		heads, err := parkedHeads(tx, arrived)
		if err != nil {
			return err
		}
		fresh, err := s.insertInboxes(tx, arrived, heads)
		if err != nil {
			return err
		}
		for i, a := range arrived {
			head, behind := heads[a.line()]
			switch {
			case behind:
				results[i], err = s.insertLetter(tx, a.delivery, "waits behind "+head, 0)
			case fresh[a.meta.ID]:
				delete(fresh, a.meta.ID) // a second delivery in this batch is a repeated one
				results[i], err = s.traced(ctx, a.delivery, func(ctx context.Context) (outcome, error) {
					return applied, s.protect(ctx, tx.WithContext(ctx), a.delivery, a.run)
				})
				if err != nil {
					failed = i
				}
			default:
				results[i] = repeated
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return failed, err
	}
	for i, a := range arrived {
		s.count(a.delivery, results[i])
	}
	return 0, nil
}

// apply runs the handler and records in the inbox that it ran, in one
// transaction; or it parks d behind an earlier event of its aggregate.
//
// An attempt beyond the last wait parks d when the handler fails, and in the same
// transaction: a database that takes the letter was there for the handler, too,
// so it is the event that is bad. If it takes none, the next attempt begins with
// the handler again, and an outage, however long, makes letters of nothing.
func (s *Subscriber) apply(ctx context.Context, session string, d delivery, run handler, attempt int) (result outcome, err error) {
	var reason error
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		reason = nil
		if err := s.enter(tx, session); err != nil {
			return err
		}
		head, err := firstParked(tx, d.source(), d.meta.Aggregate)
		if err != nil {
			return err
		}
		if head.EventID != "" {
			result, err = s.insertLetter(tx, d, "waits behind "+head.EventID, 0)
			return err
		}
		if attempt <= len(s.backoff) {
			result, err = s.handle(ctx, tx, d, run)
			return err
		}
		reason = tx.Transaction(func(tx *gorm.DB) (err error) {
			result, err = s.handle(ctx, tx, d, run)
			return err
		})
		if reason == nil || ctx.Err() != nil {
			return reason
		}
		if result, err = s.insertLetter(tx, d, reason.Error(), attempt); err != nil {
			return errors.Join(reason, err)
		}
		return nil
	})
	if err == nil && reason != nil {
		s.failed.Add(1)
		s.logParked(ctx, d, result, reason, attempt)
	}
	return result, err
}

// handle writes the inbox row and lets run write the effect.
func (s *Subscriber) handle(ctx context.Context, tx *gorm.DB, d delivery, run handler) (outcome, error) {
	fresh, err := s.insertInbox(tx, d.meta.ID)
	if err != nil || !fresh {
		return repeated, err
	}
	return applied, s.protect(ctx, tx, d, run)
}

// park makes a dead letter of d, which no handler can be given.
func (s *Subscriber) park(ctx context.Context, session string, d delivery, reason error) (result outcome, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := s.enter(tx, session); err != nil {
			return err
		}
		var err error
		result, err = s.insertLetter(tx, d, reason.Error(), 0)
		return err
	})
	if err != nil {
		return result, fmt.Errorf("park the event: %w", err)
	}
	s.logParked(ctx, d, result, reason, 0)
	return result, nil
}

func (s *Subscriber) logParked(ctx context.Context, d delivery, result outcome, reason error, attempts int) {
	if result == parked {
		s.log.ErrorContext(ctx, "an event was parked as a dead letter", "event", d.meta.ID, "type", d.meta.Type,
			"aggregate", d.meta.Aggregate, "attempts", attempts, "error", reason)
	}
}

// protect turns a handler's panic into a failure of this event.
func (s *Subscriber) protect(ctx context.Context, tx *gorm.DB, d delivery, run handler) (err error) {
	err = lifecycle.Guard(func() error { return run(ctx, tx, d.meta) })
	if p, panicked := err.(*lifecycle.Panic); panicked {
		s.log.ErrorContext(ctx, "an event handler panicked", "event", d.meta.ID, "type", d.meta.Type, "panic", p.Value, "stack", string(p.Stack))
		return fmt.Errorf("the handler panicked: %v", p.Value)
	}
	return err
}

func (s *Subscriber) count(d delivery, result outcome) {
	switch result {
	case applied:
		s.handled.Add(1)
		s.types.add(d.meta.Type)
	case repeated:
		s.repeated.Add(1)
		s.log.Debug("an event came again", "event", d.meta.ID, "type", d.meta.Type)
	case parked:
		s.parked.Add(1)
	}
}

func (s *Subscriber) waitAfter(attempt int) time.Duration {
	if len(s.backoff) == 0 {
		return time.Second
	}
	return s.backoff[min(attempt, len(s.backoff))-1]
}
