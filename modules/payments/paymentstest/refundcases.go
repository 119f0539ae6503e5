package paymentstest

import (
	"testing"

	"google.golang.org/grpc/codes"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/platform/id"
)

func capturePayment(w World) cases {
	capture := func(t *testing.T, id string) (*paymentsv1.CapturePaymentResponse, error) {
		return w.Payments.CapturePayment(t.Context(), &paymentsv1.CapturePaymentRequest{PaymentId: id})
	}
	return cases{
		"of a paid one changes nothing": func(t *testing.T) {
			s := paid(t, w, CardVisa)
			got, err := capture(t, s.payment)
			if err != nil || got.GetPayment().GetStatus() != paymentsv1.Status_STATUS_PAID {
				t.Errorf("got %v, %v, want it paid", got, err)
			}
			s.money(amount, 0, 0)
		},
		"of what is not held is refused": func(t *testing.T) {
			s := started(t, w)
			_, err := capture(t, s.payment)
			s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_NOT_AUTHORIZED)
			_, err = s.cancel()
			s.works(err)
			_, err = capture(t, s.payment)
			s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_CANCELLED)
			_, err = capture(t, id.New())
			s.fails(err, codes.NotFound, paymentsv1.Reason_REASON_NO_PAYMENT)
			_, err = capture(t, "")
			checks{t}.invalid(err, "payment_id")
		},
	}
}

func refundPayment(w World) cases {
	succeeded, failed := paymentsv1.RefundStatus_REFUND_STATUS_SUCCEEDED, paymentsv1.RefundStatus_REFUND_STATUS_FAILED
	return cases{
		"gives back a part, and the rest, once each": func(t *testing.T) {
			s := paid(t, w, CardVisa)
			for range 2 {
				r, err := s.refund("first", 400)
				if err != nil || r.GetStatus() != succeeded || r.GetAmountMinor() != 400 {
					t.Fatalf("got %v, %v, want 400 given back", r, err)
				}
			}
			s.money(amount, 400, 0)
			_, err := s.refund("first", 401)
			s.fails(err, codes.InvalidArgument, paymentsv1.Reason_REASON_KEY_REUSED)
			_, err = s.refund("too-large", amount-399)
			s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_REFUND_TOO_LARGE)
			_, err = s.refund("rest", amount-400)
			s.works(err)
			s.money(amount, amount, 0)
			if all := s.get().GetRefunds(); len(all) != 2 || all[0].GetId() != "first" {
				t.Errorf("got %v, want both refunds", all)
			}
		},
		"at once never gives back more than was paid": func(t *testing.T) {
			s := paid(t, w, CardVisa)
			atOnce(6, func(int) {
				if _, err := s.refund(id.New(), amount/2); err != nil {
					s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_REFUND_TOO_LARGE)
				}
			})
			s.money(amount, amount, 0)
		},
		"that the provider refuses for good is an answer, and frees its amount": func(t *testing.T) {
			s := paid(t, w, CardRefundRefused)
			r, err := s.refund("r", amount)
			if err != nil || r.GetStatus() != failed || r.GetFailure() == "" {
				t.Fatalf("got %v, %v, want it failed, with a reason", r, err)
			}
			s.money(amount, 0, 0)
		},
		"can fail after it succeeded": func(t *testing.T) {
			s := paid(t, w, CardRefundFails)
			r, err := s.refund("r", amount)
			if err != nil || r.GetStatus() != succeeded {
				t.Fatalf("got %v, %v, want it to succeed at first", r, err)
			}
			s.until("the refund failed", func(p *paymentsv1.Payment) bool { return p.GetRefunds()[0].GetStatus() == failed })
			s.money(amount, 0, 0)
		},
		"of what was not paid is refused": func(t *testing.T) {
			s := started(t, w)
			_, err := s.refund("r", 1)
			s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_NOT_CAPTURED)
			s.payment = id.New()
			_, err = s.refund("r", 1)
			s.fails(err, codes.NotFound, paymentsv1.Reason_REASON_NO_PAYMENT)
			s.payment = ""
			_, err = s.refund("", 0)
			checks{t}.invalid(err, "payment_id", "refund_id", "amount_minor")
		},
	}
}

func receiveWebhook(w World) cases {
	receive := func(t *testing.T, provider string, body string) error {
		_, err := w.Payments.ReceiveWebhook(t.Context(), &paymentsv1.ReceiveWebhookRequest{
			Provider: provider, Body: []byte(body), Headers: map[string]string{"sandbox-signature": "00"},
		})
		return err
	}
	return cases{
		"refuses what the provider did not sign": func(t *testing.T) {
			s := started(t, w)
			err := receive(t, "sandbox", `{"id":"evt","payment":"`+s.payment+`"}`)
			s.fails(err, codes.InvalidArgument, paymentsv1.Reason_REASON_BAD_SIGNATURE)
		},
		"refuses a provider that is not set up": func(t *testing.T) {
			checks{t}.fails(receive(t, "cash", "{}"), codes.NotFound, paymentsv1.Reason_REASON_NO_PROVIDER)
		},
		"names the fields that can't be right": func(t *testing.T) {
			checks{t}.invalid(receive(t, "", ""), "provider", "body")
		},
	}
}
