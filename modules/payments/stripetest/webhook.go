package stripetest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"
	"time"
)

// endpoint is where webhooks go.
type endpoint struct {
	address string
	kinds   []string
}

// Event is something that happened at the account.
type Event struct {
	Kind string
	Body []byte
}

// retryAfter is how long a webhook that was not taken waits. Stripe waits for hours.
const retryAfter = 50 * time.Millisecond

// Sends has what happens from now on told to an address, by webhooks of these kinds.
// Each goes by itself, so they come in any order, and again until it is taken.
func (a *Account) Sends(address string, kinds ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.endpoint = endpoint{address, kinds}
}

// Withholds loses the webhooks about the payment on the page at an address, from now on.
func (a *Account) Withholds(address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.visits[path.Base(address)].withheld = true
}

// Events are what happened to the payment on the page at an address.
func (a *Account) Events(address string) []Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.visits[path.Base(address)].events)
}

// Post sends an event once, signed at a time with a secret, and gives the answer's status.
func (a *Account) Post(e Event, secret string, at time.Time) (status int, err error) {
	a.mu.Lock()
	address := a.endpoint.address
	a.mu.Unlock()
	r, err := http.NewRequestWithContext(a.ctx, http.MethodPost, address, bytes.NewReader(e.Body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("Stripe-Signature", Sign(e.Body, secret, at))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	return answer.StatusCode, nil
}

// emit notes what happened to an object, and sends it to the endpoint.
func (a *Account) emit(kind string, about object) {
	e := a.event(kind, about)
	v := a.visits[a.of[about["id"].(string)]]
	v.events = append(v.events, e)
	if v.withheld || a.endpoint.address == "" || !slices.Contains(a.endpoint.kinds, kind) {
		return
	}
	a.sending.Go(func() {
		for {
			if status, err := a.Post(e, a.Secret, time.Now()); err == nil && status/100 == 2 {
				return
			}
			select {
			case <-a.ctx.Done():
				return
			case <-time.After(retryAfter):
			}
		}
	})
}

func (a *Account) event(kind string, about object) Event {
	a.next++
	body, _ := json.Marshal(object{
		"id": fmt.Sprintf("evt_%d", a.next), "object": "event", "type": kind, "created": time.Now().Unix(), "data": object{"object": about},
	})
	return Event{kind, body}
}

// Webhook is one about an object, signed at a time.
func (a *Account) Webhook(kind, id string, at time.Time) (body []byte, headers map[string]string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body = a.event(kind, a.objects[id]).Body
	return body, map[string]string{"Stripe-Signature": Sign(body, a.Secret, at)}
}

// Sign is the header Stripe-Signature of a webhook.
func Sign(body []byte, secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("t=%d,v1=%s,v0=00", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}
