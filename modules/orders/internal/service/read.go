package service

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"

	"galleria/modules/orders/internal/order"
	"galleria/modules/orders/internal/store"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
	"galleria/platform/identity"
	"galleria/platform/telemetry"
)

const (
	defaultPage = 50
	longestPage = 200
	// pageMark begins what a page token holds, so that others are told apart.
	pageMark = "before:"
)

// GetOrder shows an order to a caller that has its token, to the person whose it is, and
// to staff.
func (s *Service) GetOrder(ctx context.Context, req *ordersv1.GetOrderRequest) (*ordersv1.GetOrderResponse, error) {
	o, err := s.openWith(ctx, req.GetOrderId(), req.GetToken())
	if who, known := identity.From(ctx); err != nil && known && who.MayAsStaff(mayRead) {
		o, err = s.byID(ctx, req.GetOrderId())()
	}
	if err != nil {
		return nil, err
	}
	telemetry.Mark(ctx, "order", o.Snapshot().Number)
	shown := toProto(o)
	if who, known := identity.From(ctx); known && who.MayAsStaff(mayRead) {
		if shown, err = s.toStaff(ctx, o); err != nil {
			return nil, err
		}
	}
	return &ordersv1.GetOrderResponse{Order: shown}, nil
}

// GetUnpaidOrder shows the order of a cart, or of one that was merged into it, that would
// give way to one more of it.
func (s *Service) GetUnpaidOrder(ctx context.Context, req *ordersv1.GetUnpaidOrderRequest) (*ordersv1.GetUnpaidOrderResponse, error) {
	basket, err := s.Carts.Get(ctx, req.GetCartId())
	if refusalOf(err) != nil {
		return nil, noOrder()
	}
	if err != nil {
		return nil, s.unavailable(ctx, "read the cart", err)
	}
	o, err := s.Store.OfCarts(ctx, append(basket.MergedFrom, req.GetCartId()))
	if errors.Is(err, order.ErrNotFound) || err == nil && !s.givesWay(o) {
		return nil, noOrder()
	}
	if err != nil {
		return nil, err
	}
	return &ordersv1.GetUnpaidOrderResponse{Order: toProto(o), Token: o.Snapshot().Token}, nil
}

// givesWay tells whether an order waits for its payment, and ends when one more of its cart
// is placed.
func (s *Service) givesWay(o *order.Order) bool {
	held := o.Snapshot()
	unpaid := held.Payment.State == order.Waiting || held.Payment.State == order.Stopped
	return unpaid && o.Status() == order.Placing && !o.Leaving() && held.Attention.Reason == "" && s.Now().Before(held.HoldEndsAt)
}

// openWith reads the order a token opens, or that is of the person on whose behalf the
// call is made. It does not tell whether the order or the token is wrong.
func (s *Service) openWith(ctx context.Context, orderID, token string) (*order.Order, error) {
	o, err := s.Store.ByID(ctx, orderID)
	if errors.Is(err, order.ErrNotFound) {
		return nil, noOrder()
	}
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(o.Snapshot().Token), []byte(token)) != 1 && !isTheirs(ctx, o) {
		return nil, noOrder()
	}
	return o, nil
}

// FindOrder gets an order by its number, or its id.
func (s *Service) FindOrder(ctx context.Context, req *ordersv1.FindOrderRequest) (*ordersv1.FindOrderResponse, error) {
	if err := forStaff(ctx, mayRead); err != nil {
		return nil, err
	}
	text := strings.TrimSpace(req.GetNumber())
	if len(text) == id.Length {
		o, err := s.byID(ctx, strings.ToLower(text))()
		if err != nil {
			return nil, err
		}
		return s.found(ctx, o)
	}
	// Numbers of before have no check character.
	o, err := s.Store.ByNumber(ctx, strings.ToUpper(text))
	if errors.Is(err, order.ErrNotFound) {
		number, ok := order.ParseNumber(text)
		if !ok {
			return nil, contract.Invalid(contract.Violation{Field: "number", Message: "is no number of an order, such as G-7K3M-Q4: one of its characters is wrong"})
		}
		o, err = s.Store.ByNumber(ctx, number)
	}
	if errors.Is(err, order.ErrNotFound) {
		return nil, noOrder()
	}
	if err != nil {
		return nil, err
	}
	return s.found(ctx, o)
}

