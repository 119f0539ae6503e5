package stripe

import (
	"net/http"

	"github.com/stripe/stripe-go/v83"
)

// client calls the API at base, or Stripe's own when that is empty.
func client(secretKey, base string) *stripe.Client {
	if base == "" {
		base = stripe.APIURL
	}
	backend := &stripe.BackendConfig{
		EnableTelemetry: stripe.Bool(false),
		HTTPClient: &http.Client{
			Transport:     discreet{http.DefaultTransport},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		// The library logs whole errors; what matters of them is returned.
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
		URL:           stripe.String(base),
	}
	return stripe.NewClient(secretKey, stripe.WithBackends(stripe.NewBackendsWithConfig(backend)))
}

// discreet takes away the headers that describe this machine.
type discreet struct{ http.RoundTripper }

func (d discreet) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("X-Stripe-Client-User-Agent")
	r.Header.Del("X-Stripe-Client-Telemetry")
	return d.RoundTripper.RoundTrip(r)
}
