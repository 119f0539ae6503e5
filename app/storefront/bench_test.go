package storefront_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/app/demo"
	"galleria/app/storefront"
	catalogv1 "galleria/modules/catalog/v1"
)

// quiet is the log of a shop in production: Info and above, to nowhere.
func quiet(o *storefront.Options) {
	o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	o.Now = time.Now
}

// BenchmarkPages serves pages of a catalogue of 2,500 products over real
// connections, each beside a bare echo handler that writes as many bytes. What
// to compare is req/CPU-s: requests per second of CPU, of server and client
// together, so the client's part dims the difference. The direct benchmarks
// below leave the network out, and are the harder comparison.
func BenchmarkPages(b *testing.B) {
	s := open(b, demo.Generate(1, 2500), quiet)
	slugs := productPaths(b, s)
	var turn atomic.Uint64
	for _, bench := range []struct {
		name string
		next func() string
	}{
		{"home", func() string { return "/" }},
		{"one product", func() string { return slugs[0] }},
		{"2500 products", func() string { return slugs[turn.Add(1)%uint64(len(slugs))] }},
		{"search", func() string { return "/search?q=oak" }},
	} {
		size := len(s.visitor(b).get(bench.next()).want(http.StatusOK).body)
		b.Run(bench.name+"/storefront", func(b *testing.B) { overNetwork(b, s.front, bench.next) })
		b.Run(bench.name+"/bare", func(b *testing.B) { overNetwork(b, bare(size), bench.next) })
	}
}

// BenchmarkHandlers is the same without a network.
func BenchmarkHandlers(b *testing.B) {
	s := open(b, demo.Generate(1, 2500), quiet)
	slugs := productPaths(b, s)
	var turn uint64
	for _, bench := range []struct {
		name string
		next func() string
	}{
		{"home", func() string { return "/" }},
		{"one product", func() string { return slugs[0] }},
		{"2500 products", func() string { turn++; return slugs[turn%uint64(len(slugs))] }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := &discard{header: http.Header{}}
				s.front.ServeHTTP(w, httptest.NewRequest(http.MethodGet, bench.next(), nil))
				if w.status != http.StatusOK {
					b.Fatalf("got status %d", w.status)
				}
			}
		})
	}
}

// BenchmarkCart serves carts without a network, from a cart module on disk.
func BenchmarkCart(b *testing.B) {
	s := open(b, demo.Generate(1, 2500), quiet)
	skus := s.skus(b)
	for _, lines := range []int{1, 3, 50} {
		v := s.visitor(b)
		for _, sku := range skus[:lines] {
			v.put(sku, 1)
		}
		request := func(method, path string, form url.Values) *http.Request {
			r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
			for _, c := range v.jar.Cookies(&url.URL{Scheme: "https", Host: "localhost"}) {
				r.AddCookie(c)
			}
			if form != nil {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			return r
		}
		serve := func(want int, r *http.Request) {
			w := &discard{header: http.Header{}}
			s.front.ServeHTTP(w, r)
			if w.status != want {
				b.Fatalf("got status %d, want %d", w.status, want)
			}
		}
		b.Run(fmt.Sprintf("page of %d lines", lines), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				serve(http.StatusOK, request(http.MethodGet, "/cart", nil))
			}
		})
		b.Run(fmt.Sprintf("a change of %d lines and the page", lines), func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				serve(http.StatusSeeOther, request(http.MethodPost, "/cart/items/"+skus[0], url.Values{"quantity": {strconv.Itoa(1 + n%9)}}))
				serve(http.StatusOK, request(http.MethodGet, "/cart", nil))
			}
		})
	}
}

// skus are those of the first products.
func (s *shop) skus(t testing.TB) []string {
	t.Helper()
	got, err := s.catalog.ListProducts(t.Context(), &catalogv1.ListProductsRequest{PageSize: 60, CurrencyCode: "EUR"})
	if err != nil {
		t.Fatal(err)
	}
	var skus []string
	for _, p := range got.GetProducts() {
		skus = append(skus, p.GetVariants()[0].GetSku())
	}
	return skus
}

func bare(size int) http.Handler {
	body := make([]byte, size)
	e := echo.New()
	answer := func(c echo.Context) error {
		c.Response().Header().Set("Content-Length", strconv.Itoa(len(body)))
		return c.Blob(http.StatusOK, "text/html; charset=utf-8", body)
	}
	e.GET("/", answer)
	e.GET("/products/:slug", answer)
	e.GET("/search", answer)
	return e
}

func overNetwork(b *testing.B, h http.Handler, next func() string) {
	server := httptest.NewServer(h)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	before := cpu(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, err := client.Get(server.URL + next())
			if err != nil {
				b.Error(err)
				return
			}
			_, err = io.Copy(io.Discard, r.Body)
			r.Body.Close()
			if err != nil || r.StatusCode != http.StatusOK {
				b.Errorf("got %s, %v", r.Status, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/(cpu(b)-before).Seconds(), "req/CPU-s")
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// discard is a client that does not read.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

func productPaths(t testing.TB, s *shop) []string {
	t.Helper()
	return addressesIn(t, s.visitor(t).get("/sitemap.xml").want(http.StatusOK).body, "/products/")
}
