package service

import (
	"cmp"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/webhooks/internal/store"
	"galleria/modules/webhooks/internal/webhook"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/contract"
	"galleria/platform/plaintext"
)

// The secret before is used for a day after a new one was made, and for a month at most.
const (
	usualOverlap = 24 * time.Hour
	mostOverlap  = 30 * 24 * time.Hour
)

const (
	mostListed  = 100
	usualListed = 50
	// mark tells this method's page tokens from others'.
	mark = "deliveries:"
)

func (s *Service) endpointOf(e webhook.Endpoint) *webhooksv1.Endpoint {
	shown := &webhooksv1.Endpoint{
		Id: e.ID, Url: e.URL, Events: e.Events, Note: e.Note, Active: e.Active, OffBecause: e.OffBecause,
		CreatedAt: timestamppb.New(e.CreatedAt), FailingSince: stampOf(e.FailingSince),
	}
	if s.now().Before(e.Secrets.OldUntil) {
		shown.OldSecretUntil = stampOf(e.Secrets.OldUntil)
	}
	return shown
}

var statuses = map[webhook.Status]webhooksv1.DeliveryStatus{
	webhook.Waiting:   webhooksv1.DeliveryStatus_DELIVERY_STATUS_WAITING,
	webhook.Delivered: webhooksv1.DeliveryStatus_DELIVERY_STATUS_DELIVERED,
	webhook.Failed:    webhooksv1.DeliveryStatus_DELIVERY_STATUS_FAILED,
}

func deliveryOf(d webhook.Delivery) *webhooksv1.Delivery {
	shown := &webhooksv1.Delivery{
		Id: d.ID, EndpointId: d.EndpointID, WebhookId: d.WebhookID, Type: d.Type, Status: statuses[d.Status], Attempts: int32(d.Attempts),
		CreatedAt: timestamppb.New(d.CreatedAt), LastAttemptAt: stampOf(d.LastAt),
		LastStatus: int32(d.LastStatus), LastAnswer: d.LastAnswer, Problem: d.Problem, Payload: d.Payload,
	}
	if d.Status == webhook.Waiting {
		shown.DueAt = stampOf(d.DueAt)
	}
	return shown
}

func stampOf(at time.Time) *timestamppb.Timestamp {
	if at.IsZero() {
		return nil
	}
	return timestamppb.New(at)
}

func checkKey(key string) []webhook.Problem {
	if n := len(key); n < 1 || n > 64 || !plaintext.Is(key) {
		return []webhook.Problem{{Field: "idempotency_key", Message: "must have 1 to 64 characters"}}
	}
	return nil
}

func overlapOf(r *webhooksv1.RotateSecretRequest) (time.Duration, []webhook.Problem) {
	if r.GetOverlap() == nil {
		return usualOverlap, nil
	}
	overlap := r.GetOverlap().AsDuration()
	if r.GetOverlap().CheckValid() != nil || overlap < 0 || overlap > mostOverlap {
		return 0, []webhook.Problem{{Field: "overlap", Message: "must be 0 to 30 days"}}
	}
	return overlap, nil
}

// pageOf checks the request. Its error is the contract's.
func pageOf(r *webhooksv1.ListDeliveriesRequest) (before string, size int, err error) {
	if n := r.GetPageSize(); n < 0 || n > mostListed {
		return "", 0, contract.Invalid(contract.Violation{Field: "page_size", Message: "must be 1 to 100, or 0 for 50"})
	}
	size = cmp.Or(int(r.GetPageSize()), usualListed)
	if r.GetPageToken() == "" {
		return "", size, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(r.GetPageToken())
	before, ours := strings.CutPrefix(string(raw), mark)
	if err != nil || !ours || !webhook.IsID(before) {
		return "", 0, contract.Error(codes.InvalidArgument, webhooksv1.Reason_REASON_BAD_PAGE_TOKEN, "not a page token of this method")
	}
	return before, size, nil
}

func tokenAfter(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(mark + id)) }

// invalid is the error of a request whose fields have problems; nil when none has.
func invalid(problems []webhook.Problem) error {
	var violations []contract.Violation
	for _, p := range problems {
		violations = append(violations, contract.Violation{Field: p.Field, Message: p.Message})
	}
	if len(violations) == 0 {
		return nil
	}
	return contract.Invalid(violations...)
}

// failure is the contract's error for one of the store's; others stay as they are.
func (s *Service) failure(err error) error {
	switch {
	case errors.Is(err, store.ErrNoEndpoint):
		return contract.Error(codes.NotFound, webhooksv1.Reason_REASON_NO_ENDPOINT, "there is no such endpoint")
	case errors.Is(err, store.ErrNoDelivery):
		return contract.Error(codes.NotFound, webhooksv1.Reason_REASON_NO_DELIVERY, "there is no such delivery")
	case errors.Is(err, store.ErrOff):
		return contract.Error(codes.FailedPrecondition, webhooksv1.Reason_REASON_ENDPOINT_OFF, "the endpoint is switched off; switch it on first")
	case errors.Is(err, store.ErrTooMany):
		return contract.Error(codes.ResourceExhausted, webhooksv1.Reason_REASON_TOO_MANY,
			"there are %d endpoints, as many as modules.webhooks.max_endpoints allows; remove one first", s.limits.MaxEndpoints)
	case errors.Is(err, store.ErrKeyReused):
		return contract.Error(codes.InvalidArgument, webhooksv1.Reason_REASON_KEY_REUSED, "the idempotency key was used for something else")
	}
	return err
}
