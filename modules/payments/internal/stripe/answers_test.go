package stripe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"galleria/modules/payments/internal/card"
	"galleria/modules/payments/internal/payment"
)

// answering is the provider before a server that always answers so.
func answering(t *testing.T, status int, body string) *Stripe {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Stripe-Should-Retry", "false")
		w.Header().Set("Request-Id", "req_1")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return New("sk_test_123", server.URL, time.Now)
}

func fault(kind, code, more string) string {
	return fmt.Sprintf(`{"error":{"type":%q,"code":%q,"message":"said with the secret 4242424242424242"%s}}`, kind, code, more)
}

const theirCard = `,"payment_method":{"id":"pm_123","card":{"brand":"visa","last4":"0002"}}`

func intent(status string) string { return `{"id":"pi_1","status":"` + status + `"` + theirCard + `}` }

func TestAnswersToAnAuthorisation(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   payment.Hold
		err    error
	}{
		{"held", 200, intent("requires_capture"), payment.Hold{Reference: "pi_1", Brand: "visa", Last4: "0002"}, nil},
		{"not confirmed", 200, intent("requires_payment_method"), payment.Hold{Reference: "pi_1", Brand: "visa", Last4: "0002", DeclineCode: "card_declined"}, nil},
		{"wants the holder", 200, intent("requires_action"), payment.Hold{Reference: "pi_1", Brand: "visa", Last4: "0002", DeclineCode: "authentication_required"}, nil},
		{"still at it", 200, intent("processing"), payment.Hold{}, payment.ErrUnavailable},
		{"canceled", 200, intent("canceled"), payment.Hold{}, payment.ErrNothingHeld},
		{"declined", 402, fault("card_error", "card_declined", `,"decline_code":"generic_decline","payment_intent":{"id":"pi_1","client_secret":"pi_1_secret_x"}`+theirCard),
			payment.Hold{Reference: "pi_1", Brand: "visa", Last4: "0002", DeclineCode: "card_declined"}, nil},
		{"insufficient funds", 402, fault("card_error", "card_declined", `,"decline_code":"insufficient_funds"`), payment.Hold{DeclineCode: "insufficient_funds"}, nil},
		{"expired", 402, fault("card_error", "expired_card", ""), payment.Hold{DeclineCode: "expired_card"}, nil},
		{"wrong cvc", 402, fault("card_error", "incorrect_cvc", ""), payment.Hold{DeclineCode: "incorrect_cvc"}, nil},
		{"too small", 400, fault("invalid_request_error", "amount_too_small", ""), payment.Hold{DeclineCode: "amount_too_small"}, nil},
		{"unknown card", 400, fault("invalid_request_error", "resource_missing", `,"param":"payment_method"`), payment.Hold{}, payment.ErrNoMethod},
		{"key of another request", 400, fault("idempotency_error", "", ""), payment.Hold{}, payment.ErrUnavailable},
		{"key in use", 409, fault("idempotency_error", "idempotency_key_in_use", ""), payment.Hold{}, payment.ErrUnavailable},
		{"wrong secret key", 401, fault("invalid_request_error", "", ""), payment.Hold{}, payment.ErrUnavailable},
		{"too many", 429, fault("invalid_request_error", "rate_limit", ""), payment.Hold{}, payment.ErrUnavailable},
		{"their fault", 500, fault("api_error", "", ""), payment.Hold{}, payment.ErrUnavailable},
		{"no JSON", 502, "<html>bad gateway</html>", payment.Hold{}, payment.ErrUnavailable},
		{"redirected", 307, "", payment.Hold{}, payment.ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := answering(t, c.status, c.body).Authorize(context.Background(), "key", terms, time.Now())
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %+v, %v, want %+v, %v", got, err, c.want, c.err)
			}
			discreetly(t, err)
		})
	}
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

