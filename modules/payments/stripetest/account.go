// Package stripetest is a small Stripe for tests: Checkout Sessions, the page where
// they are paid, what is done with the money afterwards, and the webhooks that tell of
// it. It has the memory of idempotency keys that surprises: the first answer of a key
// is repeated, also a 500, and other parameters are refused.
package stripetest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// Account is an account at Stripe. It is safe for concurrent use.
type Account struct {
	URL    string // of the API, and of the pages
	Secret string // its webhooks are signed with

	ctx     context.Context
	sending sync.WaitGroup

	mu       sync.Mutex
	keys     map[string]answer
	faults   map[string]Fault
	objects  map[string]object // sessions, intents, charges, refunds and disputes by id
	visits   map[string]*visit // by the id of the session
	of       map[string]string // the session of an object, by the object's id
	asked    []Request
	endpoint endpoint
	next     int
}

// Request is one that reached the account.
type Request struct {
	Line, Key string
	Form      url.Values
}

// Fault is what happens to the next request of a line.
type Fault int

const (
	// Lost answers 500 and does nothing.
	Lost Fault = iota + 1
	// DoneAndLost answers 500 and does the work all the same.
	DoneAndLost
)

type object = map[string]any

type answer struct {
	line, form string
	status     int
	body       []byte
}

// New opens an account that signs webhooks with a secret, until the test ends.
func New(t testing.TB, secret string) *Account {
	ctx, stop := context.WithCancel(context.Background())
	a := &Account{
		Secret: secret, ctx: ctx, keys: map[string]answer{}, faults: map[string]Fault{},
		objects: map[string]object{}, visits: map[string]*visit{}, of: map[string]string{},
	}
	server := httptest.NewServer(a)
	t.Cleanup(func() {
		stop()
		a.sending.Wait()
		server.Close()
	})
	a.URL = server.URL
	return a
}

// Break makes the next request of a line, such as POST /v1/refunds, fail.
func (a *Account) Break(line string, f Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults[line] = f
}

// Asked are the requests of a line that were not answered from memory.
func (a *Account) Asked(line string) (found []Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.asked {
		if r.Line == line {
			found = append(found, r)
		}
	}
	return found
}

// ServeHTTP is the API, and the pages.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	if strings.HasPrefix(r.URL.Path, pagePath) {
		a.page(w, r)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	line, key := r.Method+" "+r.URL.Path, r.Header.Get("Idempotency-Key")
	w.Header().Set("Stripe-Should-Retry", "false")
	before, known := a.keys[key]
	switch {
	case known && r.Method == http.MethodPost && (before.line != line || before.form != r.Form.Encode()):
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":{"type":"idempotency_error"}}`)
		return
	case known && r.Method == http.MethodPost:
		w.Header().Set("Idempotent-Replayed", "true")
		w.WriteHeader(before.status)
		w.Write(before.body)
		return
	}
	a.asked = append(a.asked, Request{line, key, r.Form})
	fault := a.faults[line]
	delete(a.faults, line)
	status, body := http.StatusInternalServerError, object{"error": object{"type": "api_error"}}
	if fault != Lost {
		status, body = a.do(line, r.Form)
	}
	if fault == DoneAndLost {
		status, body = http.StatusInternalServerError, object{"error": object{"type": "api_error"}}
	}
	text, _ := json.Marshal(body)
	if r.Method == http.MethodPost {
		a.keys[key] = answer{line, r.Form.Encode(), status, text}
	}
	w.WriteHeader(status)
	w.Write(text)
}

func refused(code string) (int, object) {
	return http.StatusBadRequest, object{"error": object{"type": "invalid_request_error", "code": code}}
}

// add keeps a new object, which came of a session.
func (a *Account) add(kind, session string, o object) object {
	a.next++
	id := fmt.Sprintf("%s_%d", kind, a.next)
	o["id"] = id
	a.objects[id] = o
	if session == "" {
		session = id
	}
	a.of[id] = session
	return o
}
