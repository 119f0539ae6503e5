// Package service implements the cart's contract over a store of carts and
// the catalog.
package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/cart/internal/cart"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/access"
	"galleria/platform/contract"
)

// Store keeps carts. Its errors for what the limits forbid are those of
// package cart; then nothing was written. All changes extend the cart's life.
type Store interface {
	// Load gets a cart; one that is not there, or expired, is empty.
	Load(ctx context.Context, id string) (cart.Cart, error)
	// Added tells whether the addition was made before, and then how many
	// things are in the cart. ErrKeyReused as Add.
	Added(ctx context.Context, a cart.Addition) (count int64, before bool, err error)
	// Add makes an addition, once per key, counts the things in the cart, and tells
	// whether the addition was made before.
	Add(ctx context.Context, a cart.Addition) (count int64, before bool, err error)
	// Set sets a line and counts the things in the cart.
	Set(ctx context.Context, set cart.Setting) (count int64, err error)
	// Create makes an empty cart, unless it is there.
	Create(ctx context.Context, id string) error
	// SetCodes replaces the codes, if they are those that were expected or codes already, in
	// one step with that look at them. A nil expected is whatever they are. ErrOtherCodes,
	// ErrNoCart.
	SetCodes(ctx context.Context, id string, codes []string, expected *[]string) error
	// SetDelivery and SetDestination fail with ErrNoCart.
	SetDelivery(ctx context.Context, id, option string) error
	SetDestination(ctx context.Context, id string, to cart.Destination) error
	// SetCustomer makes the cart that of a customer, or of a guest when customer is empty,
	// in one step with a look at whose it was: that must be was, or a guest's. A nil was
	// allows every customer. ErrAnothers, ErrNoCart.
	SetCustomer(ctx context.Context, id, customer string, was *string) error
	// Merge empties one cart into another, once per key, and counts the things in the
	// latter. ErrKeyReused for a key of another merge.
	Merge(ctx context.Context, m cart.Merge) (count int64, err error)
	// CountBegun counts the carts in a currency, or in all when it is "", that were begun in
	// a time, and that may be forgotten when they were begun before completeFrom.
	CountBegun(ctx context.Context, from, until time.Time, currency string) (carts int64, completeFrom time.Time, err error)
	// Take takes out what an order bought, once per order.
	Take(ctx context.Context, id, order string, bought cart.Bought) error
}

// Service keeps carts. Safe for concurrent use.
type Service struct {
	cartv1.UnimplementedCartServiceServer
	store   Store
	catalog catalogv1.CatalogServiceClient
}

// New makes the service; it opens nothing and holds nothing of its own.
func New(store Store, catalog catalogv1.CatalogServiceClient) *Service {
	return &Service{store: store, catalog: catalog}
}

// GetCart prices a cart.
func (s *Service) GetCart(ctx context.Context, r *cartv1.GetCartRequest) (*cartv1.GetCartResponse, error) {
	if err := contract.Invalid(checkCart(nil, r.GetCartId())...); err != nil {
		return nil, err
	}
	c, err := s.store.Load(ctx, r.GetCartId())
	if err != nil {
		return nil, fmt.Errorf("get cart: %w", err)
	}
	if who := person(ctx); who != "" && !access.IsCaller(ctx) {
		if err := isTheirs(c, who); err != nil {
			return nil, err
		}
	}
	if len(c.Lines) == 0 {
		return &cartv1.GetCartResponse{Cart: toCart(c, nil, 0)}, nil
	}
	products, err := s.products(ctx, c.Currency, c.SKUs())
	if err != nil {
		return nil, err
	}
	lines, total, err := c.Price(products)
	if err != nil {
		return nil, err
	}
	return &cartv1.GetCartResponse{Cart: toCart(c, lines, total)}, nil
}

// CreateCart makes an empty cart.
func (s *Service) CreateCart(ctx context.Context, r *cartv1.CreateCartRequest) (*cartv1.CreateCartResponse, error) {
	if err := contract.Invalid(checkCart(nil, r.GetCartId())...); err != nil {
		return nil, err
	}
	if err := s.store.Create(ctx, r.GetCartId()); err != nil {
		return nil, fmt.Errorf("create cart: %w", err)
	}
	return &cartv1.CreateCartResponse{}, nil
}

