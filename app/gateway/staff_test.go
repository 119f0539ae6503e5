package gateway_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"galleria/app/auditlog"
	"galleria/app/edge"
	"galleria/app/gateway"
	accountsv1 "galleria/modules/accounts/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/payments/paymentstest"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/id"
	"galleria/platform/telemetry"
)

// key makes an API key.
func (s *shop) key(scopes ...string) (keyID, secret string) {
	s.t.Helper()
	made, err := accountsv1.NewAccountsServiceClient(s.operated["accounts"]).CreateKey(s.t.Context(), &accountsv1.CreateKeyRequest{Name: "for a test", Scopes: scopes, IdempotencyKey: id.New()})
	if err != nil {
		s.t.Fatal(err)
	}
	return made.GetKey().GetId(), made.GetSecret()
}

func (s *shop) bearer(scopes ...string) string {
	_, secret := s.key(scopes...)
	return "Bearer " + secret
}

// staffSession logs in somebody with a role, and a second factor where the role wants it.
func (s *shop) staffSession(role accountsv1.Role) string {
	s.t.Helper()
	email := strings.ToLower(role.String()) + "@example.org"
	_, err := accountsv1.NewAccountsServiceClient(s.operated["accounts"]).CreateAccount(s.t.Context(), &accountsv1.CreateAccountRequest{Email: email, Password: password, Role: role})
	if err != nil {
		s.t.Fatal(err)
	}
	var session gateway.Session
	s.post("/sessions", text(map[string]any{"email": email, "password": password})).want(http.StatusCreated).into(&session)
	return "Bearer " + session.Token
}

const spring = `{"name":"Spring","kind":"percent","percent_millionths":100000,"codes":["SPRING"]}`

func thing(slug string) string {
	return `{"slug":"` + slug + `","name":"Thing","category":"kitchen","active":true,"variants":[{"sku":"` + strings.ToUpper(slug) + `","active":true,"prices":[{"currency":"EUR","amount":500,"compare_at":700}]}]}`
}

// pay pays an order at the sandbox, and waits until it is open.
func (s *shop) pay(o gateway.PlacedOrder) {
	s.t.Helper()
	_, session, _ := strings.Cut(o.Payment.RedirectURL, "/sandbox/pay/")
	payments := paymentsv1.NewPaymentsServiceClient(s.operated["payments"])
	if _, err := payments.PaySandbox(s.t.Context(), &paymentsv1.PaySandboxRequest{Session: session, Card: paymentstest.Card(paymentstest.CardVisa)}); err != nil {
		s.t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var now gateway.Order
		s.get("/orders/"+o.ID, "Authorization", "Bearer "+o.AccessToken).want(http.StatusOK).into(&now)
		if now.Status == "open" {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("the order is still %s", now.Status)
		}
	}
}

