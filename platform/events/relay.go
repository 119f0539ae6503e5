package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/lifecycle"
)

// Relay publishes the events in a module's outbox and removes them from it.
type Relay struct {
	db   *database.DB
	conn *Conn
	log  *slog.Logger

	batch   int           // rows read at once
	gather  time.Duration // pause after a commit, so that what commits together is published together
	poll    time.Duration // longest time until events are found that another process committed
	finish  time.Duration // time a batch has after Run's context ended
	backoff []time.Duration

	// at, when set by a test, is called at the named point and can stop the relay there.
	at func(point string) error

	illness   illness
	published atomic.Uint64
	types     counts // of what was published
	failures  atomic.Uint64
}

// RelayStats counts since the relay was made.
type RelayStats struct {
	Published uint64 // events the broker acknowledged
	Failures  uint64 // batches that had to be tried again
}

type outboxRow struct {
	Seq        int64
	EventID    string
	Type       string
	Aggregate  string
	Payload    string
	OccurredAt int64

	Traceparent, Tracestate string

	Behind string // id of the first letter of its aggregate that was not published; "" = none
}

// NewRelay makes the relay of the module that owns db. A nil log is slog.Default().
func NewRelay(db *database.DB, conn *Conn, log *slog.Logger) *Relay {
	if log == nil {
		log = slog.Default()
	}
	return &Relay{
		db: db, conn: conn, log: log,
		batch:   256,
		gather:  5 * time.Millisecond,
		poll:    time.Second,
		finish:  10 * time.Second,
		backoff: []time.Duration{100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second},
	}
}

// Run publishes until ctx ends; the batch it is at then, it finishes. It is run
// under a lease, for the sake of order: of two relays on one outbox, a slow one
// could publish an event late. (It would be recognised and do no harm, but work.)
//
// Run returns nil when ctx has ended. A broker or database that is away makes it
// wait, not return.
func (r *Relay) Run(ctx context.Context) error {
	pace := r.db.Pace(outboxWork, r.poll, r.gather)
	defer pace.End()
	defer r.illness.over()
	failed := 0
	var told lifecycle.Said
	for ctx.Err() == nil {
		n, err := r.publishBatch(ctx)
		switch {
		case err != nil:
			r.failures.Add(1)
			r.illness.because(err)
			if told.IsNew(err) {
				r.log.Warn("events wait in the outbox", "error", err)
			}
			lifecycle.Pause(ctx, r.backoff[min(failed, len(r.backoff)-1)])
			failed++
			continue
		case failed > 0:
			r.log.Info("events are published again", "failures", failed)
			failed, told = 0, nil
			r.illness.over()
		}
		if n == r.batch {
			continue
		}
		pace.Rest(ctx, nil)
	}
	return nil
}

// Problem says why the outbox has not drained for a while; nil: it does. Call it
// where Run runs.
func (r *Relay) Problem() error {
	if err := r.illness.problem(); err != nil {
		return fmt.Errorf("events wait in the outbox: %w", err)
	}
	return nil
}

// Stats returns the counters.
func (r *Relay) Stats() RelayStats {
	return RelayStats{Published: r.published.Load(), Failures: r.failures.Load()}
}

// Types counts what the broker acknowledged since the relay was made, by type of
// event.
func (r *Relay) Types() map[string]uint64 { return r.types.read() }

// Backlog counts the events that wait in the outbox of db.
func Backlog(ctx context.Context, db *database.DB) (int64, error) {
	var n int64
	if err := db.Read(ctx).Raw("SELECT COUNT(*) FROM outbox").Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("events: count the outbox: %w", err)
	}
	return n, nil
}

// publishBatch publishes the oldest events and removes those the broker has
// stored, also when it fails for others. It returns how many it found.
func (r *Relay) publishBatch(ctx context.Context) (int, error) {
	ctx, cancel := outlive(ctx, r.finish)
	defer cancel()
	var rows []outboxRow
	err := r.db.Read(ctx).Raw(`SELECT seq, event_id, type, aggregate, payload, occurred_at, traceparent, tracestate,
		COALESCE((SELECT event_id FROM dead_letters d WHERE d.aggregate = outbox.aggregate AND substr(subject, 1, ?) = ? ORDER BY d.seq LIMIT 1), '') AS behind
		FROM outbox ORDER BY seq LIMIT ?`, len(unpublishedRoot)+1, unpublishedRoot+".", r.batch).Scan(&rows).Error
	if err != nil {
		return 0, fmt.Errorf("read the outbox: %w", err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	if !r.conn.Connected() {
		return len(rows), r.conn.away()
	}
	rows, err = r.parkBehind(ctx, rows)
	if err != nil {
		return len(rows), err
	}
	stored, failure := r.publish(ctx, rows)
	r.published.Add(uint64(len(stored)))
	if err := r.reach("stored"); err != nil {
		return len(rows), err
	}
	if large := (tooLarge{}); errors.As(failure, &large) {
		failure = r.park(ctx, large.row, failure.Error(), 1)
	} else if failure != nil {
		if r.conn.Connected() {
			failure = errors.Join(failure, r.conn.keeper.mend(ctx))
		}
	}
	return len(rows), errors.Join(failure, r.remove(ctx, stored))
}

// publish sends rows in their order without waiting for each acknowledgement,
// except that of an aggregate at most one event is under way: if that one is
// lost, none that came after it is stored. It returns the numbers of the rows the
// broker has on disk, and the first failure, after which nothing more is sent.
func (r *Relay) publish(ctx context.Context, rows []outboxRow) (stored []int64, failure error) {
	type flight struct {
		row outboxRow
		ack jetstream.PubAckFuture
	}
	underWay := make(map[string]flight, len(rows))
	land := func(f flight) {
		delete(underWay, f.row.Aggregate)
		var err error
		select {
		case <-f.ack.Ok():
			stored = append(stored, f.row.Seq)
			r.types.add(f.row.Type)
			return
		case err = <-f.ack.Err():
		case <-ctx.Done():
			err = ctx.Err()
		}
		if failure == nil {
			failure = f.row.failed(err)
		}
	}
	for _, row := range rows {
		if before, ok := underWay[row.Aggregate]; ok {
			land(before)
		}
		if failure != nil {
			break
		}
		ack, err := r.conn.js.PublishMsgAsync(toMessage(row), jetstream.WithExpectStream(StreamName), jetstream.WithRetryAttempts(0))
		if err != nil {
			failure = row.failed(err)
			break
		}
		underWay[row.Aggregate] = flight{row, ack}
	}
	for _, f := range underWay {
		land(f)
	}
	return stored, failure
}

func (r *Relay) remove(ctx context.Context, seqs []int64) error {
	if len(seqs) == 0 {
		return nil
	}
	err := r.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM outbox WHERE seq IN ?", seqs).Error
	})
	if err != nil {
		return fmt.Errorf("remove published events from the outbox: %w", err)
	}
	return nil
}

func (r *Relay) reach(point string) error {
	if r.at == nil {
		return nil
	}
	return r.at(point)
}
