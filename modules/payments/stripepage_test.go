package payments_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments"
	"galleria/modules/payments/stripetest"
	"galleria/platform/certs"
	"galleria/platform/contract"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

const webhookSecret = "whsec_new"

// shop is a shop that is paid through an account at Stripe.
type shop struct {
	*stripetest.Account
	t        *testing.T
	payments paymentsv1.PaymentsServiceClient
}

// selling runs a test in a shop that is paid through Stripe. It looks at Stripe
// as soon as the first wait is over, which change may make short.
func selling(t *testing.T, change func(*payments.Config), test func(s shop)) {
	account := stripetest.New(t, webhookSecret)
	cfg := payments.DefaultConfig()
	cfg.Provider, cfg.RecoverAfter, cfg.RecoverEvery = payments.ProviderStripe, time.Hour, 10*time.Millisecond
	cfg.Stripe = payments.StripeConfig{SecretKey: "sk_test_1", APIBase: account.URL, WebhookSecrets: []string{"whsec_old", webhookSecret}}
	if change != nil {
		change(&cfg)
	}
	moduletest.Local(t, moduletest.World{definition(cfg)}, route.ModeLocal, func(t *testing.T, connect moduletest.Connect) {
		test(shop{account, t, paymentsv1.NewPaymentsServiceClient(connect(moduletest.As(certs.Operator, payments.Name)))})
	})
}

func polling(cfg *payments.Config)    { cfg.RecoverAfter = 50 * time.Millisecond }
func atShipping(cfg *payments.Config) { cfg.Capture = payments.CaptureAtShipping }

func request() *paymentsv1.StartPaymentRequest {
	return &paymentsv1.StartPaymentRequest{
		PaymentId: "p1", OrderId: "o1", CurrencyCode: "EUR", AmountMinor: 1290, Description: "Two mugs", Email: "ana@example.org",
		ReturnUrl: "https://shop.example/orders/o1?token=x", CancelUrl: "https://shop.example/cart", ExpiresAt: timestamppb.New(time.Now().Add(20 * time.Minute)),
	}
}

func (s shop) start(r *paymentsv1.StartPaymentRequest) (*paymentsv1.Payment, error) {
	got, err := s.payments.StartPayment(s.t.Context(), r)
	return got.GetPayment(), err
}

func (s shop) started() string {
	s.t.Helper()
	p, err := s.start(request())
	if err != nil || p.GetRedirectUrl() == "" {
		s.t.Fatalf("start: got %v, %v, want a page", p, err)
	}
	return p.GetRedirectUrl()
}

func (s shop) hears(kind, id string) {
	s.t.Helper()
	body, headers := s.Webhook(kind, id, time.Now())
	if _, err := s.payments.ReceiveWebhook(s.t.Context(), &paymentsv1.ReceiveWebhookRequest{Provider: "stripe", Body: body, Headers: headers}); err != nil {
		s.t.Fatalf("webhook %s: got %v, want none", kind, err)
	}
}

func (s shop) get() *paymentsv1.Payment {
	s.t.Helper()
	got, err := s.payments.GetPayment(s.t.Context(), &paymentsv1.GetPaymentRequest{PaymentId: "p1"})
	if err != nil {
		s.t.Fatal(err)
	}
	return got.GetPayment()
}

func (s shop) until(what string, is func(*paymentsv1.Payment) bool) {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(s.get()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("got %v, want %s", s.get(), what)
		}
	}
}

func (s shop) becomes(want paymentsv1.Status) {
	s.t.Helper()
	s.until(want.String(), func(p *paymentsv1.Payment) bool { return p.GetStatus() == want })
}

// paid is a payment that was paid with a card, and heard of.
func (s shop) paid(card string) (intent string) {
	s.t.Helper()
	session, intent := s.Pays(s.t, s.started(), card)
	s.hears("checkout.session.completed", session)
	s.becomes(paymentsv1.Status_STATUS_PAID)
	return intent
}

func (s shop) refund(id string, minor int64) *paymentsv1.Refund {
	s.t.Helper()
	got, err := s.payments.RefundPayment(s.t.Context(), &paymentsv1.RefundPaymentRequest{PaymentId: "p1", RefundId: id, AmountMinor: minor})
	if err != nil {
		s.t.Fatalf("refund %s: got %v, want none", id, err)
	}
	return got.GetRefund()
}

func (s shop) refundIs(what string, want paymentsv1.RefundStatus, refunded, refunding int64) {
	s.t.Helper()
	s.until(what, func(p *paymentsv1.Payment) bool {
		return len(p.GetRefunds()) == 1 && p.GetRefunds()[0].GetStatus() == want && p.GetRefundedMinor() == refunded && p.GetRefundingMinor() == refunding
	})
}

