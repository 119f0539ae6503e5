package webhookstest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/id"
	"galleria/platform/module/moduletest"
)

type cases = map[string]func(t *testing.T)

// background outlives the test's own context, for what is cleaned up.
var background = context.Background()

func (w World) addCases() cases {
	add := func(t *testing.T, key, url, note string, events ...string) (*webhooksv1.AddEndpointResponse, error) {
		return w.Webhooks.AddEndpoint(t.Context(), &webhooksv1.AddEndpointRequest{IdempotencyKey: key, Url: url, Events: events, Note: note})
	}
	return cases{
		"answers the endpoint and its secret, and the same when it is repeated": func(t *testing.T) {
			key := id.New()
			one, err := add(t, key, "http://127.0.0.1:1/x", "the ERP", "stock.low", "order.placed", "stock.low")
			if err != nil {
				t.Fatal(err)
			}
			defer w.remove(t, one.GetEndpoint().GetId())
			e := one.GetEndpoint()
			if !e.GetActive() || e.GetNote() != "the ERP" || !slices.Equal(e.GetEvents(), []string{"order.placed", "stock.low"}) || !strings.HasPrefix(one.GetSecret(), "whsec_") {
				t.Errorf("got %v, want it active, with its events in order, each once, and a secret", one)
			}
			two, err := add(t, key, "http://127.0.0.1:1/x", "the ERP", "stock.low", "order.placed")
			if err != nil || two.GetSecret() != one.GetSecret() || two.GetEndpoint().GetId() != e.GetId() {
				t.Errorf("repeated: got %v, %v; want the same endpoint and secret", two, err)
			}
			_, err = add(t, key, "http://127.0.0.1:1/y", "the ERP")
			moduletest.WantReason(t, err, codes.InvalidArgument, webhooksv1.Reason_REASON_KEY_REUSED)
		},
		"names each bad field": func(t *testing.T) {
			_, err := add(t, "", "ftp://example.com", "a\nb", "order.lost")
			moduletest.WantFields(t, err, "idempotency_key", "url", "events", "note")
			for _, url := range []string{"", "example.com", "https://", "https://user:secret@example.com/", "https://example.com/#x", "https://example.com/" + strings.Repeat("x", 2000), "https://exa\x00mple.com", "mailto:a@example.com"} {
				_, err := add(t, id.New(), url, "")
				moduletest.WantFields(t, err, "url")
			}
			_, err = add(t, strings.Repeat("k", 65), "https://example.com", strings.Repeat("ü", 201))
			moduletest.WantFields(t, err, "idempotency_key", "note")
		},
	}
}

func (w World) listCases() cases {
	return cases{
		"lists endpoints, oldest first, and no secret": func(t *testing.T) {
			one, secret := w.Add(t, "http://127.0.0.1:1/1")
			two, _ := w.Add(t, "http://127.0.0.1:1/2")
			got, err := w.Webhooks.ListEndpoints(t.Context(), &webhooksv1.ListEndpointsRequest{})
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, e := range got.GetEndpoints() {
				ids = append(ids, e.GetId())
			}
			first, second := slices.Index(ids, one.GetId()), slices.Index(ids, two.GetId())
			if first < 0 || second < first {
				t.Errorf("got %v, want %s before %s", ids, one.GetId(), two.GetId())
			}
			if strings.Contains(got.String(), secret) {
				t.Error("the list has the secret")
			}
		},
		"is for staff only": func(t *testing.T) {
			_, err := w.Outside.ListEndpoints(t.Context(), &webhooksv1.ListEndpointsRequest{})
			moduletest.WantReason(t, err, codes.PermissionDenied, webhooksv1.Reason_REASON_NOT_ALLOWED)
		},
	}
}

