package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"galleria/app/edge"
	"galleria/app/gateway"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/id"
)

// A program registers its address, looks what was sent to it, has that sent again, and
// goes away.
func TestAProgramRegistersAnEndpointAndHasADeliverySentAgain(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	auth := s.bearer("webhooks:read", "webhooks:write")
	add := request{http.MethodPost, "/webhooks", `{"url":"https://hooks.example.com/","events":["order.placed"],"note":"the packers"}`, []string{"Idempotency-Key", id.New()}}
	key := id.New()
	var made, again gateway.NewEndpoint
	s.send(add.method, gateway.Prefix+add.path, add.body, "Idempotency-Key", key, "Authorization", auth).want(http.StatusCreated).into(&made)
	s.send(add.method, gateway.Prefix+add.path, add.body, "Idempotency-Key", key, "Authorization", auth).want(http.StatusCreated).into(&again)
	if !strings.HasPrefix(made.Secret, "whsec_") || again.ID != made.ID || again.Secret != made.Secret {
		t.Errorf("got %+v and %+v, want one endpoint and its secret twice", made, again)
	}
	list := s.get("/webhooks", "Authorization", auth).want(http.StatusOK)
	if !strings.Contains(list.text, made.ID) || strings.Contains(list.text, made.Secret) {
		t.Errorf("got %s, want the endpoint without its secret", list.text)
	}

	if _, err := webhooksv1.NewWebhooksServiceClient(s.operated["webhooks"]).SendTest(t.Context(), &webhooksv1.SendTestRequest{Id: made.ID, IdempotencyKey: id.New()}); err != nil {
		t.Fatal(err)
	}
	var sent struct{ Items []gateway.Delivery }
	s.get("/webhooks/"+made.ID+"/deliveries", "Authorization", auth).want(http.StatusOK).into(&sent)
	if len(sent.Items) != 1 || sent.Items[0].Type != "webhook.test" || sent.Items[0].WebhookID == "" {
		t.Fatalf("got deliveries %+v, want the test", sent.Items)
	}
	var resent gateway.Delivery
	s.ask(request{http.MethodPost, "/webhooks/deliveries/" + sent.Items[0].ID + "/resend", "", []string{"Idempotency-Key", id.New()}}, auth).want(http.StatusOK).into(&resent)
	if resent.WebhookID != sent.Items[0].WebhookID || resent.Status != "waiting" {
		t.Errorf("got %+v, want the same webhook-id to be sent again", resent)
	}

	s.ask(request{http.MethodDelete, "/webhooks/" + made.ID, "", nil}, auth).want(http.StatusNoContent)
	s.get("/webhooks/"+made.ID+"/deliveries", "Authorization", auth).want(http.StatusNotFound)
	add.body = `{"url":"gopher://hooks.example.com/"}`
	if got := s.ask(add, auth).want(http.StatusUnprocessableEntity); !strings.Contains(got.text, `"#/url"`) {
		t.Errorf("got %s, want the pointer of the address", got.text)
	}
}