func (s shop) fails(err error, code codes.Code, reason paymentsv1.Reason) {
	s.t.Helper()
	moduletest.WantReason(s.t, err, code, reason)
}

func TestAPaymentOnStripesPageIsAskedForOnceAsStripeWantsIt(t *testing.T) {
	selling(t, nil, func(s shop) {
		address := s.started()
		if again := s.started(); again != address {
			t.Errorf("started again: got the page %q, want %q", again, address)
		}
		asked := s.Asked("POST /v1/checkout/sessions")
		if len(asked) != 1 {
			t.Fatalf("asked %d times for a session, want once", len(asked))
		}
		for field, want := range map[string]string{
			"mode": "payment", "client_reference_id": "o1", "customer_email": "ana@example.org",
			"success_url": "https://shop.example/orders/o1?token=x", "cancel_url": "https://shop.example/cart",
			"line_items[0][price_data][unit_amount]": "1290", "line_items[0][price_data][currency]": "eur", "line_items[0][quantity]": "1",
			"line_items[0][price_data][product_data][name]": "Two mugs", "payment_intent_data[capture_method]": "automatic", "metadata[galleria_payment]": "p1",
		} {
			if got := asked[0].Form.Get(field); got != want {
				t.Errorf("%s: got %q, want %q", field, got, want)
			}
		}
	})
}

func TestAPaymentPaidOnStripesPageIsPaidOnceHoweverItIsHeardOf(t *testing.T) {
	paid := func(p *paymentsv1.Payment) bool {
		return p.GetStatus() == paymentsv1.Status_STATUS_PAID && p.GetCapturedMinor() == 1290 && p.GetMethod().GetBrand() == "visa" && p.GetMethod().GetLast4() == "4242"
	}
	t.Run("by webhooks, twice and in any order", func(t *testing.T) {
		selling(t, nil, func(s shop) {
			session, intent := s.Pays(t, s.started(), stripetest.Visa)
			for _, kind := range []string{"payment_intent.succeeded", "payment_intent.created"} {
				s.hears(kind, intent)
			}
			for range 2 {
				s.hears("checkout.session.completed", session)
			}
			s.until("paid by visa 4242", paid)
			s.hears("checkout.session.completed", session) // late
			s.until("paid as before", paid)
		})
	})
	t.Run("by asking, when the webhook is lost", func(t *testing.T) {
		selling(t, polling, func(s shop) {
			s.Pays(t, s.started(), stripetest.Visa)
			s.until("paid by visa 4242", paid)
		})
	})
	t.Run("by a cancellation that came too late", func(t *testing.T) {
		selling(t, nil, func(s shop) {
			s.Pays(t, s.started(), stripetest.Visa)
			_, err := s.payments.CancelPayment(moduletest.Direct(t.Context()), &paymentsv1.CancelPaymentRequest{PaymentId: "p1"})
			s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_PAID)
			s.until("paid by visa 4242", paid)
		})
	})
	t.Run("and a dispute is heard of", func(t *testing.T) {
		selling(t, nil, func(s shop) {
			intent := s.paid(stripetest.Visa)
			s.Disputes(intent)
			s.hears("payment_intent.updated", intent)
			s.until("disputed", (*paymentsv1.Payment).GetDisputed)
		})
	})
}

// The bank asks the holder of a card for consent (3-D Secure) on Stripe's page, and the
// payment waits meanwhile, open to another card.
func TestAPaymentThatTheBankAsksAboutIsPaidOnceItsHolderAgrees(t *testing.T) {
	selling(t, nil, func(s shop) {
		address := s.started()
		asked := func() {
			t.Helper()
			if back := s.Types(t, address, stripetest.Consent); back != "" || s.Status(s.Intent(address)) != "requires_action" {
				t.Fatalf("the card leads to %q, and the payment intent is %s, want the bank's question", back, s.Status(s.Intent(address)))
			}
		}
		declined := func(kind, want string) {
			t.Helper()
			s.hears(kind, s.Intent(address))
			s.until("waiting, declined: "+want, func(p *paymentsv1.Payment) bool {
				return p.GetStatus() == paymentsv1.Status_STATUS_WAITING && p.GetDeclineCode() == want && p.GetRedirectUrl() == address
			})
		}
		asked()
		declined("payment_intent.requires_action", "")
		s.Answers(t, address, false)
		declined("payment_intent.payment_failed", "authentication_required")
		s.Types(t, address, stripetest.InsufficientFunds)
		declined("payment_intent.payment_failed", "insufficient_funds")
		asked()
		if back := s.Answers(t, address, true); back != request().GetReturnUrl() {
			t.Errorf("after the consent the page leads to %q, want the shop", back)
		}
		s.hears("payment_intent.succeeded", s.Intent(address))
		s.becomes(paymentsv1.Status_STATUS_PAID)
	})
}

