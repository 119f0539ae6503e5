package events

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/reflect/protoreflect"
	"gorm.io/gorm"

	"galleria/platform/database"
)

// An event that the broker never takes, for its size, is parked by the relay, and
// the later ones of its aggregate behind it. It was never in the stream, and its
// letter's subject says so: unpublishedRoot in the place of "events".
const unpublishedRoot = "outbox"

// codeTooLarge is the error code with which JetStream refuses a message that is
// larger than the stream's settings allow.
const codeTooLarge jetstream.ErrorCode = 10054

// tooLarge is the failure to publish a row that the broker never takes.
type tooLarge struct {
	row   outboxRow
	cause error
}

func (t tooLarge) Error() string {
	return fmt.Sprintf("%d bytes are more than the broker takes of one event: %s", len(t.row.Payload), t.cause)
}

func (row outboxRow) failed(err error) error {
	var refused *jetstream.APIError
	if errors.Is(err, nats.ErrMaxPayload) || errors.As(err, &refused) && refused.ErrorCode == codeTooLarge {
		err = tooLarge{row, err}
	}
	return fmt.Errorf("publish %s %s of %s: %w", row.Type, row.EventID, row.Aggregate, err)
}

// letter is the row as a parked delivery.
func (row outboxRow) letter() delivery {
	subject := subjectOf(protoreflect.FullName(row.Type), row.Aggregate)
	return delivery{
		meta:    Meta{ID: row.EventID, Aggregate: row.Aggregate, Type: row.Type, OccurredAt: time.UnixMicro(row.OccurredAt).UTC()},
		subject: unpublishedRoot + strings.TrimPrefix(subject, subjectRoot),
		payload: row.Payload,
		origin:  origin{row.Traceparent, row.Tracestate},
	}
}

// park takes a row out of the outbox and keeps it as a dead letter.
func (r *Relay) park(ctx context.Context, row outboxRow, reason string, attempts int) error {
	err := r.db.Write(ctx, func(tx *gorm.DB) error {
		if _, err := writeLetter(tx, row.letter(), reason, attempts, time.Now()); err != nil {
			return err
		}
		return tx.Exec("DELETE FROM outbox WHERE seq = ?", row.Seq).Error
	})
	if err != nil {
		return fmt.Errorf("park %s %s of %s: %w", row.Type, row.EventID, row.Aggregate, err)
	}
	r.log.ErrorContext(ctx, "an event was parked as a dead letter before it was published", "event", row.EventID, "type", row.Type, "aggregate", row.Aggregate, "error", reason)
	return nil
}

// parkBehind parks the rows that come after a parked one of their aggregate, and
// returns the others.
func (r *Relay) parkBehind(ctx context.Context, rows []outboxRow) (free []outboxRow, err error) {
	waiting := make([]arrival, len(rows))
	for i, row := range rows {
		waiting[i].delivery = row.letter()
	}
	heads, err := parkedHeads(r.db.Read(ctx), waiting)
	if err != nil || len(heads) == 0 {
		return rows, err
	}
	for i, row := range rows {
		head, behind := heads[waiting[i].line()]
		if !behind {
			free = append(free, row)
		} else if err := r.park(ctx, row, "waits behind "+head, 0); err != nil {
			return rows, err
		}
	}
	return free, nil
}

func (r letterRow) unpublished() bool { return strings.HasPrefix(r.Subject, unpublishedRoot+".") }

// requeue puts a letter that was not published back into the outbox, for the relay
// to try again.
func requeue(ctx context.Context, db *database.DB, row letterRow) error {
	return db.Write(ctx, func(tx *gorm.DB) error {
		err := tx.Exec("INSERT INTO outbox (event_id, type, aggregate, payload, occurred_at, traceparent, tracestate) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			row.EventID, row.Type, row.Aggregate, row.Payload, row.OccurredAt, row.Traceparent, row.Tracestate).Error
		if err != nil {
			return err
		}
		return tx.Exec("DELETE FROM dead_letters WHERE event_id = ?", row.EventID).Error
	})
}

// Republish puts dead letters of a module that were not published back into its
// outbox, those of each aggregate in their order, and returns how many. It is Resend
// for a module that subscribes to nothing. An unknown id is ErrNoSuchLetter, and
// nothing is done.
func Republish(ctx context.Context, db *database.DB, ids ...string) (int, error) {
	heads, err := chosen(ctx, db, ids)
	if err != nil {
		return 0, fmt.Errorf("events: publish again: %w", err)
	}
	sent := 0
	for _, head := range heads {
		for {
			row, err := firstParked(db.Read(ctx), head.source(), head.meta.Aggregate)
			if err == nil && row.EventID != "" && !row.unpublished() {
				err = fmt.Errorf("%s came from another module, and this one subscribes to nothing now", row.EventID)
			}
			if err == nil && row.EventID != "" {
				err = requeue(ctx, db, row)
			}
			if err != nil {
				return sent, fmt.Errorf("events: publish again: %w", err)
			}
			if row.EventID == "" {
				break
			}
			sent++
		}
	}
	return sent, nil
}
