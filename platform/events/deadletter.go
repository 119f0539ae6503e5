package events

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"galleria/platform/database"
)

// maxReason bounds the error text that is kept with a dead letter, in bytes.
const maxReason = 2000

// ErrNoSuchLetter says that no dead letter has a given id.
var ErrNoSuchLetter = errors.New("no such dead letter")

// DeadLetter is an event that a subscriber could not handle, or that came after
// such a one of the same aggregate.
type DeadLetter struct {
	Seq        int64     // position in the list; events of an aggregate are in their order
	EventID    string    // what Resend wants
	Subject    string    // under which it was published
	Type       string    // full Protobuf name of the message
	Aggregate  string    // what it happened to
	Payload    string    // the message as JSON
	OccurredAt time.Time // UTC
	Error      string    // of the last attempt
	Attempts   int       // 0 = never tried: not decodable, or behind another
	ParkedAt   time.Time // UTC
}

// letterRow is DeadLetter as the table has it: times as microseconds.
type letterRow struct {
	Seq        int64
	EventID    string
	Subject    string
	Type       string
	Aggregate  string
	Payload    string
	OccurredAt int64
	Error      string
	Attempts   int
	ParkedAt   int64

	Traceparent, Tracestate string
}

const letterColumns = "seq, event_id, subject, type, aggregate, payload, occurred_at, error, attempts, parked_at, traceparent, tracestate"

// DeadLetters lists at most limit dead letters of the module that owns db, the
// oldest first, beginning after the one with the Seq after (0 = from the start).
func DeadLetters(ctx context.Context, db *database.DB, limit int, after int64) ([]DeadLetter, error) {
	var rows []letterRow
	err := db.Read(ctx).Raw("SELECT "+letterColumns+" FROM dead_letters WHERE seq > ? ORDER BY seq LIMIT ?", after, limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("events: list dead letters: %w", err)
	}
	letters := make([]DeadLetter, 0, len(rows))
	for _, row := range rows {
		letters = append(letters, row.letter())
	}
	return letters, nil
}

// CountDeadLetters counts the dead letters of the module that owns db.
func CountDeadLetters(ctx context.Context, db *database.DB) (int64, error) {
	var n int64
	if err := db.Read(ctx).Raw("SELECT COUNT(*) FROM dead_letters").Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("events: count dead letters: %w", err)
	}
	return n, nil
}

// Resend handles the dead letters with the given event ids once more, each in a
// transaction like any event's, and returns how many letters are gone. Order goes
// before choice: of each aggregate named, all letters are handled, from its
// oldest to its newest, until one fails; that one and those behind it stay, with
// the new error. An unknown id is ErrNoSuchLetter, and nothing is done.
//
// It may be called in any process that has the module's subscriptions, also while
// the subscriber runs there or elsewhere.
func (s *Subscriber) Resend(ctx context.Context, ids ...string) (int, error) {
	heads, err := chosen(ctx, s.db, ids)
	if err != nil {
		return 0, fmt.Errorf("events: resend to %s: %w", s.name, err)
	}
	gone, failures := 0, []error(nil)
	for _, head := range heads {
		n, err := s.resendAggregate(ctx, head)
		gone += n
		failures = append(failures, err)
	}
	if err := errors.Join(failures...); err != nil {
		return gone, fmt.Errorf("events: resend to %s: %w", s.name, err)
	}
	return gone, nil
}

// chosen returns one letter of each aggregate that ids name.
func chosen(ctx context.Context, db *database.DB, ids []string) ([]delivery, error) {
	var rows []letterRow
	if err := db.Read(ctx).Raw("SELECT "+letterColumns+" FROM dead_letters WHERE event_id IN ? ORDER BY seq", ids).Scan(&rows).Error; err != nil {
		return nil, err
	}
	var unknown []string
	for _, id := range ids {
		if !slices.ContainsFunc(rows, func(r letterRow) bool { return r.EventID == id }) {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoSuchLetter, strings.Join(unknown, ", "))
	}
	var heads []delivery
	for _, row := range rows {
		d := row.delivery()
		if !slices.ContainsFunc(heads, d.sameAggregate) {
			heads = append(heads, d)
		}
	}
	return heads, nil
}

func (s *Subscriber) resendAggregate(ctx context.Context, of delivery) (gone int, err error) {
	if strings.HasPrefix(of.subject, unpublishedRoot+".") {
		return requeue(ctx, s.db, of.meta.Aggregate)
	}
	for {
		row, err := firstParked(s.db.Read(ctx), of.source(), of.meta.Aggregate)
		if err != nil || row.EventID == "" {
			return gone, err
		}
		if err := s.resendOne(ctx, row); err != nil {
			return gone, fmt.Errorf("%s %s of %s: %w", row.Type, row.EventID, row.Aggregate, err)
		}
		gone++
	}
}

func (s *Subscriber) resendOne(ctx context.Context, row letterRow) error {
	d := row.delivery()
	run, err := s.handlerOf(d)
	if err == nil {
		var result outcome
		result, err = s.traced(ctx, d, func(ctx context.Context) (outcome, error) { return s.unpark(ctx, d, run) })
		if err == nil {
			s.count(d, result)
			return nil
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.failed.Add(1)
	return errors.Join(err, s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE dead_letters SET error = ?, attempts = attempts + 1 WHERE event_id = ?", reasonText(err.Error()), d.meta.ID).Error
	}))
}