// A program of the warehouse finds a paid order, sends it in two parcels, and gives money
// back; each change is made once, however often it is asked for.
func TestAProgramSendsAndRefundsOrders(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	var o gateway.PlacedOrder
	s.post("/orders", text(order(s.filled(2))), "Idempotency-Key", id.New()).want(http.StatusCreated).into(&o)
	bearer := s.bearer("orders:read", "orders:write")
	change := func(path, key, body string) answer {
		return s.post("/orders/"+o.ID+path, body, "Authorization", bearer, "Idempotency-Key", key)
	}
	change("/fulfilments", "early", `{}`).problem(http.StatusConflict, "order-not-open")
	change("/refunds", "early", `{}`).problem(http.StatusConflict, "order-not-paid")
	s.pay(o)

	var page struct{ Items []gateway.Order }
	s.get("/orders?status=open&q=ana@example.org", "Authorization", bearer).want(http.StatusOK).into(&page)
	if len(page.Items) != 1 || page.Items[0].Number != o.Number {
		t.Fatalf("got %+v, want order %s", page.Items, o.Number)
	}
	parcel := `{"pieces":[{"item":"` + o.Items[0].ID + `","quantity":1}],"carrier":"DHL","tracking":"JJD1"}`
	var sent, again gateway.Order
	change("/fulfilments", "first", parcel).want(http.StatusCreated).into(&sent)
	change("/fulfilments", "first", parcel).want(http.StatusCreated).into(&again)
	if len(sent.Delivery.Fulfilments) != 1 || len(again.Delivery.Fulfilments) != 1 || sent.Delivery.Status != "partly_shipped" || sent.Delivery.Fulfilments[0].Tracking != "JJD1" {
		t.Errorf("got %+v, want one parcel", again.Delivery)
	}
	change("/fulfilments", "first", `{}`).problem(http.StatusUnprocessableEntity, "idempotency-key-reused")
	change("/fulfilments", "too-many", strings.Replace(parcel, `"quantity":1`, `"quantity":9`, 1)).problem(http.StatusConflict, "not-that-many")
	s.post("/orders/"+o.ID+"/fulfilments", `{}`, "Authorization", bearer).problem(http.StatusBadRequest, "idempotency-key-missing")

	var back gateway.Order
	change("/refunds", "some", `{"amount":{"currency":"EUR","amount":100},"reason":"A scratch"}`).want(http.StatusCreated).into(&back)
	if len(back.Refunds) != 1 || back.Refunds[0].Amount.Amount != 100 || back.Refunds[0].Reason != "A scratch" {
		t.Errorf("got refunds %+v, want 1.00", back.Refunds)
	}
	for _, path := range []string{"/refunds", "/fulfilments"} { // a selection that came out empty is not all there is
		change(path, "none", `{"pieces":[]}`).problem(http.StatusUnprocessableEntity, "invalid")
	}
	change("/refunds", "other", `{"amount":{"currency":"USD","amount":100}}`).problem(http.StatusUnprocessableEntity, "invalid")
	change("/refunds", "much", `{"amount":{"currency":"EUR","amount":100000000}}`).problem(http.StatusConflict, "refund-too-large")
	var rest gateway.Order
	s.post("/orders/"+o.ID+"/cancel", `{"reason":"Our own words"}`, "Authorization", "Bearer "+o.AccessToken).problem(http.StatusUnprocessableEntity, "invalid")
	change("/cancel", "x", `{"reason":"The mug broke in our hands"}`).want(http.StatusOK).into(&rest)
	if rest.Status != "closed" || len(rest.Refunds) != 2 {
		t.Errorf("got an order that is %s with refunds %+v, want it closed, and the price of what was not sent given back", rest.Status, rest.Refunds)
	} else if got := rest.Refunds[1].Reason; got != "The shop cancelled the rest of the order. The mug broke in our hands" {
		t.Errorf("got the reason %q, want what the customer is told", got)
	}
	s.post("/orders/none/fulfilments", `{}`, "Authorization", bearer, "Idempotency-Key", "x").problem(http.StatusNotFound, "not-found")
}

