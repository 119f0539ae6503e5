package service

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc/codes"

	"galleria/modules/catalog/internal/product"
	"galleria/modules/catalog/internal/shelf"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/access"
	"galleria/platform/contract"
	"galleria/platform/money"
)

// Bounds of what a call may ask.
const (
	defaultPage = 24
	maxPage     = 100
	maxQuery    = 1000 // characters
	maxGet      = 200
	maxChoices  = 20
)

var sorts = map[catalogv1.ListProductsRequest_Sort]shelf.Sort{
	catalogv1.ListProductsRequest_SORT_UNSPECIFIED:      shelf.Newest,
	catalogv1.ListProductsRequest_SORT_PRICE_ASCENDING:  shelf.Cheapest,
	catalogv1.ListProductsRequest_SORT_PRICE_DESCENDING: shelf.Dearest,
	catalogv1.ListProductsRequest_SORT_NAME:             shelf.ByName,
}

// GetEarlierProduct gets what a product said before a change.
func (s *Service) GetEarlierProduct(ctx context.Context, r *catalogv1.GetEarlierProductRequest) (*catalogv1.GetEarlierProductResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayRead); err != nil {
		return nil, err
	}
	p, err := s.store.Earlier(ctx, r.GetId(), r.GetVersion())
	if err != nil {
		return nil, fmt.Errorf("get product %s as it was before version %s: %w", r.GetId(), r.GetVersion(), err)
	}
	if p == nil {
		return &catalogv1.GetEarlierProductResponse{}, nil
	}
	return &catalogv1.GetEarlierProductResponse{Product: toVersioned([]*product.Product{p})[0]}, nil
}

// ListProducts lists active products.
func (s *Service) ListProducts(_ context.Context, r *catalogv1.ListProductsRequest) (*catalogv1.ListProductsResponse, error) {
	if err := contract.Invalid(checkList(r)...); err != nil {
		return nil, err
	}
	q := shelf.Query{
		Category: r.GetCategory(), Words: shelf.Words(r.GetQuery()), Tags: r.GetTags(), Currency: r.GetCurrencyCode(),
		Min: r.GetMinPriceMinor(), Max: r.GetMaxPriceMinor(), Sort: sorts[r.GetSort()], Size: int(r.GetPageSize()),
		Facets: r.GetWithFacets(),
	}
	for _, o := range r.GetOptions() {
		q.Options = append(q.Options, shelf.Choice{Option: o.GetName(), Value: o.GetValue()})
	}
	if q.Size == 0 {
		q.Size = defaultPage
	}
	if r.GetPageToken() != "" {
		after, ok := readToken(r.GetPageToken(), q)
		if !ok {
			return nil, contract.Error(codes.InvalidArgument, catalogv1.Reason_REASON_BAD_PAGE_TOKEN, "the page token is not one of this list")
		}
		q.After = &after
	}
	page := s.current.Load().List(q)
	response := &catalogv1.ListProductsResponse{Products: toProducts(page.Products), Total: int32(page.Total), Facets: toFacets(page.Facets)}
	if page.Last != nil {
		response.NextPageToken = pageToken(*page.Last, q)
	}
	return response, nil
}

func checkList(r *catalogv1.ListProductsRequest) []contract.Violation {
	var bad []contract.Violation
	if r.GetPageSize() < 0 || r.GetPageSize() > maxPage {
		bad = append(bad, contract.Violation{Field: "page_size", Message: fmt.Sprintf("is between 1 and %d, or 0 for %d", maxPage, defaultPage)})
	}
	if utf8.RuneCountInString(r.GetQuery()) > maxQuery {
		bad = append(bad, contract.Violation{Field: "query", Message: fmt.Sprintf("has up to %d characters", maxQuery)})
	}
	if r.GetMinPriceMinor() < 0 {
		bad = append(bad, contract.Violation{Field: "min_price_minor", Message: "is not negative"})
	}
	if r.GetMaxPriceMinor() < 0 {
		bad = append(bad, contract.Violation{Field: "max_price_minor", Message: "is not negative"})
	}
	if _, known := sorts[r.GetSort()]; !known {
		bad = append(bad, contract.Violation{Field: "sort", Message: "is not an order of this contract"})
	}
	byPrice := r.GetSort() == catalogv1.ListProductsRequest_SORT_PRICE_ASCENDING || r.GetSort() == catalogv1.ListProductsRequest_SORT_PRICE_DESCENDING
	if r.GetCurrencyCode() != "" || byPrice || r.GetMinPriceMinor() > 0 || r.GetMaxPriceMinor() > 0 {
		bad = checkCurrency(bad, r.GetCurrencyCode())
	}
	if len(r.GetOptions()) > maxChoices {
		bad = append(bad, contract.Violation{Field: "options", Message: fmt.Sprintf("has up to %d entries", maxChoices)})
	}
	return bad
}

