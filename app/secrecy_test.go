package app_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/prototext"

	"galleria/app/shoptest"
)

// exported is an OTLP collector that keeps the text of all it gets.
type exported struct {
	collector.UnimplementedTraceServiceServer
	mu   sync.Mutex
	text strings.Builder
}

func (e *exported) Export(_ context.Context, in *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.text.WriteString(prototext.Format(in))
	return &collector.ExportTraceServiceResponse{}, nil
}

func (e *exported) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.text.String()
}

var cartCookie = regexp.MustCompile(`galleria_cart=([^;]+)`)

// TestNoSecretOfARunIsLoggedTracedOrMeasured: a purchase, one that is declined, one
// with mistakes and a cancellation, and webhooks, with everything logged and traced, in
// three processes. What is typed into the page of payment, and the secrets of the
// settings, are not stored either: not in a database, nor in an event.
func TestNoSecretOfARunIsLoggedTracedOrMeasured(t *testing.T) {
	for name, postgres := range map[string]bool{"SQLite": false, "PostgreSQL": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			spans, server := &exported{}, grpc.NewServer()
			collector.RegisterTraceServiceServer(server, spans)
			go server.Serve(listener)
			t.Cleanup(server.Stop)

			shop := shoptest.Prepare(t, shoptest.Layout{Apart: []string{"payments", "orders"}, Postgres: postgres})
			file, err := os.ReadFile(shop.ConfigFile())
			if err != nil {
				t.Fatal(err)
			}
			shop.WriteConfig(t, strings.Replace(string(file), "  payments: {", "  payments: {stripe: {secret_key: sk_test_hunter2, webhook_secrets: ["+strings.Join(webhookSecrets, ", ")+"]}, ", 1)+
				"log: {level: debug}\ntracing: {endpoint: \""+listener.Addr().String()+"\", insecure: true}\n")
			shop.StartAll(t)
			shop.Fill(t)

			never := map[string]string{"the provider's key": "hunter2", "mistyped card": "4242424242424241"}
			secrets := map[string]string{}
			ana := shop.Guest(t, "Quintelana")
			added := ana.Post("/cart/items", url.Values{"sku": {shoptest.Mug.SKU}, "quantity": {"1"}})
			cookie := cartCookie.FindStringSubmatch(strings.Join(added.Header.Values("Set-Cookie"), "\n"))
			if cookie == nil {
				t.Fatal("no cart was made")
			}
			secrets["cart"] = cookie[1]
			form := ana.FillsIn(shoptest.Visa)
			secrets["key"] = form.Get("idempotency_key")
			for _, field := range []string{"email", "name", "line1", "postal_code"} {
				secrets[field] = form.Get(field)
			}
			never["card_number"] = form.Get("card_number")
			mistaken := ana.With("4242424242424241", url.Values{})
			for field := range form {
				if !mistaken.Has(field) {
					mistaken.Set(field, form.Get(field))
				}
			}
			ana.Tries(mistaken)
			order := ana.Bought(ana.Submits(form))
			secrets["token"] = order.Token
			ana.TriesToSee("/orders/" + order.ID + "?token=" + order.Token + "x")
			ana.TriesToSee("/search?q=quintessence")
			secrets["search"] = "quintessence"
			ana.Cancels(order)
			typed, session := paysByManyCards(t, shop)
			maps.Copy(never, typed)
			maps.Copy(never, hearsOfStripe(t, shop))
			secrets["session"] = session
			shop.AwaitMail(t, "Your order "+order.Number+" is confirmed")
			shop.Await(t, "spans have arrived", func() bool { return strings.Contains(spans.String(), "PlaceOrder") })

			said := map[string]string{}
			for _, path := range []string{"/metrics", "/readyz"} {
				code, body := admin(t, shop, path)
				if code != http.StatusOK {
					t.Errorf("%s answers %d", path, code)
				}
				said[path] = body
			}
			shop.StopModules(t, "payments", "orders")
			shop.Main().Stop(t)
			said["the log of the main process"] = shop.Main().Log()
			said["the log of payments"], said["the log of orders"] = shop.Module("payments").Log(), shop.Module("orders").Log()
			said["the spans"] = spans.String()
			for where, text := range said {
				if text == "" {
					t.Errorf("%s is empty", where)
				}
			}
			maps.Copy(secrets, never)
			wantNowhere(t, secrets, said)
			stored := shop.Stored(t)
			if all := fmt.Sprint(stored); !strings.Contains(all, secrets["email"]) || !strings.Contains(all, order.ID) || !strings.Contains(all, "payments.v1.PaymentSettled") {
				t.Error("the databases were not read: the order, its customer or the payment's event is missing")
			}
			wantNowhere(t, never, stored)
		})
	}
}
