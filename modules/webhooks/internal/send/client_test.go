package send

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"galleria/modules/webhooks/internal/webhook"
)

func endpointAt(url string) webhook.Endpoint {
	return webhook.Endpoint{ID: "e", URL: url, Secrets: webhook.Secrets{Now: webhook.NewSecret()}}
}

var one = webhook.Delivery{ID: "d", WebhookID: "w", Payload: `{"type":"webhook.test"}`}

// counting is a server that counts the requests it gets.
func counting(t *testing.T, answer http.HandlerFunc) (url string, got *atomic.Int64) {
	got = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.Add(1)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, got
}

func fine(http.ResponseWriter, *http.Request) {}

func TestPrivateAddressesAreNotConnectedToWhateverTheirName(t *testing.T) {
	url, got := counting(t, fine)
	c := NewClient(5*time.Second, false)
	for _, address := range []string{url, strings.Replace(url, "127.0.0.1", "localhost", 1), strings.Replace(url, "127.0.0.1", "[::ffff:127.0.0.1]", 1)} {
		a := c.post(t.Context(), endpointAt(address), one, time.Now())
		if !errors.Is(a.err, errPrivate) || a.ok() || !strings.Contains(a.problem(), "public address") {
			t.Errorf("%s: got %+v, want it refused", address, a)
		}
	}
	if got.Load() != 0 {
		t.Errorf("a server on this machine got %d requests, want none", got.Load())
	}
	if a := NewClient(5*time.Second, true).post(t.Context(), endpointAt(url), one, time.Now()); !a.ok() || got.Load() != 1 {
		t.Errorf("for trials: got %+v, want it sent", a)
	}
}

func TestWhichAddressesArePublic(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "93.184.215.14": true, "2606:2800:220:1::1": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "0.0.0.0": false,
		"100.64.0.1": false, "192.0.0.8": false, "198.18.0.1": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::1": false, "::": false, "fe80::1": false, "fe80::1%eth0": false, "fd00::1": false, "fec0::1": false, "ff02::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001:0:1::1": false, "2001:db8::1": false,
	} {
		if got := webhook.Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: got public %t, want %t", text, got, want)
		}
	}
}

func TestNoProxyOfTheEnvironmentIsUsed(t *testing.T) {
	proxy, got := counting(t, fine)
	t.Setenv("HTTP_PROXY", proxy)
	t.Setenv("http_proxy", proxy)
	if a := NewClient(5*time.Second, true).post(t.Context(), endpointAt("http://example.invalid/"), one, time.Now()); a.err == nil {
		t.Errorf("got %+v, want no answer: there is no such name", a)
	}
	if got.Load() != 0 {
		t.Errorf("the proxy got %d requests, want none", got.Load())
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	inside, got := counting(t, fine)
	url, _ := counting(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inside, http.StatusTemporaryRedirect)
	})
	a := NewClient(5*time.Second, true).post(t.Context(), endpointAt(url), one, time.Now())
	if a.ok() || a.status != 307 || !strings.Contains(a.problem(), "redirect") || got.Load() != 0 {
		t.Errorf("got %+v and %d requests at where it leads, want 307 and none", a, got.Load())
	}
}

func TestLittleIsReadAndKeptOfAnAnswer(t *testing.T) {
	written := make(chan int, 1)
	url, _ := counting(t, func(w http.ResponseWriter, _ *http.Request) {
		n := 0
		for range 1 << 14 { // 64 MiB, if they are taken
			wrote, err := w.Write([]byte(strings.Repeat("\x00ä", 1<<11)[:1<<12]))
			if n += wrote; err != nil {
				break
			}
		}
		written <- n
	})
	a := NewClient(30*time.Second, true).post(t.Context(), endpointAt(url), one, time.Now())
	if !a.ok() || len(a.body) > mostKept || strings.Contains(a.body, "\x00") {
		t.Errorf("got %d bytes %q, want up to %d that can be stored", len(a.body), a.body, mostKept)
	}
	if n := <-written; n >= 1<<26 {
		t.Errorf("all %d bytes were taken", n)
	}
}

func TestRetryAfterIsReadAndBounded(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "x": 0, "-5": 0, "30": 30 * time.Second, "999999999999": mostRetryAfter, "9999999": mostRetryAfter,
		"Fri, 02 Jan 2026 03:05:05 GMT": time.Minute, "Thu, 01 Jan 2026 03:05:05 GMT": 0, "Fri, 02 Jan 2099 03:05:05 GMT": mostRetryAfter,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
