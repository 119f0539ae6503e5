package app_test

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"

	"galleria/app/shoptest"
)

func TestOperatorsSeeHealthMetricsProfilesAndMails(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	ana := shop.Guest(t, "Ana")
	ana.Adds(1, shoptest.Mug)
	ana.Pays(shoptest.Visa)
	shop.AwaitMail(t, " is confirmed")

	for path, words := range map[string][]string{
		"/healthz":         {"ok"},
		"/readyz":          {`"ready":true`, `"module":"orders"`, `"events_connected":true`},
		"/readyz/payments": {`"module":"payments"`, `"ready":true`},
		"/metrics": {
			`route_calls_seconds_count{method="/orders.v1.OrdersService/PlaceOrder",mode="local",module="orders"} 1`,
			`route_healthy{mode="local",module="catalog"} 1`, `events_outbox_backlog{module="orders"} 0`,
			`events_handled_total{module="notifications"} 1`, `database_commits_total{module="orders"}`, `database_writes_total{module="orders"}`, "galleria_build_info", "galleria_storefront_requests_total", "go_goroutines",
		},
		"/mailbox":                  {"is confirmed"},
		"/debug/pprof/":             {"goroutine"},
		"/debug/pprof/heap?debug=1": {"heap profile"},
	} {
		code, body := admin(t, shop, path)
		if code != http.StatusOK {
			t.Errorf("%s answers %d, want 200", path, code)
		}
		for _, want := range words {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not say %s:\n%.2000s", path, want, body)
			}
		}
	}
	if code, _ := admin(t, shop, "/readyz/paymints"); code != http.StatusNotFound {
		t.Errorf("a module there is not: answers %d, want 404", code)
	}
	for _, noText := range []string{"/mailbox/%ff", "/mailbox/%c3%28/html", "/mailbox?page=%00", "/readyz/%ff"} {
		if code, _ := admin(t, shop, noText); code != http.StatusBadRequest {
			t.Errorf("%s: got %d, want 400", noText, code)
		}
	}
	if code, _ := admin(t, shop, "/mailbox/nothing"); code != http.StatusNotFound {
		t.Errorf("a mail there is not: answers %d, want 404", code)
	}
}

func admin(t *testing.T, shop *shoptest.Shop, path string) (code int, body string) {
	t.Helper()
	response, err := http.Get("http://" + shop.Address("admin") + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(data)
}

// spans is an OTLP collector that remembers span names by trace and process.
type spans struct {
	collector.UnimplementedTraceServiceServer
	mu     sync.Mutex
	traces map[string][]string
}

func (s *spans) Export(_ context.Context, in *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, resource := range in.GetResourceSpans() {
		service := ""
		for _, a := range resource.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				service = a.GetValue().GetStringValue()
			}
		}
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				id := hex.EncodeToString(span.GetTraceId())
				s.traces[id] = append(s.traces[id], service+" "+span.GetName())
			}
		}
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

// holds tells whether one trace has all of these.
func (s *spans) holds(wanted ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, names := range s.traces {
		all, found := strings.Join(names, "\n")+"\n", true
		for _, want := range wanted {
			found = found && strings.Contains(all, want+"\n")
		}
		if found {
			return true
		}
	}
	return false
}

func TestACheckoutIsOneTraceAcrossProcesses(t *testing.T) {
	t.Parallel()
	collecting := &spans{traces: map[string][]string{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	collector.RegisterTraceServiceServer(server, collecting)
	go server.Serve(listener)
	t.Cleanup(server.Stop)

	shop := shoptest.Prepare(t, shoptest.Layout{Apart: []string{"payments", "notifications"}})
	file, err := os.ReadFile(shop.ConfigFile())
	if err != nil {
		t.Fatal(err)
	}
	shop.WriteConfig(t, string(file)+"tracing: {endpoint: \""+listener.Addr().String()+"\", insecure: true}\n")
	shop.StartAll(t)
	shop.Fill(t)
	ana := shop.Guest(t, "Ana")
	ana.Adds(1, shoptest.Mug)
	ana.Pays(shoptest.Visa)
	shop.Await(t, "one trace from the form to the payment page", func() bool {
		return collecting.holds(
			"galleria-all orders.v1.OrdersService/PlaceOrder",            // called by the edge, in process
			"galleria-all inventory.v1.InventoryService/Allocate",        // called by orders, in process
			"galleria-all payments.v1.PaymentsService/StartPayment",      // called by orders, over the network
			"galleria-payments payments.v1.PaymentsService/StartPayment", // served there
		)
	})
	// What the provider says later is no part of the shopper's request. Its event
	// is heard in another process.
	shop.Await(t, "the spans of what follows when the order is paid", func() bool {
		return collecting.holds("galleria-all process events.payments.PaymentSettled.{aggregate}") &&
			collecting.holds("galleria-notifications process events.orders.OrderPlaced.{aggregate}")
	})
}
