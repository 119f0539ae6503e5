package gateway

import (
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/app/auditlog"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
)

// Promotion takes something off what shoppers pay.
type Promotion struct {
	ID                 string     `json:"id" readOnly:"true" required:"false"`
	Name               string     `json:"name" minLength:"1" maxLength:"100" doc:"What shoppers read."`
	Kind               string     `json:"kind" enum:"percent,amount,buy_x_get_y,free_delivery"`
	PercentMillionths  int64      `json:"percent_millionths,omitempty" minimum:"0" maximum:"1000000" doc:"With percent: 100000 is 10 %."`
	Amounts            []Money    `json:"amounts,omitempty" maxItems:"20" doc:"With amount: off all goods it is for, one for each currency."`
	Buy                int32      `json:"buy,omitempty" minimum:"0" maximum:"99" doc:"With buy_x_get_y: of each buy + get pieces the cheapest get are free."`
	Get                int32      `json:"get,omitempty" minimum:"0" maximum:"99"`
	Categories         []string   `json:"categories,omitempty" maxItems:"100" doc:"The goods it is for; where no categories, tags and skus are said: all."`
	Tags               []string   `json:"tags,omitempty" maxItems:"100"`
	SKUs               []string   `json:"skus,omitempty" maxItems:"100"`
	Minimums           []Money    `json:"minimums,omitempty" maxItems:"20" doc:"What all goods have to cost, one for each currency."`
	StartsAt           *time.Time `json:"starts_at,omitempty" doc:"Where none is said: it has started."`
	EndsAt             *time.Time `json:"ends_at,omitempty" doc:"Where none is said: it does not end."`
	Codes              []string   `json:"codes,omitempty" maxItems:"100" doc:"Voucher codes. Without any it works by itself."`
	MaxUses            int64      `json:"max_uses,omitempty" minimum:"0" maximum:"9007199254740991" doc:"By its codes, in all; 0: no limit."`
	MaxUsesPerCustomer int64      `json:"max_uses_per_customer,omitempty" minimum:"0" maximum:"9007199254740991"`
	Used               int64      `json:"used" readOnly:"true" required:"false" doc:"How many orders used its codes; 0 of a promotion without codes, which are not counted."`
	Combinable         bool       `json:"combinable,omitempty" doc:"May be used together with others."`
}

// PromotionsInput is a page of promotions.
type PromotionsInput struct {
	StaffInput
	WithoutEnded bool   `query:"without_ended" doc:"Leave out those that have ended."`
	Limit        int32  `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many promotions at most."`
	Cursor       string `query:"cursor" maxLength:"500" doc:"next_cursor of the page before."`
}

// PromotionsOutput is a page of promotions.
type PromotionsOutput struct {
	Body struct {
		Items      []Promotion `json:"items" doc:"By their ids."`
		NextCursor string      `json:"next_cursor,omitempty" doc:"The cursor of the next page; without it this is the last one."`
	}
}

// PromotionOutput is a promotion.
type PromotionOutput struct {
	Body Promotion
}

func (g *Gateway) listPromotions(r *request, in *PromotionsInput) (*PromotionsOutput, error) {
	who, err := g.known(r, in.StaffInput)
	if err != nil {
		return nil, err
	}
	answer, err := g.Pricing.ListPromotions(who, &pricingv1.ListPromotionsRequest{PageSize: in.Limit, PageToken: in.Cursor, WithoutEnded: in.WithoutEnded})
	if len(contract.Violations(err)) > 0 { // nothing else of it can be wrong
		return nil, wrongQuery("cursor", "is no next_cursor of this list")
	}
	if err != nil {
		return nil, refusedStaff(err, "promotions:read")
	}
	out := &PromotionsOutput{}
	out.Body.Items, out.Body.NextCursor = all(answer.GetPromotions(), toPromotion), answer.GetNextPageToken()
	return out, nil
}

// PromotionInput names a promotion.
type PromotionInput struct {
	StaffInput
	ID string `path:"promotion_id" pattern:"^[a-z0-9_-]{1,64}$" doc:"Made by the client: lower-case letters, digits, '-' and '_'."`
}

// PutPromotionInput writes a promotion.
type PutPromotionInput struct {
	PromotionInput
	Body Promotion
}

