package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/pricing/internal/promotion"
	"galleria/modules/pricing/internal/store"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/access"
	"galleria/platform/contract"
)

// UpsertPromotions implements the contract.
func (s *Service) UpsertPromotions(ctx context.Context, r *pricingv1.UpsertPromotionsRequest) (*pricingv1.UpsertPromotionsResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	all, bad := fromPromotions(r)
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	counts, err := s.Store.Upsert(ctx, all, s.Now())
	if taken := (*store.TakenError)(nil); errors.As(err, &taken) {
		err := contract.Error(codes.FailedPrecondition, pricingv1.Reason_REASON_CODE_TAKEN,
			"the code %s belongs to the promotion %s: end that one first, or choose another code", taken.Code, taken.Promotion)
		return nil, contract.WithMetadata(err, map[string]string{"code": taken.Code, "promotion_id": taken.Promotion})
	}
	if err != nil {
		return nil, fmt.Errorf("write promotions: %w", err)
	}
	if err := s.changed(ctx); err != nil {
		return nil, err
	}
	return &pricingv1.UpsertPromotionsResponse{Created: counts.Created, Updated: counts.Updated, Unchanged: counts.Unchanged}, nil
}

const defaultPage = 50

// ListPromotions implements the contract.
func (s *Service) ListPromotions(ctx context.Context, r *pricingv1.ListPromotionsRequest) (*pricingv1.ListPromotionsResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayRead); err != nil {
		return nil, err
	}
	after, ok := strings.CutPrefix(r.GetPageToken(), "after-")
	var bad violations
	bad.check(r.GetPageToken() == "" || ok && len(promotion.CheckID(after)) == 0, "page_token", "is the next_page_token of an answer")
	bad.check(0 <= r.GetPageSize() && r.GetPageSize() <= 100, "page_size", "is between 1 and 100, or 0 for %d", defaultPage)
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	size := int(r.GetPageSize())
	if size == 0 {
		size = defaultPage
	}
	var endedBy time.Time
	if r.GetWithoutEnded() {
		endedBy = s.Now()
	}
	var page []promotion.Promotion
	var err error
	if id := r.GetId(); id != "" {
		page, err = s.Store.Find(ctx, id)
	} else {
		page, err = s.Store.Page(ctx, after, endedBy, size+1)
	}
	if err != nil {
		return nil, fmt.Errorf("list promotions: %w", err)
	}
	answer := &pricingv1.ListPromotionsResponse{}
	if len(page) > size {
		page = page[:size]
		answer.NextPageToken = "after-" + page[size-1].ID()
	}
	for i := range page {
		answer.Promotions = append(answer.Promotions, toPromotion(&page[i]))
	}
	return answer, nil
}

// EndPromotion implements the contract.
func (s *Service) EndPromotion(ctx context.Context, r *pricingv1.EndPromotionRequest) (*pricingv1.EndPromotionResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	if problems := promotion.CheckID(r.GetId()); len(problems) > 0 {
		return nil, contract.Invalid(contract.Violation{Field: "id", Message: problems[0].Message})
	}
	ended, err := s.Store.End(ctx, r.GetId(), s.Now())
	if errors.Is(err, store.ErrUnknown) {
		return nil, contract.Error(codes.NotFound, pricingv1.Reason_REASON_UNKNOWN_PROMOTION, "there is no promotion %s", r.GetId())
	}
	if err != nil {
		return nil, fmt.Errorf("end promotion %s: %w", r.GetId(), err)
	}
	if err := s.changed(ctx); err != nil {
		return nil, err
	}
	return &pricingv1.EndPromotionResponse{Promotion: toPromotion(&ended)}, nil
}

// Redeem implements the contract.
func (s *Service) Redeem(ctx context.Context, r *pricingv1.RedeemRequest) (*pricingv1.RedeemResponse, error) {
	if err := access.Modules(ctx, notAllowed, orders); err != nil {
		return nil, err
	}
	var bad violations
	checkOrder(&bad, r.GetOrderId())
	bad.checkCodes(r.GetCodes())
	bad.checkEmail(r.GetEmail())
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	err := s.Store.Redeem(ctx, r.GetOrderId(), r.GetCodes(), r.GetEmail(), s.Now())
	if err != nil {
		return nil, refusal(err, r.GetOrderId())
	}
	return &pricingv1.RedeemResponse{}, nil
}

