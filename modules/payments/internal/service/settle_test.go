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