func (g *Gateway) putPromotion(r *request, in *PutPromotionInput) (*PromotionOutput, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	who, err := g.known(ctx, in.StaffInput)
	if err != nil {
		return nil, err
	}
	p := fromPromotion(in.ID, in.Body)
	if _, err := g.Pricing.UpsertPromotions(who, &pricingv1.UpsertPromotionsRequest{Promotions: []*pricingv1.Promotion{p}}); err != nil {
		return nil, refusedStaff(notPromoted(err), "promotions:write")
	}
	g.changed(who, "", auditlog.Entry{Action: "wrote", Thing: "promotion " + in.ID, Detail: in.Body.Name})
	in.Body.ID, in.Body.Used = in.ID, 0
	// How often it was used stays. A key that may not read promotions is told nothing of it.
	written, err := g.Pricing.ListPromotions(who, &pricingv1.ListPromotionsRequest{Id: in.ID})
	if status.Code(err) == codes.PermissionDenied {
		return &PromotionOutput{Body: in.Body}, nil
	}
	if err != nil {
		return nil, err
	}
	if len(written.GetPromotions()) == 1 {
		in.Body = toPromotion(written.GetPromotions()[0])
	}
	return &PromotionOutput{Body: in.Body}, nil
}

func (g *Gateway) endPromotion(r *request, in *PromotionInput) (*PromotionOutput, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	who, err := g.known(ctx, in.StaffInput)
	if err != nil {
		return nil, err
	}
	answer, err := g.Pricing.EndPromotion(who, &pricingv1.EndPromotionRequest{Id: in.ID})
	if err != nil {
		return nil, refusedStaff(notPromoted(err), "promotions:write")
	}
	g.changed(who, "", auditlog.Entry{Action: "ended", Thing: "promotion " + in.ID})
	return &PromotionOutput{Body: toPromotion(answer.GetPromotion())}, nil
}

var promotionPlaces = places{
	"id": "path promotion_id", "promotions": "", "amounts.currency_code": "amounts.currency", "amounts.amount_minor": "amounts.amount",
	"minimums.currency_code": "minimums.currency", "minimums.amount_minor": "minimums.amount",
}

// notPromoted says why a promotion did not change.
func notPromoted(err error) error {
	switch {
	case contract.Is(err, pricingv1.Reason_REASON_CODE_TAKEN):
		return problem(taken, "The code "+contract.Metadata(err, "code")+" belongs to the promotion "+contract.Metadata(err, "promotion_id")+". End that one first.")
	case contract.Is(err, pricingv1.Reason_REASON_UNKNOWN_PROMOTION):
		return problem(notFound, "There is no such promotion.")
	}
	if p := wrongFields(err, "promotions[0].", promotionPlaces); p != nil {
		return p
	}
	return err
}

func toPromotion(p *pricingv1.Promotion) Promotion {
	amount := func(a *pricingv1.Promotion_Amount) Money { return money(a.GetCurrencyCode(), a.GetAmountMinor()) }
	return Promotion{
		ID: p.GetId(), Name: p.GetName(), Kind: word(p.GetKind(), "KIND_"), PercentMillionths: p.GetPercentMillionths(), Amounts: all(p.GetAmounts(), amount),
		Buy: p.GetBuy(), Get: p.GetGet(), Categories: p.GetCategories(), Tags: p.GetTags(), SKUs: p.GetSkus(), Minimums: all(p.GetMinimums(), amount),
		StartsAt: maybe(p.GetStartsAt()), EndsAt: maybe(p.GetEndsAt()), Codes: p.GetCodes(), MaxUses: p.GetMaxUses(), MaxUsesPerCustomer: p.GetMaxUsesPerCustomer(),
		Used: p.GetUsed(), Combinable: p.GetCombinable(),
	}
}

func fromPromotion(id string, p Promotion) *pricingv1.Promotion {
	amount := func(m Money) *pricingv1.Promotion_Amount {
		return &pricingv1.Promotion_Amount{CurrencyCode: m.Currency, AmountMinor: m.Amount}
	}
	at := func(t *time.Time) *timestamppb.Timestamp {
		if t == nil {
			return nil
		}
		return timestamppb.New(*t)
	}
	return &pricingv1.Promotion{
		Id: id, Name: p.Name, Kind: pricingv1.Promotion_Kind(pricingv1.Promotion_Kind_value["KIND_"+strings.ToUpper(p.Kind)]),
		PercentMillionths: p.PercentMillionths, Amounts: all(p.Amounts, amount), Buy: p.Buy, Get: p.Get, Categories: p.Categories, Tags: p.Tags, Skus: p.SKUs,
		Minimums: all(p.Minimums, amount), StartsAt: at(p.StartsAt), EndsAt: at(p.EndsAt), Codes: p.Codes, MaxUses: p.MaxUses, MaxUsesPerCustomer: p.MaxUsesPerCustomer,
		Combinable: p.Combinable,
	}
}
