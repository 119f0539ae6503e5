package service

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/migrations"
	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/request"
	"galleria/modules/payments/internal/sandbox"
	"galleria/modules/payments/internal/store"
	"galleria/modules/payments/internal/testcard"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module/moduletest"
)

const price = 1000

// bench is a service on the sandbox, with a clock that stands still and deaths to
// order. Its background work runs only when the test says so.
type bench struct {
	t       *testing.T
	db      *database.DB
	service *Service
	clock   atomic.Int64 // seconds
	// die, if set, is the point at which the service dies, once.
	die string
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) { test(t, newBench(t, o)) })
}

func newBench(t *testing.T, o database.Options) *bench {
	t.Helper()
	o.Migrations = migrations.For("payments")
	b := &bench{t: t, db: databasetest.Open(t, o)}
	b.clock.Store(1_800_000_000)
	page := sandbox.NewPage(b.db, b.now, time.Millisecond, slog.New(slog.DiscardHandler))
	s, err := New(Options{
		Store: store.New(b.db, 15*time.Second, request.Event), Providers: map[string]payment.Provider{"sandbox": page}, Provider: "sandbox",
		Sandbox: page, Patience: time.Second, Now: b.now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.at = func(point string) {
		if point == b.die {
			b.die = ""
			panic(death{})
		}
	}
	b.service = s
	return b
}

func (b *bench) now() time.Time { return time.Unix(b.clock.Load(), 0) }

// death is a process that ends between two writes.
type death struct{}

// dies runs call and wants it to end at point.
func (b *bench) dies(point string, call func()) {
	b.t.Helper()
	b.die = point
	defer func() {
		b.t.Helper()
		if _, died := recover().(death); !died {
			b.t.Fatalf("the call did not come to %q", point)
		}
	}()
	call()
}

func (b *bench) start(id string) error {
	_, err := b.service.StartPayment(moduletest.Direct(context.Background()), &paymentsv1.StartPaymentRequest{
		PaymentId: id, OrderId: "o", CurrencyCode: "EUR", AmountMinor: price, ReturnUrl: "/back", CancelUrl: "/away",
		ExpiresAt: timestamppb.New(b.now().Add(20 * time.Minute)),
	})
	return err
}

// pay pays on the page of a payment that was started.
func (b *bench) pay(id string) error {
	p := b.load(id)
	_, err := b.service.PaySandbox(context.Background(), &paymentsv1.PaySandboxRequest{
		Session: strings.TrimPrefix(p.State().RedirectURL, sandbox.PagePath),
		Card:    &paymentsv1.Card{Number: testcard.NumberVisa, ExpMonth: 12, ExpYear: int32(b.now().Year() + 3), Cvc: "123"},
	})
	return err
}

func (b *bench) cancel(id string) error {
	_, err := b.service.CancelPayment(moduletest.Direct(context.Background()), &paymentsv1.CancelPaymentRequest{PaymentId: id})
	return err
}

func (b *bench) capture(id string) error {
	_, err := b.service.CapturePayment(moduletest.Direct(context.Background()), &paymentsv1.CapturePaymentRequest{PaymentId: id})
	return err
}

func (b *bench) refund(id, refund string, amount int64) error {
	_, err := b.service.RefundPayment(moduletest.Direct(context.Background()), &paymentsv1.RefundPaymentRequest{PaymentId: id, RefundId: refund, AmountMinor: amount})
	return err
}

// settle lets so much time pass and the background work look once.
func (b *bench) settle(after time.Duration) {
	b.t.Helper()
	b.clock.Add(int64(after / time.Second))
	b.works(b.service.settleDue(context.Background()))
}

func (b *bench) load(id string) payment.Payment {
	b.t.Helper()
	p, err := b.service.Store.Load(context.Background(), id)
	b.works(err)
	return p
}

func (b *bench) works(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("got error %v, want none", err)
	}
}

// balance is what both sides say of a payment: ours, and the sandbox's.
type balance struct {
	Status             payment.Status
	Captured, Refunded int64
	Theirs             string // the sandbox's word, "" when it knows nothing
	TheirsRefunded     int64
}

func (b *bench) is(id string, want balance) {
	b.t.Helper()
	s := b.load(id).State()
	got := balance{Status: s.Status, Captured: s.Captured, Refunded: s.Refunded}
	rows, err := b.db.Read(context.Background()).Raw("SELECT state, refunded_minor FROM sandbox_sessions WHERE id = ?", id).Rows()
	b.works(err)
	defer rows.Close()
	if rows.Next() {
		b.works(rows.Scan(&got.Theirs, &got.TheirsRefunded))
	}
	if got != want || s.Refunding != 0 || s.Cancelling || s.Capturing {
		b.t.Errorf("got %+v, in all %+v, want %+v and nothing open", got, s, want)
	}
}
