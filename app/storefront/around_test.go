package storefront_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"galleria/app/storefront"
)

func TestAPanicIsA500PageAndALogLine(t *testing.T) {
	s := newShop(t, func(o *storefront.Options) {
		o.Placeholder = func(string, string) []byte { panic("the painter is ill") }
	})
	p := s.visitor(t).get("/pictures/unknown.svg").want(http.StatusInternalServerError).says("Something fell off the wall").saysNot("painter")
	log := s.log.String()
	if !strings.Contains(log, "the painter is ill") || !strings.Contains(log, "around_test.go") || !strings.Contains(log, p.header.Get("X-Request-Id")) {
		t.Errorf("the log lacks what happened, where, or to whom: %s", log)
	}
	s.visitor(t).get("/").want(http.StatusOK)
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	v := newShop(t).visitor(t)
	for _, path := range []string{"/", "/nowhere", "/cart", "/robots.txt", "/checkout"} {
		h := v.get(path).header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		for _, part := range []string{"default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "object-src 'none'"} {
			if !strings.Contains(h.Get("Content-Security-Policy"), part) {
				t.Errorf("%s: the policy lacks %s", path, part)
			}
		}
		if h.Get("Permissions-Policy") == "" || h.Get("X-Request-Id") == "" {
			t.Errorf("%s: got %v", path, h)
		}
	}
}

func TestOverHTTPSBrowsersAreToldToStayThere(t *testing.T) {
	s := newShop(t)
	r := httptest.NewRequest(http.MethodGet, "https://shop.example/", nil)
	r.TLS = &tls.ConnectionState{}
	w := httptest.NewRecorder()
	s.front.ServeHTTP(w, r)
	if w.Header().Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security over HTTPS")
	}
}

func TestRequestIDsComeFromTrustedProxiesOnly(t *testing.T) {
	s := newShop(t, func(o *storefront.Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	})
	ask := func(peer, given string) string {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = peer
		r.Header.Set("X-Request-Id", given)
		w := httptest.NewRecorder()
		s.front.ServeHTTP(w, r)
		return w.Header().Get("X-Request-Id")
	}
	if got := ask("10.0.0.7:1234", "from-the-proxy-1"); got != "from-the-proxy-1" {
		t.Errorf("from a trusted proxy: got %q", got)
	}
	for peer, given := range map[string]string{"192.0.2.9:1234": "from-a-stranger", "10.0.0.7:1234": "bad id\nwith a line"} {
		if got := ask(peer, given); got == given || got == "" {
			t.Errorf("from %s: got %q, want an id of our own", peer, got)
		}
	}
}

func TestTheAccessLogHasPathsAndNoQueries(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	v.get("/search?q=a-secret-wish")
	v.get("/nowhere?token=a-secret-token")
	log := s.log.String()
	if !strings.Contains(log, "path=/search") || !strings.Contains(log, "status=404") {
		t.Errorf("got log %s", log)
	}
	if strings.Contains(log, "secret") {
		t.Error("the log holds queries")
	}
}

func TestRequestsAreCountedByRoute(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	for _, path := range []string{lamp, "/products/none", "/nowhere", "/also-nowhere"} {
		v.get(path)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(s.front.Collector())
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]float64{}
	var timed uint64
	for _, f := range families {
		for _, m := range f.GetMetric() {
			key := ""
			for _, l := range m.GetLabel() {
				key += l.GetValue() + " "
			}
			if c := m.GetCounter(); c != nil {
				counts[key] = c.GetValue()
			}
			if h := m.GetHistogram(); h != nil {
				timed += h.GetSampleCount()
			}
		}
	}
	for key, want := range map[string]float64{"2xx /products/:slug ": 1, "4xx /products/:slug ": 1, "4xx unmatched ": 2} {
		if counts[key] != want {
			t.Errorf("%s: got %v, want %v", key, counts[key], want)
		}
	}
	if timed != 4 {
		t.Errorf("got %d requests timed, want 4", timed)
	}
}

func TestInventoryIsAskedAboutManyProductsAtOnce(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	paths := productPaths(t, s)
	for _, path := range paths {
		v.get(path).want(http.StatusOK)
	}
	var asked atomic.Int32
	s.inventory.Before("GetLevels", func(context.Context) error { asked.Add(1); return nil })
	s.setStock(t, "LMP-ARC-01", 1)
	s.clock.pass(time.Second)
	for _, path := range paths {
		v.get(path).want(http.StatusOK)
	}
	v.get(lamp).says("Only 1 left")
	if got := asked.Load(); got != 1 {
		t.Errorf("for %d pages inventory was asked %d times, want once", len(paths), got)
	}
}

func TestAnAddressSpeltInAnotherWayLeadsToThePage(t *testing.T) {
	v := newShop(t).visitor(t)
	slug := strings.ReplaceAll(lamp[len("/products/"):], "-", "%2D")
	for path, want := range map[string]string{
		"/products/" + slug: lamp, "/cart/": "/cart", lamp + "//": lamp, "/c%2Flighting/": "", "/search/?q=oak": "/search?q=oak",
		"//other.example/": "", "/": "",
	} {
		p := v.get(path)
		if got := p.header.Get("Location"); got != want || want != "" && p.status != http.StatusMovedPermanently {
			t.Errorf("%s: got status %d and the location %q, want %q", path, p.status, got, want)
		}
	}
	v.get("/products/" + slug + "x").want(http.StatusMovedPermanently)
	v.get(lamp).want(http.StatusOK)
}