func TestAPaymentIsCancelledWhileTheBankWaitsForItsHolder(t *testing.T) {
	selling(t, nil, func(s shop) {
		address := s.started()
		s.Types(t, address, stripetest.Consent)
		got, err := s.payments.CancelPayment(moduletest.Direct(t.Context()), &paymentsv1.CancelPaymentRequest{PaymentId: "p1"})
		if err != nil || got.GetPayment().GetStatus() != paymentsv1.Status_STATUS_CANCELLED {
			t.Fatalf("got %v, %v, want it cancelled", got, err)
		}
		if back := s.Answers(t, address, true); back != "" || s.Status(s.Intent(address)) != "canceled" {
			t.Errorf("agreed too late: got %q and an intent that is %s, want it cancelled", back, s.Status(s.Intent(address)))
		}
	})
}

func TestACancelledPaymentCanNoLongerBePaidAtStripe(t *testing.T) {
	selling(t, nil, func(s shop) {
		address := s.started()
		got, err := s.payments.CancelPayment(moduletest.Direct(t.Context()), &paymentsv1.CancelPaymentRequest{PaymentId: "p1"})
		if session := address[strings.LastIndex(address, "/")+1:]; err != nil || got.GetPayment().GetStatus() != paymentsv1.Status_STATUS_CANCELLED || s.Status(session) != "expired" {
			t.Errorf("got %v, %v, and a session that is %s, want it cancelled and expired", got, err, s.Status(session))
		}
	})
}

func TestAPaymentThatWaitedTooLongIsClosedAtStripe(t *testing.T) {
	selling(t, nil, func(s shop) {
		r := request()
		r.ExpiresAt = timestamppb.New(time.Now().Add(time.Second))
		if _, err := s.start(r); err != nil {
			t.Fatal(err)
		}
		s.becomes(paymentsv1.Status_STATUS_EXPIRED)
	})
}

func TestAHoldAtStripeIsCapturedOrLetGo(t *testing.T) {
	held := func(s shop) (intent string) {
		session, intent := s.Pays(s.t, s.started(), stripetest.Visa)
		s.hears("checkout.session.completed", session)
		s.becomes(paymentsv1.Status_STATUS_AUTHORIZED)
		return intent
	}
	selling(t, atShipping, func(s shop) {
		intent := held(s)
		s.Break("POST /v1/payment_intents/"+intent+"/capture", stripetest.DoneAndLost)
		_, err := s.payments.CapturePayment(moduletest.Direct(t.Context()), &paymentsv1.CapturePaymentRequest{PaymentId: "p1"})
		s.fails(err, codes.Unavailable, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE)
		got, err := s.payments.CapturePayment(moduletest.Direct(t.Context()), &paymentsv1.CapturePaymentRequest{PaymentId: "p1"})
		if err != nil || got.GetPayment().GetCapturedMinor() != 1290 || s.Status(intent) != "succeeded" {
			t.Errorf("got %v, %v, want it captured", got, err)
		}
	})
	selling(t, atShipping, func(s shop) {
		intent := held(s)
		got, err := s.payments.CancelPayment(moduletest.Direct(t.Context()), &paymentsv1.CancelPaymentRequest{PaymentId: "p1"})
		if err != nil || got.GetPayment().GetStatus() != paymentsv1.Status_STATUS_CANCELLED || s.Status(intent) != "canceled" {
			t.Errorf("got %v, %v, and an intent that is %s, want both cancelled", got, err, s.Status(intent))
		}
	})
}

