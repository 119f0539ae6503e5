package stripe

import (
	"context"
	"errors"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"galleria/modules/payments/internal/hosted"
)

// waiting is a payment whose page is open, or was.
func waiting(status hosted.Status) hosted.Payment {
	now := time.Now()
	t := hosted.Terms{ID: "p1", OrderID: "o1", Provider: "stripe", Currency: "EUR", Amount: 1290, CaptureLater: true, Expires: now.Add(20 * time.Minute)}
	page := hosted.Page{Email: "ana@example.org", ReturnURL: "https://shop.example/back", CancelURL: "https://shop.example/cart"}
	refunds := []hosted.Refund{{ID: "r1", Amount: 400, Status: hosted.RefundPending, Created: now}}
	return hosted.Restore(t, page, hosted.State{Status: status, Session: "cs_1", Intent: "pi_1"}, refunds, now, 1, 0)
}

func TestRequestsForThePageAreThoseStripeDescribes(t *testing.T) {
	seen := &recorder{}
	front := httptest.NewServer(seen.wrap(httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: startMock(t)})))
	t.Cleanup(front.Close)
	s, ctx := NewPage("sk_test_123", front.URL, nil, time.Now), context.Background()
	for _, c := range []struct {
		line string // one of those asked
		do   func() error
	}{
		{"POST /v1/checkout/sessions", func() error { _, err := s.Open(ctx, waiting(hosted.Waiting)); return err }},
		{"GET /v1/checkout/sessions/cs_1", func() error { _, err := s.Look(ctx, waiting(hosted.Paid)); return err }},
		{"POST /v1/checkout/sessions/cs_1/expire", func() error { _, err := s.Close(ctx, waiting(hosted.Waiting)); return err }},
		{"POST /v1/payment_intents/pi_1/capture", func() error { _, err := s.Capture(ctx, waiting(hosted.Authorized)); return err }},
		{"POST /v1/refunds", func() error {
			_, err := s.Refund(ctx, waiting(hosted.Paid), hosted.Refund{ID: "r1", Amount: 400, Created: time.Now()})
			return err
		}},
		{"GET /v1/refunds", func() error {
			_, err := s.Refund(ctx, waiting(hosted.Paid), hosted.Refund{ID: "r1", Amount: 400, Attempt: 1, Created: time.Now()})
			return err
		}},
	} {
		from := len(seen.sent)
		if err := c.do(); err != nil {
			t.Errorf("%s: got %v, want none", c.line, err)
		}
		lines := []string{}
		for _, one := range seen.sent[from:] {
			lines = append(lines, one.line)
		}
		if !strings.Contains(strings.Join(lines, "\n")+"\n", c.line+"\n") {
			t.Errorf("asked %q, want %s among them", lines, c.line)
		}
	}
}

func TestAnAnswerThatIsNoneLeavesOpenWhatWasDone(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"their fault":            {500, fault("api_error", "", "")},
		"wrong secret key":       {401, fault("invalid_request_error", "", "")},
		"too many requests":      {429, fault("invalid_request_error", "rate_limit", "")},
		"key of another request": {400, fault("idempotency_error", "", "")},
		"no JSON":                {502, "<html>bad gateway</html>"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Page{api: answering(t, c.status, c.body).api, now: time.Now}
			_, opened := s.Open(t.Context(), waiting(hosted.Waiting))
			_, looked := s.Look(t.Context(), waiting(hosted.Waiting))
			_, closed := s.Close(t.Context(), waiting(hosted.Waiting))
			_, captured := s.Capture(t.Context(), waiting(hosted.Authorized))
			_, refunded := s.Refund(t.Context(), waiting(hosted.Paid), hosted.Refund{ID: "r1", Amount: 400, Created: time.Now()})
			for step, err := range map[string]error{"open": opened, "look": looked, "close": closed, "capture": captured, "refund": refunded} {
				if !errors.Is(err, hosted.ErrUnavailable) || errors.Is(err, hosted.ErrSpent) {
					t.Errorf("%s: got %v, want unavailable", step, err)
				}
				discreetly(t, err)
			}
		})
	}
}

func TestARefusalSaysWhatToChange(t *testing.T) {
	for code, says := range map[string]string{"amount_too_small": "smaller", "amount_too_large": "larger", "email_invalid": "mail address", "other": "other"} {
		s := &Page{api: answering(t, 400, fault("invalid_request_error", code, "")).api, now: time.Now}
		_, err := s.Open(t.Context(), waiting(hosted.Waiting))
		var no hosted.Impossible
		if !errors.As(err, &no) || !strings.Contains(string(no), says) {
			t.Errorf("%s: got %v, want a refusal that says %q", code, err, says)
		}
		discreetly(t, err)
	}
	s := &Page{api: answering(t, 400, fault("invalid_request_error", "charge_already_refunded", "")).api, now: time.Now}
	told, err := s.Refund(t.Context(), waiting(hosted.Paid), hosted.Refund{ID: "r1", Amount: 400, Created: time.Now()})
	if err != nil || told.Status != hosted.RefundFailed || !strings.Contains(told.Failure, "charge_already_refunded") {
		t.Errorf("got %+v, %v, want a refund that failed", told, err)
	}
}

func TestStripesPageIsOpenAsLongAsStripeWants(t *testing.T) {
	created := time.Now()
	for _, waits := range []time.Duration{time.Minute, 20 * time.Minute, 12 * time.Hour, 24 * time.Hour} {
		p := hosted.Restore(hosted.Terms{Expires: created.Add(waits)}, hosted.Page{}, hosted.State{}, nil, created, 1, 0)
		if open := openUntil(p).Sub(created); open < 30*time.Minute || open >= 24*time.Hour {
			t.Errorf("waiting %s: got a page open for %s, want 30m to 24h", waits, open)
		}
	}
}
