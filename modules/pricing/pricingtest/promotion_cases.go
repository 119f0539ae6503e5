package pricingtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
	"galleria/platform/module/moduletest"
)

func upsertCases(w World) cases {
	return cases{
		"keeps all that was said": func(t *testing.T) {
			s := w.shop(t)
			all := []*promotion{
				s.promotion("percent", func(p *promotion) {
					p.StartsAt, p.EndsAt, p.Categories, p.Skus = in(-time.Hour), in(time.Hour), []string{"x"}, []string{"Y"}
					p.MaxUses, p.MaxUsesPerCustomer, p.Minimums = 5, 2, euros(100)
				}),
				s.promotion("amount", func(p *promotion) { dollarsOff(p); p.Combinable = false }),
				s.promotion("pieces", func(p *promotion) {
					p.Kind, p.PercentMillionths, p.Buy, p.Get = pricingv1.Promotion_KIND_BUY_X_GET_Y, 0, 2, 1
				}),
				s.promotion("delivery", func(p *promotion) { p.Kind, p.PercentMillionths = pricingv1.Promotion_KIND_FREE_DELIVERY, 0 }),
			}
			for i, want := range []string{"4 0 0", "0 0 4", "0 1 3"} {
				if i == 2 {
					all[0].Name = "Another name"
				}
				got, err := s.Pricing.UpsertPromotions(t.Context(), &pricingv1.UpsertPromotionsRequest{Promotions: all})
				s.works(err)
				if counts := fmt.Sprint(got.GetCreated(), got.GetUpdated(), got.GetUnchanged()); counts != want {
					t.Errorf("time %d: got %s created, updated, unchanged, want %s", i, counts, want)
				}
			}
			for _, p := range all {
				want := proto.CloneOf(p)
				if want.StartsAt != nil { // kept to the microsecond
					want.StartsAt.Nanos -= want.StartsAt.Nanos % 1000
					want.EndsAt.Nanos -= want.EndsAt.Nanos % 1000
				}
				if got := s.find(p.GetId()); !proto.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
			}
		},
		"a change holds at once, and uses stay": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 1000))
			p := s.promote("TEN")
			s.works(s.redeem(s.own, "", s.code("TEN")))
			p.PercentMillionths, p.Codes = 200_000, []string{s.code("TWENTY")}
			s.works(s.upsert(p))
			r.Codes = []string{s.code("TWENTY"), s.code("TEN")}
			q := s.quote(r)
			if q.GetTotals().GetDiscountMinor() != 200 || len(q.GetCodeProblems()) != 1 || s.used(p) != 1 {
				t.Errorf("got %v, %v and %d uses, want 200 off, one unknown code, one use", q.GetTotals(), q.GetCodeProblems(), s.used(p))
			}
		},
		"a code is one promotion's, until that has ended": func(t *testing.T) {
			s := w.shop(t)
			first := s.promote("SAME")
			second := s.promotion("other", func(p *promotion) { p.Codes = []string{strings.ToLower(s.code("SAME"))} })
			err := s.upsert(s.promotion("third"), second)
			moduletest.WantReason(s, err, codes.FailedPrecondition, pricingv1.Reason_REASON_CODE_TAKEN)
			if contract.Metadata(err, "promotion_id") != first.GetId() || s.find(s.promotion("third").GetId()) != nil {
				t.Errorf("got %v, want the holder's id and nothing written", err)
			}
			_, err = s.Pricing.EndPromotion(t.Context(), &pricingv1.EndPromotionRequest{Id: first.GetId()})
			s.works(err)
			s.works(s.upsert(second))
			r := request(s.sell("mug", 1000))
			r.Codes = second.Codes
			if q := s.quote(r); len(q.GetDiscounts()) != 1 || q.GetDiscounts()[0].GetPromotionId() != second.GetId() {
				t.Errorf("got %v and %v, want the second promotion's discount", q.GetDiscounts(), q.GetCodeProblems())
			}
		},
		"names every bad field": func(t *testing.T) {
			s := w.shop(t)
			moduletest.WantFields(t, s.upsert(
				&promotion{Id: "A B", Kind: pricingv1.Promotion_KIND_PERCENT},
				s.promotion("x", func(p *promotion) { p.Buy = 1; p.Codes = []string{"AB"}; p.StartsAt, p.EndsAt = in(time.Hour), in(0) }),
				s.promotion("x", func(p *promotion) { p.Codes = nil; p.MaxUses = 3; p.Minimums = euros(-1) }),
				s.promotion("y", func(p *promotion) { p.Codes = []string{"abc", "ABC"}; p.Kind = 0; p.PercentMillionths = 0 }),
			), "promotions[0].id", "promotions[0].name", "promotions[0].percent_millionths",
				"promotions[1].buy", "promotions[1].ends_at", "promotions[1].codes",
				"promotions[2].minimums", "promotions[2].max_uses", "promotions[2].id",
				"promotions[3].kind", "promotions[3].codes")
		},
	}
}