func TestAProgramWritesProductsStockAndPromotions(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	bearer := s.bearer("products:read", "products:write", "stock:read", "stock:write", "promotions:read", "promotions:write")
	send := func(method, path, body string, more ...string) answer {
		return s.send(method, gateway.Prefix+path, body, append(more, "Authorization", bearer)...)
	}
	put := func(at, body string) answer {
		condition := []string{"If-None-Match", "*"}
		if got := send(http.MethodGet, at, ""); got.status == http.StatusOK {
			condition = []string{"If-Match", got.header.Get("ETag")}
		}
		return send(http.MethodPut, at, body, condition...)
	}
	var product gateway.WholeProduct
	put("/catalogue/thing-1", thing("thing-1")).want(http.StatusOK).into(&product)
	put("/catalogue/THING-1", strings.Replace(thing("thing-2"), "THING-2", "THING-1", 1)).want(http.StatusOK).into(&product)
	if product.Slug != "thing-2" || product.Variants[0].SKU != "THING-1" || product.Variants[0].Prices[0].CompareAt != 700 {
		t.Errorf("got %+v, want the same product at its new address", product)
	}
	pictured := strings.Replace(thing("thing-2"), `"category"`, `"pictures":[{"name":"a.jpg","alt":"A thing on a table"},{"name":"b.jpg"}],"category"`, 1)
	put("/catalogue/thing-2", strings.Replace(pictured, "THING-2", "THING-1", 1)).want(http.StatusOK).into(&product)
	if want := []gateway.WholePicture{{Name: "a.jpg", Alt: "A thing on a table"}, {Name: "b.jpg"}}; !slices.Equal(product.Pictures, want) {
		t.Errorf("pictures: got %v, want %v", product.Pictures, want)
	}
	var public gateway.Product
	s.get("/products/thing-2").want(http.StatusOK).into(&public)
	if want := []gateway.Picture{{URL: "/pictures/a.jpg", Alt: "A thing on a table"}, {URL: "/pictures/b.jpg", Alt: "Thing"}}; !slices.Equal(public.Pictures, want) {
		t.Errorf("pictures for shoppers: got %v, want %v", public.Pictures, want)
	}
	s.get("/products/thing-1").want(http.StatusOK)                                                 // a slug of before finds it
	put("/catalogue/thing-3", thing("thing-2")).problem(http.StatusUnprocessableEntity, "invalid") // not over another product
	put("/catalogue/thing-3", strings.Replace(thing("thing-3"), "THING-3", "THING-1", 1)).problem(http.StatusConflict, "taken")
	if got := put("/catalogue/thing-3", strings.Replace(thing("thing-3"), `"currency":"EUR"`, `"currency":"ZZZ"`, 1)); !strings.Contains(got.text, "#/variants/0/prices/0/currency") {
		t.Errorf("got %d %s, want a pointer to the currency", got.status, got.text)
	}
	if got := send(http.MethodGet, "/catalogue?limit=100", "").want(http.StatusOK); !strings.Contains(got.text, `"thing-2"`) {
		t.Error("the list of all products has not the one that was written")
	}

	var level gateway.StockLevel
	for range 2 { // the second time it is a repeat
		send(http.MethodPost, "/stock/THING-1/receipts", `{"quantity":10}`, "Idempotency-Key", "truck").want(http.StatusCreated).into(&level)
	}
	send(http.MethodPost, "/stock/THING-1/adjustments", `{"by":-3,"reason":"damage","note":"fell"}`, "Idempotency-Key", "fell").want(http.StatusCreated).into(&level)
	if level.OnHand != 7 || level.Available != 7 || level.Location != "main" {
		t.Errorf("got %+v, want 7 on hand", level)
	}
	moved, err := inventoryv1.NewInventoryServiceClient(s.operated["inventory"]).ListMovements(t.Context(), &inventoryv1.ListMovementsRequest{Sku: "THING-1"})
	if err != nil || len(moved.GetMovements()) != 2 || !strings.HasPrefix(moved.GetMovements()[0].GetActor(), "key:") {
		t.Errorf("got %v, %v, want two movements by the API key", moved, err)
	}
	send(http.MethodPost, "/stock/THING-1/adjustments", `{"by":-4,"reason":"damage"}`, "Idempotency-Key", "fell").problem(http.StatusUnprocessableEntity, "idempotency-key-reused")
	if got := send(http.MethodGet, "/stock?sku=THING-1&sku=none", "").want(http.StatusOK); !strings.Contains(got.text, `"on_hand":7`) || strings.Contains(got.text, "none") {
		t.Errorf("got %s, want 7 of the one there is", got.text)
	}

	var promotion gateway.Promotion
	send(http.MethodPut, "/promotions/spring", spring).want(http.StatusOK).into(&promotion)
	send(http.MethodPut, "/promotions/spring", strings.Replace(spring, "{", `{"used":7,`, 1)).want(http.StatusOK).into(&promotion)
	if promotion.Used != 0 {
		t.Errorf("a promotion that nobody used was used %d times, as was sent", promotion.Used)
	}
	send(http.MethodPut, "/promotions/summer", strings.Replace(spring, "Spring", "Summer", 1)).problem(http.StatusConflict, "taken")
	if got := send(http.MethodGet, "/promotions?without_ended=true", "").want(http.StatusOK); !strings.Contains(got.text, `"id":"spring"`) {
		t.Errorf("got %s, want spring in it", got.text)
	}
	send(http.MethodDelete, "/promotions/spring", "").want(http.StatusOK).into(&promotion)
	if promotion.EndsAt == nil {
		t.Error("the promotion has no end")
	}
	send(http.MethodDelete, "/promotions/none", "").problem(http.StatusNotFound, "not-found")

	// The slug that it had before leads shoppers to it, and deletes nothing.
	put("/catalogue/thing-2", strings.Replace(strings.ReplaceAll(thing("thing-2"), "THING-2", "THING-1"), `"slug":"thing-2"`, `"slug":"thing-3"`, 1)).want(http.StatusOK)
	send(http.MethodDelete, "/catalogue/thing-2", "", "If-Match", "*").problem(http.StatusNotFound, "not-found")
	put("/catalogue/thing-2", thing("thing-2")).want(http.StatusOK)
	send(http.MethodGet, "/products/thing-3", "").want(http.StatusOK)
	// A version that another person has changed meanwhile is not deleted.
	seen := send(http.MethodGet, "/catalogue/thing-2", "").want(http.StatusOK).header.Get("ETag")
	put("/catalogue/thing-2", strings.Replace(thing("thing-2"), "700", "800", 1)).want(http.StatusOK)
	send(http.MethodDelete, "/catalogue/thing-2", "").problem(http.StatusPreconditionRequired, "condition-missing")
	send(http.MethodDelete, "/catalogue/thing-2", "", "If-Match", seen).problem(http.StatusPreconditionFailed, "changed-meanwhile")
	now := send(http.MethodGet, "/catalogue/thing-2", "").want(http.StatusOK).header.Get("ETag")
	send(http.MethodDelete, "/catalogue/thing-2", "", "If-Match", seen+", "+now).want(http.StatusNoContent)
	send(http.MethodDelete, "/catalogue/thing-2", "", "If-Match", now).problem(http.StatusNotFound, "not-found")

	changes, _, err := s.audit.Find(auditlog.Filter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"wrote product thing-1 to THING-1 5.00 EUR", "deleted product thing-2 from THING-2 5.00 EUR",
		"received stock of THING-1 to +10", "corrected stock of THING-1 from 10 to 7", "ended promotion spring",
	} {
		said := 0
		for _, e := range changes {
			text := e.Action + " " + e.Thing
			if e.From != "" {
				text += " from " + e.From
			}
			if e.To != "" {
				text += " to " + e.To
			}
			if text == want && strings.HasPrefix(e.Who, "API key ") {
				said++
			}
		}
		if said != 1 {
			t.Errorf("the audit log has %q %d times, want once: %+v", want, said, changes)
		}
	}
}

