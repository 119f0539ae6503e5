package service

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/hosted"
	"galleria/modules/payments/internal/request"
	"galleria/platform/contract"
)

// mostOfOrder bounds the list of an order's payments.
const mostOfOrder = 100

// StartPayment implements the contract.
func (s *Service) StartPayment(ctx context.Context, r *paymentsv1.StartPaymentRequest) (*paymentsv1.StartPaymentResponse, error) {
	terms, page, err := request.Start(r)
	if err != nil {
		return nil, err
	}
	terms.Provider, terms.CaptureLater = s.Provider, s.CaptureLater
	p, err := s.start(ctx, terms, page)
	if err != nil {
		return nil, s.hostedFailure(ctx, terms.ID, "start", err)
	}
	return &paymentsv1.StartPaymentResponse{Payment: request.HostedPayment(p)}, nil
}

// start writes the payment down and asks the provider for its page.
func (s *Service) start(ctx context.Context, t hosted.Terms, page hosted.Page) (hosted.Payment, error) {
	p, err := s.Hosted.Load(ctx, t.ID)
	if errors.Is(err, hosted.ErrNoPayment) {
		if p, err = hosted.New(t, page, s.Now()); err != nil {
			return p, err
		}
		if _, err = s.Hosted.Insert(ctx, p, s.Now()); err != nil {
			return p, err
		}
		s.at("payment stored")
		p, err = s.Hosted.Load(ctx, t.ID)
	}
	switch {
	case err != nil:
		return p, err
	case p.State().Status == hosted.Cancelled:
		return p, hosted.ErrCancelled
	case !p.SameTerms(t):
		return p, hosted.ErrKeyReused
	case p.State().Cancelling:
		return p, hosted.ErrCancelled
	case p.State().Status != hosted.Waiting || p.State().RedirectURL != "":
		return p, nil
	}
	return s.open(ctx, p)
}

// open asks for the page of a payment that has none.
func (s *Service) open(ctx context.Context, p hosted.Payment) (hosted.Payment, error) {
	provider, err := s.hostedProvider(p)
	if err != nil {
		return p, err
	}
	asking, done := context.WithTimeout(ctx, s.Patience)
	defer done()
	session, err := provider.Open(asking, p)
	s.at("page opened")
	recording, recorded := s.recording(ctx)
	defer recorded()
	var no hosted.Impossible
	if errors.As(err, &no) {
		_, failed := s.Hosted.Change(recording, p, s.Now(), func(p *hosted.Payment) error { p.Impossible(string(no)); return nil })
		return p, errors.Join(err, failed)
	}
	if err != nil {
		if errors.Is(err, hosted.ErrSpent) {
			return p, errors.Join(err, s.Hosted.Postpone(recording, p, s.Now(), true))
		}
		return p, err
	}
	ended := false
	after, err := s.Hosted.Change(recording, p, s.Now(), func(p *hosted.Payment) error { ended = p.Opened(session); return nil })
	if err == nil && ended && after.State().Status == hosted.Cancelled {
		// Cancelled while the provider was asked. Nobody has the address of the
		// page; it is closed all the same.
		_, unclosed := provider.Close(asking, after.WithSession(session))
		return after, errors.Join(hosted.ErrCancelled, unclosed)
	}
	return after, err
}

// GetPayment implements the contract.
func (s *Service) GetPayment(ctx context.Context, r *paymentsv1.GetPaymentRequest) (*paymentsv1.GetPaymentResponse, error) {
	id, err := request.PaymentID(r)
	if err != nil {
		return nil, err
	}
	p, err := s.Hosted.Load(ctx, id)
	if err != nil {
		return nil, s.hostedFailure(ctx, id, "get", err)
	}
	return &paymentsv1.GetPaymentResponse{Payment: request.HostedPayment(p)}, nil
}

// ListPayments implements the contract.
func (s *Service) ListPayments(ctx context.Context, r *paymentsv1.ListPaymentsRequest) (*paymentsv1.ListPaymentsResponse, error) {
	order, err := request.OrderID(r)
	if err != nil {
		return nil, err
	}
	found, err := s.Hosted.OfOrder(ctx, order, mostOfOrder)
	if err != nil {
		return nil, fmt.Errorf("list the payments of order %s: %w", order, err)
	}
	out := &paymentsv1.ListPaymentsResponse{}
	for _, p := range found {
		out.Payments = append(out.Payments, request.HostedPayment(p))
	}
	return out, nil
}

// CancelPayment implements the contract.
func (s *Service) CancelPayment(ctx context.Context, r *paymentsv1.CancelPaymentRequest) (*paymentsv1.CancelPaymentResponse, error) {
	id, err := request.PaymentID(r)
	if err != nil {
		return nil, err
	}
	p, err := s.cancel(ctx, id)
	if err != nil {
		return nil, s.hostedFailure(ctx, id, "cancel", err)
	}
	return &paymentsv1.CancelPaymentResponse{Payment: request.HostedPayment(p)}, nil
}

