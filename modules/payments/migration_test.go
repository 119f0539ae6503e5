package payments_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/migrations"
	"galleria/modules/payments"
	"galleria/platform/contract"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
)

// earlier are payments of cards that the shop handed to the sandbox: paid and
// refunded in part, with one refund open; held; held by an order that was given up
// since; captured at the provider, whose answer was lost; declined; not answered; and
// one that was paid on the sandbox's page.
var earlier = []string{
	`INSERT INTO payments (order_id, provider, currency, amount_minor, method, status, open_step, captured_minor, refunded_minor, refunding_minor,
		brand, last4, reference, decline_code, created_at, changed_at, due_at, version) VALUES
		('paid', 'sandbox', 'EUR', 1290, 'm1', 'captured', '', 1290, 200, 300, 'visa', '4242', 'pay_1', '', 1, 2, 9, 3),
		('held', 'sandbox', 'EUR', 500, 'm2', 'authorized', '', 0, 0, 0, 'visa', '4242', 'pay_2', '', 1, 2, 0, 2),
		('given-up', 'sandbox', 'EUR', 500, 'm3', 'authorized', '', 0, 0, 0, 'visa', '4242', 'pay_3', '', 1, 2, 0, 2),
		('taken', 'sandbox', 'EUR', 700, 'm4', 'authorized', 'capture', 0, 0, 0, 'visa', '4242', 'pay_4', '', 1, 2, 9, 3),
		('declined', 'sandbox', 'EUR', 800, 'm5', 'declined', '', 0, 0, 0, 'visa', '0002', 'pay_5', 'card_declined', 1, 2, 0, 2),
		('unknown', 'sandbox', 'EUR', 900, 'm6', 'pending', '', 0, 0, 0, '', '', '', '', 1, 2, 0, 1)`,
	`INSERT INTO refunds (order_id, idempotency_key, amount_minor, status, created_at, due_at) VALUES
		('paid', 'r1', 200, 'done', 3, 0), ('paid', 'r2', 5000, 'refused', 4, 0), ('paid', 'r3', 300, 'open', 5, 9)`,
	`INSERT INTO sandbox_methods (id, brand, last4, behaviour, created_at) VALUES ('m1', 'visa', '4242', 'approved', 1)`,
	// The open refund was given; its answer is what is missing.
	`INSERT INTO sandbox_authorizations (idempotency_key, reference, method, behaviour, currency, amount_minor, refunded_minor, state) VALUES
		('k1', 'pay_1', 'm1', 'approved', 'EUR', 1290, 500, 'captured'), ('k2', 'pay_2', 'm2', 'approved', 'EUR', 500, 0, 'held'),
		('k3', 'pay_3', 'm3', 'approved', 'EUR', 500, 0, 'held'), ('k4', 'pay_4', 'm4', 'lost_capture', 'EUR', 700, 0, 'captured'),
		('k5', 'pay_5', 'm5', 'card_declined', 'EUR', 800, 0, 'declined')`,
	`INSERT INTO sandbox_refunds (idempotency_key, reference, amount_minor) VALUES ('kr1', 'pay_1', 200), ('kr3', 'pay_1', 300)`,
	`INSERT INTO hosted_payments (id, order_id, provider, currency, amount_minor, capture_later, expires_at, description, email, return_url, cancel_url,
		status, cancelling, capturing, disputed, captured_minor, refunded_minor, refunding_minor, session, intent, redirect_url,
		brand, last4, decline_code, attempt, tries, created_at, changed_at, due_at, version, heard) VALUES
		('given-up', '', '', '', 0, FALSE, 1, '', '', '', '', 'cancelled', FALSE, FALSE, FALSE, 0, 0, 0, '', '', '', '', '', '', 0, 0, 1, 1, 0, 1, 0),
		('page', 'o9', 'sandbox', 'EUR', 100, FALSE, 1, '', '', '', '', 'paid', FALSE, FALSE, FALSE, 100, 0, 0, 's', 'i', '', 'visa', '4242', '', 0, 0, 1, 1, 0, 1, 0)`,
	`INSERT INTO sandbox_sessions (id, token, currency, amount_minor, capture_later, description, return_url, cancel_url,
		state, behaviour, brand, last4, refusals, wait_until, decline_code, disputed, refunded_minor, paid_at, notify_at, created_at) VALUES
		('page', 't9', 'EUR', 100, FALSE, '', '', '', 'paid', 'approved', 'visa', '4242', 0, 0, '', FALSE, 0, 1, 0, 1)`,
}

