package paymentstest

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/platform/id"
)

func startPayment(w World) cases {
	return cases{
		"gives a page, once": func(t *testing.T) {
			s := started(t, w)
			first := s.get()
			if first.GetStatus() != paymentsv1.Status_STATUS_WAITING || len(s.token) < 22 || first.GetOrderId() != s.order {
				t.Fatalf("got %v, want it waiting with an unguessable page", first)
			}
			atOnce(4, func(int) {
				again, err := w.Payments.StartPayment(t.Context(), s.request())
				if err != nil || !proto.Equal(again.GetPayment(), first) {
					t.Errorf("got %v, %v, want %v again", again, err, first)
				}
			})
		},
		"refuses another payment under the same id": func(t *testing.T) {
			s := started(t, w)
			for _, change := range []func(*paymentsv1.StartPaymentRequest){
				func(r *paymentsv1.StartPaymentRequest) { r.AmountMinor++ },
				func(r *paymentsv1.StartPaymentRequest) { r.CurrencyCode = "USD" },
				func(r *paymentsv1.StartPaymentRequest) { r.OrderId += "x" },
			} {
				r := s.request()
				change(r)
				_, err := w.Payments.StartPayment(t.Context(), r)
				s.fails(err, codes.InvalidArgument, paymentsv1.Reason_REASON_KEY_REUSED)
			}
		},
		"tells what became of a paid one": func(t *testing.T) {
			s := paid(t, w, CardVisa)
			got, err := w.Payments.StartPayment(t.Context(), s.request())
			if err != nil || got.GetPayment().GetStatus() != paymentsv1.Status_STATUS_PAID || got.GetPayment().GetRedirectUrl() != "" {
				t.Errorf("got %v, %v, want it paid, without a page", got, err)
			}
		},
		"ends by itself when it is not paid": func(t *testing.T) {
			s := &shopper{World: w, checks: checks{t}, order: "order-" + id.New(), payment: "payment-" + id.New()}
			r := s.request()
			r.ExpiresAt = timestamppb.New(time.Now().Add(time.Second))
			_, err := w.Payments.StartPayment(t.Context(), r)
			s.works(err)
			s.becomes(paymentsv1.Status_STATUS_EXPIRED)
		},
		"names the fields that can't be right": func(t *testing.T) {
			s := &shopper{World: w, checks: checks{t}, order: "o", payment: "p-" + id.New()}
			r := s.request()
			r.ReturnUrl, r.CancelUrl, r.AmountMinor, r.CurrencyCode, r.ExpiresAt = "//evil.example", "javascript:1", 0, "eur", nil
			_, err := w.Payments.StartPayment(t.Context(), r)
			checks{t}.invalid(err, "return_url", "cancel_url", "amount_minor", "currency_code", "expires_at")
			for _, end := range []time.Duration{-time.Second, 25 * time.Hour} {
				r := s.request()
				r.ExpiresAt = timestamppb.New(time.Now().Add(end))
				_, err := w.Payments.StartPayment(t.Context(), r)
				checks{t}.invalid(err, "expires_at")
			}
			_, err = w.Payments.StartPayment(t.Context(), &paymentsv1.StartPaymentRequest{})
			checks{t}.invalid(err, "payment_id", "order_id", "return_url", "cancel_url", "amount_minor", "currency_code", "expires_at")
		},
	}
}

func getPayment(w World) cases {
	return cases{
		"gets what is known": func(t *testing.T) {
			s := paid(t, w, CardMastercard)
			p := s.get()
			if p.GetMethod().GetBrand() != "mastercard" || p.GetMethod().GetLast4() != "4444" || p.GetProvider() != "sandbox" || p.GetProviderReference() == "" {
				t.Errorf("got %v, want card and provider", p)
			}
		},
		"of none says so": func(t *testing.T) {
			_, err := w.Payments.GetPayment(t.Context(), &paymentsv1.GetPaymentRequest{PaymentId: id.New()})
			checks{t}.fails(err, codes.NotFound, paymentsv1.Reason_REASON_NO_PAYMENT)
			_, err = w.Payments.GetPayment(t.Context(), &paymentsv1.GetPaymentRequest{})
			checks{t}.invalid(err, "payment_id")
		},
	}
}

