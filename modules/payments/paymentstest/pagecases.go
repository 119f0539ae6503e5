package paymentstest

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/platform/contract"
	"galleria/platform/id"
)

const (
	pageOpen    = paymentsv1.SandboxStatus_SANDBOX_STATUS_OPEN
	pageConsent = paymentsv1.SandboxStatus_SANDBOX_STATUS_CONSENT
	pagePaid    = paymentsv1.SandboxStatus_SANDBOX_STATUS_PAID
	pageEnded   = paymentsv1.SandboxStatus_SANDBOX_STATUS_ENDED
)

func getSandboxSession(w World) cases {
	return cases{
		"shows what is paid": func(t *testing.T) {
			s := started(t, w)
			p := s.page()
			if p.GetStatus() != pageOpen || p.GetAmountMinor() != amount || p.GetCurrencyCode() != "EUR" || p.GetDescription() != "Two mugs" ||
				p.GetCancelUrl() != "/orders/1?token=away" || p.GetReturnUrl() != "" || p.GetRefused() {
				t.Errorf("got %v, want an open page that leads back", p)
			}
			_, err := s.pay(CardVisa)
			s.works(err)
			if p := s.page(); p.GetStatus() != pagePaid || p.GetReturnUrl() != "/orders/1?token=back" {
				t.Errorf("got %v, want it paid, with the way back", p)
			}
		},
		"of none says so": func(t *testing.T) {
			_, err := w.Payments.GetSandboxSession(t.Context(), &paymentsv1.GetSandboxSessionRequest{Session: id.Secret()})
			checks{t}.fails(err, codes.NotFound, paymentsv1.Reason_REASON_NO_SESSION)
		},
	}
}

func paySandbox(w World) cases {
	return cases{
		"pays, and leads back, once": func(t *testing.T) {
			s := started(t, w)
			for range 2 {
				next, err := s.pay(CardVisa)
				if err != nil || next.GetRedirectUrl() != "/orders/1?token=back" {
					t.Fatalf("got %v, %v, want the way back", next, err)
				}
			}
			s.becomes(paymentsv1.Status_STATUS_PAID)
			s.money(amount, 0, 0)
		},
		"that is refused leaves the page open to another card": func(t *testing.T) {
			s := started(t, w)
			for number, code := range map[string]string{CardDeclined: "card_declined", CardInsufficientFunds: "insufficient_funds"} {
				next, err := s.pay(number)
				if err != nil || next.GetDeclined() != code || next.GetRedirectUrl() != "" {
					t.Fatalf("got %v, %v, want it declined: %s", next, err, code)
				}
			}
			if p := s.page(); p.GetStatus() != pageOpen || !p.GetRefused() {
				t.Errorf("got %v, want it open and to say that a card was refused", p)
			}
			_, err := s.pay(CardVisa)
			s.works(err)
			s.becomes(paymentsv1.Status_STATUS_PAID)
		},
		"lets refused cards wait, the longer the more there were": func(t *testing.T) {
			s := started(t, w)
			for range 3 {
				_, err := s.pay(CardDeclined)
				s.works(err)
			}
			_, err := s.pay(CardVisa)
			s.fails(err, codes.ResourceExhausted, paymentsv1.Reason_REASON_TOO_SOON)
			if got := contract.Metadata(err, "retry_after"); got != "1" {
				t.Errorf("got a wait of %q seconds, want 1", got)
			}
		},
		"that does not lead back is paid all the same": func(t *testing.T) {
			s := started(t, w)
			next, err := s.pay(CardNoReturn)
			if err != nil || next.GetRedirectUrl() != "/sandbox/pay/"+s.token {
				t.Fatalf("got %v, %v, want the page again", next, err)
			}
			s.becomes(paymentsv1.Status_STATUS_PAID)
			if p := s.page(); p.GetStatus() != pagePaid || p.GetReturnUrl() != "" {
				t.Errorf("got %v, want it paid, without a way back", p)
			}
		},
		"that is late leads back at once, and is paid later": func(t *testing.T) {
			s := started(t, w)
			next, err := s.pay(CardLate)
			if err != nil || next.GetRedirectUrl() != "/orders/1?token=back" {
				t.Fatalf("got %v, %v, want the way back", next, err)
			}
			if p := s.page(); p.GetStatus() != pagePaid {
				t.Errorf("got %v, want a page with nothing more to do", p)
			}
			s.becomes(paymentsv1.Status_STATUS_PAID)
		},
		"whose answer is lost is settled all the same": func(t *testing.T) {
			s := started(t, w)
			_, err := s.pay(CardLostPayment)
			s.fails(err, codes.Unavailable, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE)
			s.becomes(paymentsv1.Status_STATUS_PAID)
			_, err = s.pay(CardUnavailable)
			s.works(err) // paid already: the card is not asked
		},
		"that is disputed is noted": func(t *testing.T) {
			s := paid(t, w, CardDispute)
			s.until("it is disputed", (*paymentsv1.Payment).GetDisputed)
		},
		"twice at once pays once": func(t *testing.T) {
			s := started(t, w)
			atOnce(4, func(int) {
				if _, err := s.pay(CardVisa); err != nil && status.Code(err) != codes.Unavailable {
					t.Errorf("got %v, want none", err)
				}
			})
			s.becomes(paymentsv1.Status_STATUS_PAID)
			s.money(amount, 0, 0)
		},
		"refuses what can't be a card, or no session": func(t *testing.T) {
			s := started(t, w)
			_, err := s.pay("4242424242424241")
			checks{t}.invalid(err, "card.number")
			s.token = id.Secret()
			_, err = s.pay(CardVisa)
			s.fails(err, codes.NotFound, paymentsv1.Reason_REASON_NO_SESSION)
		},
	}
}

func answerSandboxConsent(w World) cases {
	asked := func(t *testing.T) *shopper {
		t.Helper()
		s := started(t, w)
		next, err := s.pay(CardConsent)
		if err != nil || !next.GetNeedsConsent() || s.page().GetStatus() != pageConsent {
			t.Fatalf("got %v, %v, want the bank to ask", next, err)
		}
		return s
	}
	return cases{
		"yes pays": func(t *testing.T) {
			s := asked(t)
			for range 2 {
				next, err := s.consent(true)
				if err != nil || next.GetRedirectUrl() != "/orders/1?token=back" {
					t.Fatalf("got %v, %v, want the way back", next, err)
				}
			}
			s.becomes(paymentsv1.Status_STATUS_PAID)
		},
		"no is like a refused card": func(t *testing.T) {
			s := asked(t)
			next, err := s.consent(false)
			if err != nil || next.GetDeclined() == "" || s.page().GetStatus() != pageOpen {
				t.Fatalf("got %v, %v, want it declined and the page open", next, err)
			}
			_, err = s.pay(CardVisa)
			s.works(err)
			s.becomes(paymentsv1.Status_STATUS_PAID)
		},
		"that was not asked for is refused": func(t *testing.T) {
			s := started(t, w)
			_, err := s.consent(true)
			s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_NO_CONSENT_ASKED)
			_, err = s.cancel()
			s.works(err)
			if s.page().GetStatus() != pageEnded {
				t.Errorf("got %v, want an ended page", s.page())
			}
			s.token = id.Secret()
			_, err = s.consent(true)
			s.fails(err, codes.NotFound, paymentsv1.Reason_REASON_NO_SESSION)
		},
	}
}
