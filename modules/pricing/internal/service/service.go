// Package service implements the contract of pricing: quotes from memory and the
// catalog, uses of codes from the store.
package service

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"galleria/modules/pricing/internal/promotion"
	"galleria/modules/pricing/internal/store"
	"galleria/modules/pricing/internal/tariff"
	pricingv1 "galleria/modules/pricing/v1"
)

// Offers are the things the catalog sells, in one currency.
type Offers interface {
	// Offers gets those of skus that the catalog knows, by sku.
	Offers(ctx context.Context, skus []string, currency string) (map[string]Offer, error)
}

// Offer is one thing the catalog knows.
type Offer struct {
	Name, Variant, Slug, Picture, Category, TaxClass string
	Tags                                             []string
	Price, CompareAt                                 int64
	Grams                                            int32
	// Problem is why it can't be bought in the currency.
	Problem pricingv1.LineProblem
}

// Needs is what the service works with.
type Needs struct {
	Store  *store.Store
	Offers Offers
	// Configured is what the shop charges by its configuration.
	Configured tariff.Table
	Now        func() time.Time
}

// Service implements the contract. Safe for concurrent use.
type Service struct {
	pricingv1.UnimplementedPricingServiceServer
	Needs
	book    atomic.Pointer[book]
	refresh sync.Mutex
}

// book is all promotions and tariffs at a version. It never changes, so that a quote
// that has one is of one piece.
type book struct {
	version   int64
	automatic []*promotion.Promotion
	byCode    map[string]*promotion.Promotion
	tariffs   store.Tariffs
}

// New makes the service, and reads promotions and tariffs into memory.
func New(ctx context.Context, needs Needs) (*Service, error) {
	s := &Service{Needs: needs}
	s.book.Store(&book{})
	if err := s.Refresh(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// patience bounds one look at the database, so that a server that hangs does not keep
// all who write waiting behind it.
const patience = 10 * time.Second

// Refresh brings memory up to date, also with what other processes wrote. When nothing
// changed it costs reading one row.
func (s *Service) Refresh(ctx context.Context) error {
	s.refresh.Lock()
	defer s.refresh.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	version, err := s.Store.Version(ctx)
	if err != nil {
		return fmt.Errorf("read the version of promotions and tariffs: %w", err)
	}
	if version == s.book.Load().version {
		return nil
	}
	version, all, err := s.Store.All(ctx)
	if err != nil {
		return fmt.Errorf("read the promotions: %w", err)
	}
	tariffs, err := s.Store.Tariffs(ctx, s.Configured)
	if err != nil {
		return fmt.Errorf("read the tariffs: %w", err)
	}
	fresh := &book{version: version, byCode: map[string]*promotion.Promotion{}, tariffs: tariffs}
	now := s.Now()
	for i := range all {
		p := &all[i]
		if p.Automatic() && !p.Ended(now) {
			fresh.automatic = append(fresh.automatic, p)
		}
		for _, code := range p.Terms().Codes {
			// A code that was taken over, of one that had ended, is the promotion's that ends
			// later: by the clock of this process that one may still go on.
			folded := promotion.Fold(code)
			if before := fresh.byCode[folded]; before == nil || p.EndsAfter(before) {
				fresh.byCode[folded] = p
			}
		}
	}
	s.book.Store(fresh)
	return nil
}

// changed shows what was written at once, even to a caller that stopped waiting.
func (s *Service) changed(ctx context.Context) error { return s.Refresh(context.WithoutCancel(ctx)) }
