package paymentstest

import (
	"context"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/migrations"
	"galleria/modules/payments"
	"galleria/platform/module"
)

// Definition puts a new fake into a world for each start.
func Definition() module.Definition { return define(NewFake, payments.DefaultConfig()) }

// Definition puts this fake into a world, so that the test can reach it.
func (f *Fake) Definition() module.Definition {
	return define(func() *Fake { return f }, payments.DefaultConfig())
}

func define(make func() *Fake, cfg payments.Config) module.Definition {
	return module.Definition{
		Name:       payments.Name,
		Contract:   &paymentsv1.PaymentsService_ServiceDesc,
		Migrations: migrations.For(payments.Name),
		New: func(h module.Host) (*module.Instance, error) {
			f := make()
			h.Now = f.Now
			real, err := payments.New(h, payments.Needs{}, cfg)
			if err != nil {
				return nil, err
			}
			f.pages = real.Server.(paymentsv1.PaymentsServiceServer)
			real.Server = f
			return real, nil
		},
	}
}

// pass calls the real service, with a method's outages around it.
func pass[Q, A any](ctx context.Context, f *Fake, method string, r *Q, real func(context.Context, *Q) (*A, error)) (*A, error) {
	return call(ctx, f, method, func() (*A, error) { return real(ctx, r) })
}

// StartPayment implements the contract.
func (f *Fake) StartPayment(ctx context.Context, r *paymentsv1.StartPaymentRequest) (*paymentsv1.StartPaymentResponse, error) {
	return pass(ctx, f, "StartPayment", r, f.pages.StartPayment)
}

// GetPayment implements the contract.
func (f *Fake) GetPayment(ctx context.Context, r *paymentsv1.GetPaymentRequest) (*paymentsv1.GetPaymentResponse, error) {
	return pass(ctx, f, "GetPayment", r, f.pages.GetPayment)
}

// ListPayments implements the contract.
func (f *Fake) ListPayments(ctx context.Context, r *paymentsv1.ListPaymentsRequest) (*paymentsv1.ListPaymentsResponse, error) {
	return pass(ctx, f, "ListPayments", r, f.pages.ListPayments)
}

// CancelPayment implements the contract.
func (f *Fake) CancelPayment(ctx context.Context, r *paymentsv1.CancelPaymentRequest) (*paymentsv1.CancelPaymentResponse, error) {
	return pass(ctx, f, "CancelPayment", r, f.pages.CancelPayment)
}

// CapturePayment implements the contract.
func (f *Fake) CapturePayment(ctx context.Context, r *paymentsv1.CapturePaymentRequest) (*paymentsv1.CapturePaymentResponse, error) {
	return pass(ctx, f, "CapturePayment", r, f.pages.CapturePayment)
}

// RefundPayment implements the contract.
func (f *Fake) RefundPayment(ctx context.Context, r *paymentsv1.RefundPaymentRequest) (*paymentsv1.RefundPaymentResponse, error) {
	return pass(ctx, f, "RefundPayment", r, f.pages.RefundPayment)
}

// ReceiveWebhook implements the contract.
func (f *Fake) ReceiveWebhook(ctx context.Context, r *paymentsv1.ReceiveWebhookRequest) (*paymentsv1.ReceiveWebhookResponse, error) {
	return pass(ctx, f, "ReceiveWebhook", r, f.pages.ReceiveWebhook)
}

// GetSandboxSession implements the contract.
func (f *Fake) GetSandboxSession(ctx context.Context, r *paymentsv1.GetSandboxSessionRequest) (*paymentsv1.GetSandboxSessionResponse, error) {
	return pass(ctx, f, "GetSandboxSession", r, f.pages.GetSandboxSession)
}

// PaySandbox implements the contract.
func (f *Fake) PaySandbox(ctx context.Context, r *paymentsv1.PaySandboxRequest) (*paymentsv1.PaySandboxResponse, error) {
	return pass(ctx, f, "PaySandbox", r, f.pages.PaySandbox)
}

// AnswerSandboxConsent implements the contract.
func (f *Fake) AnswerSandboxConsent(ctx context.Context, r *paymentsv1.AnswerSandboxConsentRequest) (*paymentsv1.AnswerSandboxConsentResponse, error) {
	return pass(ctx, f, "AnswerSandboxConsent", r, f.pages.AnswerSandboxConsent)
}
