package payments_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments"
	"galleria/modules/payments/paymentstest"
	"galleria/platform/contract"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

// account is as much of Stripe as a purchase needs, with its memory of keys.
type account struct {
	mu      sync.Mutex
	answers map[string]string // by idempotency key
	done    []string
	down    bool
}

func (a *account) goes(down bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.down = down
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Stripe-Should-Retry", "false")
	if a.down {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"error":{"type":"api_error"}}`)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if before, ok := a.answers[key]; ok && key != "" {
		fmt.Fprint(w, before)
		return
	}
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	what := strings.TrimPrefix(r.URL.Path, "/v1/")
	a.done = append(a.done, what+" "+form.Get("amount"))
	answer := map[string]string{
		"payment_methods":              `{"id":"pm_1","card":{"brand":"visa","last4":"4242"}}`,
		"payment_intents":              `{"id":"pi_1","status":"requires_capture","payment_method":{"id":"pm_1","card":{"brand":"visa","last4":"4242"}}}`,
		"payment_intents/pi_1/capture": `{"id":"pi_1","status":"succeeded"}`,
		"refunds":                      `{"id":"re_1","status":"succeeded"}`,
	}[what]
	a.answers[key] = answer
	fmt.Fprint(w, answer)
}

func TestAPurchaseThroughStripeHappensThereOnce(t *testing.T) {
	there := &account{answers: map[string]string{}}
	server := httptest.NewServer(there)
	t.Cleanup(server.Close)
	cfg := payments.DefaultConfig()
	cfg.Provider, cfg.Stripe = payments.ProviderStripe, payments.StripeConfig{SecretKey: "sk_test_123", APIBase: server.URL}
	moduletest.Local(t, moduletest.World{definition(cfg)}, route.ModeLocal, func(t *testing.T, connect moduletest.Connect) {
		client := paymentsv1.NewPaymentsServiceClient(connect(payments.Name))
		method, err := client.CreatePaymentMethod(t.Context(), &paymentsv1.CreatePaymentMethodRequest{Card: paymentstest.Card(paymentstest.CardVisa)})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			authorized, err := client.Authorize(t.Context(), &paymentsv1.AuthorizeRequest{
				OrderId: "order", CurrencyCode: "EUR", AmountMinor: 1290, PaymentMethodId: method.GetPaymentMethod().GetId(),
			})
			if p := authorized.GetPayment(); err != nil || p.GetStatus() != paymentsv1.CardStatus_CARD_STATUS_AUTHORIZED || p.GetProvider() != "stripe" || p.GetProviderReference() != "pi_1" {
				t.Fatalf("got %v, %v, want it authorized at stripe as pi_1", p, err)
			}
		}
		there.goes(true)
		_, err = client.Capture(t.Context(), &paymentsv1.CaptureRequest{OrderId: "order"})
		if status.Code(err) != codes.Unavailable || !contract.Is(err, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE) {
			t.Errorf("capture while stripe is down: got %v, want unavailable", err)
		}
		there.goes(false)
		for range 2 {
			if _, err := client.Capture(t.Context(), &paymentsv1.CaptureRequest{OrderId: "order"}); err != nil {
				t.Fatal(err)
			}
			refunded, err := client.Refund(t.Context(), &paymentsv1.RefundRequest{OrderId: "order", IdempotencyKey: "k", AmountMinor: 290})
			if err != nil || refunded.GetPayment().GetRefundedMinor() != 290 {
				t.Fatalf("got %v, %v, want 290 refunded", refunded, err)
			}
		}
	})
	want := []string{"payment_methods ", "payment_intents 1290", "payment_intents/pi_1/capture ", "refunds 290"}
	if fmt.Sprint(there.done) != fmt.Sprint(want) {
		t.Errorf("got %q done at stripe, want %q", there.done, want)
	}
}
