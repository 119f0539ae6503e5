package service

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"

	"galleria/modules/inventory/internal/stock"
	"galleria/modules/inventory/internal/store"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/platform/access"
)

// place is where a page of levels ends.
type place struct {
	Available     int64
	SKU, Location string
}

// ListLevels implements the contract.
func (s *Service) ListLevels(ctx context.Context, r *inventoryv1.ListLevelsRequest) (*inventoryv1.ListLevelsResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayRead); err != nil {
		return nil, err
	}
	var bad problems
	bad.between("page_size", int64(r.GetPageSize()), 0, maxPage)
	if utf8.RuneCountInString(r.GetQuery()) > 64 {
		bad.add("query", "must have at most 64 characters")
	}
	f, lowAt := store.LevelFilter{Part: r.GetQuery(), AtMost: r.AtMost}, s.store.LowAt()
	if r.GetLow() && (f.AtMost == nil || *f.AtMost > lowAt) {
		f.AtMost = &lowAt
	}
	if r.GetPageToken() != "" {
		var last place
		raw, err := base64.RawURLEncoding.DecodeString(r.GetPageToken())
		if err != nil || json.Unmarshal(raw, &last) != nil || last.SKU == "" {
			bad.add("page_token", "must be the next_page_token of another page of this method")
		}
		f.After = &stock.Level{SKU: last.SKU, Location: last.Location, OnHand: last.Available}
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	size := cmp.Or(int(r.GetPageSize()), usualPage)
	found, err := s.store.List(ctx, f, size+1)
	if err != nil {
		return nil, err
	}
	answer := &inventoryv1.ListLevelsResponse{LowAt: lowAt}
	if len(found) > size {
		found = found[:size]
		last := found[size-1]
		raw, err := json.Marshal(place{last.OnHand - last.Allocated, last.SKU, last.Location})
		if err != nil {
			return nil, err
		}
		answer.NextPageToken = base64.RawURLEncoding.EncodeToString(raw)
	}
	for _, l := range found {
		answer.Levels = append(answer.Levels, levelOf(l))
	}
	return answer, nil
}
