package service

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/request"
	"galleria/platform/access"
	"galleria/platform/contract"
)

// mostOfOrder bounds the list of an order's payments.
const mostOfOrder = 100

// StartPayment implements the contract.
func (s *Service) StartPayment(ctx context.Context, r *paymentsv1.StartPaymentRequest) (*paymentsv1.StartPaymentResponse, error) {
	if err := access.Modules(ctx, notAllowed, orders); err != nil {
		return nil, err
	}
	terms, page, err := request.Start(r)
	if err != nil {
		return nil, err
	}
	terms.Provider, terms.CaptureLater = s.Provider, s.CaptureLater
	p, err := s.start(ctx, terms, page)
	if err != nil {
		return nil, s.failure(ctx, terms.ID, "start", err)
	}
	return &paymentsv1.StartPaymentResponse{Payment: request.Payment(p)}, nil
}

// start writes the payment down and asks the provider for its page.
func (s *Service) start(ctx context.Context, t payment.Terms, page payment.Page) (payment.Payment, error) {
	p, err := s.Store.Load(ctx, t.ID)
	if errors.Is(err, payment.ErrNoPayment) {
		if p, err = payment.New(t, page, s.Now()); err != nil {
			return p, err
		}
		if _, err = s.Store.Insert(ctx, p, s.Now()); err != nil {
			return p, err
		}
		s.at("payment stored")
		p, err = s.Store.Load(ctx, t.ID)
	}
	switch {
	case err != nil:
		return p, err
	case p.State().Status == payment.Cancelled:
		return p, payment.ErrCancelled
	case !p.SameTerms(t):
		return p, payment.ErrKeyReused
	case p.State().Cancelling:
		return p, payment.ErrCancelled
	case p.State().Status != payment.Waiting || p.State().RedirectURL != "":
		return p, nil
	}
	return s.open(ctx, p)
}

// open asks for the page of a payment that has none.
func (s *Service) open(ctx context.Context, p payment.Payment) (payment.Payment, error) {
	provider, err := s.provider(p)
	if err != nil {
		return p, err
	}
	asking, done := context.WithTimeout(ctx, s.Patience)
	defer done()
	session, err := provider.Open(asking, p)
	s.at("page opened")
	recording, recorded := s.recording(ctx)
	defer recorded()
	var no payment.Impossible
	if errors.As(err, &no) {
		_, failed := s.Store.Change(recording, p, s.Now(), func(p *payment.Payment) error { p.Impossible(string(no)); return nil })
		return p, errors.Join(err, failed)
	}
	if err != nil {
		if errors.Is(err, payment.ErrSpent) {
			return p, errors.Join(err, s.Store.Postpone(recording, p, s.Now(), true))
		}
		return p, err
	}
	ended := false
	after, err := s.Store.Change(recording, p, s.Now(), func(p *payment.Payment) error { ended = p.Opened(session); return nil })
	if status := after.State().Status; err == nil && ended && (status == payment.Cancelled || status == payment.Expired) {
		// It ended while the provider was asked. The address of the page was given to no
		// shopper; it is closed all the same.
		_, err = provider.Close(asking, after.WithSession(session))
		if status == payment.Cancelled {
			err = errors.Join(payment.ErrCancelled, err)
		}
	}
	return after, err
}

// GetPayment implements the contract.
func (s *Service) GetPayment(ctx context.Context, r *paymentsv1.GetPaymentRequest) (*paymentsv1.GetPaymentResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayRead, orders); err != nil {
		return nil, err
	}
	id, err := request.PaymentID(r)
	if err != nil {
		return nil, err
	}
	p, err := s.Store.Load(ctx, id)
	if err != nil {
		return nil, s.failure(ctx, id, "get", err)
	}
	return &paymentsv1.GetPaymentResponse{Payment: request.Payment(p)}, nil
}

// ListPayments implements the contract.
func (s *Service) ListPayments(ctx context.Context, r *paymentsv1.ListPaymentsRequest) (*paymentsv1.ListPaymentsResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayRead, orders); err != nil {
		return nil, err
	}
	order, err := request.OrderID(r)
	if err != nil {
		return nil, err
	}
	found, err := s.Store.OfOrder(ctx, order, mostOfOrder)
	if err != nil {
		return nil, fmt.Errorf("list the payments of order %s: %w", order, err)
	}
	out := &paymentsv1.ListPaymentsResponse{}
	for _, p := range found {
		out.Payments = append(out.Payments, request.Payment(p))
	}
	return out, nil
}

// CancelPayment implements the contract.
func (s *Service) CancelPayment(ctx context.Context, r *paymentsv1.CancelPaymentRequest) (*paymentsv1.CancelPaymentResponse, error) {
	if err := access.Modules(ctx, notAllowed, orders); err != nil {
		return nil, err
	}
	id, err := request.PaymentID(r)
	if err != nil {
		return nil, err
	}
	p, err := s.cancel(ctx, id)
	if err != nil {
		return nil, s.failure(ctx, id, "cancel", err)
	}
	return &paymentsv1.CancelPaymentResponse{Payment: request.Payment(p)}, nil
}

