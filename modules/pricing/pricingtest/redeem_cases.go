package pricingtest

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
	"galleria/platform/module/moduletest"
)

func limited(uses, each int64) func(*promotion) {
	return func(p *promotion) { p.MaxUses, p.MaxUsesPerCustomer = uses, each }
}

func redeemCases(w World) cases {
	return cases{
		"takes one use, once per order": func(t *testing.T) {
			s := w.shop(t)
			p := s.promote("TEN")
			for range 3 {
				s.works(s.redeem(s.own+"-1", "", strings.ToLower(s.code("TEN"))))
			}
			s.works(s.redeem(s.own+"-2", "", s.code("TEN")))
			if got := s.used(p); got != 2 {
				t.Errorf("got %d uses of two orders, want 2", got)
			}
		},
		"refuses what is used up, and takes nothing then": func(t *testing.T) {
			s := w.shop(t)
			once, free := s.promote("ONCE", limited(1, 0)), s.promote("FREE")
			s.works(s.redeem(s.own+"-1", "", s.code("ONCE")))
			err := s.redeem(s.own+"-2", "", s.code("FREE"), s.code("ONCE"))
			moduletest.WantReason(s, err, codes.FailedPrecondition, pricingv1.Reason_REASON_CODE_USED_UP)
			if got := contract.Metadata(err, "code"); got != s.code("ONCE") {
				t.Errorf("got code %q", got)
			}
			if s.used(once) != 1 || s.used(free) != 0 {
				t.Errorf("got %d and %d uses, want 1 and 0", s.used(once), s.used(free))
			}
			s.works(s.redeem(s.own+"-2", "", s.code("FREE"))) // what was refused is as if it was not asked
		},
		"counts customers by whom their addresses reach": func(t *testing.T) {
			s := w.shop(t)
			s.promote("EACH", limited(0, 1))
			moduletest.WantFields(t, s.redeem(s.own+"-0", "", s.code("EACH")), "email")
			s.works(s.redeem(s.own+"-1", "ana@example.org", s.code("EACH")))
			for i, same := range []string{"ANA@example.org", "ana+1@example.org", "Ana+a+b@EXAMPLE.org"} {
				moduletest.WantReason(s, s.redeem(fmt.Sprintf("%s-same-%d", s.own, i), same, s.code("EACH")), codes.FailedPrecondition, pricingv1.Reason_REASON_CODE_USED_UP)
			}
			s.works(s.redeem(s.own+"-2", "ana@bücher.example", s.code("EACH")))
			moduletest.WantReason(s, s.redeem(s.own+"-4", "ana@xn--bcher-kva.example", s.code("EACH")), codes.FailedPrecondition, pricingv1.Reason_REASON_CODE_USED_UP)
			s.works(s.redeem(s.own+"-3", "ben@example.org", s.code("EACH")))
		},
		"refuses a code that no promotion has": func(t *testing.T) {
			s := w.shop(t)
			err := s.redeem(s.own, "", s.code("NEVER"))
			moduletest.WantReason(s, err, codes.FailedPrecondition, pricingv1.Reason_REASON_CODE_UNKNOWN)
		},
		"refuses other codes for the same order": func(t *testing.T) {
			s := w.shop(t)
			s.promote("ONE")
			s.promote("TWO")
			s.works(s.redeem(s.own, "", s.code("ONE")))
			moduletest.WantReason(s, s.redeem(s.own, "", s.code("TWO")), codes.InvalidArgument, pricingv1.Reason_REASON_KEY_REUSED)
		},
		"holds after the promotion's end, for the shopper agreed before": func(t *testing.T) {
			s := w.shop(t)
			s.promote("LATE", func(p *promotion) { p.EndsAt = in(-time.Hour) })
			s.works(s.redeem(s.own, "", s.code("LATE")))
		},
		"without codes it does nothing": func(t *testing.T) {
			s := w.shop(t)
			s.works(s.redeem(s.own, ""))
		},
		"of fifty at once no more than the limit get one": func(t *testing.T) {
			s := w.shop(t)
			p := s.promote("RACE", limited(7, 0))
			got := s.race(50, func(i int) error { return s.redeem(fmt.Sprintf("%s-%d", s.own, i), "", s.code("RACE")) })
			if got != 7 || s.used(p) != 7 {
				t.Errorf("%d of 50 redeemed, %d uses, want 7", got, s.used(p))
			}
		},
		"of one customer's fifty at once no more than the limit get one": func(t *testing.T) {
			s := w.shop(t)
			p := s.promote("RACE", limited(0, 2))
			got := s.race(50, func(i int) error {
				return s.redeem(fmt.Sprintf("%s-%d", s.own, i), "ana@example.org", s.code("RACE"))
			})
			if got != 2 || s.used(p) != 2 {
				t.Errorf("%d of 50 redeemed, %d uses, want 2", got, s.used(p))
			}
		},
		"one order fifty times at once takes one use": func(t *testing.T) {
			s := w.shop(t)
			p := s.promote("RACE", limited(3, 1))
			got := s.race(50, func(int) error { return s.redeem(s.own, "ana@example.org", s.code("RACE")) })
			if got != 50 || s.used(p) != 1 {
				t.Errorf("%d of 50 were answered, %d uses, want 50 and 1", got, s.used(p))
			}
		},
		"names every bad field": func(t *testing.T) {
			_, err := w.Pricing.Redeem(t.Context(), &pricingv1.RedeemRequest{OrderId: "a b", Codes: make([]string, 6), Email: "no"})
			moduletest.WantFields(t, err, "order_id", "codes", "email")
		},
	}
}

