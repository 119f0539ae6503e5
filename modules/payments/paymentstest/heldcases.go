package paymentstest

import (
	"testing"

	"google.golang.org/grpc/codes"

	paymentsv1 "galleria/modules/payments/v1"
)

// RunAtShipping tests what is different when payments are captured at shipping.
func RunAtShipping(t *testing.T, w World) {
	for name, test := range heldCases(w) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// held is a payment that was paid on the page, whose amount is held.
func held(t *testing.T, w World) *shopper {
	t.Helper()
	s := started(t, w)
	_, err := s.pay(CardVisa)
	s.works(err)
	s.becomes(paymentsv1.Status_STATUS_AUTHORIZED)
	s.money(0, 0, 0)
	return s
}

func (s *shopper) capture() (*paymentsv1.Payment, error) {
	r, err := s.Payments.CapturePayment(s.t.Context(), &paymentsv1.CapturePaymentRequest{PaymentId: s.payment})
	return r.GetPayment(), err
}

func heldCases(w World) cases {
	authorized, cancelled := paymentsv1.Status_STATUS_AUTHORIZED, paymentsv1.Status_STATUS_CANCELLED
	return cases{
		"what is paid is held, and captured once": func(t *testing.T) {
			s := held(t, w)
			for range 2 {
				p, err := s.capture()
				if err != nil || p.GetStatus() != paymentsv1.Status_STATUS_PAID {
					t.Fatalf("got %v, %v, want it captured", p, err)
				}
			}
			s.money(amount, 0, 0)
			_, err := s.refund("r", 400)
			s.works(err)
			s.money(amount, 400, 0)
			_, err = s.cancel()
			s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_PAID)
		},
		"what is cancelled is let go, and not captured any more": func(t *testing.T) {
			s := held(t, w)
			for range 2 {
				p, err := s.cancel()
				if err != nil || p.GetStatus() != cancelled {
					t.Fatalf("got %v, %v, want it cancelled", p, err)
				}
			}
			_, err := s.capture()
			s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_CANCELLED)
			s.money(0, 0, 0)
			if p := s.page(); p.GetStatus() != pageEnded {
				t.Errorf("got %v, want the provider to hold nothing", p)
			}
		},
		"what is only held is not refunded": func(t *testing.T) {
			s := held(t, w)
			_, err := s.refund("r", 1)
			s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_NOT_CAPTURED)
			if p := s.get(); p.GetStatus() != authorized {
				t.Errorf("got %v, want it held as before", p)
			}
		},
		"a capture and a cancellation at once are one or the other": func(t *testing.T) {
			s := held(t, w)
			var captureErr, cancelErr error
			atOnce(2, func(i int) {
				if i == 0 {
					_, captureErr = s.capture()
				} else {
					_, cancelErr = s.cancel()
				}
			})
			if (captureErr == nil) == (cancelErr == nil) {
				t.Fatalf("got %v of the capture and %v of the cancellation, want one of them refused", captureErr, cancelErr)
			}
			if captureErr == nil {
				s.money(amount, 0, 0)
			} else {
				s.becomes(cancelled)
				s.money(0, 0, 0)
			}
		},
	}
}
