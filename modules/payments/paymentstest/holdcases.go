package paymentstest

import (
	"context"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/platform/contract"
	"galleria/platform/id"
)

func authorize(w World) cases {
	return cases{
		"holds the amount": func(t *testing.T) {
			c := at(t, w)
			method := c.method(CardVisa)
			p, err := c.authorize(method, amount)
			c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_AUTHORIZED)
			want := &paymentsv1.CardPayment{
				OrderId: c.order, Status: paymentsv1.CardStatus_CARD_STATUS_AUTHORIZED, CurrencyCode: "EUR", AmountMinor: amount,
				PaymentMethod: &paymentsv1.PaymentMethod{Id: method, Brand: "visa", Last4: "4242"},
				Provider:      "sandbox", ProviderReference: p.GetProviderReference(),
			}
			if !proto.Equal(p, want) || p.GetProviderReference() == "" {
				t.Errorf("got %v, want %v with a reference", p, want)
			}
		},
		"answers a declined card with its code": func(t *testing.T) {
			for number, code := range map[string]string{
				CardDeclined: "card_declined", CardInsufficientFunds: "insufficient_funds",
				CardExpired: "expired_card", CardIncorrectCVC: "incorrect_cvc",
			} {
				c := at(t, w)
				method := c.method(number)
				for range 2 {
					p, err := c.authorize(method, amount)
					c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_DECLINED)
					if p.GetDeclineCode() != code {
						t.Errorf("got decline code %q, want %q", p.GetDeclineCode(), code)
					}
				}
			}
		},
		"repeated answers the same payment, whatever became of it": func(t *testing.T) {
			c := at(t, w)
			method := c.method(CardVisa)
			first, err := c.authorize(method, amount)
			c.works(err)
			again, err := c.authorize(method, amount)
			if err != nil || !proto.Equal(first, again) {
				t.Errorf("got %v, %v, want %v", again, err, first)
			}
			_, err = c.capture()
			c.works(err)
			p, err := c.authorize(method, amount)
			c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_CAPTURED)
		},
		"repeated at once holds once": func(t *testing.T) {
			c := at(t, w)
			method := c.method(CardVisa)
			var mu sync.Mutex
			references := map[string]bool{}
			atOnce(8, func(int) {
				p, err := c.authorize(method, amount)
				mu.Lock()
				defer mu.Unlock()
				references[p.GetProviderReference()] = true
				if err != nil {
					t.Errorf("got %v, want none", err)
				}
			})
			if len(references) != 1 {
				t.Errorf("got references %v, want one", references)
			}
		},
		"of another amount or card for the order is refused": func(t *testing.T) {
			c := at(t, w)
			method := c.method(CardVisa)
			_, err := c.authorize(method, amount)
			c.works(err)
			_, err = c.authorize(method, amount+1)
			c.fails(err, codes.InvalidArgument, paymentsv1.Reason_REASON_KEY_REUSED)
			_, err = c.authorize(c.method(CardMastercard), amount)
			c.fails(err, codes.InvalidArgument, paymentsv1.Reason_REASON_KEY_REUSED)
		},
		"after a void is refused, also when the void came first": func(t *testing.T) {
			c := at(t, w)
			method := c.method(CardVisa)
			_, err := c.void()
			c.works(err)
			_, err = c.authorize(method, amount)
			c.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_VOIDED)
		},
		"with an unknown payment method leaves the order free for another": func(t *testing.T) {
			c := at(t, w)
			_, err := c.authorize("pm_unknown_"+id.New(), amount)
			c.fails(err, codes.NotFound, paymentsv1.Reason_REASON_NO_PAYMENT_METHOD)
			_, err = c.get()
			c.fails(err, codes.NotFound, paymentsv1.Reason_REASON_NO_PAYMENT)
			p, err := c.authorize(c.method(CardVisa), amount)
			c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_AUTHORIZED)
		},
		"whose answer is lost is told by a repeat": func(t *testing.T) {
			c := at(t, w)
			method := c.method(CardLostAuthorization)
			_, err := c.authorize(method, amount)
			c.fails(err, codes.Unavailable, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE)
			p, err := c.get()
			c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_PENDING)
			p, err = c.authorize(method, amount)
			c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_AUTHORIZED)
		},
		"that is late ends with the caller's deadline, and is told by a repeat": func(t *testing.T) {
			c := at(t, w)
			method := c.method(CardLate)
			short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			r := &paymentsv1.AuthorizeRequest{OrderId: c.order, CurrencyCode: "EUR", AmountMinor: amount, PaymentMethodId: method}
			if _, err := w.Payments.Authorize(short, r); err == nil {
				t.Error("got an answer at once, want it late")
			}
			p, err := c.authorize(method, amount)
			c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_AUTHORIZED)
		},
		"without a provider is unavailable": func(t *testing.T) {
			c := at(t, w)
			method := c.method(CardUnavailable)
			for range 2 {
				_, err := c.authorize(method, amount)
				c.fails(err, codes.Unavailable, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE)
			}
		},
		"refuses what can't be": func(t *testing.T) {
			_, err := w.Payments.Authorize(t.Context(), &paymentsv1.AuthorizeRequest{})
			at(t, w).invalid(err, "order_id", "currency_code", "amount_minor", "payment_method_id")
			_, err = w.Payments.Authorize(t.Context(), &paymentsv1.AuthorizeRequest{OrderId: "a b", CurrencyCode: "eur", AmountMinor: -1, PaymentMethodId: "p"})
			at(t, w).invalid(err, "order_id", "currency_code", "amount_minor")
		},
	}
}

