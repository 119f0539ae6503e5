package service

import (
	"testing"

	"galleria/modules/payments/internal/testcard"
	"galleria/platform/database/databasetest"
)

// What a checkout pays for: each step is an intent, the sandbox's own write and
// the answer, each of one statement; reading is beside them.
func TestAStepIsThreeSmallWrites(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		method := b.method(testcard.NumberVisa)
		for _, c := range []struct {
			step string
			want int
			do   func() error
		}{
			{"create payment method", 1, func() error { b.method(testcard.NumberVisa); return nil }},
			{"authorize: intent, look up the card, hold, answer", 4, func() error { return b.authorize("order", method) }},
			{"authorize repeated", 2, func() error { return b.authorize("order", method) }},
			{"capture: read, intent, take, answer", 4, func() error { return b.capture("order") }},
			{"capture repeated", 1, func() error { return b.capture("order") }},
		} {
			var err error
			if got := databasetest.CountStatements(b.db, func() { err = c.do() }); err != nil || got != c.want {
				t.Errorf("%s: got %d statements and error %v, want %d and none", c.step, got, err, c.want)
			}
		}
	})
}
