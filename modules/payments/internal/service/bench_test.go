package service

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/migrations"
	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/sandbox"
	"galleria/modules/payments/internal/store"
	"galleria/modules/payments/internal/testcard"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

const price = 1000

// bench is a service on a sandbox, with a clock that stands still and deaths to
// order.
type bench struct {
	t       *testing.T
	db      *database.DB
	service *Service
	clock   atomic.Int64 // seconds
	// die, if set, is the point at which the service dies, once.
	die string
	// away, if set, makes the provider not answer.
	away atomic.Bool
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) { test(t, newBench(t, o)) })
}

func newBench(t *testing.T, o database.Options) *bench {
	t.Helper()
	o.Migrations = migrations.For("payments")
	b := &bench{t: t, db: databasetest.Open(t, o)}
	b.clock.Store(1_800_000_000)
	box := sandbox.New(b.db, b.now, time.Millisecond)
	s, err := New(Options{
		Store: store.New(b.db), Providers: map[string]Provider{"sandbox": &moody{Provider: box, away: &b.away}}, Provider: "sandbox",
		Patience: time.Second, RecoverAfter: 15 * time.Second, Now: b.now, Log: slog.New(slog.DiscardHandler),
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

// moody is a provider that can be away.
type moody struct {
	Provider
	away *atomic.Bool
}

func (m *moody) Capture(ctx context.Context, key, reference string, t payment.Terms) error {
	if m.away.Load() {
		return payment.ErrUnavailable
	}
	return m.Provider.Capture(ctx, key, reference, t)
}

func (m *moody) Void(ctx context.Context, key string, t payment.Terms, asked time.Time) error {
	if m.away.Load() {
		return payment.ErrUnavailable
	}
	return m.Provider.Void(ctx, key, t, asked)
}

func (m *moody) Refund(ctx context.Context, key, reference string, r payment.Refund, t payment.Terms) error {
	if m.away.Load() {
		return payment.ErrUnavailable
	}
	return m.Provider.Refund(ctx, key, reference, r, t)
}

func (b *bench) method(number string) string {
	b.t.Helper()
	card := &paymentsv1.Card{Number: number, ExpMonth: 12, ExpYear: int32(b.now().Year() + 3), Cvc: "123"}
	r, err := b.service.CreatePaymentMethod(context.Background(), &paymentsv1.CreatePaymentMethodRequest{Card: card})
	if err != nil {
		b.t.Fatal(err)
	}
	return r.GetPaymentMethod().GetId()
}

func (b *bench) authorize(order, method string) error {
	_, err := b.service.Authorize(context.Background(), &paymentsv1.AuthorizeRequest{
		OrderId: order, CurrencyCode: "EUR", AmountMinor: price, PaymentMethodId: method,
	})
	return err
}

func (b *bench) authorized(order string) {
	b.t.Helper()
	b.works(b.authorize(order, b.method(testcard.NumberVisa)))
}

func (b *bench) captured(order string) {
	b.t.Helper()
	b.authorized(order)
	b.works(b.capture(order))
}

func (b *bench) capture(order string) error {
	_, err := b.service.Capture(context.Background(), &paymentsv1.CaptureRequest{OrderId: order})
	return err
}

func (b *bench) void(order string) error {
	_, err := b.service.Void(context.Background(), &paymentsv1.VoidRequest{OrderId: order})
	return err
}

func (b *bench) refund(order, key string, amount int64) error {
	_, err := b.service.Refund(context.Background(), &paymentsv1.RefundRequest{OrderId: order, IdempotencyKey: key, AmountMinor: amount})
	return err
}

// recover lets so much time pass and the recovery look once.
func (b *bench) recover(after time.Duration) {
	b.t.Helper()
	b.clock.Add(int64(after / time.Second))
	b.works(b.service.recoverDue(context.Background()))
}

func (b *bench) works(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("got error %v, want none", err)
	}
}

// balance is what both sides say of an order: ours, and the provider's.
type balance struct {
	Status             payment.Status
	Open               payment.Step
	Captured, Refunded int64
	Theirs             string // the sandbox's word, "" when it knows nothing
	TheirsRefunded     int64
}

func (b *bench) is(order string, want balance) {
	b.t.Helper()
	p, err := b.service.Store.Load(context.Background(), order)
	b.works(err)
	s := p.State()
	got := balance{Status: s.Status, Open: s.Open, Captured: s.Captured, Refunded: s.Refunded}
	rows, err := b.db.Read(context.Background()).Raw("SELECT state, refunded_minor FROM sandbox_authorizations WHERE idempotency_key = ?", authorizationKey(p)).Rows()
	b.works(err)
	defer rows.Close()
	if rows.Next() {
		b.works(rows.Scan(&got.Theirs, &got.TheirsRefunded))
	}
	if got != want || s.Refunding != 0 {
		b.t.Errorf("got %+v with %d being refunded, want %+v and none", got, s.Refunding, want)
	}
}
