// Package webhookstest holds the contract suite of webhooks, a receiver that checks what
// is sent, and the module for other modules' tests.
package webhookstest

import (
	"testing"
	"time"

	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/id"
	"galleria/platform/module/moduletest"
)

// World is webhooks, as staff call it, and the modules whose events it hears: the
// publisher of notificationstest, and inventory. It sends to endpoints on this machine,
// and tries again soon.
type World struct {
	Webhooks webhooksv1.WebhooksServiceClient
	// Outside calls as nobody.
	Outside   webhooksv1.WebhooksServiceClient
	Orders    ordersv1.OrdersServiceClient
	Inventory inventoryv1.InventoryServiceClient
}

// Run tests the contract. Its cases make endpoints of their own, and remove them.
func Run(t *testing.T, w World) {
	moduletest.Cases{
		"AddEndpoint":    w.addCases(),
		"ListEndpoints":  w.listCases(),
		"SetActive":      w.activeCases(),
		"RemoveEndpoint": w.removeCases(),
		"RotateSecret":   w.rotateCases(),
		"SendTest":       w.testCases(),
		"ListDeliveries": w.deliveriesCases(),
		"ResendDelivery": w.resendCases(),
	}.Run(t, &webhooksv1.WebhooksService_ServiceDesc)
}

// Add makes an endpoint at a receiver for the test.
func (w World) Add(t *testing.T, url string, events ...string) (*webhooksv1.Endpoint, string) {
	t.Helper()
	got, err := w.Webhooks.AddEndpoint(t.Context(), &webhooksv1.AddEndpointRequest{IdempotencyKey: id.New(), Url: url, Events: events})
	if err != nil {
		t.Fatalf("add an endpoint: %v", err)
	}
	t.Cleanup(func() { w.remove(t, got.GetEndpoint().GetId()) })
	return got.GetEndpoint(), got.GetSecret()
}

func (w World) remove(t *testing.T, endpoint string) {
	t.Helper()
	// Not t.Context(): that has ended when a test cleans up.
	if _, err := w.Webhooks.RemoveEndpoint(background, &webhooksv1.RemoveEndpointRequest{Id: endpoint}); err != nil {
		t.Errorf("remove endpoint %s: %v", endpoint, err)
	}
}

// Test sends a test.
func (w World) Test(t *testing.T, endpoint string) *webhooksv1.Delivery {
	t.Helper()
	got, err := w.Webhooks.SendTest(t.Context(), &webhooksv1.SendTestRequest{Id: endpoint, IdempotencyKey: id.New()})
	if err != nil {
		t.Fatalf("send a test: %v", err)
	}
	return got.GetDelivery()
}

// Find is an endpoint in the list; nil when it is not there.
func (w World) Find(t *testing.T, endpoint string) *webhooksv1.Endpoint {
	t.Helper()
	got, err := w.Webhooks.ListEndpoints(t.Context(), &webhooksv1.ListEndpointsRequest{})
	if err != nil {
		t.Fatalf("list endpoints: %v", err)
	}
	for _, e := range got.GetEndpoints() {
		if e.GetId() == endpoint {
			return e
		}
	}
	return nil
}

// Deliveries are the newest of an endpoint.
func (w World) Deliveries(t *testing.T, endpoint string) []*webhooksv1.Delivery {
	t.Helper()
	got, err := w.Webhooks.ListDeliveries(t.Context(), &webhooksv1.ListDeliveriesRequest{EndpointId: endpoint})
	if err != nil {
		t.Fatalf("list deliveries: %v", err)
	}
	return got.GetDeliveries()
}

// Until waits until a delivery is as wanted, and returns it.
func (w World) Until(t *testing.T, d *webhooksv1.Delivery, what string, is func(*webhooksv1.Delivery) bool) *webhooksv1.Delivery {
	t.Helper()
	var last *webhooksv1.Delivery
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		for _, found := range w.Deliveries(t, d.GetEndpointId()) {
			if found.GetId() == d.GetId() {
				if last = found; is(found) {
					return found
				}
			}
		}
	}
	t.Fatalf("delivery %s: got %v, want it %s", d.GetId(), last, what)
	return nil
}

// Has tells whether a delivery has a status.
func Has(status webhooksv1.DeliveryStatus) func(*webhooksv1.Delivery) bool {
	return func(d *webhooksv1.Delivery) bool { return d.GetStatus() == status }
}
