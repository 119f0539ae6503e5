package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"galleria/app"
	"galleria/app/shoptest"
)

// ask sends a request to the operators' address with these headers, Host among them.
func ask(t *testing.T, shop *shoptest.Shop, path string, headers map[string]string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+shop.Address("admin")+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	r.Host = r.Header.Get("Host")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response
}

func TestTheOperatorsAddressAnswersToItsOwnNamesOnly(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	port := shop.Address("admin")[strings.LastIndexByte(shop.Address("admin"), ':'):]
	for host, want := range map[string]int{
		"localhost" + port: http.StatusOK, "LOCALHOST.": http.StatusOK, "127.0.0.1" + port: http.StatusOK, "[::1]" + port: http.StatusOK,
		"evil.example" + port: http.StatusMisdirectedRequest, "evil.example": http.StatusMisdirectedRequest,
		"localhost.evil.example": http.StatusMisdirectedRequest, "127.0.0.1.evil.example": http.StatusMisdirectedRequest,
		"10.0.0.9" + port: http.StatusMisdirectedRequest,
	} {
		for _, path := range []string{"/", "/mailbox", "/metrics", "/debug/pprof/heap", "/readyz"} {
			if got := ask(t, shop, path, map[string]string{"Host": host}); got.StatusCode != want {
				t.Errorf("%s of %s: got %d, want %d", path, host, got.StatusCode, want)
			}
		}
	}
	// A page of another site may link here, but neither read nor make us work.
	for mode, want := range map[string]int{"navigate": http.StatusOK, "no-cors": http.StatusForbidden, "cors": http.StatusForbidden} {
		got := ask(t, shop, "/debug/pprof/heap", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode})
		if got.StatusCode != want {
			t.Errorf("from another site by %s: got %d, want %d", mode, got.StatusCode, want)
		}
	}
	// A process beside the main one has an address of its own, and says so.
	shop.StartModules(t, "payments")
	if log := shop.Module("payments").Log(); !strings.Contains(log, "admin.listen") || !strings.Contains(log, shop.Address("admin")) {
		t.Errorf("payments does not say that admin.listen of the file is not its own:\n%s", log)
	}
	for _, path := range []string{"/", "/mailbox", "/nothing", "/debug/pprof/", "/readyz"} {
		h := ask(t, shop, path, nil).Header
		if policy := h.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %q", path, policy)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}

func TestTheOperatorsAddressAnswersToConfiguredNames(t *testing.T) {
	pages := app.Guarded(http.NotFoundHandler(), app.AdminConfig{Listen: "ops.internal:8081", Hosts: []string{"metrics.internal"}})
	for host, want := range map[string]int{
		"ops.internal:8081": http.StatusNotFound, "Metrics.Internal": http.StatusNotFound, "": http.StatusNotFound, "shop.internal": http.StatusMisdirectedRequest,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: got %d, want %d", host, w.Code, want)
		}
	}
}

func TestAnOperatorsAddressThatOthersReachIsAskedFor(t *testing.T) {
	for _, listen := range []string{":8081", "0.0.0.0:8081", "[::]:8081", "203.0.113.7:8081", "shop.example:8081"} {
		if _, err := configured(t, "admin: {listen: '"+listen+"'}", nil); err == nil || !strings.Contains(err.Error(), "admin.public") {
			t.Errorf("%s: got %v, want to be told of admin.public", listen, err)
		}
		if _, err := configured(t, "admin: {public: true, listen: '"+listen+"'}", nil); err != nil {
			t.Errorf("%s, said to be public: %v", listen, err)
		}
	}
	if _, err := configured(t, "admin: {hosts: ['a.internal:8081']}", nil); err == nil || !strings.Contains(err.Error(), "admin.hosts") {
		t.Errorf("a host with a port: got %v", err)
	}
}
