package service

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/sandbox"
	"galleria/modules/payments/internal/testcard"
	"galleria/platform/contract"
	"galleria/platform/module/moduletest"
)

var ages = Ages{Unpaid: 24 * time.Hour, Addresses: time.Hour}

// passes lets time pass, and what is old then be forgotten.
func (b *bench) passes(d time.Duration) {
	b.t.Helper()
	b.clock.Add(int64(d / time.Second))
	b.works(b.service.forgetOld(context.Background(), ages))
}

func (b *bench) addresses(id string) string {
	b.t.Helper()
	var all string
	b.works(b.db.Read(context.Background()).Raw(`SELECT description || return_url || cancel_url FROM sandbox_sessions WHERE id = ?`, id).Row().Scan(&all))
	return all
}

func TestAddressesOfAPaidPageEndAfterTheirTime(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.works(b.start("p"))
		session := strings.TrimPrefix(b.load("p").State().RedirectURL, sandbox.PagePath)
		b.works(b.pay("p"))
		b.settle(16 * time.Second)
		if page := b.load("p").Page(); page != (payment.Page{}) {
			t.Errorf("got %v, want a paid payment to have no addresses", page)
		}
		repeated := func() string {
			t.Helper()
			got, err := b.service.PaySandbox(t.Context(), &paymentsv1.PaySandboxRequest{
				Session: session, Card: &paymentsv1.Card{Number: testcard.NumberVisa, ExpMonth: 12, ExpYear: int32(b.now().Year() + 3), Cvc: "123"},
			})
			b.works(err)
			return got.GetNext().GetRedirectUrl()
		}
		b.passes(30 * time.Minute)
		if to := repeated(); to != "/back" {
			t.Errorf("half an hour later: got %q, want the way back", to)
		}
		b.passes(31 * time.Minute)
		if got := b.addresses("p"); got != "" {
			t.Errorf("got %q kept, want nothing", got)
		}
		if to := repeated(); to != sandbox.PagePath+session {
			t.Errorf("an hour later: got %q, want the page", to)
		}
		shown, err := b.service.GetSandboxSession(t.Context(), &paymentsv1.GetSandboxSessionRequest{Session: session})
		if err != nil || shown.GetSession().GetStatus() != paymentsv1.SandboxStatus_SANDBOX_STATUS_PAID || shown.GetSession().GetReturnUrl() != "" {
			t.Errorf("got %v, %v, want a paid page that leads nowhere", shown, err)
		}
		b.passes(48 * time.Hour)
		b.works(b.refund("p", "r", 400))
		b.is("p", someBack)
	})
}

func TestAPageThatCanStillBePaidKeepsItsAddresses(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		_, err := b.service.StartPayment(moduletest.Direct(t.Context()), &paymentsv1.StartPaymentRequest{
			PaymentId: "p", OrderId: "o", CurrencyCode: "EUR", AmountMinor: price, ReturnUrl: "/back", CancelUrl: "/away",
			ExpiresAt: timestamppb.New(b.now().Add(20 * time.Hour)),
		})
		b.works(err)
		b.passes(10 * time.Hour)
		b.works(b.pay("p"))
		b.passes(30 * time.Minute)
		if got := b.addresses("p"); got != "/back/away" {
			t.Errorf("half an hour after it was paid: got %q, want the way back", got)
		}
	})
}

func TestPaymentsThatEndedUnpaidAreDeletedAfterTheirTime(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.works(b.start("cancelled"))
		b.works(b.cancel("cancelled"))
		b.works(b.cancel("never-started"))
		b.works(b.start("late"))
		b.works(b.start("paid"))
		b.works(b.pay("paid"))
		b.settle(21 * time.Minute)
		b.is("late", balance{Status: payment.Expired, Theirs: "ended"})

		b.passes(23 * time.Hour)
		b.is("cancelled", letGo)
		b.passes(2 * time.Hour)
		for _, id := range []string{"cancelled", "never-started", "late"} {
			_, err := b.service.GetPayment(moduletest.Direct(t.Context()), &paymentsv1.GetPaymentRequest{PaymentId: id})
			if !contract.Is(err, paymentsv1.Reason_REASON_NO_PAYMENT) {
				t.Errorf("%s: got %v, want it deleted", id, err)
			}
		}
		var sessions int
		b.works(b.db.Read(t.Context()).Raw("SELECT COUNT(*) FROM sandbox_sessions").Row().Scan(&sessions))
		if sessions != 1 {
			t.Errorf("got %d sessions, want the paid one", sessions)
		}
		b.is("paid", paid)
	})
}