// Unredeem implements the contract.
func (s *Service) Unredeem(ctx context.Context, r *pricingv1.UnredeemRequest) (*pricingv1.UnredeemResponse, error) {
	if err := access.Modules(ctx, notAllowed, orders); err != nil {
		return nil, err
	}
	var bad violations
	checkOrder(&bad, r.GetOrderId())
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	if err := s.Store.Unredeem(ctx, r.GetOrderId(), s.Now()); err != nil {
		return nil, fmt.Errorf("give back the codes of order %s: %w", r.GetOrderId(), err)
	}
	return &pricingv1.UnredeemResponse{}, nil
}

// refusal is why an order can't redeem.
func refusal(err error, order string) error {
	var usedUp *store.UsedUpError
	var unknown *store.UnknownCodeError
	switch {
	case errors.As(err, &usedUp):
		err := contract.Error(codes.FailedPrecondition, pricingv1.Reason_REASON_CODE_USED_UP, "redeem for order %s: %v", order, usedUp)
		return contract.WithMetadata(err, map[string]string{"code": usedUp.Code})
	case errors.As(err, &unknown):
		err := contract.Error(codes.FailedPrecondition, pricingv1.Reason_REASON_CODE_UNKNOWN, "redeem for order %s: %v", order, unknown)
		return contract.WithMetadata(err, map[string]string{"code": unknown.Code})
	case errors.Is(err, store.ErrGivenBack):
		return contract.Error(codes.FailedPrecondition, pricingv1.Reason_REASON_UNREDEEMED, "redeem for order %s: its codes were given back before", order)
	case errors.Is(err, store.ErrOtherCodes):
		return contract.Error(codes.InvalidArgument, pricingv1.Reason_REASON_KEY_REUSED, "redeem for order %s: it has redeemed other codes before", order)
	case errors.Is(err, store.ErrNoCustomer):
		return contract.Invalid(contract.Violation{Field: "email", Message: "is needed for a code with a limit per customer"})
	}
	return fmt.Errorf("redeem for order %s: %w", order, err)
}

var kinds = map[pricingv1.Promotion_Kind]promotion.Kind{
	pricingv1.Promotion_KIND_PERCENT:       promotion.Percent,
	pricingv1.Promotion_KIND_AMOUNT:        promotion.Amount,
	pricingv1.Promotion_KIND_BUY_X_GET_Y:   promotion.BuyXGetY,
	pricingv1.Promotion_KIND_FREE_DELIVERY: promotion.FreeDelivery,
}

func fromPromotion(p *pricingv1.Promotion) (promotion.Promotion, []promotion.Problem) {
	var problems []promotion.Problem
	amounts := func(field string, all []*pricingv1.Promotion_Amount) map[string]int64 {
		if len(all) == 0 {
			return nil
		}
		by := map[string]int64{}
		for _, a := range all {
			if by[a.GetCurrencyCode()] != 0 {
				problems = append(problems, promotion.Problem{Field: field, Message: "has each currency once"})
			}
			by[a.GetCurrencyCode()] = a.GetAmountMinor()
		}
		return by
	}
	moment := func(field string, t *timestamppb.Timestamp) time.Time {
		if t == nil {
			return time.Time{}
		}
		if !t.IsValid() || t.AsTime().Year() < 1971 {
			problems = append(problems, promotion.Problem{Field: field, Message: "is a time after 1970"})
		}
		return t.AsTime().Truncate(time.Microsecond)
	}
	made, more := promotion.New(promotion.Terms{
		ID: p.GetId(), Name: p.GetName(), Kind: kinds[p.GetKind()], Millionths: p.GetPercentMillionths(),
		Amounts: amounts("amounts", p.GetAmounts()), Buy: int64(p.GetBuy()), Get: int64(p.GetGet()),
		Categories: p.GetCategories(), Tags: p.GetTags(), SKUs: p.GetSkus(), Minimums: amounts("minimums", p.GetMinimums()),
		StartsAt: moment("starts_at", p.GetStartsAt()), EndsAt: moment("ends_at", p.GetEndsAt()),
		Codes: p.GetCodes(), MaxUses: p.GetMaxUses(), MaxEach: p.GetMaxUsesPerCustomer(), Combinable: p.GetCombinable(),
	})
	return made, append(problems, more...)
}