func void(w World) cases {
	return cases{
		"lets the held amount go, once": func(t *testing.T) {
			c := authorized(t, w, CardVisa)
			for range 3 {
				p, err := c.void()
				c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_VOIDED)
			}
			_, err := c.capture()
			c.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_VOIDED)
		},
		"of an order without a payment is remembered": func(t *testing.T) {
			c := at(t, w)
			for range 2 {
				p, err := c.void()
				c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_VOIDED)
			}
			p, err := c.get()
			c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_VOIDED)
		},
		"works when nobody knows whether the amount is held": func(t *testing.T) {
			for _, number := range []string{CardLostAuthorization, CardUnavailable} {
				c := at(t, w)
				method := c.method(number)
				_, err := c.authorize(method, amount)
				c.fails(err, codes.Unavailable, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE)
				p, err := c.void()
				c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_VOIDED)
				_, err = c.authorize(method, amount)
				c.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_VOIDED)
			}
		},
		"leaves a declined payment as it is": func(t *testing.T) {
			c := at(t, w)
			_, err := c.authorize(c.method(CardDeclined), amount)
			c.works(err)
			p, err := c.void()
			c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_DECLINED)
		},
		"after a capture is refused, also when its answer was lost": func(t *testing.T) {
			_, err := captured(t, w).void()
			at(t, w).fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_CAPTURED)
			c := authorized(t, w, CardLostCapture)
			_, err = c.capture()
			c.fails(err, codes.Unavailable, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE)
			_, err = c.void()
			c.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_CAPTURED)
			c.money(amount, 0)
		},
		"against an authorisation at the same moment leaves nothing held": func(t *testing.T) {
			method := at(t, w).method(CardVisa)
			for range 10 {
				c := at(t, w)
				atOnce(2, func(i int) {
					if i == 0 {
						if p, err := c.void(); err != nil || p.GetStatus() != paymentsv1.CardStatus_CARD_STATUS_VOIDED {
							t.Errorf("void: got %v, %v, want it voided", p, err)
						}
						return
					}
					if _, err := c.authorize(method, amount); err != nil && !contract.Is(err, paymentsv1.Reason_REASON_VOIDED) {
						t.Errorf("authorize: got %v, want none or voided", err)
					}
				})
				p, err := c.get()
				c.is(p, err, paymentsv1.CardStatus_CARD_STATUS_VOIDED)
			}
		},
		"refuses what can't be": func(t *testing.T) {
			_, err := w.Payments.Void(t.Context(), &paymentsv1.VoidRequest{})
			at(t, w).invalid(err, "order_id")
		},
	}
}