// race does something n times at once, and counts how often it works. Any failure but
// "used up" fails the test.
func (s *shop) race(n int, do func(i int) error) int64 {
	var worked atomic.Int64
	var racing sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		racing.Go(func() {
			<-begin
			switch err := do(i); {
			case err == nil:
				worked.Add(1)
			case !contract.Is(err, pricingv1.Reason_REASON_CODE_USED_UP):
				s.Errorf("racer %d: got %v, want none or REASON_CODE_USED_UP", i, err)
			}
		})
	}
	close(begin)
	racing.Wait()
	return worked.Load()
}

func unredeemCases(w World) cases {
	return cases{
		"gives back every use, once": func(t *testing.T) {
			s := w.shop(t)
			p := s.promote("ONCE", limited(1, 1))
			s.works(s.redeem(s.own+"-1", "ana@example.org", s.code("ONCE")))
			for range 3 {
				s.unredeem(s.own + "-1")
			}
			if got := s.used(p); got != 0 {
				t.Errorf("got %d uses, want 0", got)
			}
			s.works(s.redeem(s.own+"-2", "ana@example.org", s.code("ONCE")))
		},
		"a late Redeem is refused, of a known order and of one that is not": func(t *testing.T) {
			s := w.shop(t)
			p := s.promote("TEN")
			s.works(s.redeem(s.own+"-1", "", s.code("TEN")))
			for _, order := range []string{s.own + "-1", s.own + "-2"} {
				s.unredeem(order)
				moduletest.WantReason(s, s.redeem(order, "", s.code("TEN")), codes.FailedPrecondition, pricingv1.Reason_REASON_UNREDEEMED)
			}
			if got := s.used(p); got != 0 {
				t.Errorf("got %d uses, want 0", got)
			}
		},
		"at once with Redeem nothing stays used": func(t *testing.T) {
			s := w.shop(t)
			p := s.promote("TEN")
			for round := range 10 {
				order := fmt.Sprintf("%s-%d", s.own, round)
				var racing sync.WaitGroup
				racing.Go(func() {
					if err := s.redeem(order, "", s.code("TEN")); err != nil && !contract.Is(err, pricingv1.Reason_REASON_UNREDEEMED) {
						t.Errorf("redeem: %v", err)
					}
				})
				racing.Go(func() { s.unredeem(order) })
				racing.Wait()
				if got := s.used(p); got != 0 {
					t.Fatalf("round %d: got %d uses, want 0", round, got)
				}
			}
		},
		"names a bad order": func(t *testing.T) {
			_, err := w.Pricing.Unredeem(t.Context(), &pricingv1.UnredeemRequest{})
			moduletest.WantFields(t, err, "order_id")
		},
	}
}
