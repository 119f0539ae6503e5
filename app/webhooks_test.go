package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"galleria/app/shoptest"
	"galleria/modules/webhooks/webhookstest"
)

// TestAProgramIsToldOfAnOrder registers an endpoint by command, buys something, and
// checks what comes as a receiver does.
func TestAProgramIsToldOfAnOrder(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	run := func(want int, says string, args ...string) string {
		t.Helper()
		out, code := shop.Run(t, append([]string{"webhooks"}, args...)...)
		if code != want || !strings.Contains(out, says) {
			t.Errorf("galleria webhooks %s: got exit %d and\n%s\nwant %d and %q", strings.Join(args, " "), code, out, want, says)
		}
		return out
	}
	into := func(out string, value any) {
		t.Helper()
		if err := json.Unmarshal([]byte(out), value); err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
	}
	to := webhookstest.NewReceiver(t)
	var made struct {
		Endpoint struct{ ID string }
		Secret   string
	}
	into(run(0, "whsec_", "add", to.URL, "--events", "order.placed", "--note", "the packers", "--json"), &made)
	endpoint := made.Endpoint.ID
	if out := run(0, "the packers", "list"); strings.Contains(out, made.Secret) {
		t.Errorf("the list shows the secret:\n%s", out)
	}

	shoptest.Shops(shop.Guest(t, "Ana"))
	r := to.Wait(t, 1)[0]
	if err := webhookstest.Verify(r, made.Secret, time.Now()); err != nil {
		t.Error(err)
	}
	kind, data := r.Message(t)
	if lines, _ := data["lines"].([]any); kind != "order.placed" || len(lines) == 0 || data["number"] == "" || data["shipping_address"] == nil {
		t.Errorf("got %s with %v, want order.placed with lines, number and address", kind, data)
	}

	var deliveries []struct {
		ID, Status, Type string
		WebhookID        string `json:"webhook_id"`
	}
	shop.Await(t, "the delivery is noted", func() bool {
		into(run(0, "", "deliveries", endpoint, "--json"), &deliveries)
		return deliveries[len(deliveries)-1].Status == "delivered"
	})
	first := deliveries[len(deliveries)-1]
	run(0, "delivered", "deliveries", endpoint)
	before := len(to.Got())
	run(0, "waiting", "resend", first.ID)
	if again := to.Wait(t, before+1)[before]; again.ID() != r.ID() {
		t.Errorf("sent again: got webhook-id %s, want %s", again.ID(), r.ID())
	}
	out := run(0, "secret whsec_", "rotate", endpoint, "--overlap", "1h")
	_, rest, _ := strings.Cut(out, "secret whsec_")
	second := "whsec_" + strings.Fields(rest)[0]
	before = len(to.Got())
	run(0, "is on its way", "test", endpoint)
	tested := to.Wait(t, before+1)[before]
	for _, secret := range []string{made.Secret, second} {
		if err := webhookstest.Verify(tested, secret, time.Now()); err != nil {
			t.Errorf("within the overlap: %v", err)
		}
	}
	// What was sent is noted after it was answered, by the status that the receiver has then.
	shop.Await(t, "all that was sent is noted", func() bool {
		return !strings.Contains(run(0, "", "deliveries", endpoint, "--json"), `"waiting"`)
	})
	to.Status(http.StatusGone)
	run(0, "is on its way", "test", endpoint)
	shop.Await(t, "the endpoint is switched off", func() bool { return strings.Contains(run(0, "", "list"), "410 Gone") })
	run(1, "switched off", "test", endpoint)
	run(0, "is on", "on", endpoint)
	run(0, "is off", "off", endpoint)
	run(1, "there is no endpoint", "remove", "nope")
	run(0, "is gone", "remove", endpoint)
	run(1, "was removed before", "remove", endpoint)
	run(1, "no such endpoint", "deliveries", endpoint)
	run(1, "the url must", "add", "ftp://example.com")
	run(1, "order.lost", "add", "https://example.com", "--events", "order.lost")
}