func (s *Service) found(ctx context.Context, o *order.Order) (*ordersv1.FindOrderResponse, error) {
	shown, err := s.toStaff(ctx, o)
	if err != nil {
		return nil, err
	}
	return &ordersv1.FindOrderResponse{Order: shown}, nil
}

// ListOrders lists orders newest first: ids sort by the time they were made.
func (s *Service) ListOrders(ctx context.Context, req *ordersv1.ListOrdersRequest) (*ordersv1.ListOrdersResponse, error) {
	if err := forStaff(ctx, mayRead); err != nil {
		return nil, err
	}
	statuses, err := statusesOf(req)
	if err != nil {
		return nil, err
	}
	f := store.Filter{Statuses: statuses, Attention: req.GetAttention(), Query: strings.TrimSpace(req.GetQuery())}
	found, next, err := s.page(ctx, f, req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	return &ordersv1.ListOrdersResponse{Orders: found, NextPageToken: next}, nil
}

// ListMyOrders lists a person's orders: those of the address that is known to be theirs.
func (s *Service) ListMyOrders(ctx context.Context, req *ordersv1.ListMyOrdersRequest) (*ordersv1.ListMyOrdersResponse, error) {
	who, known := identity.From(ctx)
	if !known || !who.IsPerson() {
		return nil, contract.Error(codes.PermissionDenied, ordersv1.Reason_REASON_NOT_ALLOWED, "this is for people who are logged in")
	}
	if err := checkSize(req.GetPageSize()); err != nil {
		return nil, err
	}
	mailbox := order.Mailbox(who.Email)
	if mailbox == "" {
		return &ordersv1.ListMyOrdersResponse{}, nil // and not those of all
	}
	found, next, err := s.page(ctx, store.Filter{Mailbox: mailbox}, req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	return &ordersv1.ListMyOrdersResponse{Orders: found, NextPageToken: next}, nil
}

// page is one page of a list, and the token of the next; "": there is none.
func (s *Service) page(ctx context.Context, f store.Filter, wanted int32, token string) (all []*ordersv1.Order, next string, err error) {
	var ok bool
	if f.Before, ok = beforeOf(token); !ok {
		return nil, "", contract.Error(codes.InvalidArgument, ordersv1.Reason_REASON_BAD_PAGE_TOKEN, "not a page token of this method")
	}
	size := cmp.Or(int(wanted), defaultPage)
	// One more tells whether there is a next page.
	found, err := s.Store.List(ctx, f, size+1)
	if err != nil {
		return nil, "", err
	}
	if len(found) > size {
		found = found[:size]
		next = tokenBefore(found[size-1].ID())
	}
	for _, o := range found {
		all = append(all, toProto(o))
	}
	return all, next, nil
}

func checkSize(n int32) error {
	var bad violations
	bad.size(n)
	return contract.Invalid(bad...)
}

func statusesOf(req *ordersv1.ListOrdersRequest) ([]order.Status, error) {
	var bad violations
	bad.size(req.GetPageSize())
	bad.text("query", req.GetQuery(), 100)
	var statuses []order.Status
	for _, wanted := range req.GetStatuses() {
		status, ok := fromProto(wanted)
		bad.want(ok, "statuses", "names a status there is not")
		statuses = append(statuses, status)
	}
	return statuses, contract.Invalid(bad...)
}

func tokenBefore(orderID string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(pageMark + orderID))
}

func beforeOf(token string) (orderID string, ok bool) {
	if token == "" {
		return "", true
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	orderID, ok = strings.CutPrefix(string(text), pageMark)
	return orderID, ok && err == nil && len(orderID) == id.Length
}
