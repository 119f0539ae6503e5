// Package paymentstest holds payments' contract suite, and a fake that passes
// it, for other modules' tests.
package paymentstest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/migrations"
	"galleria/modules/payments"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
)

// Fake is payments with hooks for what goes wrong: the real service, with the
// sandbox and its test cards, over a database of its own. It is safe for concurrent
// use, once Definition or Serve has started it.
type Fake struct {
	paymentsv1.UnimplementedPaymentsServiceServer
	moduletest.Outages

	real paymentsv1.PaymentsServiceServer
}

// NewFake makes a fake without any payment.
func NewFake() *Fake { return &Fake{} }

// Definition puts a new fake into a world for each start.
func Definition() module.Definition { return define(NewFake, payments.DefaultConfig()) }

// AtShipping is Definition with payments that are held until they are captured.
func AtShipping() module.Definition {
	cfg := payments.DefaultConfig()
	cfg.Capture = payments.CaptureAtShipping
	return define(NewFake, cfg)
}

// Definition puts this fake into a world, so that the test can reach it.
func (f *Fake) Definition() module.Definition {
	return define(func() *Fake { return f }, payments.DefaultConfig())
}

// Serve gives the fake a database of its own until the test ends, for tests that
// put no module into a world.
func (f *Fake) Serve(t testing.TB, log *slog.Logger) {
	t.Helper()
	running, err := module.Start(context.Background(), f.Definition(), module.Environment{Dir: t.TempDir(), Log: log, Now: time.Now})
	if err != nil {
		t.Fatalf("start payments: %v", err)
	}
	t.Cleanup(func() {
		if err := running.Stop(context.Background()); err != nil {
			t.Errorf("stop payments: %v", err)
		}
	})
}

func define(fake func() *Fake, cfg payments.Config) module.Definition {
	return module.Definition{
		Name:       payments.Name,
		Contract:   &paymentsv1.PaymentsService_ServiceDesc,
		Migrations: migrations.For(payments.Name),
		New: func(h module.Host) (*module.Instance, error) {
			instance, err := payments.New(h, payments.Needs{}, cfg)
			if err != nil {
				return nil, err
			}
			f := fake()
			f.real = instance.Server.(paymentsv1.PaymentsServiceServer)
			instance.Server = f
			return instance, nil
		},
	}
}

// StartPayment implements the contract.
func (f *Fake) StartPayment(ctx context.Context, r *paymentsv1.StartPaymentRequest) (*paymentsv1.StartPaymentResponse, error) {
	return moduletest.Call(ctx, &f.Outages, "StartPayment", r, f.real.StartPayment)
}

// GetPayment implements the contract.
func (f *Fake) GetPayment(ctx context.Context, r *paymentsv1.GetPaymentRequest) (*paymentsv1.GetPaymentResponse, error) {
	return moduletest.Call(ctx, &f.Outages, "GetPayment", r, f.real.GetPayment)
}

// ListPayments implements the contract.
func (f *Fake) ListPayments(ctx context.Context, r *paymentsv1.ListPaymentsRequest) (*paymentsv1.ListPaymentsResponse, error) {
	return moduletest.Call(ctx, &f.Outages, "ListPayments", r, f.real.ListPayments)
}

// CancelPayment implements the contract.
func (f *Fake) CancelPayment(ctx context.Context, r *paymentsv1.CancelPaymentRequest) (*paymentsv1.CancelPaymentResponse, error) {
	return moduletest.Call(ctx, &f.Outages, "CancelPayment", r, f.real.CancelPayment)
}

// CapturePayment implements the contract.
func (f *Fake) CapturePayment(ctx context.Context, r *paymentsv1.CapturePaymentRequest) (*paymentsv1.CapturePaymentResponse, error) {
	return moduletest.Call(ctx, &f.Outages, "CapturePayment", r, f.real.CapturePayment)
}

// RefundPayment implements the contract.
func (f *Fake) RefundPayment(ctx context.Context, r *paymentsv1.RefundPaymentRequest) (*paymentsv1.RefundPaymentResponse, error) {
	return moduletest.Call(ctx, &f.Outages, "RefundPayment", r, f.real.RefundPayment)
}

// ReceiveWebhook implements the contract.
func (f *Fake) ReceiveWebhook(ctx context.Context, r *paymentsv1.ReceiveWebhookRequest) (*paymentsv1.ReceiveWebhookResponse, error) {
	return moduletest.Call(ctx, &f.Outages, "ReceiveWebhook", r, f.real.ReceiveWebhook)
}

// GetSandboxSession implements the contract.
func (f *Fake) GetSandboxSession(ctx context.Context, r *paymentsv1.GetSandboxSessionRequest) (*paymentsv1.GetSandboxSessionResponse, error) {
	return moduletest.Call(ctx, &f.Outages, "GetSandboxSession", r, f.real.GetSandboxSession)
}

// PaySandbox implements the contract.
func (f *Fake) PaySandbox(ctx context.Context, r *paymentsv1.PaySandboxRequest) (*paymentsv1.PaySandboxResponse, error) {
	return moduletest.Call(ctx, &f.Outages, "PaySandbox", r, f.real.PaySandbox)
}

// AnswerSandboxConsent implements the contract.
func (f *Fake) AnswerSandboxConsent(ctx context.Context, r *paymentsv1.AnswerSandboxConsentRequest) (*paymentsv1.AnswerSandboxConsentResponse, error) {
	return moduletest.Call(ctx, &f.Outages, "AnswerSandboxConsent", r, f.real.AnswerSandboxConsent)
}