func listPayments(w World) cases {
	return cases{
		"lists the payments of one order, the oldest first": func(t *testing.T) {
			first, second := started(t, w), started(t, w)
			r := second.request()
			r.PaymentId, r.OrderId = "payment-"+id.New(), first.order
			_, err := w.Payments.StartPayment(t.Context(), r)
			first.works(err)
			got, err := w.Payments.ListPayments(t.Context(), &paymentsv1.ListPaymentsRequest{OrderId: first.order})
			first.works(err)
			if p := got.GetPayments(); len(p) != 2 || p[0].GetId() != first.payment || p[1].GetId() != r.GetPaymentId() {
				t.Errorf("got %v, want both payments of the order", got)
			}
		},
		"of an order without any is empty": func(t *testing.T) {
			got, err := w.Payments.ListPayments(t.Context(), &paymentsv1.ListPaymentsRequest{OrderId: id.New()})
			if err != nil || len(got.GetPayments()) != 0 {
				t.Errorf("got %v, %v, want none", got, err)
			}
			_, err = w.Payments.ListPayments(t.Context(), &paymentsv1.ListPaymentsRequest{})
			checks{t}.invalid(err, "order_id")
		},
	}
}

func cancelPayment(w World) cases {
	return cases{
		"ends the page, for ever": func(t *testing.T) {
			s := started(t, w)
			for range 2 {
				p, err := s.cancel()
				if err != nil || p.GetStatus() != paymentsv1.Status_STATUS_CANCELLED || p.GetRedirectUrl() != "" {
					t.Fatalf("got %v, %v, want it cancelled", p, err)
				}
			}
			_, err := s.pay(CardVisa)
			s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_SESSION_ENDED)
			_, err = w.Payments.StartPayment(t.Context(), s.request())
			s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_CANCELLED)
			s.money(0, 0, 0)
		},
		"of a paid one is refused": func(t *testing.T) {
			s := paid(t, w, CardVisa)
			_, err := s.cancel()
			s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_PAID)
		},
		"finds what was paid and not told yet": func(t *testing.T) {
			s := started(t, w)
			_, err := s.pay(CardVisa)
			s.works(err)
			_, err = s.cancel()
			s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_PAID)
			s.money(amount, 0, 0)
		},
		"at once with the card is one or the other": func(t *testing.T) {
			s := started(t, w)
			var payErr, cancelErr error
			atOnce(2, func(i int) {
				if i == 0 {
					_, payErr = s.pay(CardVisa)
				} else {
					_, cancelErr = s.cancel()
				}
			})
			if (payErr == nil) == (cancelErr == nil) {
				t.Fatalf("got %v of the card and %v of the cancellation, want one of them refused", payErr, cancelErr)
			}
			if payErr == nil {
				s.becomes(paymentsv1.Status_STATUS_PAID)
			} else {
				s.becomes(paymentsv1.Status_STATUS_CANCELLED)
			}
		},
		"of an unknown id refuses the start that comes after": func(t *testing.T) {
			s := &shopper{World: w, checks: checks{t}, order: "order-" + id.New(), payment: "payment-" + id.New()}
			for range 2 {
				p, err := s.cancel()
				if err != nil || p.GetStatus() != paymentsv1.Status_STATUS_CANCELLED {
					t.Fatalf("got %v, %v, want it cancelled", p, err)
				}
			}
			_, err := w.Payments.StartPayment(t.Context(), s.request())
			s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_CANCELLED)
			_, err = w.Payments.CancelPayment(t.Context(), &paymentsv1.CancelPaymentRequest{})
			checks{t}.invalid(err, "payment_id")
		},
	}
}