func checkCurrency(bad []contract.Violation, code string) []contract.Violation {
	if _, err := money.New(code, 0); err != nil {
		return append(bad, contract.Violation{Field: "currency_code", Message: "is a currency of ISO 4217, in which prices are read"})
	}
	return bad
}

// ListAllProducts lists all products, oldest first.
func (s *Service) ListAllProducts(ctx context.Context, r *catalogv1.ListAllProductsRequest) (*catalogv1.ListAllProductsResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayRead); err != nil {
		return nil, err
	}
	size := int(r.GetPageSize())
	if size < 0 || size > maxGet {
		return nil, contract.Invalid(contract.Violation{Field: "page_size", Message: fmt.Sprintf("is between 1 and %d, or 0 for %d", maxGet, maxPage)})
	}
	if size == 0 {
		size = maxPage
	}
	list, wanted, err := wholeList(r)
	if err != nil {
		return nil, err
	}
	born := int64(0)
	if r.GetPageToken() == "" {
		s.catchUp(ctx) // with what another process may have just added
	} else {
		after, ok := readToken(r.GetPageToken(), list)
		if !ok {
			return nil, contract.Error(codes.InvalidArgument, catalogv1.Reason_REASON_BAD_PAGE_TOKEN, "the page token is not one of this list")
		}
		born = after.Born
	}
	found, more := s.current.Load().After(born, size, wanted)
	response := &catalogv1.ListAllProductsResponse{Products: toVersioned(found)}
	if more {
		response.NextPageToken = pageToken(shelf.Key{Born: found[len(found)-1].Born()}, list)
	}
	return response, nil
}

// everything tells tokens of ListAllProducts from those of lists.
var everything = shelf.Query{Category: "*"}

// wholeList reads which products a list of all of them is to have; the query is for its
// tokens. Wanted is nil when that is every one.
func wholeList(r *catalogv1.ListAllProductsRequest) (list shelf.Query, wanted func(*product.Product) bool, err error) {
	if utf8.RuneCountInString(r.GetQuery()) > maxQuery {
		return list, nil, contract.Invalid(contract.Violation{Field: "query", Message: fmt.Sprintf("has up to %d characters", maxQuery)})
	}
	list, query := everything, product.Fold(r.GetQuery())
	if query == "" && r.Active == nil {
		return list, nil, nil
	}
	list.Words = []string{query}
	if r.Active != nil {
		list.Tags = []string{fmt.Sprint(r.GetActive())}
	}
	has := func(text string) bool { return strings.Contains(product.Fold(text), query) }
	return list, func(p *product.Product) bool {
		return (r.Active == nil || r.GetActive() == p.Active()) && (query == "" || has(p.Name()) || has(p.Slug()) || slices.ContainsFunc(p.SKUs(), has))
	}, nil
}

// GetProducts gets products by sku, slug and id.
func (s *Service) GetProducts(ctx context.Context, r *catalogv1.GetProductsRequest) (*catalogv1.GetProductsResponse, error) {
	asked := len(r.GetSkus()) + len(r.GetSlugs()) + len(r.GetIds())
	if asked > maxGet {
		field := "skus"
		switch {
		case len(r.GetSkus())+len(r.GetSlugs()) <= maxGet:
			field = "ids"
		case len(r.GetSkus()) <= maxGet:
			field = "slugs"
		}
		return nil, contract.Invalid(contract.Violation{Field: field, Message: fmt.Sprintf("up to %d products can be got in one call", maxGet)})
	}
	if r.GetCurrent() {
		if err := s.Refresh(ctx); err != nil {
			return nil, fmt.Errorf("get %d products as they are stored: %w", asked, err)
		}
	}
	found := lookUp(s.current.Load(), r)
	if len(found) < asked && !r.GetCurrent() {
		// Another process may have just added it: a copy of this module, or
		// this module in its last place.
		s.catchUp(ctx)
		found = lookUp(s.current.Load(), r)
	}
	return &catalogv1.GetProductsResponse{Products: toVersioned(found)}, nil
}

func lookUp(current *shelf.Shelf, r *catalogv1.GetProductsRequest) []*product.Product {
	found := make([]*product.Product, 0, len(r.GetSkus())+len(r.GetSlugs())+len(r.GetIds()))
	look := func(keys []string, by func(string) *product.Product) {
		for _, key := range keys {
			if p := by(key); p != nil {
				found = append(found, p)
			}
		}
	}
	look(r.GetSkus(), current.BySKU)
	look(r.GetSlugs(), current.BySlug)
	look(r.GetIds(), current.ByID)
	return found
}

// ListCategories lists categories.
func (s *Service) ListCategories(_ context.Context, r *catalogv1.ListCategoriesRequest) (*catalogv1.ListCategoriesResponse, error) {
	current := s.current.Load()
	response := &catalogv1.ListCategoriesResponse{}
	for _, c := range current.Categories() {
		if c.Withdrawn() && !r.GetWithWithdrawn() {
			continue
		}
		response.Categories = append(response.Categories, toCategory(c, current.Count(c.Slug())))
	}
	return response, nil
}
