package edge

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

func TestAProxyOfThisMachineThatIsNotNamedIsToldOnceAndHasNoLimits(t *testing.T) {
	var log bytes.Buffer
	ask := func(e *Edge, from, forwardedFor string) (name string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = from
		if forwardedFor != "" {
			r.Header.Set("X-Forwarded-For", forwardedFor)
		}
		server := echo.New()
		server.IPExtractor = e.IPExtractor()
		e.RequestID(r)
		return e.Clients.LimitedNetworkOf(server.NewContext(r, httptest.NewRecorder()))
	}
	options := Options{Limits: DefaultLimits(), Log: slog.New(slog.NewTextHandler(&log, nil))}
	e := New(options)
	for _, c := range []struct{ from, forwardedFor, name string }{
		{"127.0.0.1:5000", "", ""}, {"192.0.2.1:5000", "", "192.0.2.1"},
		// Believed by none: a client may say what it likes.
		{"192.0.2.1:5000", "198.51.100.7", "192.0.2.1"},
	} {
		if got := ask(e, c.from, c.forwardedFor); got != c.name {
			t.Errorf("%s for %q: got the name %q, want %q", c.from, c.forwardedFor, got, c.name)
		}
	}
	if log.Len() != 0 {
		t.Errorf("got %q, want nothing of what strangers say", log.String())
	}
	for range 2 {
		if got := ask(e, "127.0.0.1:5000", "198.51.100.7"); got != "" {
			t.Errorf("behind a proxy that is not named: got the name %q, want none, so no limits", got)
		}
	}
	if got := strings.Count(log.String(), "not among http.trusted_proxies"); got != 1 {
		t.Errorf("told %d times, want once: %s", got, log.String())
	}
	log.Reset()
	options.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	if got := ask(New(options), "127.0.0.1:5000", "198.51.100.7"); got != "198.51.100.7" || log.Len() != 0 {
		t.Errorf("behind a named proxy: got the name %q and %q, want the visitor's and nothing", got, log.String())
	}
}