// Two programs that change a product can't overwrite what the other one wrote.
func TestAProductIsWrittenOverTheVersionThatWasRead(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	bearer := s.bearer("products:read", "products:write")
	const at = "/catalogue/thing-1"
	put := func(name string, conditions ...string) answer {
		return s.send(http.MethodPut, gateway.Prefix+at, strings.Replace(thing("thing-1"), `"Thing"`, `"`+name+`"`, 1), append(conditions, "Authorization", bearer)...)
	}
	tag := func() string {
		t.Helper()
		got := s.get(at, "Authorization", bearer).want(http.StatusOK)
		var p gateway.WholeProduct
		got.into(&p)
		if got.header.Get("ETag") != `"`+p.Version+`"` || p.Version == "" {
			t.Errorf("the ETag is %s, and the version %q", got.header.Get("ETag"), p.Version)
		}
		return got.header.Get("ETag")
	}
	put("Thing").problem(http.StatusPreconditionRequired, "condition-missing")
	put("Thing", "If-None-Match", `"a"`).problem(http.StatusPreconditionRequired, "condition-missing")
	put("Thing", "If-Match", "*").problem(http.StatusPreconditionFailed, "changed-meanwhile")
	put("Thing", "If-Match", `"a"`).problem(http.StatusPreconditionFailed, "changed-meanwhile")
	made := put("Thing", "If-None-Match", "*").want(http.StatusOK)
	put("Thing", "If-None-Match", "*").want(http.StatusOK) // a repeat
	first := tag()
	if made.header.Get("ETag") != first {
		t.Errorf("PUT answered the ETag %s, GET %s", made.header.Get("ETag"), first)
	}
	put("Other", "If-None-Match", "*").problem(http.StatusPreconditionFailed, "changed-meanwhile")
	put("Hers", "If-Match", first).want(http.StatusOK)
	put("Hers", "If-Match", first).want(http.StatusOK) // a repeat
	second := tag()
	put("His", "If-Match", first).problem(http.StatusPreconditionFailed, "changed-meanwhile")
	put("His", "If-Match", "W/"+second).problem(http.StatusPreconditionFailed, "changed-meanwhile")
	if tag() != second {
		t.Error("a refused change was written")
	}
	put("His", "If-Match", `"other", `+second).want(http.StatusOK)
	put("Whatever", "If-Match", "*").want(http.StatusOK)
	var listed struct{ Items []gateway.WholeProduct }
	s.get("/catalogue?limit=100", "Authorization", bearer).want(http.StatusOK).into(&listed)
	for _, p := range listed.Items {
		if p.Slug == "thing-1" && `"`+p.Version+`"` != tag() {
			t.Errorf("the list has the version %s, want that of the ETag %s", p.Version, tag())
		}
	}
}