func (s *Service) cancel(ctx context.Context, id string) (hosted.Payment, error) {
	never := hosted.NewCancelled(id, s.Now())
	p, err := s.Hosted.Load(ctx, id)
	if errors.Is(err, hosted.ErrNoPayment) {
		if inserted, err := s.Hosted.Insert(ctx, never, s.Now()); err != nil || inserted {
			return never, err
		}
		p, err = s.Hosted.Load(ctx, id)
	}
	if err != nil {
		return p, err
	}
	if p, err = s.Hosted.Change(ctx, p, s.Now(), (*hosted.Payment).Cancel); err != nil || !p.State().Cancelling {
		return p, err
	}
	s.at("cancellation stored")
	if p, err = s.attend(ctx, p); err != nil {
		return p, err
	}
	switch {
	case p.State().Status == hosted.Paid:
		return p, hosted.ErrPaid
	case p.State().Cancelling:
		return p, fmt.Errorf("%w: it has not ended the payment yet", hosted.ErrUnavailable)
	}
	return p, nil
}

// CapturePayment implements the contract.
func (s *Service) CapturePayment(ctx context.Context, r *paymentsv1.CapturePaymentRequest) (*paymentsv1.CapturePaymentResponse, error) {
	id, err := request.PaymentID(r)
	if err != nil {
		return nil, err
	}
	p, err := s.captureHosted(ctx, id)
	if err != nil {
		return nil, s.hostedFailure(ctx, id, "capture", err)
	}
	return &paymentsv1.CapturePaymentResponse{Payment: request.HostedPayment(p)}, nil
}

func (s *Service) captureHosted(ctx context.Context, id string) (hosted.Payment, error) {
	p, err := s.Hosted.Load(ctx, id)
	if err != nil {
		return p, err
	}
	if p, err = s.Hosted.Change(ctx, p, s.Now(), (*hosted.Payment).Capture); err != nil || !p.State().Capturing {
		return p, err
	}
	s.at("capture stored")
	if p, err = s.attend(ctx, p); err != nil {
		return p, err
	}
	switch {
	case p.State().Capturing:
		return p, fmt.Errorf("%w: it has not captured yet", hosted.ErrUnavailable)
	case p.State().Status != hosted.Paid:
		return p, hosted.ErrNotAuthorized // the hold ran out
	}
	return p, nil
}

// RefundPayment implements the contract.
func (s *Service) RefundPayment(ctx context.Context, r *paymentsv1.RefundPaymentRequest) (*paymentsv1.RefundPaymentResponse, error) {
	id, refundID, amount, err := request.HostedRefund(r)
	if err != nil {
		return nil, err
	}
	refund, err := s.refundHosted(ctx, id, refundID, amount)
	if err != nil {
		return nil, s.hostedFailure(ctx, id, "refund", err)
	}
	return &paymentsv1.RefundPaymentResponse{Refund: request.RefundOf(refund)}, nil
}

func (s *Service) refundHosted(ctx context.Context, id, refundID string, amount int64) (hosted.Refund, error) {
	p, err := s.Hosted.Load(ctx, id)
	if err != nil {
		return hosted.Refund{}, err
	}
	now := s.Now()
	p, err = s.Hosted.Change(ctx, p, now, func(p *hosted.Payment) error { return p.AskRefund(refundID, amount, now) })
	if err != nil {
		return hosted.Refund{}, err
	}
	s.at("refund stored")
	if r, _ := p.Refund(refundID); r.Status == hosted.RefundPending && r.Reference == "" {
		after, err := s.attend(ctx, p)
		if err != nil && !errors.Is(err, hosted.ErrUnavailable) {
			return hosted.Refund{}, err
		}
		if err == nil {
			p = after
		}
	}
	r, _ := p.Refund(refundID)
	return r, nil
}

// ReceiveWebhook implements the contract.
func (s *Service) ReceiveWebhook(ctx context.Context, r *paymentsv1.ReceiveWebhookRequest) (*paymentsv1.ReceiveWebhookResponse, error) {
	name, body, header, err := request.Webhook(r)
	if err != nil {
		return nil, err
	}
	provider := s.HostedProviders[name]
	if provider == nil {
		return nil, contract.Error(codes.NotFound, paymentsv1.Reason_REASON_NO_PROVIDER, "payment provider %q is not set up", name)
	}
	notice, err := provider.Hear(ctx, body, header)
	if err != nil {
		s.Log.WarnContext(ctx, "a webhook was refused: check the provider's webhook secret in the settings", "provider", name, "error", err)
		return nil, request.HostedFailure("of a webhook", err)
	}
	if notice == nil {
		return &paymentsv1.ReceiveWebhookResponse{}, nil
	}
	found, err := s.Hosted.Touch(ctx, name, *notice, s.Now())
	if err != nil {
		return nil, err
	}
	if !found {
		// Another shop may use the same account; nothing is to be done here.
		s.Log.InfoContext(ctx, "a webhook is about no payment of this shop", "provider", name, "event", notice.Event)
	}
	return &paymentsv1.ReceiveWebhookResponse{}, nil
}

func (s *Service) hostedProvider(p hosted.Payment) (hosted.Provider, error) {
	name := p.Terms().Provider
	if provider := s.HostedProviders[name]; provider != nil {
		return provider, nil
	}
	return nil, fmt.Errorf("%w: provider %q is not set up any more", hosted.ErrUnavailable, name)
}

// hostedFailure is what the caller gets. What the provider said beyond that is for
// the operator only.
func (s *Service) hostedFailure(ctx context.Context, id, step string, err error) error {
	var no hosted.Impossible
	if errors.Is(err, hosted.ErrUnavailable) || errors.As(err, &no) {
		s.Log.WarnContext(ctx, "the payment provider did not do a step", "payment", id, "step", step, "error", err)
	}
	return request.HostedFailure(id, fmt.Errorf("%s: %w", step, err))
}
