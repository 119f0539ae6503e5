package sandbox

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"galleria/platform/id"
)

// Notify sends the sandbox's webhooks when they are due, until ctx ends: so a
// shopper who never comes back is settled all the same. deliver takes the webhook
// as the shop's address for them would; when it fails, it is sent again later.
func (s *Page) Notify(ctx context.Context, every time.Duration, deliver func(ctx context.Context, body []byte, headers map[string]string) error) error {
	pace := s.db.Pace(webhookWork, every, gather)
	defer pace.End()
	for {
		if err := s.notifyDue(ctx, deliver); err != nil {
			return err
		}
		if !pace.Rest(ctx, nil) {
			return ctx.Err()
		}
	}
}

// webhookWork is what announces that a webhook has a time to be sent.
const webhookWork = "sandbox webhooks"

// gather is how long after a commit a look for webhooks comes.
const gather = 20 * time.Millisecond

// notifyBatch webhooks are sent per look.
const notifyBatch = 64

// atATime webhooks are on their way together, and so share commits.
const atATime = 8

func (s *Page) notifyDue(ctx context.Context, deliver func(context.Context, []byte, map[string]string) error) error {
	due, err := s.due(ctx)
	if err != nil {
		return err
	}
	var sending errgroup.Group
	sending.SetLimit(atATime)
	for i := range due {
		sending.Go(func() error {
			d := &due[i]
			if d.failure = s.notify(ctx, *d, deliver); d.failure != nil {
				d.next = s.now().Add(again).UnixMicro()
			}
			return nil
		})
	}
	sending.Wait()
	if len(due) == 0 || ctx.Err() != nil {
		return nil // what was sent and not marked is sent once more
	}
	err = s.mark(ctx, due)
	for _, d := range due {
		if d.failure != nil {
			s.log.ErrorContext(ctx, "a webhook of the sandbox was not sent; it is sent again later", "payment", d.session, "error", d.failure)
		}
	}
	return err
}

// again is when a webhook is sent that could not be sent: it must not hold up those
// of other sessions.
const again = 5 * time.Second

// notify does what was to happen later in a session, and sends its webhook.
func (s *Page) notify(ctx context.Context, due dueWebhook, deliver func(context.Context, []byte, map[string]string) error) error {
	if due.late {
		if err := s.happen(ctx, due.session); err != nil {
			return err
		}
	}
	body, err := json.Marshal(webhook{ID: "evt_sandbox_" + id.New(), Payment: due.session})
	if err != nil {
		return fmt.Errorf("sandbox: write a webhook: %w", err)
	}
	if err := deliver(ctx, body, map[string]string{signature: hex.EncodeToString(s.sign(body))}); err != nil {
		return fmt.Errorf("sandbox: send a webhook: %w", err)
	}
	return nil
}

// mark notes when the next webhook of each session is sent, unless another one became
// due meanwhile.
func (s *Page) mark(ctx context.Context, all []dueWebhook) error {
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		for _, due := range all {
			err := tx.Exec("UPDATE sandbox_sessions SET notify_at = ? WHERE id = ? AND notify_at = ?", due.next, due.session, due.at).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("sandbox: note when webhooks are sent: %w", err)
	}
	return nil
}

type dueWebhook struct {
	session string
	at      int64 // when it was to be sent; microseconds
	late    bool  // something was to happen then
	next    int64 // when one is sent again; 0: never
	failure error
}

func (s *Page) due(ctx context.Context) ([]dueWebhook, error) {
	now := s.now().UnixMicro()
	rows, err := s.db.Read(ctx).Raw(`SELECT id, notify_at, state = 'open' OR EXISTS
			(SELECT 1 FROM sandbox_session_refunds r WHERE r.session = s.id AND r.status = 'succeeded' AND r.fails_at > 0 AND r.fails_at <= ?)
		FROM sandbox_sessions s WHERE notify_at > 0 AND notify_at <= ? ORDER BY notify_at LIMIT ?`, now, now, notifyBatch).Rows()
	if err != nil {
		return nil, fmt.Errorf("sandbox: look for webhooks: %w", err)
	}
	defer rows.Close()
	var all []dueWebhook
	for rows.Next() {
		var d dueWebhook
		if err := rows.Scan(&d.session, &d.at, &d.late); err != nil {
			return nil, fmt.Errorf("sandbox: look for webhooks: %w", err)
		}
		all = append(all, d)
	}
	return all, rows.Err()
}

// happen does what was to happen later: a late payment, and a refund that the
// shopper's bank sends back.
func (s *Page) happen(ctx context.Context, session string) error {
	now := s.now().UnixMicro()
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		err := tx.Exec(`UPDATE sandbox_sessions SET state = CASE WHEN capture_later THEN 'held' ELSE 'paid' END
			WHERE id = ? AND state = 'open' AND paid_at > 0 AND paid_at <= ?`, session, now).Error
		if err != nil {
			return err
		}
		var failed sql.NullInt64
		err = tx.Raw("SELECT SUM(amount_minor) FROM sandbox_session_refunds WHERE session = ? AND status = 'succeeded' AND fails_at > 0 AND fails_at <= ?",
			session, now).Row().Scan(&failed)
		if err != nil || failed.Int64 == 0 {
			return err
		}
		err = tx.Exec(`UPDATE sandbox_session_refunds SET status = 'failed', failure = 'the bank of the card sent the money back'
			WHERE session = ? AND status = 'succeeded' AND fails_at > 0 AND fails_at <= ?`, session, now).Error
		if err != nil {
			return err
		}
		return tx.Exec("UPDATE sandbox_sessions SET refunded_minor = refunded_minor - ? WHERE id = ?", failed.Int64, session).Error
	})
	if err != nil {
		return fmt.Errorf("sandbox: do what was to happen later: %w", err)
	}
	return nil
}

// ForgetAddresses empties the addresses of up to most sessions that ended before a
// time: no shopper is led back by them any more, and they hold the order's token.
func (s *Page) ForgetAddresses(ctx context.Context, before time.Time, most int) (gone int64, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec(`UPDATE sandbox_sessions SET description = '', return_url = '', cancel_url = '' WHERE id IN (SELECT id FROM sandbox_sessions
			WHERE return_url <> '' AND created_at < ? AND paid_at < ? AND state NOT IN ('open', 'consent') LIMIT ?)`,
			before.UnixMicro(), before.UnixMicro(), most)
		gone = done.RowsAffected
		return done.Error
	})
	if err != nil {
		return 0, fmt.Errorf("sandbox: forget the addresses of ended sessions: %w", err)
	}
	return gone, nil
}

// Forget deletes up to most sessions made before a time that were not paid.
func (s *Page) Forget(ctx context.Context, before time.Time, most int) (gone int64, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec(`DELETE FROM sandbox_sessions WHERE id IN (SELECT id FROM sandbox_sessions
			WHERE created_at < ? AND state IN ('open', 'consent', 'cancelled', 'ended') LIMIT ?)`, before.UnixMicro(), most)
		gone = done.RowsAffected
		return done.Error
	})
	if err != nil {
		return 0, fmt.Errorf("sandbox: forget unpaid sessions: %w", err)
	}
	return gone, nil
}