// keptSpans keeps spans after its shutdown.
type keptSpans struct{ *tracetest.InMemoryExporter }

func (keptSpans) Shutdown(context.Context) error { return nil }

// A key that works, one of another scope and one that was revoked are in no log, span or
// problem.
func TestAnAPIKeyIsNowhereAndOpensNothingOnceItIsRevoked(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	untrace, err := telemetry.Setup(t.Context(), telemetry.TraceOptions{Exporter: keptSpans{spans}, SampleRatio: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, edge.Limits{Loopback: true})
	keyID, secret := s.key("orders:read")
	var said strings.Builder
	for _, path := range []string{"/orders", "/promotions", "/stock?sku=" + mug, "/orders/none", "/me"} {
		said.WriteString(s.get(path, "Authorization", "Bearer "+secret).text)
	}
	s.get("/orders", "Authorization", "Bearer "+secret).want(http.StatusOK)
	accounts := accountsv1.NewAccountsServiceClient(s.operated["accounts"])
	if _, err := accounts.RevokeKey(t.Context(), &accountsv1.RevokeKeyRequest{Id: keyID}); err != nil {
		t.Fatal(err)
	}
	what := s.things("", false)
	for _, r := range readDocument(s).routes() {
		if len(r.Security) > 0 {
			got := s.ask(s.about(r, what), "Bearer "+secret)
			got.problem(http.StatusUnauthorized, "unauthorized")
			said.WriteString(got.text)
		}
	}
	if err := untrace(t.Context()); err != nil {
		t.Fatal(err)
	}
	found := s.log.String() + said.String() + fmt.Sprintf("%+v", spans.GetSpans())
	if !strings.Contains(found, "listOrders") && !strings.Contains(found, "/orders") || len(spans.GetSpans()) == 0 {
		t.Fatal("nothing was logged or traced: what is looked through here is not what was made")
	}
	if strings.Contains(found, secret) || strings.Contains(found, secret[3:]) {
		t.Error("a log, span or problem holds the API key")
	}
}