// converted is payments over a database in which those are, brought to the present.
func converted(t *testing.T, o database.Options) paymentsv1.PaymentsServiceServer {
	t.Helper()
	o.Migrations = migrations.For(payments.Name)
	databasetest.Fill(t, o, "0002_payments_on_the_providers_page.sql", earlier...)
	cfg := payments.DefaultConfig()
	cfg.RecoverEvery = 10 * time.Millisecond
	instance, err := payments.New(module.Host{DB: databasetest.Open(t, o), Now: time.Now, Log: slog.New(slog.DiscardHandler)}, payments.Needs{}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	working, stop := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- instance.Work["settlement"](working) }()
	t.Cleanup(func() {
		stop()
		<-stopped
	})
	return instance.Server.(paymentsv1.PaymentsServiceServer)
}

// payer asks for payments by their ids.
type payer struct {
	paymentsv1.PaymentsServiceServer
}

func (s payer) get(t *testing.T, id string) *paymentsv1.Payment {
	t.Helper()
	got, err := s.GetPayment(moduletest.Direct(t.Context()), &paymentsv1.GetPaymentRequest{PaymentId: id})
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return got.GetPayment()
}

func (s payer) until(t *testing.T, id, what string, is func(*paymentsv1.Payment) bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(s.get(t, id)); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: got %v, want it %s", id, s.get(t, id), what)
		}
	}
}

func (s payer) becomes(t *testing.T, id string, want paymentsv1.Status) {
	t.Helper()
	s.until(t, id, want.String(), func(p *paymentsv1.Payment) bool { return p.GetStatus() == want })
}

func TestPaymentsOfCardsAreConverted(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		s := payer{converted(t, o)}
		t.Run("paid ones stay paid, and can be refunded", func(t *testing.T) {
			s.until(t, "paid", "with its open refund given once", func(p *paymentsv1.Payment) bool {
				return p.GetCapturedMinor() == 1290 && p.GetRefundedMinor() == 500 && p.GetRefundingMinor() == 0
			})
			for range 2 {
				got, err := s.RefundPayment(moduletest.Direct(t.Context()), &paymentsv1.RefundPaymentRequest{PaymentId: "paid", RefundId: "r4", AmountMinor: 790})
				if err != nil || got.GetRefund().GetStatus() != paymentsv1.RefundStatus_REFUND_STATUS_SUCCEEDED {
					t.Fatalf("got %v, %v, want the rest given back", got, err)
				}
			}
			_, err := s.RefundPayment(moduletest.Direct(t.Context()), &paymentsv1.RefundPaymentRequest{PaymentId: "paid", RefundId: "r5", AmountMinor: 1})
			if !contract.Is(err, paymentsv1.Reason_REASON_REFUND_TOO_LARGE) {
				t.Errorf("got %v, want nothing left to refund", err)
			}
			p := s.get(t, "paid")
			if len(p.GetRefunds()) != 4 || p.GetRefunds()[1].GetStatus() != paymentsv1.RefundStatus_REFUND_STATUS_FAILED ||
				p.GetOrderId() != "paid" || p.GetMethod().GetLast4() != "4242" || p.GetProviderReference() != "pay_1" {
				t.Errorf("got %v, want its four refunds, one of them failed, its order, its card and the provider's name for it", p)
			}
		})
		t.Run("one whose capture was not answered is paid", func(t *testing.T) {
			s.becomes(t, "taken", paymentsv1.Status_STATUS_PAID)
		})
		t.Run("one that is held can be captured", func(t *testing.T) {
			s.becomes(t, "held", paymentsv1.Status_STATUS_AUTHORIZED)
			got, err := s.CapturePayment(moduletest.Direct(t.Context()), &paymentsv1.CapturePaymentRequest{PaymentId: "held"})
			if err != nil || got.GetPayment().GetCapturedMinor() != 500 {
				t.Errorf("got %v, %v, want 500 captured", got, err)
			}
		})
		t.Run("one that is held for an order that was given up is let go", func(t *testing.T) {
			s.becomes(t, "given-up", paymentsv1.Status_STATUS_CANCELLED)
		})
		t.Run("declined and unanswered ones are cancelled", func(t *testing.T) {
			s.becomes(t, "declined", paymentsv1.Status_STATUS_CANCELLED)
			s.becomes(t, "unknown", paymentsv1.Status_STATUS_CANCELLED)
			if code := s.get(t, "declined").GetDeclineCode(); code != "card_declined" {
				t.Errorf("got the decline code %q, want card_declined", code)
			}
		})
		t.Run("those paid on the page stay as they are", func(t *testing.T) {
			s.becomes(t, "page", paymentsv1.Status_STATUS_PAID)
			got, err := s.RefundPayment(moduletest.Direct(t.Context()), &paymentsv1.RefundPaymentRequest{PaymentId: "page", RefundId: "r", AmountMinor: 100})
			if err != nil || got.GetRefund().GetStatus() != paymentsv1.RefundStatus_REFUND_STATUS_SUCCEEDED {
				t.Errorf("got %v, %v, want it given back", got, err)
			}
		})
	})
}
