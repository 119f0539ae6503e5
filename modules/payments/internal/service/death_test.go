package service

import (
	"testing"
	"time"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/testcard"
	"galleria/platform/contract"
)

var (
	holds    = balance{Status: payment.Authorized, Theirs: "held"}
	paid     = balance{Status: payment.Captured, Captured: price, Theirs: "captured"}
	letGo    = balance{Status: payment.Voided, Theirs: "voided"}
	someBack = balance{Status: payment.Captured, Captured: price, Refunded: 400, Theirs: "captured", TheirsRefunded: 400}
)

// The books must come out the same wherever a process dies, and whoever comes
// next: a repeat of the call, another call, or the recovery.
func TestDeathAtAnyPointIsMadeGood(t *testing.T) {
	authorize := func(b *bench) { b.works(b.authorize("order", b.method(testcard.NumberVisa))) }
	for _, c := range []struct {
		name   string
		before func(b *bench)
		dying  func(b *bench, method string) error
		points []string
		next   map[string]func(b *bench, method string)
		want   map[string]balance
	}{
		{
			name:   "authorize",
			before: func(*bench) {},
			dying:  func(b *bench, method string) error { return b.authorize("order", method) },
			points: []string{"authorize intended", "authorize answered", "authorize recorded"},
			next: map[string]func(b *bench, method string){
				"repeat":  func(b *bench, method string) { b.works(b.authorize("order", method)) },
				"capture": func(b *bench, _ string) { b.works(b.capture("order")) },
				"void":    func(b *bench, _ string) { b.works(b.void("order")) },
			},
			want: map[string]balance{"repeat": holds, "capture": paid, "void": letGo},
		},
		{
			name:   "capture",
			before: authorize,
			dying:  func(b *bench, _ string) error { return b.capture("order") },
			points: []string{"capture intended", "capture answered", "capture recorded"},
			next: map[string]func(b *bench, method string){
				"repeat":   func(b *bench, _ string) { b.works(b.capture("order")) },
				"recovery": func(b *bench, _ string) { b.recover(16 * time.Second) },
				"refund":   func(b *bench, _ string) { b.works(b.refund("order", "key", 400)) },
				"void": func(b *bench, _ string) {
					if err := b.void("order"); !contract.Is(err, paymentsv1.Reason_REASON_CAPTURED) {
						b.t.Errorf("void: got %v, want captured", err)
					}
				},
			},
			want: map[string]balance{"repeat": paid, "recovery": paid, "refund": someBack, "void": paid},
		},
		{
			name:   "void",
			before: authorize,
			dying:  func(b *bench, _ string) error { return b.void("order") },
			points: []string{"void intended", "void answered", "void recorded"},
			next: map[string]func(b *bench, method string){
				"repeat":   func(b *bench, _ string) { b.works(b.void("order")) },
				"recovery": func(b *bench, _ string) { b.recover(16 * time.Second) },
				"capture, then recovery": func(b *bench, _ string) {
					if err := b.capture("order"); !contract.Is(err, paymentsv1.Reason_REASON_VOIDED) {
						b.t.Errorf("capture: got %v, want voided", err)
					}
					b.recover(16 * time.Second)
				},
			},
			want: map[string]balance{"repeat": letGo, "recovery": letGo, "capture, then recovery": letGo},
		},
		{
			name:   "refund",
			before: func(b *bench) { authorize(b); b.works(b.capture("order")) },
			dying:  func(b *bench, _ string) error { return b.refund("order", "key", 400) },
			points: []string{"refund intended", "refund answered", "refund recorded"},
			next: map[string]func(b *bench, method string){
				"repeat":   func(b *bench, _ string) { b.works(b.refund("order", "key", 400)) },
				"recovery": func(b *bench, _ string) { b.recover(16 * time.Second) },
				"another refund, then recovery": func(b *bench, _ string) {
					if err := b.refund("order", "whole", price); !contract.Is(err, paymentsv1.Reason_REASON_REFUND_TOO_LARGE) {
						b.t.Errorf("refund: got %v, want too large", err)
					}
					b.recover(16 * time.Second)
				},
			},
			want: map[string]balance{"repeat": someBack, "recovery": someBack, "another refund, then recovery": someBack},
		},
	} {
		for _, point := range c.points {
			for next, come := range c.next {
				t.Run(c.name+"/"+point+"/"+next, func(t *testing.T) {
					each(t, func(t *testing.T, b *bench) {
						method := b.method(testcard.NumberVisa)
						c.before(b)
						b.dies(point, func() { c.dying(b, method) })
						come(b, method)
						b.is("order", c.want[next])
						come(b, method)
						b.is("order", c.want[next])
					})
				})
			}
		}
	}
}

func TestRecoveryThatDiesIsMadeGoodByTheNext(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.authorized("order")
		b.dies("capture intended", func() { b.capture("order") })
		p, err := b.service.Store.Load(t.Context(), "order")
		b.works(err)
		b.dies("capture answered", func() { b.service.settleCapture(t.Context(), p) })
		b.recover(16 * time.Second)
		b.is("order", paid)
	})
}
