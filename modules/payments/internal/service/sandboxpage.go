package service

import (
	"context"
	"errors"
	"math"
	"strconv"

	"google.golang.org/grpc/codes"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/card"
	"galleria/modules/payments/internal/request"
	"galleria/modules/payments/internal/sandbox"
	"galleria/platform/contract"
)

// sandboxName is the provider that has its page in this shop.
const sandboxName = "sandbox"

// GetSandboxSession implements the contract.
func (s *Service) GetSandboxSession(ctx context.Context, r *paymentsv1.GetSandboxSessionRequest) (*paymentsv1.GetSandboxSessionResponse, error) {
	if err := s.sandboxOnly(); err != nil {
		return nil, err
	}
	v, err := s.Sandbox.Session(ctx, r.GetSession())
	if err != nil {
		return nil, s.sandboxFailure(err)
	}
	out := &paymentsv1.SandboxSession{
		CurrencyCode: v.Currency, AmountMinor: v.Amount, Description: v.Description, CancelUrl: v.CancelURL, Refused: v.Refused,
		Status: paymentsv1.SandboxStatus_SANDBOX_STATUS_ENDED,
	}
	switch v.State {
	case "open":
		out.Status = paymentsv1.SandboxStatus_SANDBOX_STATUS_OPEN
	case "consent":
		out.Status = paymentsv1.SandboxStatus_SANDBOX_STATUS_CONSENT
	case "paid", "held":
		out.Status = paymentsv1.SandboxStatus_SANDBOX_STATUS_PAID
		if !v.NoReturn {
			out.ReturnUrl = v.ReturnURL
		}
	}
	return &paymentsv1.GetSandboxSessionResponse{Session: out}, nil
}

// PaySandbox implements the contract.
func (s *Service) PaySandbox(ctx context.Context, r *paymentsv1.PaySandboxRequest) (*paymentsv1.PaySandboxResponse, error) {
	if err := s.sandboxOnly(); err != nil {
		return nil, err
	}
	in := r.GetCard()
	c, problems := card.Parse(in.GetNumber(), int(in.GetExpMonth()), int(in.GetExpYear()), in.GetCvc(), s.Now())
	if err := request.Refused(problems); err != nil {
		if _, gone := s.Sandbox.Session(ctx, r.GetSession()); gone != nil {
			return nil, s.sandboxFailure(gone)
		}
		return nil, err
	}
	next, err := s.Sandbox.Pay(ctx, r.GetSession(), c)
	if err != nil {
		return nil, s.sandboxFailure(err)
	}
	return &paymentsv1.PaySandboxResponse{Next: s.next(ctx, r.GetSession(), next)}, nil
}

// AnswerSandboxConsent implements the contract.
func (s *Service) AnswerSandboxConsent(ctx context.Context, r *paymentsv1.AnswerSandboxConsentRequest) (*paymentsv1.AnswerSandboxConsentResponse, error) {
	if err := s.sandboxOnly(); err != nil {
		return nil, err
	}
	next, err := s.Sandbox.Consent(ctx, r.GetSession(), r.GetYes())
	if err != nil {
		return nil, s.sandboxFailure(err)
	}
	return &paymentsv1.AnswerSandboxConsentResponse{Next: s.next(ctx, r.GetSession(), next)}, nil
}

func (s *Service) next(ctx context.Context, token string, n sandbox.Next) *paymentsv1.SandboxNext {
	if n.RedirectURL == sandbox.PagePath {
		n.RedirectURL += token // the page that does not lead back
	}
	if n.Declined != "" {
		// The page says the same for each reason: a thief who tries numbers learns nothing.
		s.Log.InfoContext(ctx, "the sandbox refused a card", "reason", n.Declined)
	}
	if n.Ended != "" {
		// Who goes back to pay once more is to find another page. The webhook says it, too.
		p, err := s.Store.Load(ctx, n.Ended)
		if err == nil {
			_, err = s.attend(ctx, p)
		}
		if err != nil {
			s.Log.WarnContext(ctx, "a payment whose session has ended is settled later", "payment", n.Ended, "error", err)
		}
	}
	return &paymentsv1.SandboxNext{RedirectUrl: n.RedirectURL, NeedsConsent: n.NeedsConsent, Declined: n.Declined}
}

// sandboxOnly refuses the page of a provider that is not the one of this shop.
func (s *Service) sandboxOnly() error {
	if s.Provider != sandboxName {
		return s.sandboxFailure(sandbox.ErrNoSession)
	}
	return nil
}

func (s *Service) sandboxFailure(err error) error {
	var soon sandbox.TooSoon
	switch {
	case errors.As(err, &soon):
		seconds := strconv.Itoa(int(math.Ceil(soon.Wait.Seconds())))
		return contract.WithMetadata(contract.Error(codes.ResourceExhausted, paymentsv1.Reason_REASON_TOO_SOON, "%v", soon), map[string]string{"retry_after": seconds})
	case errors.Is(err, sandbox.ErrNoSession):
		return contract.Error(codes.NotFound, paymentsv1.Reason_REASON_NO_SESSION, "%v", sandbox.ErrNoSession)
	case errors.Is(err, sandbox.ErrEnded):
		return contract.Error(codes.FailedPrecondition, paymentsv1.Reason_REASON_SESSION_ENDED, "%v", sandbox.ErrEnded)
	case errors.Is(err, sandbox.ErrNoConsent):
		return contract.Error(codes.FailedPrecondition, paymentsv1.Reason_REASON_NO_CONSENT_ASKED, "%v", sandbox.ErrNoConsent)
	}
	return request.Failure("at the sandbox", err)
}
