package stripe

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"galleria/modules/payments/internal/payment"
)

// waiting is a payment whose page is open, or was.
func waiting(status payment.Status) payment.Payment {
	now := time.Now()
	t := payment.Terms{ID: "p1", OrderID: "o1", Provider: "stripe", Currency: "EUR", Amount: 1290, CaptureLater: true, Expires: now.Add(20 * time.Minute)}
	page := payment.Page{Email: "ana@example.org", ReturnURL: "https://shop.example/back", CancelURL: "https://shop.example/cart"}
	refunds := []payment.Refund{{ID: "r1", Amount: 400, Status: payment.RefundPending, Created: now}}
	return payment.Restore(t, page, payment.State{Status: status, Session: "cs_1", Intent: "pi_1"}, refunds, now, 1, 0)
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
		{"POST /v1/checkout/sessions", func() error { _, err := s.Open(ctx, waiting(payment.Waiting)); return err }},
		{"GET /v1/checkout/sessions/cs_1", func() error { _, err := s.Look(ctx, waiting(payment.Paid)); return err }},
		{"POST /v1/checkout/sessions/cs_1/expire", func() error { _, err := s.Close(ctx, waiting(payment.Waiting)); return err }},
		// It was cancelled while Stripe made its page.
		{"POST /v1/checkout/sessions/cs_1/expire", func() error { _, err := s.Close(ctx, waiting(payment.Cancelled)); return err }},
		{"POST /v1/payment_intents/pi_1/capture", func() error { _, err := s.Capture(ctx, waiting(payment.Authorized)); return err }},
		{"POST /v1/refunds", func() error {
			_, err := s.Refund(ctx, waiting(payment.Paid), payment.Refund{ID: "r1", Amount: 400, Created: time.Now()})
			return err
		}},
		{"GET /v1/refunds", func() error {
			_, err := s.Refund(ctx, waiting(payment.Paid), payment.Refund{ID: "r1", Amount: 400, Attempt: 1, Created: time.Now()})
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
	for _, one := range seen.sent {
		if one.header.Get("Authorization") != "Bearer sk_test_123" {
			t.Errorf("%s: got authorization %q, want the secret key", one.line, one.header.Get("Authorization"))
		}
		for _, header := range []string{"X-Stripe-Client-User-Agent", "X-Stripe-Client-Telemetry"} {
			if one.header.Get(header) != "" {
				t.Errorf("%s: sent %s: %s, want nothing about this machine", one.line, header, one.header.Get(header))
			}
		}
	}
}

// A payment of a card that the shop handed to Stripe has no session, only an intent,
// and its refunds were named by another key.
func TestARefundOfAPaymentOfBeforeIsFoundAtStripe(t *testing.T) {
	seen := &recorder{}
	server := httptest.NewServer(seen.wrap(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body := `{"object":"list","data":[{"id":"re_1","status":"succeeded","metadata":{"galleria_key":"galleria-24fbab4439b512dfa53081fe0346fb298ab018e8"}}],"url":"/v1/refunds"}`
		if q.URL.Path == "/v1/payment_intents/pi_1" {
			body = `{"id":"pi_1","status":"succeeded"}`
		}
		io.WriteString(w, body)
	})))
	t.Cleanup(server.Close)
	s, created := NewPage("sk_test_123", server.URL, nil, time.Now), time.Now()
	refund := payment.Refund{ID: "r1", Amount: 400, Status: payment.RefundPending, Attempt: 1, Created: created}
	p := payment.Restore(payment.Terms{ID: "o1", OrderID: "o1", Provider: "stripe", Currency: "EUR", Amount: 1290}, payment.Page{},
		payment.State{Status: payment.Paid, Captured: 1290, Refunding: 400, Intent: "pi_1"}, []payment.Refund{refund}, created, 1, 0)
	want := payment.RefundReport{ID: "r1", Reference: "re_1", Status: payment.RefundSucceeded}
	if got, err := s.Refund(t.Context(), p, refund); err != nil || got != want {
		t.Errorf("refund: got %+v, %v, want the one that was made: %+v", got, err, want)
	}
	if got, err := s.Look(t.Context(), p); err != nil || got.State != payment.SaysPaid || len(got.Refunds) != 1 || got.Refunds[0] != want {
		t.Errorf("look: got %+v, %v, want it paid, with its refund", got, err)
	}
	for _, one := range seen.sent {
		if !strings.HasPrefix(one.line, "GET ") {
			t.Errorf("asked %s, want nothing made anew", one.line)
		}
	}
}

func TestStripesPageIsOpenAsLongAsStripeWants(t *testing.T) {
	created := time.Now()
	for _, waits := range []time.Duration{time.Minute, 20 * time.Minute, 12 * time.Hour, 24 * time.Hour} {
		p := payment.Restore(payment.Terms{Expires: created.Add(waits)}, payment.Page{}, payment.State{}, nil, created, 1, 0)
		if open := openUntil(p).Sub(created); open < 30*time.Minute || open >= 24*time.Hour {
			t.Errorf("waiting %s: got a page open for %s, want 30m to 24h", waits, open)
		}
	}
}
