package service

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/sandbox"
	"galleria/modules/payments/internal/testcard"
)

// babbling is a provider whose answers about some payments can't be stored.
type babbling struct {
	payment.Provider
	about map[string]bool
}

func (p babbling) Look(ctx context.Context, of payment.Payment) (payment.Report, error) {
	r, err := p.Provider.Look(ctx, of)
	if p.about[of.Terms().ID] {
		r.Brand, r.Last4 = "\xff", "\xff"
	}
	return r, err
}

func TestPaymentsOfAProviderThatIsGoneHoldUpNoOther(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.service.Providers["gone"], b.service.Provider = b.service.Providers["sandbox"], "gone"
		for i := range attendBatch { // as many as one look takes
			b.works(b.start(fmt.Sprintf("gone-%d", i)))
		}
		b.service.Provider = "sandbox"
		delete(b.service.Providers, "gone")
		b.clock.Add(1)
		b.works(b.start("good"))
		b.works(b.pay("good"))
		b.settle(16 * time.Second)
		b.settle(0)
		b.is("good", paid)
	})
}

func TestAPaymentThatCantBeSettledHoldsUpNoOther(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		broken := map[string]bool{}
		b.service.Providers["sandbox"] = babbling{b.service.Providers["sandbox"], broken}
		// More than one look takes, and all are due before the good one.
		for i := range attendBatch {
			id := fmt.Sprintf("broken-%d", i)
			broken[id] = true
			b.works(b.start(id))
			b.works(b.pay(id))
		}
		b.clock.Add(1)
		b.works(b.start("good"))
		b.works(b.pay("good"))
		b.settle(16 * time.Second)
		b.settle(0)
		b.is("good", paid)
		b.is("broken-0", balance{Status: payment.Waiting, Theirs: "paid"})

		clear(broken)
		b.settle(time.Minute)
		b.settle(0)
		b.is("broken-0", paid)
		b.is(fmt.Sprintf("broken-%d", attendBatch-1), paid)
	})
}

// Who goes back to the shop after too many refused cards finds the payment ended: the
// step that ends the session settles it, before its webhook.
func TestTheLastRefusedCardEndsThePayment(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.works(b.start("p"))
		session := strings.TrimPrefix(b.load("p").State().RedirectURL, sandbox.PagePath)
		for n := range 10 {
			if got := b.load("p").State().Status; got != payment.Waiting {
				t.Fatalf("after %d refused cards: the payment is %s, want it waiting", n, got)
			}
			b.clock.Add(60)
			_, err := b.service.PaySandbox(t.Context(), &paymentsv1.PaySandboxRequest{
				Session: session, Card: &paymentsv1.Card{Number: testcard.NumberDeclined, ExpMonth: 12, ExpYear: int32(b.now().Year() + 3), Cvc: "123"},
			})
			b.works(err)
		}
		if got := b.load("p").State().Status; got != payment.Cancelled && got != payment.Expired {
			t.Errorf("after ten refused cards: the payment is %s, want its end", got)
		}
	})
}

// moody is a provider that is away at times, knows of a dispute, gives money back at once, and
// does something else before it answers.
type moody struct {
	payment.Provider
	away, disputed bool
	before         func()
	looks          int
	closed         []string // sessions it was to close
}

func (p *moody) Look(ctx context.Context, of payment.Payment) (payment.Report, error) {
	p.looks++
	if p.away {
		return payment.Report{}, payment.ErrUnavailable
	}
	r, err := p.Provider.Look(ctx, of)
	r.Disputed = p.disputed
	return r, err
}

func (p *moody) Refund(ctx context.Context, of payment.Payment, r payment.Refund) (payment.RefundReport, error) {
	told, err := p.Provider.Refund(ctx, of, r)
	told.Status = payment.RefundSucceeded
	return told, err
}

func (p *moody) Open(ctx context.Context, of payment.Payment) (payment.Session, error) {
	session, err := p.Provider.Open(ctx, of)
	if p.before != nil {
		p.before()
	}
	return session, err
}

