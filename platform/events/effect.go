package events

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"gorm.io/gorm"
)

// outcome is what a transaction did with a delivery.
type outcome int

const (
	applied  outcome = iota // the effect and the inbox row are in the database
	repeated                // they were already, or the dead letter was
	parked                  // a dead letter was made
)

// settle tries d until it is applied or parked, whatever that takes; only ctx
// ends it early. problem is why d can't be handled at all, if so.
func (s *Subscriber) settle(ctx context.Context, d delivery, problem error) error {
	run, problem := s.handlerOf(d, problem)
	if problem == nil && run == nil {
		return nil // another version of a type we want; not ours
	}
	for attempt := 1; ; attempt++ {
		result, err := s.try(ctx, d, run, problem, attempt)
		if err == nil {
			s.count(d, result)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.failed.Add(1)
		wait := s.waitAfter(attempt)
		s.log.Warn("handling an event failed", "event", d.meta.ID, "type", d.meta.Type, "aggregate", d.meta.Aggregate,
			"attempt", attempt, "again_in", wait, "error", err)
		if !pause(ctx, wait) {
			return ctx.Err()
		}
	}
}

// try makes one attempt at d.
func (s *Subscriber) try(ctx context.Context, d delivery, run handler, problem error, attempt int) (outcome, error) {
	return s.traced(ctx, d, func(ctx context.Context) (outcome, error) {
		if problem != nil {
			return s.park(ctx, d, problem)
		}
		return s.apply(ctx, d, run, attempt)
	})
}

// handlerOf decodes d for its handler; nil means that no subscription wants it.
func (s *Subscriber) handlerOf(d delivery, problem error) (handler, error) {
	if problem != nil {
		return nil, problem
	}
	sub, ok := s.subs[d.meta.Type]
	if !ok {
		return nil, nil
	}
	return sub.decode(d.payload)
}

// apply runs the handler and records in the inbox that it ran, in one
// transaction; or it parks d behind an earlier event of its aggregate.
//
// An attempt beyond the last wait parks d when the handler fails, and in the same
// transaction: a database that takes the letter was there for the handler, too,
// so it is the event that is bad. If it takes none, the next attempt begins with
// the handler again, and an outage, however long, makes letters of nothing.
func (s *Subscriber) apply(ctx context.Context, d delivery, run handler, attempt int) (result outcome, err error) {
	var reason error
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		reason = nil
		if err := lockAggregate(tx, "inbox", d.source()+d.meta.Aggregate); err != nil {
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
func (s *Subscriber) park(ctx context.Context, d delivery, reason error) (result outcome, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := lockAggregate(tx, "inbox", d.source()+d.meta.Aggregate); err != nil {
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
	defer func() {
		if p := recover(); p != nil {
			s.log.ErrorContext(ctx, "an event handler panicked", "event", d.meta.ID, "type", d.meta.Type, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("the handler panicked: %v", p)
		}
	}()
	return run(ctx, tx, d.meta)
}

func (s *Subscriber) count(d delivery, result outcome) {
	switch result {
	case applied:
		s.handled.Add(1)
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
