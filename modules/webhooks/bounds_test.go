package webhooks_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/webhooks"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/modules/webhooks/webhookstest"
	"galleria/platform/contract"
	"galleria/platform/id"
)

const (
	delivered = webhooksv1.DeliveryStatus_DELIVERY_STATUS_DELIVERED
	failed    = webhooksv1.DeliveryStatus_DELIVERY_STATUS_FAILED
)

func TestAnEndpointThatHangsDelaysNoOther(t *testing.T) {
	alone(t, func(c *webhooks.Config) { c.AtOnce, c.Timeout = 3, time.Minute }, func(t *testing.T, w webhookstest.World) {
		hung, well := webhookstest.NewReceiver(t), webhookstest.NewReceiver(t)
		release := make(chan struct{})
		defer close(release)
		var open, most atomic.Int64
		hung.Answer(func(http.ResponseWriter, *http.Request) {
			if now := open.Add(1); now > most.Load() {
				most.Store(now)
			}
			<-release
			open.Add(-1)
		})
		hangs, _ := w.Add(t, hung.URL)
		answers, _ := w.Add(t, well.URL)
		for range 10 {
			w.Test(t, hangs.GetId())
		}
		hung.Wait(t, 3)
		for range 20 {
			w.Until(t, w.Test(t, answers.GetId()), "delivered", webhookstest.Has(delivered))
		}
		if got := most.Load(); got != 3 || len(hung.Got()) != 3 {
			t.Errorf("%d requests were made to the endpoint that hangs, %d at once; want 3, as at_once says", len(hung.Got()), got)
		}
	})
}

func TestAnEndpointThatIsSlowIsCutOff(t *testing.T) {
	alone(t, func(c *webhooks.Config) { c.Timeout = 100 * time.Millisecond }, func(t *testing.T, w webhookstest.World) {
		to := webhookstest.NewReceiver(t)
		release := make(chan struct{})
		to.Answer(func(http.ResponseWriter, *http.Request) { <-release })
		e, _ := w.Add(t, to.URL)
		d := w.Until(t, w.Test(t, e.GetId()), "failed once", func(d *webhooksv1.Delivery) bool { return d.GetProblem() != "" })
		if d.GetLastStatus() != 0 || !strings.Contains(d.GetProblem(), "No answer") {
			t.Errorf("got %v, want it to say that there was no answer", d)
		}
		close(release)
		w.Until(t, d, "delivered", webhookstest.Has(delivered))
	})
}

func TestAnEndpointThatAlwaysFailsIsSwitchedOffAndSaysSo(t *testing.T) {
	alone(t, func(c *webhooks.Config) { c.GiveUp = 300 * time.Millisecond }, func(t *testing.T, w webhookstest.World) {
		to := webhookstest.NewReceiver(t)
		to.Status(500)
		e, _ := w.Add(t, to.URL)
		d := w.Until(t, w.Test(t, e.GetId()), "failed", webhookstest.Has(failed))
		if d.GetAttempts() < 3 {
			t.Errorf("got %d attempts, want several", d.GetAttempts())
		}
		if e = w.Find(t, e.GetId()); e.GetActive() || !strings.Contains(e.GetOffBecause(), "300ms") || !strings.Contains(e.GetOffBecause(), "500") {
			t.Errorf("got %v, want it off, since when and why", e)
		}
	})
}

func TestAnEndpointThatTakesOtherEventsStaysOn(t *testing.T) {
	alone(t, func(c *webhooks.Config) { c.GiveUp = 300 * time.Millisecond }, func(t *testing.T, w webhookstest.World) {
		to := webhookstest.NewReceiver(t)
		e, _ := w.Add(t, to.URL)
		poison := w.Test(t, e.GetId())
		refused := poison.GetWebhookId() // stays the same when it is sent again
		to.Answer(func(rw http.ResponseWriter, r *http.Request) {
			if r.Header.Get("webhook-id") == refused {
				rw.WriteHeader(500)
			}
		})
		poison = w.Until(t, resent(t, w, poison), "tried", func(d *webhooksv1.Delivery) bool { return d.GetProblem() != "" || d.GetStatus() == failed })
		w.Until(t, w.Test(t, e.GetId()), "delivered", webhookstest.Has(delivered))
		w.Until(t, poison, "failed", webhookstest.Has(failed))
		if e = w.Find(t, e.GetId()); !e.GetActive() {
			t.Errorf("got %v, want it on: it took another event meanwhile", e)
		}
	})
}