func TestAnswersToTheOtherSteps(t *testing.T) {
	unexpected := func(state string) string {
		return fault("invalid_request_error", "payment_intent_unexpected_state", `,"payment_intent":{"id":"pi_1","status":"`+state+`"}`)
	}
	ctx := context.Background()
	fresh := refund
	fresh.Created = time.Now()
	capture := func(s *Stripe) error { return s.Capture(ctx, "key", "pi_1", terms) }
	void := func(s *Stripe) error { return s.Void(ctx, "key", terms, time.Now()) }
	giveBack := func(s *Stripe) error { return s.Refund(ctx, "key", "pi_1", fresh, terms) }
	for _, c := range []struct {
		name   string
		do     func(*Stripe) error
		status int
		body   string
		want   error
	}{
		{"capture", capture, 200, intent("succeeded"), nil},
		{"captured before", capture, 400, unexpected("succeeded"), nil},
		{"capture of what was let go", capture, 400, unexpected("canceled"), payment.ErrNothingHeld},
		{"capture of what lapsed", capture, 400, fault("invalid_request_error", "charge_expired_for_capture", ""), payment.ErrNothingHeld},
		{"capture without an answer", capture, 503, "", payment.ErrUnavailable},
		{"void", void, 200, intent("canceled"), nil},
		{"void of a declined card", void, 402, fault("card_error", "card_declined", ""), nil},
		{"void of an unknown card", void, 400, fault("invalid_request_error", "resource_missing", `,"param":"payment_method"`), nil},
		{"void while the authorisation is at work", void, 409, fault("idempotency_error", "idempotency_key_in_use", ""), payment.ErrUnavailable},
		{"void under a key of another request", void, 400, fault("idempotency_error", "", ""), payment.ErrUnavailable},
		{"refund", giveBack, 200, `{"id":"re_1","status":"succeeded"}`, nil},
		{"refund on its way", giveBack, 200, `{"id":"re_1","status":"pending"}`, nil},
		{"refund that failed", giveBack, 200, `{"id":"re_1","status":"failed"}`, payment.ErrRefused},
		{"refund of too much", giveBack, 400, fault("invalid_request_error", "charge_already_refunded", ""), payment.ErrRefused},
		{"refund without an answer", giveBack, 500, "", payment.ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.do(answering(t, c.status, c.body))
			if !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("got %v, want %v", err, c.want)
			}
			discreetly(t, err)
		})
	}
}

func TestARefusedCardNamesItsField(t *testing.T) {
	for code, field := range map[string]string{
		"incorrect_number": "number", "invalid_number": "number", "card_declined": "number", "invalid_expiry_month": "exp_month",
		"invalid_expiry_year": "exp_year", "expired_card": "exp_year", "invalid_cvc": "cvc", "incorrect_cvc": "cvc",
	} {
		_, err := answering(t, 402, fault("card_error", code, "")).CreatePaymentMethod(context.Background(), aCard(t))
		var refused card.Refused
		if !errors.As(err, &refused) || refused[0].Field != field {
			t.Errorf("%s: got %v, want %s refused", code, err, field)
		}
		discreetly(t, err)
	}
	_, err := answering(t, 400, fault("invalid_request_error", "", "")).CreatePaymentMethod(context.Background(), aCard(t))
	if !errors.Is(err, payment.ErrUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
}

func TestAVoidCancelsWhatTheAuthorisationMade(t *testing.T) {
	r := &recorder{}
	server := httptest.NewServer(r.wrap(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if strings.HasSuffix(q.URL.Path, "/cancel") {
			w.WriteHeader(400)
			fmt.Fprint(w, fault("invalid_request_error", "payment_intent_unexpected_state", `,"payment_intent":{"id":"pi_7","status":"succeeded"}`))
			return
		}
		fmt.Fprint(w, `{"id":"pi_7","status":"requires_capture"}`)
	})))
	t.Cleanup(server.Close)
	if err := New("sk_test_123", server.URL, time.Now).Void(context.Background(), "key", terms, time.Now()); !errors.Is(err, payment.ErrCaptured) {
		t.Errorf("got %v, want captured", err)
	}
	if r.sent[0].key != "key" || r.last().line != "POST /v1/payment_intents/pi_7/cancel" {
		t.Errorf("got %s with key %q, then %s, want the authorisation's key and a cancellation", r.sent[0].line, r.sent[0].key, r.last().line)
	}
}

func TestAnAnswerLostOnTheWayIsAskedForWithTheSameKey(t *testing.T) {
	r := &recorder{}
	var calls atomic.Int64
	server := httptest.NewServer(r.wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			panic(http.ErrAbortHandler) // the work is done, the connection breaks
		}
		fmt.Fprint(w, intent("requires_capture"))
	})))
	t.Cleanup(server.Close)
	h, err := New("sk_test_123", server.URL, time.Now).Authorize(context.Background(), "key", terms, time.Now())
	if err != nil || h.Reference != "pi_1" {
		t.Errorf("got %+v, %v, want it held", h, err)
	}
	for _, s := range r.sent {
		if s.key != "key" {
			t.Errorf("asked with key %q, want %q", s.key, "key")
		}
	}
}

func TestAProviderThatDoesNotAnswerIsLeftAtTheDeadline(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := New("sk_test_123", server.URL, time.Now).Authorize(ctx, "key", terms, time.Now())
	if !errors.Is(err, payment.ErrUnavailable) {
		t.Errorf("got %v, want unavailable", err)
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
	h, err := answering(t, 500, "").Authorize(context.Background(), "key", payment.Terms{Currency: "MGA", Amount: 5}, time.Now())
	if err != nil || h.DeclineCode != "currency_not_supported" {
		t.Errorf("got %+v, %v, want it declined without asking", h, err)
	}
}
