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
		if err := lockAggregate(tx, row.Aggregate); err != nil {
			return err
		}
		gone := tx.Exec("DELETE FROM outbox WHERE seq = ?", row.Seq)
		if gone.Error != nil || gone.RowsAffected == 0 { // put behind others meanwhile
			return gone.Error
		}
		_, err := writeLetter(tx, row.letter(), reason, attempts, time.Now())
		return err
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
	for _, row := range rows {
		if row.Behind == "" {
			free = append(free, row)
		} else if err := r.park(ctx, row, "waits behind "+row.Behind, 0); err != nil {
			return nil, err
		}
	}
	return free, nil
}

// requeue puts the letters of an aggregate that were not published back into the
// outbox, in their order and before what is in it of the aggregate, all at once: the
// relay parks what it finds behind a letter.
func requeue(ctx context.Context, db *database.DB, aggregate string) (sent int, err error) {
	err = db.Write(ctx, func(tx *gorm.DB) error {
		if err := lockAggregate(tx, aggregate); err != nil {
			return err
		}
		var rows, later []outboxRow
		const columns = "event_id, type, aggregate, payload, occurred_at, traceparent, tracestate"
		err := tx.Raw("SELECT "+columns+" FROM dead_letters WHERE aggregate = ? AND substr(subject, 1, ?) = ? ORDER BY seq",
			aggregate, len(unpublishedRoot)+1, unpublishedRoot+".").Scan(&rows).Error
		if err != nil {
			return err
		}
		if err := tx.Raw("SELECT "+columns+" FROM outbox WHERE aggregate = ? ORDER BY seq", aggregate).Scan(&later).Error; err != nil {
			return err
		}
		database.Announce(tx, outboxWork)
		if err := tx.Exec("DELETE FROM outbox WHERE aggregate = ?", aggregate).Error; err != nil {
			return err
		}
		sent = len(rows)
		for _, row := range append(rows, later...) {
			if err := tx.Exec("DELETE FROM dead_letters WHERE event_id = ?", row.EventID).Error; err != nil {
				return err
			}
			err := tx.Exec("INSERT INTO outbox ("+columns+") VALUES (?, ?, ?, ?, ?, ?, ?)",
				row.EventID, row.Type, row.Aggregate, row.Payload, row.OccurredAt, row.Traceparent, row.Tracestate).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	return sent, err
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
		if !strings.HasPrefix(head.subject, unpublishedRoot+".") {
			return sent, fmt.Errorf("events: publish again: %s came from another module, and this one subscribes to nothing now", head.meta.ID)
		}
		n, err := requeue(ctx, db, head.meta.Aggregate)
		sent += n
		if err != nil {
			return sent, fmt.Errorf("events: publish again: %w", err)
		}
	}
	return sent, nil
}
