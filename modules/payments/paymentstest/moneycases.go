package paymentstest

import (
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/platform/contract"
	"galleria/platform/id"
)

func capture(w World) cases {
	return cases{
		"takes the held amount, once": func(t *testing.T) {
			c := authorized(t, w, CardVisa)
			first, err := c.capture()
			c.is(first, err, paymentsv1.CardStatus_CARD_STATUS_CAPTURED)
			again, err := c.capture()
			if err != nil || !proto.Equal(first, again) {
				t.Errorf("got %v, %v, want %v again", again, err, first)
			}
			c.money(amount, 0)
		},
		"repeated at once takes once": func(t *testing.T) {
			c := authorized(t, w, CardVisa)
			atOnce(8, func(int) {
				if _, err := c.capture(); err != nil {
					t.Errorf("got %v, want none", err)
				}
			})
			c.money(amount, 0)
		},
		"whose answer is lost is told by a repeat": func(t *testing.T) {
			c := authorized(t, w, CardLostCapture)
			_, err := c.capture()
			c.fails(err, codes.Unavailable, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE)
			p, err := c.capture()
			c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_CAPTURED)
			c.money(amount, 0)
		},
		"asks what became of an authorisation without an answer": func(t *testing.T) {
			c := at(t, w)
			_, err := c.authorize(c.method(CardLostAuthorization), amount)
			c.fails(err, codes.Unavailable, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE)
			p, err := c.capture()
			c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_CAPTURED)
		},
		"of nothing is refused": func(t *testing.T) {
			c := at(t, w)
			_, err := c.capture()
			c.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_NOT_AUTHORIZED)
			_, err = c.authorize(c.method(CardDeclined), amount)
			c.works(err)
			_, err = c.capture()
			c.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_NOT_AUTHORIZED)
		},
		"after a void is refused": func(t *testing.T) {
			c := authorized(t, w, CardVisa)
			_, err := c.void()
			c.works(err)
			_, err = c.capture()
			c.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_VOIDED)
			c.money(0, 0)
		},
		"refuses what can't be": func(t *testing.T) {
			_, err := w.Payments.Capture(t.Context(), &paymentsv1.CaptureRequest{})
			at(t, w).invalid(err, "order_id")
		},
	}
}

func refund(w World) cases {
	return cases{
		"gives back a part, and the rest": func(t *testing.T) {
			c := captured(t, w)
			_, err := c.refund("first", 400)
			c.works(err)
			c.money(amount, 400)
			p, err := c.refund("second", amount-400)
			c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_CAPTURED)
			c.money(amount, amount)
		},
		"repeated gives back once, also the whole": func(t *testing.T) {
			c := captured(t, w)
			for range 3 {
				p, err := c.refund("all", amount)
				c.works(err)
				if p.GetRefundedMinor() != amount {
					t.Errorf("got %d refunded, want %d", p.GetRefundedMinor(), amount)
				}
			}
		},
		"by double click gives back once": func(t *testing.T) {
			c := captured(t, w)
			atOnce(8, func(int) {
				if _, err := c.refund("click", 400); err != nil {
					t.Errorf("got %v, want none", err)
				}
			})
			c.money(amount, 400)
		},
		"never exceeds the capture, with many keys at once": func(t *testing.T) {
			c := captured(t, w)
			var done atomic.Int64
			atOnce(8, func(i int) {
				switch _, err := c.refund(id.New(), 400); {
				case err == nil:
					done.Add(1)
				case !contract.Is(err, paymentsv1.Reason_REASON_REFUND_TOO_LARGE):
					t.Errorf("got %v, want too large", err)
				}
			})
			if done.Load() != 3 {
				t.Errorf("%d refunds of 400 were made of %d, want 3", done.Load(), amount)
			}
			c.money(amount, 3*400)
		},
		"beyond what is left is refused": func(t *testing.T) {
			c := captured(t, w)
			_, err := c.refund("a", amount+1)
			c.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_REFUND_TOO_LARGE)
			_, err = c.refund("b", 1)
			c.works(err)
			_, err = c.refund("c", amount)
			c.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_REFUND_TOO_LARGE)
			c.money(amount, 1)
		},
		"with a key used for another amount is refused": func(t *testing.T) {
			c := captured(t, w)
			_, err := c.refund("key", 400)
			c.works(err)
			_, err = c.refund("key", 401)
			c.fails(err, codes.InvalidArgument, paymentsv1.Reason_REASON_KEY_REUSED)
			c.money(amount, 400)
		},
		"may use a key that another order used": func(t *testing.T) {
			one, two := captured(t, w), captured(t, w)
			for _, c := range []till{one, two} {
				_, err := c.refund("key", 400)
				c.works(err)
				c.money(amount, 400)
			}
		},
		"before a capture is refused": func(t *testing.T) {
			c := at(t, w)
			_, err := c.refund("key", 400)
			c.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_NOT_CAPTURED)
			c = authorized(t, w, CardVisa)
			_, err = c.refund("key", 400)
			c.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_NOT_CAPTURED)
		},
		"of a capture whose answer was lost works": func(t *testing.T) {
			c := authorized(t, w, CardLostCapture)
			_, err := c.capture()
			c.fails(err, codes.Unavailable, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE)
			_, err = c.refund("key", 400)
			c.works(err)
			c.money(amount, 400)
		},
		"refuses what can't be": func(t *testing.T) {
			_, err := w.Payments.Refund(t.Context(), &paymentsv1.RefundRequest{})
			at(t, w).invalid(err, "order_id", "idempotency_key", "amount_minor")
		},
	}
}

func getPayment(w World) cases {
	return cases{
		"of an order without one is not found": func(t *testing.T) {
			c := at(t, w)
			_, err := c.get()
			c.fails(err, codes.NotFound, paymentsv1.Reason_REASON_NO_PAYMENT)
		},
		"is what the last step answered": func(t *testing.T) {
			c := authorized(t, w, CardMastercard)
			answered, err := c.capture()
			c.works(err)
			got, err := c.get()
			if err != nil || !proto.Equal(got, answered) {
				t.Errorf("got %v, %v, want %v", got, err, answered)
			}
		},
		"refuses what can't be": func(t *testing.T) {
			_, err := w.Payments.GetCardPayment(t.Context(), &paymentsv1.GetCardPaymentRequest{})
			at(t, w).invalid(err, "order_id")
		},
	}
}
