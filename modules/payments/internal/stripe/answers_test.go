package stripe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"galleria/modules/payments/internal/payment"
)

// answering is the provider before a server that always answers so.
func answering(t *testing.T, status int, body string) *Page {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Stripe-Should-Retry", "false")
		w.Header().Set("Request-Id", "req_1")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return NewPage("sk_test_123", server.URL, nil, time.Now)
}

func fault(kind, code, more string) string {
	return fmt.Sprintf(`{"error":{"type":%q,"code":%q,"message":"said with the secret 4242424242424242"%s}}`, kind, code, more)
}

func discreetly(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, secret := range []string{"4242424242424242", "secret", "sk_test"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q says %q", err, secret)
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
		"key in use":             {409, fault("idempotency_error", "idempotency_key_in_use", "")},
		"key of another request": {400, fault("idempotency_error", "", "")},
		"no JSON":                {502, "<html>bad gateway</html>"},
		"redirected":             {307, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := answering(t, c.status, c.body)
			_, opened := s.Open(t.Context(), waiting(payment.Waiting))
			_, looked := s.Look(t.Context(), waiting(payment.Waiting))
			_, closed := s.Close(t.Context(), waiting(payment.Waiting))
			_, captured := s.Capture(t.Context(), waiting(payment.Authorized))
			_, refunded := s.Refund(t.Context(), waiting(payment.Paid), payment.Refund{ID: "r1", Amount: 400, Created: time.Now()})
			for step, err := range map[string]error{"open": opened, "look": looked, "close": closed, "capture": captured, "refund": refunded} {
				if !errors.Is(err, payment.ErrUnavailable) || errors.Is(err, payment.ErrSpent) {
					t.Errorf("%s: got %v, want unavailable", step, err)
				}
				discreetly(t, err)
			}
		})
	}
}

func TestAProviderThatDoesNotAnswerIsLeftAtTheDeadline(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := NewPage("sk_test_123", server.URL, nil, time.Now).Open(ctx, waiting(payment.Waiting))
	if !errors.Is(err, payment.ErrUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
}

func TestARefusalSaysWhatToChange(t *testing.T) {
	for code, says := range map[string]string{"amount_too_small": "smaller", "amount_too_large": "larger", "email_invalid": "mail address", "other": "other"} {
		_, err := answering(t, 400, fault("invalid_request_error", code, "")).Open(t.Context(), waiting(payment.Waiting))
		var no payment.Impossible
		if !errors.As(err, &no) || !strings.Contains(string(no), says) {
			t.Errorf("%s: got %v, want a refusal that says %q", code, err, says)
		}
		discreetly(t, err)
	}
	s := answering(t, 400, fault("invalid_request_error", "charge_already_refunded", ""))
	told, err := s.Refund(t.Context(), waiting(payment.Paid), payment.Refund{ID: "r1", Amount: 400, Created: time.Now()})
	if err != nil || told.Status != payment.RefundFailed || !strings.Contains(told.Failure, "charge_already_refunded") {
		t.Errorf("got %+v, %v, want a refund that failed", told, err)
	}
}

func TestARefusedCardIsToldByItsCode(t *testing.T) {
	for want, fault := range map[string]string{
		"insufficient_funds":      `{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds"}`,
		"card_declined":           `{"type":"card_error","code":"card_declined","decline_code":"generic_decline"}`,
		"expired_card":            `{"type":"card_error","code":"expired_card"}`,
		"authentication_required": `{"type":"invalid_request_error","code":"payment_intent_authentication_failure"}`,
	} {
		s := answering(t, 200, `{"id":"cs_1","status":"open","payment_intent":{"id":"pi_1","status":"requires_payment_method","last_payment_error":`+fault+`}}`)
		r, err := s.Look(t.Context(), waiting(payment.Waiting))
		if err != nil || r.DeclineCode != want || r.State != payment.SaysOpen {
			t.Errorf("got %+v, %v, want it open and declined: %s", r, err, want)
		}
	}
}

func TestAmountsAreInTheUnitsStripeCounts(t *testing.T) {
	for _, c := range []struct {
		currency    string
		minor, want int64
	}{{"EUR", 1290, 1290}, {"JPY", 500, 500}, {"KWD", 1000, 1000}, {"ISK", 5, 500}, {"UGX", 7, 700}} {
		if got, err := units(c.currency, c.minor); err != nil || got != c.want {
			t.Errorf("%d %s: got %d, %v, want %d", c.minor, c.currency, got, err, c.want)
		}
	}
	for _, currency := range []string{"BHD", "JOD", "KWD", "OMR", "TND"} {
		if got, err := units(currency, 1001); !errors.Is(err, errCurrency) {
			t.Errorf("1001 %s: got %d, %v, want it refused", currency, got, err)
		}
	}
}
