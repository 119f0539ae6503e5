package webhookstest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is when a test gives up waiting for a request. It is no limit on speed.
const patience = 30 * time.Second

// Request is what a Receiver got.
type Request struct {
	Header http.Header
	Body   []byte
}

// ID is its webhook-id.
func (r Request) ID() string { return r.Header.Get("webhook-id") }

// Message takes the body apart.
func (r Request) Message(t testing.TB) (kind string, data map[string]any) {
	t.Helper()
	var m struct {
		Type      string         `json:"type"`
		Timestamp time.Time      `json:"timestamp"`
		Data      map[string]any `json:"data"`
	}
	if err := json.Unmarshal(r.Body, &m); err != nil || m.Timestamp.IsZero() {
		t.Fatalf("got %s, %v; want a JSON object with type, timestamp and data", r.Body, err)
	}
	return m.Type, m.Data
}

// Receiver is a program that is told what happens.
type Receiver struct {
	URL string

	t      testing.TB
	mu     sync.Mutex
	got    []Request
	answer http.HandlerFunc
}

// NewReceiver listens on this machine until the test ends, and answers 204.
func NewReceiver(t testing.TB) *Receiver {
	r := &Receiver{t: t}
	r.Answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			t.Errorf("read a request: %v", err)
		}
		r.mu.Lock()
		r.got = append(r.got, Request{q.Header.Clone(), body})
		answer := r.answer
		r.mu.Unlock()
		answer(w, q)
	}))
	t.Cleanup(server.Close)
	r.URL = server.URL + "/hooks"
	return r
}

// Answer replaces what it answers.
func (r *Receiver) Answer(with http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = with
}

// Status answers with a status from now on.
func (r *Receiver) Status(status int) {
	r.Answer(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "said the receiver", status) })
}

// Got is what came so far.
func (r *Receiver) Got() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Request(nil), r.got...)
}

// Wait waits until at least n requests came.
func (r *Receiver) Wait(t testing.TB, n int) []Request {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if got := r.Got(); len(got) >= n {
			return got
		}
	}
	t.Fatalf("got %d requests, want %d", len(r.Got()), n)
	return nil
}

// Verify checks a request as a receiver does that knows nothing but Standard Webhooks
// and its secret. It is written from the specification, not from what sends.
func Verify(r Request, secret string, now time.Time) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || !strings.HasPrefix(secret, "whsec_") || len(key) < 24 || len(key) > 64 {
		return fmt.Errorf("the secret is not whsec_ and 24 to 64 bytes in base64")
	}
	id, stamp := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	if id == "" || strings.Contains(id, ".") {
		return fmt.Errorf("webhook-id %q is no good id", id)
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("webhook-timestamp %q is no number of seconds", stamp)
	}
	if off := now.Sub(time.Unix(seconds, 0)); off > 5*time.Minute || off < -5*time.Minute {
		return fmt.Errorf("webhook-timestamp %q is %s from now", stamp, off)
	}
	signed := fmt.Sprintf("%s.%s.%s", id, stamp, r.Body)
	mac := hmac.New(sha256.New, key)
	io.WriteString(mac, signed)
	for _, signature := range strings.Split(r.Header.Get("webhook-signature"), " ") {
		version, text, _ := strings.Cut(signature, ",")
		if given, err := base64.StdEncoding.DecodeString(text); err == nil && version == "v1" && hmac.Equal(given, mac.Sum(nil)) {
			return nil
		}
	}
	return fmt.Errorf("none of the signatures %q is right", r.Header.Get("webhook-signature"))
}