func TestARefundThroughStripe(t *testing.T) {
	const succeeded, pending, failed = paymentsv1.RefundStatus_REFUND_STATUS_SUCCEEDED, paymentsv1.RefundStatus_REFUND_STATUS_PENDING, paymentsv1.RefundStatus_REFUND_STATUS_FAILED
	t.Run("repeated gives back once", func(t *testing.T) {
		selling(t, nil, func(s shop) {
			intent := s.paid(stripetest.Visa)
			for range 2 {
				if r := s.refund("r1", 290); r.GetStatus() != succeeded {
					t.Errorf("got %v, want it given back", r)
				}
			}
			if got := s.Refunded(intent); got != 290 {
				t.Errorf("got %d given back at stripe, want 290", got)
			}
		})
	})
	t.Run("on its way is looked at until it is settled", func(t *testing.T) {
		selling(t, polling, func(s shop) {
			intent := s.paid(stripetest.RefundPending)
			if r := s.refund("r1", 290); r.GetStatus() != pending {
				t.Errorf("got %v, want it on its way", r)
			}
			s.SettlesRefunds(intent, "succeeded")
			s.refundIs("given back", succeeded, 290, 0)
		})
	})
	t.Run("sent back by the bank later is heard of", func(t *testing.T) {
		selling(t, nil, func(s shop) {
			intent := s.paid(stripetest.Visa)
			s.refund("r1", 290)
			s.SettlesRefunds(intent, "failed")
			s.hears("payment_intent.updated", intent)
			s.refundIs("failed", failed, 0, 0)
			if why := s.get().GetRefunds()[0].GetFailure(); !strings.Contains(why, "lost_or_stolen_card") {
				t.Errorf("got the reason %q, want Stripe's", why)
			}
		})
	})
	t.Run("whose failure Stripe repeats is made once under another key", func(t *testing.T) {
		for _, fault := range []stripetest.Fault{stripetest.Lost, stripetest.DoneAndLost} {
			selling(t, polling, func(s shop) {
				intent := s.paid(stripetest.Visa)
				s.Break("POST /v1/refunds", fault)
				s.refund("r1", 290)
				s.refundIs("given back", succeeded, 290, 0)
				if got := s.Refunded(intent); got != 290 {
					t.Errorf("got %d given back at stripe, want 290", got)
				}
			})
		}
	})
}

func TestASessionWhoseFailureStripeRepeatsIsAskedForUnderAnotherKey(t *testing.T) {
	selling(t, nil, func(s shop) {
		s.Break("POST /v1/checkout/sessions", stripetest.Lost)
		for range 2 { // the failure, and its repetition
			_, err := s.start(request())
			s.fails(err, codes.Unavailable, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE)
		}
		s.started()
	})
}

func TestAPaymentThatStripeCantTakeIsRefusedClearly(t *testing.T) {
	live := func(cfg *payments.Config) { cfg.Stripe.SecretKey = "sk_live_1" }
	for _, c := range []struct {
		name   string
		config func(*payments.Config)
		change func(*paymentsv1.StartPaymentRequest)
		says   string
	}{
		{"a live key and an http address", live, func(r *paymentsv1.StartPaymentRequest) { r.ReturnUrl = "http://shop.example/" }, "https"},
		{"an address without a host", nil, func(r *paymentsv1.StartPaymentRequest) { r.CancelUrl = "/cart" }, "http.base_url"},
		{"a third decimal", nil, func(r *paymentsv1.StartPaymentRequest) { r.CurrencyCode = "KWD"; r.AmountMinor = 1291 }, "last digit"},
		{"a currency Stripe counts otherwise", nil, func(r *paymentsv1.StartPaymentRequest) { r.CurrencyCode = "MGA" }, "MGA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			selling(t, c.config, func(s shop) {
				r := request()
				c.change(r)
				_, err := s.start(r)
				s.fails(err, codes.FailedPrecondition, paymentsv1.Reason_REASON_NOT_POSSIBLE)
				if got := contract.Metadata(err, "problem"); !strings.Contains(got, c.says) {
					t.Errorf("got the problem %q, want one that says %q", got, c.says)
				}
			})
		})
	}
}

func TestAWebhookThatStripeDidNotSignNowIsRefused(t *testing.T) {
	selling(t, nil, func(s shop) {
		session, _ := s.Pays(t, s.started(), stripetest.Visa)
		body, _ := s.Webhook("checkout.session.completed", session, time.Now())
		for name, signature := range map[string]string{
			"none": "", "of another secret": stripetest.Sign(body, "whsec_other", time.Now()), "of another body": stripetest.Sign([]byte("{}"), webhookSecret, time.Now()),
			"six minutes old": stripetest.Sign(body, webhookSecret, time.Now().Add(-6*time.Minute)), "six minutes ahead": stripetest.Sign(body, webhookSecret, time.Now().Add(6*time.Minute)),
		} {
			_, err := s.payments.ReceiveWebhook(t.Context(), &paymentsv1.ReceiveWebhookRequest{Provider: "stripe", Body: body, Headers: map[string]string{"Stripe-Signature": signature}})
			if !contract.Is(err, paymentsv1.Reason_REASON_BAD_SIGNATURE) {
				t.Errorf("signature %s: got %v, want it refused", name, err)
			}
		}
		_, err := s.payments.ReceiveWebhook(t.Context(), &paymentsv1.ReceiveWebhookRequest{Provider: "stripe", Body: body,
			Headers: map[string]string{"Stripe-Signature": stripetest.Sign(body, "whsec_old", time.Now())}})
		if err != nil {
			t.Fatalf("signed with the secret before: got %v, want none", err)
		}
		s.becomes(paymentsv1.Status_STATUS_PAID)
	})
}