func listCases(w World) cases {
	return cases{
		"finds one by its id": findCase(w),
		"pages by id, without those that ended when asked": func(t *testing.T) {
			s := w.shop(t)
			var want []string
			for i := range 5 {
				want = append(want, s.promote(fmt.Sprintf("p%d", i)).GetId())
			}
			s.promote("p9", func(p *promotion) { p.EndsAt = in(-time.Hour) })
			var got []string
			for token := ""; ; {
				page, err := s.Pricing.ListPromotions(t.Context(), &pricingv1.ListPromotionsRequest{PageSize: 2, PageToken: token, WithoutEnded: true})
				s.works(err)
				if len(page.GetPromotions()) > 2 {
					t.Fatalf("got %d on a page of 2", len(page.GetPromotions()))
				}
				for _, p := range page.GetPromotions() {
					if strings.HasPrefix(p.GetId(), strings.ToLower(s.own)) {
						got = append(got, p.GetId())
					}
				}
				if token = page.GetNextPageToken(); token == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		},
		"names a bad token and size": func(t *testing.T) {
			_, err := w.Pricing.ListPromotions(t.Context(), &pricingv1.ListPromotionsRequest{PageSize: 101, PageToken: "x"})
			moduletest.WantFields(t, err, "page_token", "page_size")
		},
	}
}

func findCase(w World) func(t *testing.T) {
	return func(t *testing.T) {
		s := w.shop(t)
		s.promote("p1")
		want := s.promote("p2")
		got, err := s.Pricing.ListPromotions(t.Context(), &pricingv1.ListPromotionsRequest{Id: want.GetId()})
		s.works(err)
		if len(got.GetPromotions()) != 1 || got.GetPromotions()[0].GetId() != want.GetId() {
			t.Errorf("got %v, want %s alone", got, want.GetId())
		}
		if got, err := s.Pricing.ListPromotions(t.Context(), &pricingv1.ListPromotionsRequest{Id: "nothing-like-it"}); err != nil || len(got.GetPromotions()) > 0 {
			t.Errorf("got %v, %v for an unknown id, want none", got, err)
		}
	}
}

func endCases(w World) cases {
	return cases{
		"ends it now, and once": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 1000))
			p := s.promote("TEN")
			later := s.promote("LATER", func(p *promotion) { p.StartsAt = in(time.Hour) })
			first, err := s.Pricing.EndPromotion(t.Context(), &pricingv1.EndPromotionRequest{Id: p.GetId()})
			s.works(err)
			again, err := s.Pricing.EndPromotion(t.Context(), &pricingv1.EndPromotionRequest{Id: p.GetId()})
			s.works(err)
			if first.GetPromotion().GetEndsAt() == nil || !proto.Equal(first, again) {
				t.Errorf("got %v and then %v, want the same end", first, again)
			}
			_, err = s.Pricing.EndPromotion(t.Context(), &pricingv1.EndPromotionRequest{Id: later.GetId()})
			s.works(err)
			r.Codes = []string{s.code("TEN"), s.code("LATER")}
			for _, got := range s.quote(r).GetCodeProblems() {
				if got.GetProblem() != pricingv1.CodeProblem_PROBLEM_ENDED {
					t.Errorf("got %v, want that it ended", got)
				}
			}
		},
		"what is not there can't end": func(t *testing.T) {
			s := w.shop(t)
			_, err := s.Pricing.EndPromotion(t.Context(), &pricingv1.EndPromotionRequest{Id: strings.ToLower(s.own)})
			moduletest.WantReason(s, err, codes.NotFound, pricingv1.Reason_REASON_UNKNOWN_PROMOTION)
			_, err = s.Pricing.EndPromotion(t.Context(), &pricingv1.EndPromotionRequest{Id: "A"})
			moduletest.WantFields(t, err, "id")
		},
	}
}
