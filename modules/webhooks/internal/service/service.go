// Package service implements the contract of webhooks, and hears the events that are
// told to endpoints.
package service

import (
	"context"
	"log/slog"
	"time"

	"galleria/modules/webhooks/internal/message"
	"galleria/modules/webhooks/internal/store"
	"galleria/modules/webhooks/internal/webhook"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/access"
	"galleria/platform/id"
)

// Limits are what the service is told to hold to.
type Limits struct {
	// MaxEndpoints is how many endpoints there may be.
	MaxEndpoints int
	// Private lets endpoints have private addresses, and http.
	Private bool
}

// Service implements the contract. Safe for concurrent use.
type Service struct {
	webhooksv1.UnimplementedWebhooksServiceServer
	store  *store.Store
	limits Limits
	now    func() time.Time
	log    *slog.Logger
}

// New makes the service.
func New(s *store.Store, limits Limits, now func() time.Time, log *slog.Logger) *Service {
	return &Service{store: s, limits: limits, now: now, log: log}
}

// AddEndpoint implements the contract.
func (s *Service) AddEndpoint(ctx context.Context, r *webhooksv1.AddEndpointRequest) (*webhooksv1.AddEndpointResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	e, problems := webhook.New(id.New(), r.GetUrl(), r.GetEvents(), r.GetNote(), s.limits.Private, s.now())
	if err := invalid(append(checkKey(r.GetIdempotencyKey()), problems...)); err != nil {
		return nil, err
	}
	e, err := s.store.Add(ctx, e, r.GetIdempotencyKey(), s.limits.MaxEndpoints)
	if err != nil {
		return nil, s.failure(err)
	}
	s.log.InfoContext(ctx, "added a webhook endpoint", "endpoint", e.ID)
	return &webhooksv1.AddEndpointResponse{Endpoint: s.endpointOf(e), Secret: e.Secrets.Now}, nil
}

// ListEndpoints implements the contract.
func (s *Service) ListEndpoints(ctx context.Context, _ *webhooksv1.ListEndpointsRequest) (*webhooksv1.ListEndpointsResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayRead); err != nil {
		return nil, err
	}
	all, err := s.store.Endpoints(ctx)
	if err != nil {
		return nil, err
	}
	answer := &webhooksv1.ListEndpointsResponse{}
	for _, e := range all {
		answer.Endpoints = append(answer.Endpoints, s.endpointOf(e))
	}
	return answer, nil
}

// SetActive implements the contract.
func (s *Service) SetActive(ctx context.Context, r *webhooksv1.SetActiveRequest) (*webhooksv1.SetActiveResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	if !webhook.IsID(r.GetId()) {
		return nil, s.failure(store.ErrNoEndpoint)
	}
	because := ""
	if !r.GetActive() {
		because = "The shop's staff switched it off."
	}
	e, err := s.store.SetActive(ctx, r.GetId(), r.GetActive(), because, s.now())
	if err != nil {
		return nil, s.failure(err)
	}
	return &webhooksv1.SetActiveResponse{Endpoint: s.endpointOf(e)}, nil
}

// RemoveEndpoint implements the contract.
func (s *Service) RemoveEndpoint(ctx context.Context, r *webhooksv1.RemoveEndpointRequest) (*webhooksv1.RemoveEndpointResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	if webhook.IsID(r.GetId()) {
		if err := s.store.Remove(ctx, r.GetId()); err != nil {
			return nil, err
		}
		s.log.InfoContext(ctx, "removed a webhook endpoint", "endpoint", r.GetId())
	}
	return &webhooksv1.RemoveEndpointResponse{}, nil
}

// RotateSecret implements the contract.
func (s *Service) RotateSecret(ctx context.Context, r *webhooksv1.RotateSecretRequest) (*webhooksv1.RotateSecretResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	overlap, problems := overlapOf(r)
	if err := invalid(append(checkKey(r.GetIdempotencyKey()), problems...)); err != nil {
		return nil, err
	}
	if !webhook.IsID(r.GetId()) {
		return nil, s.failure(store.ErrNoEndpoint)
	}
	now := s.now()
	e, err := s.store.Rotate(ctx, r.GetId(), r.GetIdempotencyKey(), webhook.NewSecret(), now.Add(overlap), now)
	if err != nil {
		return nil, s.failure(err)
	}
	s.log.InfoContext(ctx, "replaced the secret of a webhook endpoint", "endpoint", e.ID)
	return &webhooksv1.RotateSecretResponse{Endpoint: s.endpointOf(e), Secret: e.Secrets.Now}, nil
}

// SendTest implements the contract.
func (s *Service) SendTest(ctx context.Context, r *webhooksv1.SendTestRequest) (*webhooksv1.SendTestResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	if err := invalid(checkKey(r.GetIdempotencyKey())); err != nil {
		return nil, err
	}
	if !webhook.IsID(r.GetId()) {
		return nil, s.failure(store.ErrNoEndpoint)
	}
	now := s.now()
	payload, err := message.Test(r.GetId(), now).Text()
	if err != nil {
		return nil, err
	}
	d, err := s.store.QueueOne(ctx, r.GetId(), r.GetIdempotencyKey(), webhook.Test, payload, now)
	if err != nil {
		return nil, s.failure(err)
	}
	return &webhooksv1.SendTestResponse{Delivery: deliveryOf(d)}, nil
}

// ListDeliveries implements the contract.
func (s *Service) ListDeliveries(ctx context.Context, r *webhooksv1.ListDeliveriesRequest) (*webhooksv1.ListDeliveriesResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayRead); err != nil {
		return nil, err
	}
	before, size, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	if !webhook.IsID(r.GetEndpointId()) {
		return nil, s.failure(store.ErrNoEndpoint)
	}
	found, more, err := s.store.Page(ctx, r.GetEndpointId(), before, size)
	if err != nil {
		return nil, s.failure(err)
	}
	answer := &webhooksv1.ListDeliveriesResponse{}
	for _, d := range found {
		answer.Deliveries = append(answer.Deliveries, deliveryOf(d))
	}
	if more {
		answer.NextPageToken = tokenAfter(found[len(found)-1].ID)
	}
	return answer, nil
}

// ResendDelivery implements the contract.
func (s *Service) ResendDelivery(ctx context.Context, r *webhooksv1.ResendDeliveryRequest) (*webhooksv1.ResendDeliveryResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	if err := invalid(checkKey(r.GetIdempotencyKey())); err != nil {
		return nil, err
	}
	if !webhook.IsID(r.GetId()) {
		return nil, s.failure(store.ErrNoDelivery)
	}
	d, err := s.store.Resend(ctx, r.GetId(), r.GetIdempotencyKey(), s.now())
	if err != nil {
		return nil, s.failure(err)
	}
	return &webhooksv1.ResendDeliveryResponse{Delivery: deliveryOf(d)}, nil
}
