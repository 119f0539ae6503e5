package service

import (
	"testing"
	"time"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/platform/contract"
)

var (
	waits    = balance{Status: "waiting", Theirs: "open"}
	holds    = balance{Status: "authorized", Theirs: "held"}
	paid     = balance{Status: "paid", Captured: price, Theirs: "paid"}
	never    = balance{Status: "cancelled"}
	letGo    = balance{Status: "cancelled", Theirs: "ended"}
	someBack = balance{Status: "paid", Captured: price, Refunded: 400, Theirs: "paid", TheirsRefunded: 400}
)

// The books must come out the same wherever a process dies, and whichever comes
// next: a repeat of the call, another call, or the background work.
func TestDeathAtAnyPointIsMadeGood(t *testing.T) {
	started := func(b *bench) { b.works(b.start("p")) }
	held := func(b *bench) {
		b.service.CaptureLater = true
		started(b)
		b.works(b.pay("p"))
		b.settle(16 * time.Second)
		b.is("p", holds)
	}
	settled := func(b *bench) {
		started(b)
		b.works(b.pay("p"))
		b.settle(16 * time.Second)
		b.is("p", paid)
	}
	background := func(b *bench) { b.settle(16 * time.Second) }
	for _, c := range []struct {
		name   string
		before func(b *bench)
		dying  func(b *bench) error
		points []string
		next   map[string]func(b *bench)
		want   map[string]balance
	}{
		{
			name:   "start",
			before: func(*bench) {},
			dying:  func(b *bench) error { return b.start("p") },
			points: []string{"payment stored", "page opened"},
			next: map[string]func(b *bench){
				"repeat": started,
				"repeat, and paid": func(b *bench) {
					started(b)
					if b.load("p").State().RedirectURL != "" {
						b.works(b.pay("p"))
					}
					background(b)
				},
			},
			want: map[string]balance{"repeat": waits, "repeat, and paid": paid},
		},
		{
			name:   "cancel",
			before: started,
			dying:  func(b *bench) error { return b.cancel("p") },
			points: []string{"cancellation stored", "provider asked"},
			next: map[string]func(b *bench){
				"repeat":     func(b *bench) { b.works(b.cancel("p")) },
				"background": background,
				"start, then background": func(b *bench) {
					if err := b.start("p"); !contract.Is(err, paymentsv1.Reason_REASON_CANCELLED) {
						b.t.Errorf("start: got %v, want cancelled", err)
					}
					background(b)
				},
			},
			want: map[string]balance{"repeat": letGo, "background": letGo, "start, then background": letGo},
		},
		{
			name:   "capture",
			before: held,
			dying:  func(b *bench) error { return b.capture("p") },
			points: []string{"capture stored", "provider asked"},
			next: map[string]func(b *bench){
				"repeat":     func(b *bench) { b.works(b.capture("p")) },
				"background": background,
				// The last of two decisions stands, unless the money was taken.
				"refund, then background": func(b *bench) {
					if err := b.refund("p", "r", 400); err != nil && !contract.Is(err, paymentsv1.Reason_REASON_NOT_CAPTURED) {
						b.t.Errorf("refund: got %v, want none or not captured", err)
					}
					background(b)
					b.works(b.refund("p", "r", 400))
				},
			},
			want: map[string]balance{"repeat": paid, "background": paid, "refund, then background": someBack},
		},
		{
			name:   "cancel what is held",
			before: held,
			dying:  func(b *bench) error { return b.cancel("p") },
			points: []string{"cancellation stored", "provider asked"},
			next: map[string]func(b *bench){
				"repeat":     func(b *bench) { b.works(b.cancel("p")) },
				"background": background,
				"capture, then background": func(b *bench) {
					if err := b.capture("p"); !contract.Is(err, paymentsv1.Reason_REASON_CANCELLED) {
						b.t.Errorf("capture: got %v, want cancelled", err)
					}
					background(b)
				},
			},
			want: map[string]balance{"repeat": letGo, "background": letGo, "capture, then background": letGo},
		},
		{
			name:   "refund",
			before: settled,
			dying:  func(b *bench) error { return b.refund("p", "r", 400) },
			points: []string{"refund stored", "provider asked"},
			next: map[string]func(b *bench){
				"repeat":     func(b *bench) { b.works(b.refund("p", "r", 400)) },
				"background": background,
				"another refund, then background": func(b *bench) {
					if err := b.refund("p", "whole", price); !contract.Is(err, paymentsv1.Reason_REASON_REFUND_TOO_LARGE) {
						b.t.Errorf("refund: got %v, want too large", err)
					}
					background(b)
				},
			},
			want: map[string]balance{"repeat": someBack, "background": someBack, "another refund, then background": someBack},
		},
	} {
		for _, point := range c.points {
			for next, come := range c.next {
				t.Run(c.name+"/"+point+"/"+next, func(t *testing.T) {
					each(t, func(t *testing.T, b *bench) {
						c.before(b)
						b.dies(point, func() { c.dying(b) })
						come(b)
						b.is("p", c.want[next])
						come(b)
						b.is("p", c.want[next])
					})
				})
			}
		}
	}
}

func TestACancellationBeforeTheStartCanNeverBePaid(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.dies("payment stored", func() { b.start("p") })
		b.works(b.cancel("p"))
		if err := b.start("p"); !contract.Is(err, paymentsv1.Reason_REASON_CANCELLED) {
			t.Errorf("start: got %v, want cancelled", err)
		}
		b.is("p", never)
	})
}