// AddItem adds to a line.
func (s *Service) AddItem(ctx context.Context, r *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
	bad := checkCart(nil, r.GetCartId())
	bad = checkSKU(bad, "sku", r.GetSku())
	bad = checkQuantity(bad, r.GetQuantity(), 1)
	bad = checkName(bad, "idempotency_key", r.GetIdempotencyKey())
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	if err := s.opens(ctx, r.GetCartId()); err != nil {
		return nil, err
	}
	a := cart.Addition{Cart: r.GetCartId(), Key: r.GetIdempotencyKey(), Item: cart.Item{SKU: r.GetSku(), Quantity: r.GetQuantity()}, MustExist: r.GetMustExist()}
	repeated := false
	count, err := s.put(ctx, a.Cart, r.GetCurrencyCode(), a.Item, func(item cart.Item) (n int64, err error) {
		a.Item = item
		n, repeated, err = s.store.Add(ctx, a)
		return n, err
	})
	if err != nil {
		// A repeat is answered even when the catalog is away, or sells it no more.
		if n, before, unlike := s.store.Added(ctx, a); before {
			count, repeated, err = n, true, unlike
		}
	}
	if err != nil {
		return nil, refusal(err, "add", a.Item.SKU)
	}
	return &cartv1.AddItemResponse{ItemCount: count, Repeated: repeated}, nil
}

// SetItem sets the quantity of a line.
func (s *Service) SetItem(ctx context.Context, r *cartv1.SetItemRequest) (*cartv1.SetItemResponse, error) {
	bad := checkCart(nil, r.GetCartId())
	bad = checkSKU(bad, "sku", r.GetSku())
	bad = checkQuantity(bad, r.GetQuantity(), 0)
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	if err := s.opens(ctx, r.GetCartId()); err != nil {
		return nil, err
	}
	item := cart.Item{SKU: r.GetSku(), Quantity: r.GetQuantity()}
	set := func(item cart.Item) (int64, error) {
		return s.store.Set(ctx, cart.Setting{Cart: r.GetCartId(), Item: item, MustExist: r.GetMustExist(), LineMustExist: r.GetLineMustExist()})
	}
	var count int64
	var err error
	if item.Quantity > 0 {
		count, err = s.put(ctx, r.GetCartId(), r.GetCurrencyCode(), item, set)
	} else { // what is sold no more can still be removed
		count, err = set(item)
	}
	if err != nil {
		return nil, refusal(err, "set", item.SKU)
	}
	return &cartv1.SetItemResponse{ItemCount: count}, nil
}

// TakeItems removes what an order has bought.
func (s *Service) TakeItems(ctx context.Context, r *cartv1.TakeItemsRequest) (*cartv1.TakeItemsResponse, error) {
	if err := access.Modules(ctx, notAllowed, orders); err != nil {
		return nil, err
	}
	bad := checkCart(nil, r.GetCartId())
	bad = checkName(bad, "order_id", r.GetOrderId())
	bad = checkItems(bad, r.GetItems())
	bad = checkCodes(bad, "codes", r.GetCodes())
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	quantities := make(map[string]int64, len(r.GetItems()))
	for _, item := range r.GetItems() {
		// More than a line can hold is as good as all of it, and can't overflow.
		quantities[item.GetSku()] = min(quantities[item.GetSku()]+min(item.GetQuantity(), cart.MaxQuantity), cart.MaxQuantity)
	}
	if err := s.store.Take(ctx, r.GetCartId(), r.GetOrderId(), cart.Bought{Quantities: quantities, Codes: cart.FoldCodes(r.GetCodes())}); err != nil {
		return nil, fmt.Errorf("take what order %s bought: %w", r.GetOrderId(), err)
	}
	return &cartv1.TakeItemsResponse{}, nil
}

// refusal names the limit that an item hit.
func refusal(err error, operation, sku string) error {
	code, reason := codes.FailedPrecondition, cartv1.Reason_REASON_UNSPECIFIED
	facts := map[string]string{"sku": sku}
	var other cart.InCurrency
	switch {
	case errors.Is(err, cart.ErrLineFull):
		reason = cartv1.Reason_REASON_LINE_FULL
	case errors.Is(err, cart.ErrCartFull):
		reason = cartv1.Reason_REASON_CART_FULL
	case errors.Is(err, errNotSold):
		reason = cartv1.Reason_REASON_NOT_SOLD
	case errors.As(err, &other):
		reason, facts["currency_code"] = cartv1.Reason_REASON_OTHER_CURRENCY, string(other)
	case errors.Is(err, cart.ErrNoCart):
		code, reason = codes.NotFound, cartv1.Reason_REASON_NO_CART
	case errors.Is(err, cart.ErrNoLine):
		code, reason = codes.NotFound, cartv1.Reason_REASON_NO_LINE
	case errors.Is(err, cart.ErrKeyReused):
		code, reason = codes.InvalidArgument, cartv1.Reason_REASON_KEY_REUSED
	case status.Code(err) != codes.Unknown, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err // of the catalog's absence
	default:
		return fmt.Errorf("%s %s: %w", operation, sku, err)
	}
	return contract.WithMetadata(contract.Error(code, reason, "%s %s: %v", operation, sku, err), facts)
}
