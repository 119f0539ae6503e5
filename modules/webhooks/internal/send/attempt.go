package send

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"galleria/modules/webhooks/internal/store"
	"galleria/modules/webhooks/internal/webhook"
)

// soon is the longest pause for which a timer wakes Run; what is due later is found by
// looking.
const soon = 10 * time.Second

// attempt sends one delivery and notes how it went, also when ctx ends in between.
func (s *Sender) attempt(ctx context.Context, e webhook.Endpoint, d webhook.Delivery) {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(finishTime, cancel) })()
	got := s.client.post(sending, e, d, s.now())
	if sending.Err() != nil && !got.ok() {
		return // cut off because the process stops: made again when the claim is over
	}
	noting, done := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer done()
	if err := s.note(noting, d, got); err != nil {
		s.log.WarnContext(ctx, "the outcome of a webhook could not be stored; the webhook is sent again", "endpoint", e.ID, "delivery", d.ID, "error", err)
	}
}

func (s *Sender) note(ctx context.Context, d webhook.Delivery, got answer) error {
	now := s.now()
	if got.ok() {
		return s.store.Succeeded(ctx, d, got.status, got.body, now)
	}
	pause := max(s.options.Retries.After(d.Attempts), got.retryAfter)
	if got.retryAfter > 0 {
		s.rest(d.EndpointID, now.Add(min(got.retryAfter, longestRest)))
	}
	f := store.Failure{Status: got.status, Answer: got.body, Problem: got.problem(), Next: now.Add(pause)}
	switch end := d.FirstAt.Add(s.options.Retries.GiveUp); {
	case !now.Before(end):
		f.Next = time.Time{}
	case f.Next.After(end):
		f.Next = end // the last attempt
	}
	if got.status == http.StatusGone {
		f.Next, f.Off = time.Time{}, "It answered 410 Gone, which says that it wants no more requests."
	}
	off, err := s.store.Failed(ctx, d, f, fmt.Sprintf("Every request failed for %s. The last one: %s", s.options.Retries.GiveUp, f.Problem), now)
	if err != nil {
		return err
	}
	if pause := f.Next.Sub(now); pause > 0 && pause <= soon {
		time.AfterFunc(pause, s.wake) // Run may look less often than that
	}
	s.log.InfoContext(ctx, "a webhook failed", "endpoint", d.EndpointID, "delivery", d.ID, "status", got.status, "attempts", d.Attempts, "given_up", f.Next.IsZero())
	if off {
		s.log.ErrorContext(ctx, "a webhook endpoint was switched off; galleria webhooks list says why, and galleria webhooks on switches it on again", "endpoint", d.EndpointID)
	}
	return nil
}
