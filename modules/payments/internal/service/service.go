// Package service implements payments' contract.
//
// Each step is three writes that are never one transaction: what is about to
// be asked, the provider's own, and its answer. Whoever comes after a crash or
// a lost answer, a repeat of the call or the recovery, finds the first and asks
// the provider again with the same key.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/card"
	"galleria/modules/payments/internal/hosted"
	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/request"
	"galleria/modules/payments/internal/sandbox"
	"galleria/modules/payments/internal/store"
)

// Provider moves money. A repeated key answers what the first call did. Errors
// wrap those of package payment, or card.Refused; none holds a card's number.
type Provider interface {
	// CreatePaymentMethod keeps a card.
	CreatePaymentMethod(ctx context.Context, c card.Card) (payment.Method, error)
	// Authorize holds an amount. asked is when it was asked first. A decline is
	// no error.
	Authorize(ctx context.Context, key string, t payment.Terms, asked time.Time) (payment.Hold, error)
	// Void lets go whatever is held under the key of an Authorize, answered or
	// not, and sees to it that a late one holds nothing.
	Void(ctx context.Context, key string, t payment.Terms, asked time.Time) error
	// Capture takes what is held under the reference.
	Capture(ctx context.Context, key, reference string, t payment.Terms) error
	// Refund gives back part of what was captured under the reference.
	Refund(ctx context.Context, key, reference string, r payment.Refund, t payment.Terms) error
}

// Options are what New needs.
type Options struct {
	Store *store.Store
	// Providers by name; payments remember theirs, so that one made before the
	// provider was changed is ended where it began.
	Providers map[string]Provider
	// Provider is the name of the one for new payments.
	Provider string
	// Patience is how long a provider may take for one answer.
	Patience time.Duration
	// RecoverAfter is how long an open step is left to the call that opened it.
	RecoverAfter time.Duration
	Now          func() time.Time
	Log          *slog.Logger

	// Hosted keeps the payments on providers' pages, HostedProviders have the
	// pages, by name, and SandboxPages are those of the sandbox.
	Hosted          *store.Hosted
	HostedProviders map[string]hosted.Provider
	SandboxPages    *sandbox.Page
	// CaptureLater holds new payments until their orders ship.
	CaptureLater bool
}

// Service implements the contract. It is safe for concurrent use.
type Service struct {
	paymentsv1.UnimplementedPaymentsServiceServer
	Options

	// at, for tests, is called between writes: death may strike there.
	at func(point string)
}

// New serves payments.
func New(o Options) (*Service, error) {
	if o.Providers[o.Provider] == nil {
		return nil, fmt.Errorf("payments: provider %q is not set up", o.Provider)
	}
	return &Service{Options: o, at: func(string) {}}, nil
}

// CreatePaymentMethod implements the contract.
func (s *Service) CreatePaymentMethod(ctx context.Context, r *paymentsv1.CreatePaymentMethodRequest) (*paymentsv1.CreatePaymentMethodResponse, error) {
	c, err := request.Card(r, s.Now())
	if err != nil {
		return nil, err
	}
	asking, done := context.WithTimeout(ctx, s.Patience)
	defer done()
	m, err := s.Providers[s.Provider].CreatePaymentMethod(asking, c)
	var refused card.Refused
	if errors.As(err, &refused) {
		return nil, request.Refused(refused)
	}
	if err != nil {
		return nil, s.failure(ctx, "", "create payment method", err)
	}
	return &paymentsv1.CreatePaymentMethodResponse{PaymentMethod: &paymentsv1.PaymentMethod{Id: m.ID, Brand: m.Brand, Last4: m.Last4}}, nil
}

// Authorize implements the contract.
func (s *Service) Authorize(ctx context.Context, r *paymentsv1.AuthorizeRequest) (*paymentsv1.AuthorizeResponse, error) {
	terms, err := request.Terms(r)
	if err != nil {
		return nil, err
	}
	p, err := s.authorize(ctx, terms)
	if err != nil {
		return nil, s.failure(ctx, terms.OrderID, "authorize", err)
	}
	return &paymentsv1.AuthorizeResponse{Payment: request.Payment(p)}, nil
}

// Capture implements the contract.
func (s *Service) Capture(ctx context.Context, r *paymentsv1.CaptureRequest) (*paymentsv1.CaptureResponse, error) {
	orderID, err := request.OrderID(r)
	if err != nil {
		return nil, err
	}
	p, err := s.capture(ctx, orderID)
	if err != nil {
		return nil, s.failure(ctx, orderID, "capture", err)
	}
	return &paymentsv1.CaptureResponse{Payment: request.Payment(p)}, nil
}

// Void implements the contract.
func (s *Service) Void(ctx context.Context, r *paymentsv1.VoidRequest) (*paymentsv1.VoidResponse, error) {
	orderID, err := request.OrderID(r)
	if err != nil {
		return nil, err
	}
	p, err := s.void(ctx, orderID)
	if err != nil {
		return nil, s.failure(ctx, orderID, "void", err)
	}
	return &paymentsv1.VoidResponse{Payment: request.Payment(p)}, nil
}

// Refund implements the contract.
func (s *Service) Refund(ctx context.Context, r *paymentsv1.RefundRequest) (*paymentsv1.RefundResponse, error) {
	refund, err := request.Refund(r)
	if err != nil {
		return nil, err
	}
	p, err := s.refund(ctx, refund)
	if err != nil {
		return nil, s.failure(ctx, refund.OrderID, "refund", err)
	}
	return &paymentsv1.RefundResponse{Payment: request.Payment(p)}, nil
}

// GetCardPayment implements the contract.
func (s *Service) GetCardPayment(ctx context.Context, r *paymentsv1.GetCardPaymentRequest) (*paymentsv1.GetCardPaymentResponse, error) {
	orderID, err := request.OrderID(r)
	if err != nil {
		return nil, err
	}
	p, err := s.Store.Load(ctx, orderID)
	if err != nil {
		return nil, request.Failure(orderID, err)
	}
	return &paymentsv1.GetCardPaymentResponse{Payment: request.Payment(p)}, nil
}

// failure is what the caller gets. What the provider said beyond that is for
// the operator only.
func (s *Service) failure(ctx context.Context, orderID, step string, err error) error {
	if errors.Is(err, payment.ErrUnavailable) {
		s.Log.WarnContext(ctx, "no answer from the payment provider", "order", orderID, "step", step, "error", err)
	}
	return request.Failure(orderID, fmt.Errorf("%s: %w", step, err))
}