func resent(t *testing.T, w webhookstest.World, d *webhooksv1.Delivery) *webhooksv1.Delivery {
	t.Helper()
	got, err := w.Webhooks.ResendDelivery(t.Context(), &webhooksv1.ResendDeliveryRequest{Id: d.GetId(), IdempotencyKey: id.New()})
	if err != nil {
		t.Fatal(err)
	}
	return got.GetDelivery()
}

func TestRetryAfterHoldsBackTheWholeEndpoint(t *testing.T) {
	alone(t, func(*webhooks.Config) {}, func(t *testing.T, w webhookstest.World) {
		to := webhookstest.NewReceiver(t)
		to.Answer(func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", "3600")
			rw.WriteHeader(http.StatusTooManyRequests)
		})
		e, _ := w.Add(t, to.URL)
		d := w.Until(t, w.Test(t, e.GetId()), "failed once", func(d *webhooksv1.Delivery) bool { return d.GetLastStatus() == 429 })
		if pause := time.Until(d.GetDueAt().AsTime()); pause < 59*time.Minute || pause > 61*time.Minute {
			t.Errorf("it is tried again in %s, want an hour", pause)
		}
		other := webhookstest.NewReceiver(t)
		well, _ := w.Add(t, other.URL)
		w.Test(t, e.GetId())
		w.Until(t, w.Test(t, well.GetId()), "delivered", webhookstest.Has(delivered))
		if got := len(to.Got()); got != 1 {
			t.Errorf("the endpoint got %d requests, want one: it asked for an hour's rest", got)
		}
	})
}

func TestThereAreOnlySoManyEndpoints(t *testing.T) {
	alone(t, func(c *webhooks.Config) { c.MaxEndpoints = 2 }, func(t *testing.T, w webhookstest.World) {
		w.Add(t, "http://127.0.0.1:1/")
		w.Add(t, "http://127.0.0.1:1/")
		_, err := w.Webhooks.AddEndpoint(t.Context(), &webhooksv1.AddEndpointRequest{IdempotencyKey: id.New(), Url: "http://127.0.0.1:1/"})
		if status.Code(err) != codes.ResourceExhausted || !contract.Is(err, webhooksv1.Reason_REASON_TOO_MANY) {
			t.Errorf("got %v, want TOO_MANY", err)
		}
	})
}

func TestWithoutTheSettingNoPrivateAddressIsRegistered(t *testing.T) {
	alone(t, func(c *webhooks.Config) { c.AllowPrivate = false }, func(t *testing.T, w webhookstest.World) {
		for _, url := range []string{"http://example.com/", "https://127.0.0.1/", "https://localhost/"} {
			_, err := w.Webhooks.AddEndpoint(t.Context(), &webhooksv1.AddEndpointRequest{IdempotencyKey: id.New(), Url: url})
			if v := contract.Violations(err); len(v) != 1 || v[0].Field != "url" {
				t.Errorf("%s: got %v, want a violation of url", url, err)
			}
		}
	})
}

func TestConfig(t *testing.T) {
	if err := webhooks.DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults: got %v, want none", err)
	}
	for name, change := range map[string]func(*webhooks.Config){
		"max_endpoints":   func(c *webhooks.Config) { c.MaxEndpoints = 0 },
		"at_once":         func(c *webhooks.Config) { c.AtOnce = 0 },
		"per_second":      func(c *webhooks.Config) { c.PerSecond = 0 },
		"timeout":         func(c *webhooks.Config) { c.Timeout = 0 },
		"retry_first":     func(c *webhooks.Config) { c.RetryFirst = 0 },
		"retry_most":      func(c *webhooks.Config) { c.RetryMost = time.Second },
		"give_up":         func(c *webhooks.Config) { c.GiveUp = 0 },
		"keep_deliveries": func(c *webhooks.Config) { c.KeepDeliveries = time.Hour },
	} {
		bad := webhooks.DefaultConfig()
		change(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want it named", name, err)
		}
	}
}