// unpark handles a parked delivery and removes its letter, in one transaction.
func (s *Subscriber) unpark(ctx context.Context, d delivery, run handler) (result outcome, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := lockInbox(tx, s.name); err != nil {
			return err
		}
		var err error
		if result, err = s.handle(ctx, tx, d, run); err != nil { // repeated: another Resend was quicker
			return err
		}
		return tx.Exec("DELETE FROM dead_letters WHERE event_id = ?", d.meta.ID).Error
	})
	return result, err
}

// resendUnderstood handles letters that were parked untried, because an older
// program did not know their type, and that this program knows. Other letters are
// the operator's: they failed.
func (s *Subscriber) resendUnderstood(ctx context.Context) {
	var types []string
	for name := range s.subs {
		types = append(types, name)
	}
	var rows []letterRow
	err := s.db.Read(ctx).Raw("SELECT "+letterColumns+` FROM dead_letters l WHERE attempts = 0 AND type IN ? AND NOT EXISTS
		(SELECT 1 FROM dead_letters earlier WHERE earlier.aggregate = l.aggregate AND earlier.seq < l.seq) ORDER BY seq`, types).Scan(&rows).Error
	for _, row := range rows {
		n, failure := s.resendAggregate(ctx, row.delivery())
		err = errors.Join(err, failure)
		s.log.Info("handled dead letters that an older program had parked", "aggregate", row.Aggregate, "letters", n)
	}
	if err != nil && ctx.Err() == nil {
		s.log.Warn("dead letters stay that this program knows the type of", "error", err)
	}
}

// parkedHeads finds the oldest letter of each line that has one.
func parkedHeads(tx *gorm.DB, arrived []arrival) (map[string]string, error) {
	aggregates := make([]string, len(arrived))
	for i, a := range arrived {
		aggregates[i] = a.meta.Aggregate
	}
	var rows []letterRow
	if err := tx.Raw("SELECT event_id, subject, aggregate FROM dead_letters WHERE aggregate IN ? ORDER BY seq DESC", aggregates).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("look for dead letters: %w", err)
	}
	heads := map[string]string{}
	for _, row := range rows {
		heads[row.delivery().line()] = row.EventID
	}
	return heads, nil
}

// firstParked returns the oldest letter of an aggregate; no EventID means none.
func firstParked(db *gorm.DB, source, aggregate string) (row letterRow, err error) {
	err = db.Raw("SELECT "+letterColumns+" FROM dead_letters WHERE aggregate = ? AND substr(subject, 1, ?) = ? ORDER BY seq LIMIT 1",
		aggregate, len(source), source).Scan(&row).Error
	if err != nil {
		return row, fmt.Errorf("look for dead letters of %s: %w", aggregate, err)
	}
	return row, nil
}

// insertLetter parks d at the end, unless it is there or has been handled.
func (s *Subscriber) insertLetter(tx *gorm.DB, d delivery, reason string, attempts int) (outcome, error) {
	if done, err := s.inInbox(tx, d.meta.ID); err != nil || done {
		return repeated, err
	}
	fresh, err := writeLetter(tx, d, reason, attempts, s.now())
	if err != nil || !fresh {
		return repeated, err
	}
	return parked, nil
}

// writeLetter appends to the table; false means that the event is there already.
func writeLetter(tx *gorm.DB, d delivery, reason string, attempts int, now time.Time) (fresh bool, err error) {
	r := tx.Exec(`INSERT INTO dead_letters (event_id, subject, type, aggregate, payload, occurred_at, error, attempts, parked_at, traceparent, tracestate, seq)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM dead_letters)) ON CONFLICT DO NOTHING`,
		d.meta.ID, d.subject, d.meta.Type, d.meta.Aggregate, d.payload, d.meta.OccurredAt.UnixMicro(),
		reasonText(reason), attempts, now.UnixMicro(), d.origin.parent, d.origin.state)
	if r.Error != nil {
		return false, fmt.Errorf("insert the dead letter: %w", r.Error)
	}
	return r.RowsAffected == 1, nil
}

func reasonText(s string) string {
	return text(s[:min(len(s), maxReason)])
}

func (r letterRow) delivery() delivery {
	return delivery{
		meta:    Meta{ID: r.EventID, Aggregate: r.Aggregate, Type: r.Type, OccurredAt: time.UnixMicro(r.OccurredAt).UTC()},
		subject: r.Subject,
		payload: r.Payload,
		origin:  origin{r.Traceparent, r.Tracestate},
	}
}

func (r letterRow) letter() DeadLetter {
	return DeadLetter{
		Seq: r.Seq, EventID: r.EventID, Subject: r.Subject, Type: r.Type, Aggregate: r.Aggregate, Payload: r.Payload,
		OccurredAt: time.UnixMicro(r.OccurredAt).UTC(), Error: r.Error, Attempts: r.Attempts, ParkedAt: time.UnixMicro(r.ParkedAt).UTC(),
	}
}

func (d delivery) sameAggregate(o delivery) bool {
	return d.line() == o.line()
}