func (p *moody) Close(ctx context.Context, of payment.Payment) (payment.Report, error) {
	p.closed = append(p.closed, of.State().Session)
	return p.Provider.Close(ctx, of)
}

// paidOf is a paid payment of a moody provider.
func (b *bench) paidOf(p *moody) {
	b.t.Helper()
	p.Provider = b.service.Providers["sandbox"]
	b.service.Providers["sandbox"] = p
	b.works(b.start("p"))
	b.works(b.pay("p"))
	b.settle(16 * time.Second)
	b.is("p", paid)
}

// hears is a webhook about the payment.
func (b *bench) hears() {
	b.t.Helper()
	found, err := b.service.Store.Touch(context.Background(), "sandbox", payment.Notice{PaymentID: "p"}, b.now())
	if b.works(err); !found {
		b.t.Fatal("the webhook is of no payment")
	}
}

// A webhook comes once. When the look that it asks for fails the payment is looked at again,
// though it waits for nothing by itself.
func TestWhatAWebhookToldOfIsLookedForUntilThatSucceeds(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		bank := &moody{}
		b.paidOf(bank)
		bank.away, bank.disputed = true, true
		b.hears()
		b.settle(0)
		bank.away = false
		b.settle(time.Hour)
		if !b.load("p").State().Disputed {
			t.Error("the dispute is not known")
		}
		before := bank.looks
		if b.settle(24 * time.Hour); bank.looks != before {
			t.Error("it is still looked at")
		}
	})
}

func TestAPaymentThatCannotBeLookedAtIsLetBeInTheEnd(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		bank := &moody{}
		b.paidOf(bank)
		bank.away = true
		b.hears()
		for range 100 {
			b.settle(time.Hour)
		}
		before := bank.looks
		if b.settle(24 * time.Hour); bank.looks != before {
			t.Errorf("looked at %d times, and still once more", before)
		}
		b.hears() // news are looked for as long as the first were
		b.settle(0)
		if b.settle(time.Hour); bank.looks != before+2 {
			t.Errorf("after another webhook: looked at %d times, want twice", bank.looks-before)
		}
	})
}

// A webhook that comes while a refund is asked for is not answered by what is said of that
// refund alone.
func TestWhatAWebhookToldOfIsLookedForBesideARefund(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		bank := &moody{}
		b.paidOf(bank)
		bank.disputed = true
		b.hears()
		b.works(b.refund("p", "r", 100))
		b.settle(time.Minute)
		if s := b.load("p").State(); !s.Disputed || s.Refunded != 100 {
			t.Errorf("got %+v, want the dispute known and 100 given back", s)
		}
	})
}

// The time of a payment is over just when its page is opened. The page is closed then, before
// the payment is said to have ended.
func TestAPageThatOpensWhenItsTimeIsOverIsClosed(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		bank := &moody{Provider: b.service.Providers["sandbox"]}
		b.service.Providers["sandbox"] = bank
		late := payment.Payment{}
		bank.before = func() {
			bank.before = nil
			late = b.load("p") // as the background work has read it, without a page
		}
		b.works(b.start("p"))
		b.clock.Add(int64(21 * time.Minute / time.Second))
		if _, err := b.service.attend(context.Background(), late); err != nil {
			t.Fatal(err)
		}
		b.settle(0)
		if s := b.load("p").State(); s.Status != payment.Expired || len(bank.closed) != 1 {
			t.Errorf("got %+v, and %q were closed, want it expired after its page was closed", s, bank.closed)
		}
	})
}

// The other way round: it ends while the provider makes its page.
func TestAPageThatComesAfterTheEndIsClosed(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		bank := &moody{Provider: b.service.Providers["sandbox"]}
		b.service.Providers["sandbox"] = bank
		bank.before = func() {
			bank.before = nil
			b.settle(21 * time.Minute)
		}
		b.works(b.start("p"))
		if s := b.load("p").State(); s.Status != payment.Expired || len(bank.closed) != 1 || bank.closed[0] == "" {
			t.Errorf("got %+v, and %q were closed, want it expired and its page closed", s, bank.closed)
		}
	})
}