func (s *Service) cancel(ctx context.Context, id string) (payment.Payment, error) {
	never := payment.NewCancelled(id, s.Now())
	p, err := s.Store.Load(ctx, id)
	if errors.Is(err, payment.ErrNoPayment) {
		if inserted, err := s.Store.Insert(ctx, never, s.Now()); err != nil || inserted {
			return never, err
		}
		p, err = s.Store.Load(ctx, id)
	}
	if err != nil {
		return p, err
	}
	if p, err = s.Store.Change(ctx, p, s.Now(), (*payment.Payment).Cancel); err != nil || !p.State().Cancelling {
		return p, err
	}
	s.at("cancellation stored")
	if p, err = s.attend(ctx, p); err != nil {
		return p, err
	}
	switch {
	case p.State().Status == payment.Paid:
		return p, payment.ErrPaid
	case p.State().Cancelling:
		return p, fmt.Errorf("%w: it has not ended the payment yet", payment.ErrUnavailable)
	}
	return p, nil
}

// CapturePayment implements the contract.
func (s *Service) CapturePayment(ctx context.Context, r *paymentsv1.CapturePaymentRequest) (*paymentsv1.CapturePaymentResponse, error) {
	if err := access.Modules(ctx, notAllowed, orders); err != nil {
		return nil, err
	}
	id, err := request.PaymentID(r)
	if err != nil {
		return nil, err
	}
	p, err := s.capture(ctx, id)
	if err != nil {
		return nil, s.failure(ctx, id, "capture", err)
	}
	return &paymentsv1.CapturePaymentResponse{Payment: request.Payment(p)}, nil
}

func (s *Service) capture(ctx context.Context, id string) (payment.Payment, error) {
	p, err := s.Store.Load(ctx, id)
	if err != nil {
		return p, err
	}
	if p, err = s.Store.Change(ctx, p, s.Now(), (*payment.Payment).Capture); err != nil || !p.State().Capturing {
		return p, err
	}
	s.at("capture stored")
	if p, err = s.attend(ctx, p); err != nil {
		return p, err
	}
	switch {
	case p.State().Capturing:
		return p, fmt.Errorf("%w: it has not captured yet", payment.ErrUnavailable)
	case p.State().Status != payment.Paid:
		return p, payment.ErrNotAuthorized // the hold ran out
	}
	return p, nil
}

// RefundPayment implements the contract.
func (s *Service) RefundPayment(ctx context.Context, r *paymentsv1.RefundPaymentRequest) (*paymentsv1.RefundPaymentResponse, error) {
	if err := access.Modules(ctx, notAllowed, orders); err != nil {
		return nil, err
	}
	id, refundID, amount, err := request.Refund(r)
	if err != nil {
		return nil, err
	}
	refund, err := s.refund(ctx, id, refundID, amount)
	if err != nil {
		return nil, s.failure(ctx, id, "refund", err)
	}
	return &paymentsv1.RefundPaymentResponse{Refund: request.RefundOf(refund)}, nil
}

func (s *Service) refund(ctx context.Context, id, refundID string, amount int64) (payment.Refund, error) {
	p, err := s.Store.Load(ctx, id)
	if err != nil {
		return payment.Refund{}, err
	}
	now := s.Now()
	p, err = s.Store.Change(ctx, p, now, func(p *payment.Payment) error { return p.AskRefund(refundID, amount, now) })
	if err != nil {
		return payment.Refund{}, err
	}
	s.at("refund stored")
	if r, _ := p.Refund(refundID); r.Status == payment.RefundPending && r.Reference == "" {
		after, err := s.attend(ctx, p)
		if err != nil && !errors.Is(err, payment.ErrUnavailable) {
			return payment.Refund{}, err
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
	provider := s.Providers[name]
	if provider == nil {
		return nil, contract.Error(codes.NotFound, paymentsv1.Reason_REASON_NO_PROVIDER, "payment provider %q is not set up", name)
	}
	notice, err := provider.Hear(ctx, body, header)
	if err != nil {
		s.Log.WarnContext(ctx, "a webhook was refused: check the provider's webhook secret in the settings", "provider", name, "error", err)
		return nil, request.Failure("of a webhook", err)
	}
	if notice == nil {
		return &paymentsv1.ReceiveWebhookResponse{}, nil
	}
	found, err := s.Store.Touch(ctx, name, *notice, s.Now())
	if err != nil {
		return nil, err
	}
	if !found {
		// Another shop may use the same account; nothing is to be done here.
		s.Log.InfoContext(ctx, "a webhook is about no payment of this shop", "provider", name, "event", notice.Event)
	}
	return &paymentsv1.ReceiveWebhookResponse{}, nil
}

func (s *Service) provider(p payment.Payment) (payment.Provider, error) {
	name := p.Terms().Provider
	if provider := s.Providers[name]; provider != nil {
		return provider, nil
	}
	return nil, fmt.Errorf("%w: provider %q is not set up any more", payment.ErrUnavailable, name)
}

// failure is what the caller gets. What the provider said beyond that is for
// the operator only.
func (s *Service) failure(ctx context.Context, id, step string, err error) error {
	var no payment.Impossible
	if errors.Is(err, payment.ErrUnavailable) || errors.As(err, &no) {
		s.Log.WarnContext(ctx, "the payment provider did not do a step", "payment", id, "step", step, "error", err)
	}
	return request.Failure(id, fmt.Errorf("%s: %w", step, err))
}
