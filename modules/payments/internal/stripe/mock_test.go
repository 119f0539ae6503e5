package stripe

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/modules/payments/internal/card"
	"galleria/modules/payments/internal/payment"
)

// mockBinary is stripe-mock: from the environment, or built by go tool.
func mockBinary(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("GALLERIA_TEST_STRIPE_MOCK"); path != "" {
		return path
	}
	root, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(root, "tools", "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			t.Fatal("tools/go.mod is in no folder above this one")
		}
		root = filepath.Dir(root)
	}
	build := exec.Command("go", "tool", "-n", "-modfile=tools/go.mod", "stripe-mock")
	build.Dir, build.Stderr = root, os.Stderr
	path, err := build.Output()
	if err != nil {
		t.Fatalf("build stripe-mock: %v", err)
	}
	return strings.TrimSpace(string(path))
}

// startMock runs stripe-mock, which checks each request against Stripe's own
// OpenAPI description, until the test ends.
func startMock(t *testing.T) (address string) {
	t.Helper()
	mock := exec.Command(mockBinary(t), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	out, err := mock.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := mock.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	var reading sync.WaitGroup
	t.Cleanup(func() {
		mock.Process.Kill()
		reading.Wait()
		mock.Wait() // says only that it was killed
	})
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("stripe-mock did not start: %v", err)
		}
		if _, address, ok := strings.Cut(strings.TrimSpace(line), "Listening for HTTP at address: "); ok {
			reading.Go(func() { io.Copy(io.Discard, lines) })
			return address
		}
	}
}

// sent is a request as it left.
type sent struct {
	line   string // method and path
	key    string
	header http.Header
	form   url.Values
}

// recorder passes requests on and remembers them.
type recorder struct {
	mu   sync.Mutex
	sent []sent
}

func (r *recorder) last() sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent[len(r.sent)-1]
}

func (r *recorder) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		form, _ := url.ParseQuery(string(body) + "&" + q.URL.RawQuery)
		r.mu.Lock()
		r.sent = append(r.sent, sent{q.Method + " " + q.URL.Path, q.Header.Get("Idempotency-Key"), q.Header.Clone(), form})
		r.mu.Unlock()
		q.Body = io.NopCloser(strings.NewReader(string(body)))
		next.ServeHTTP(w, q)
	})
}

// overMock is the provider before stripe-mock, with a recorder in between.
func overMock(t *testing.T) (*Stripe, *recorder) {
	t.Helper()
	r := &recorder{}
	front := httptest.NewServer(r.wrap(httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: startMock(t)})))
	t.Cleanup(front.Close)
	return New("sk_test_123", front.URL, time.Now), r
}

var (
	terms  = payment.Terms{OrderID: "order-1", Provider: "stripe", Currency: "EUR", Amount: 1290, Method: "pm_123"}
	refund = payment.Refund{OrderID: "order-1", Key: "k", Amount: 400}
)

func aCard(t *testing.T) card.Card {
	t.Helper()
	c, problems := card.Parse("4242424242424242", 12, time.Now().Year()+2, "123", time.Now())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

func TestRequestsAreThoseStripeDescribes(t *testing.T) {
	s, seen := overMock(t)
	ctx := context.Background()
	old := time.Now().Add(-48 * time.Hour)
	fresh := refund
	fresh.Created = time.Now()
	forgotten := refund
	forgotten.Created = old
	for _, c := range []struct {
		name string
		do   func() error
		want sent
	}{
		{"create payment method", func() error {
			m, err := s.CreatePaymentMethod(ctx, aCard(t))
			if !strings.HasPrefix(m.ID, "pm_") || m.Brand == "" || m.Last4 == "" {
				t.Errorf("got %+v, want a payment method", m)
			}
			return err
		}, sent{line: "POST /v1/payment_methods", form: url.Values{"type": {"card"}, "card[number]": {"4242424242424242"}, "card[cvc]": {"123"}, "card[exp_month]": {"12"}}}},
		{"authorize", func() error {
			h, err := s.Authorize(ctx, "key-a", terms, time.Now())
			if !strings.HasPrefix(h.Reference, "pi_") {
				t.Errorf("got %+v, want a payment intent", h)
			}
			return err
		}, sent{line: "POST /v1/payment_intents", key: "key-a", form: url.Values{
			"amount": {"1290"}, "currency": {"eur"}, "capture_method": {"manual"}, "confirm": {"true"}, "error_on_requires_action": {"true"},
			"payment_method": {"pm_123"}, "payment_method_types[0]": {"card"}, "metadata[galleria_key]": {"key-a"}, "metadata[order_id]": {"order-1"},
		}}},
		{"authorize again when the key is forgotten", func() error { _, err := s.Authorize(ctx, "key-a", terms, old); return err },
			sent{line: "GET /v1/payment_intents/search", form: url.Values{"query": {`metadata["galleria_key"]:"key-a"`}}}},
		{"void", func() error { return s.Void(ctx, "key-a", terms, time.Now()) }, sent{line: "POST /v1/payment_intents/{id}/cancel", key: "key-a-void"}},
		{"void when the key is forgotten", func() error { return s.Void(ctx, "key-a", terms, old) }, sent{line: "POST /v1/payment_intents/{id}/cancel", key: "key-a-void"}},
		{"capture", func() error { return s.Capture(ctx, "key-c", "pi_1", terms) }, sent{line: "POST /v1/payment_intents/pi_1/capture", key: "key-c"}},
		{"refund", func() error { return s.Refund(ctx, "key-r", "pi_1", fresh, terms) },
			sent{line: "POST /v1/refunds", key: "key-r", form: url.Values{"payment_intent": {"pi_1"}, "amount": {"400"}, "metadata[galleria_key]": {"key-r"}}}},
		{"refund when the key is forgotten", func() error { return s.Refund(ctx, "key-r", "pi_1", forgotten, terms) },
			sent{line: "POST /v1/refunds", key: "key-r", form: url.Values{"payment_intent": {"pi_1"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.do(); err != nil {
				t.Fatalf("got %v, want none", err)
			}
			got := seen.last()
			wantStart, wantEnd, _ := strings.Cut(c.want.line, "{id}")
			if !strings.HasPrefix(got.line, wantStart) || !strings.HasSuffix(got.line, wantEnd) || c.want.key != "" && got.key != c.want.key {
				t.Errorf("got %s with key %q, want %s with key %q", got.line, got.key, c.want.line, c.want.key)
			}
			for field, want := range c.want.form {
				if got.form.Get(field) != want[0] {
					t.Errorf("got %s = %q, want %q", field, got.form.Get(field), want[0])
				}
			}
			if got.header.Get("Authorization") != "Bearer sk_test_123" {
				t.Errorf("got authorization %q, want the secret key", got.header.Get("Authorization"))
			}
			for _, header := range []string{"X-Stripe-Client-User-Agent", "X-Stripe-Client-Telemetry"} {
				if got.header.Get(header) != "" {
					t.Errorf("sent %s: %s, want nothing about this machine", header, got.header.Get(header))
				}
			}
		})
	}
}
