package gateway_test

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"galleria/app/edge"
	"galleria/app/gateway"
	"galleria/app/gateway/gatewaytest"
)

var update = flag.Bool("update", false, "write the OpenAPI document that the typed client is made of")

const clientsDocument = "gatewaytest/openapi.json"

func TestTheTypedClientIsMadeOfTheDocument(t *testing.T) {
	served := open(t, edge.Limits{Loopback: true}).get("/openapi.json").want(http.StatusOK).text + "\n"
	if *update {
		if err := os.WriteFile(clientsDocument, []byte(served), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(clientsDocument)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != served {
		t.Errorf("%s is not the document that is served: run make generate", clientsDocument)
	}
}

func TestATypedClientBuys(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	server := httptest.NewServer(s.api)
	defer server.Close()
	client, err := gatewaytest.NewClientWithResponses(server.URL + gateway.Prefix)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	found, err := client.ListProductsWithResponse(ctx, &gatewaytest.ListProductsParams{Q: new("mug"), Limit: new(int32(1))})
	wants(t, err, found, http.StatusOK)
	product, err := client.GetProductWithResponse(ctx, found.JSON200.Items[0].Slug, nil)
	wants(t, err, product, http.StatusOK)
	cart, err := client.CreateCartWithResponse(ctx, nil)
	wants(t, err, cart, http.StatusCreated)
	filled, err := client.SetCartItemWithResponse(ctx, cart.JSON201.Id, product.JSON200.Variants[0].Sku, gatewaytest.SetCartItemJSONRequestBody{Quantity: 2})
	wants(t, err, filled, http.StatusOK)
	priced, err := client.SetCartAddressWithResponse(ctx, cart.JSON201.Id, gatewaytest.Destination{Country: "PT"})
	wants(t, err, priced, http.StatusOK)
	order := gatewaytest.PlaceOrder{
		CartId: cart.JSON201.Id, Email: "ana@example.org", ExpectedTotal: priced.JSON200.Totals.Total,
		ShippingAddress: gatewaytest.ShippingAddress{Name: "Ana Carvalho", Line1: "Rua das Flores 12", City: "Porto", PostalCode: "4050-262", Country: "PT"},
	}
	order.ExpectedTotal.Amount--
	refused, err := client.PlaceOrderWithResponse(ctx, &gatewaytest.PlaceOrderParams{IdempotencyKey: "typed"}, order)
	wants(t, err, refused, http.StatusConflict)
	order.ExpectedTotal = refused.ApplicationproblemJSON409.Cart.Totals.Total
	placed, err := client.PlaceOrderWithResponse(ctx, &gatewaytest.PlaceOrderParams{IdempotencyKey: "typed"}, order)
	wants(t, err, placed, http.StatusCreated)
	bearer := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+placed.JSON201.AccessToken)
		return nil
	}
	seen, err := client.GetOrderWithResponse(ctx, placed.JSON201.Id, bearer)
	wants(t, err, seen, http.StatusOK)
	if seen.JSON200.Number != placed.JSON201.Number || seen.JSON200.Payment.RedirectUrl == nil || seen.JSON200.Totals.Total != priced.JSON200.Totals.Total {
		got, _ := json.Marshal(seen.JSON200)
		t.Errorf("got %s, want order %s, to be paid", got, placed.JSON201.Number)
	}
}

func wants(t *testing.T, err error, answer interface{ StatusCode() int }, status int) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if got := answer.StatusCode(); got != status {
		t.Fatalf("got status %d, want %d", got, status)
	}
}