func (w World) activeCases() cases {
	set := func(t *testing.T, endpoint string, active bool) (*webhooksv1.Endpoint, error) {
		got, err := w.Webhooks.SetActive(t.Context(), &webhooksv1.SetActiveRequest{Id: endpoint, Active: active})
		return got.GetEndpoint(), err
	}
	return cases{
		"what waits for one that is switched off is given up, and it is told nothing until it is on again": func(t *testing.T) {
			to := NewReceiver(t)
			to.Status(500)
			e, _ := w.Add(t, to.URL)
			waiting := w.Test(t, e.GetId())
			to.Wait(t, 1)
			for range 2 {
				if off, err := set(t, e.GetId(), false); err != nil || off.GetActive() || off.GetOffBecause() == "" {
					t.Fatalf("switched off: got %v, %v", off, err)
				}
			}
			w.Until(t, waiting, "failed", Has(webhooksv1.DeliveryStatus_DELIVERY_STATUS_FAILED))
			_, err := w.Webhooks.SendTest(t.Context(), &webhooksv1.SendTestRequest{Id: e.GetId(), IdempotencyKey: id.New()})
			moduletest.WantReason(t, err, codes.FailedPrecondition, webhooksv1.Reason_REASON_ENDPOINT_OFF)
			_, err = w.Webhooks.ResendDelivery(t.Context(), &webhooksv1.ResendDeliveryRequest{Id: waiting.GetId(), IdempotencyKey: id.New()})
			moduletest.WantReason(t, err, codes.FailedPrecondition, webhooksv1.Reason_REASON_ENDPOINT_OFF)
			to.Status(200)
			if on, err := set(t, e.GetId(), true); err != nil || !on.GetActive() || on.GetOffBecause() != "" {
				t.Fatalf("switched on: got %v, %v", on, err)
			}
			w.Until(t, w.Test(t, e.GetId()), "delivered", Has(webhooksv1.DeliveryStatus_DELIVERY_STATUS_DELIVERED))
		},
		"says that there is no such endpoint": func(t *testing.T) {
			for _, unknown := range []string{"", "x", id.New(), "\x00"} {
				_, err := set(t, unknown, true)
				moduletest.WantReason(t, err, codes.NotFound, webhooksv1.Reason_REASON_NO_ENDPOINT)
			}
		},
	}
}

func (w World) removeCases() cases {
	return cases{
		"an endpoint that is removed is gone with its deliveries, and removing it again is nothing": func(t *testing.T) {
			to := NewReceiver(t)
			e, _ := w.Add(t, to.URL)
			w.Test(t, e.GetId())
			to.Wait(t, 1)
			for range 2 {
				w.remove(t, e.GetId())
			}
			if found := w.Find(t, e.GetId()); found != nil {
				t.Errorf("got %v, want it gone", found)
			}
			_, err := w.Webhooks.ListDeliveries(t.Context(), &webhooksv1.ListDeliveriesRequest{EndpointId: e.GetId()})
			moduletest.WantReason(t, err, codes.NotFound, webhooksv1.Reason_REASON_NO_ENDPOINT)
			w.remove(t, "x")
		},
	}
}

func (w World) rotateCases() cases {
	rotate := func(t *testing.T, endpoint, key string, overlap time.Duration) (*webhooksv1.RotateSecretResponse, error) {
		return w.Webhooks.RotateSecret(t.Context(), &webhooksv1.RotateSecretRequest{Id: endpoint, IdempotencyKey: key, Overlap: durationpb.New(overlap)})
	}
	return cases{
		"within the overlap both secrets verify, without one only the new": func(t *testing.T) {
			to := NewReceiver(t)
			e, first := w.Add(t, to.URL)
			key := id.New()
			got, err := rotate(t, e.GetId(), key, time.Hour)
			if err != nil || got.GetSecret() == first || got.GetEndpoint().GetOldSecretUntil() == nil {
				t.Fatalf("got %v, %v; want another secret and until when the old one is used", got, err)
			}
			second := got.GetSecret()
			if again, err := rotate(t, e.GetId(), key, time.Hour); err != nil || again.GetSecret() != second {
				t.Errorf("repeated: got %v, %v; want the same secret", again, err)
			}
			w.Test(t, e.GetId())
			r := to.Wait(t, 1)[0]
			for what, secret := range map[string]string{"old": first, "new": second} {
				if err := Verify(r, secret, time.Now()); err != nil {
					t.Errorf("the %s secret: %v", what, err)
				}
			}
			last, err := rotate(t, e.GetId(), id.New(), 0)
			if err != nil {
				t.Fatal(err)
			}
			w.Test(t, e.GetId())
			r = to.Wait(t, 2)[1]
			if err := Verify(r, last.GetSecret(), time.Now()); err != nil {
				t.Errorf("the new secret: %v", err)
			}
			if Verify(r, second, time.Now()) == nil {
				t.Error("a secret that was replaced at once still verifies")
			}
			_, err = rotate(t, e.GetId(), key, time.Hour)
			moduletest.WantReason(t, err, codes.InvalidArgument, webhooksv1.Reason_REASON_KEY_REUSED)
		},
		"refuses what it can't do": func(t *testing.T) {
			e, _ := w.Add(t, "http://127.0.0.1:1")
			_, err := rotate(t, e.GetId(), "", 31*24*time.Hour)
			moduletest.WantFields(t, err, "idempotency_key", "overlap")
			_, err = rotate(t, id.New(), id.New(), 0)
			moduletest.WantReason(t, err, codes.NotFound, webhooksv1.Reason_REASON_NO_ENDPOINT)
		},
	}
}
