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
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

const (
	defaultPage = 50
	longestPage = 200
	// pageMark begins what a page token holds, so that others are told apart.
	pageMark = "before:"
)

// GetOrder shows an order to whoever holds its token.
func (s *Service) GetOrder(ctx context.Context, req *ordersv1.GetOrderRequest) (*ordersv1.GetOrderResponse, error) {
	o, err := s.open(ctx, req.GetOrderId(), req.GetToken())
	if err != nil {
		return nil, err
	}
	return &ordersv1.GetOrderResponse{Order: toProto(o)}, nil
}

// open reads the order a token opens. It does not tell whether the order or
// the token is wrong.
func (s *Service) open(ctx context.Context, orderID, token string) (*order.Order, error) {
	o, err := s.Store.ByID(ctx, orderID)
	if errors.Is(err, order.ErrNotFound) {
		return nil, noOrder()
	}
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(o.Snapshot().Token), []byte(token)) != 1 {
		return nil, noOrder()
	}
	return o, nil
}

// ListOrders lists orders newest first: ids sort by the time they were made.
func (s *Service) ListOrders(ctx context.Context, req *ordersv1.ListOrdersRequest) (*ordersv1.ListOrdersResponse, error) {
	before, ok := beforeOf(req.GetPageToken())
	if !ok {
		return nil, contract.Error(codes.InvalidArgument, ordersv1.Reason_REASON_BAD_PAGE_TOKEN, "not a page token of this method")
	}
	statuses, err := statusesOf(req)
	if err != nil {
		return nil, err
	}
	size := cmp.Or(int(req.GetPageSize()), defaultPage)
	// One more tells whether there is a next page.
	found, err := s.Store.List(ctx, statuses, before, size+1)
	if err != nil {
		return nil, err
	}
	resp := &ordersv1.ListOrdersResponse{}
	if len(found) > size {
		found = found[:size]
		resp.NextPageToken = tokenBefore(found[size-1].ID())
	}
	for _, o := range found {
		resp.Orders = append(resp.Orders, toProto(o))
	}
	return resp, nil
}

func statusesOf(req *ordersv1.ListOrdersRequest) ([]order.Status, error) {
	var bad []contract.Violation
	if n := req.GetPageSize(); n < 0 || n > longestPage {
		bad = append(bad, contract.Violation{Field: "page_size", Message: "must be 1 to 200, or 0 for 50"})
	}
	var statuses []order.Status
	for _, wanted := range req.GetStatuses() {
		if status, ok := fromProto(wanted); ok {
			statuses = append(statuses, status)
			continue
		}
		bad = append(bad, contract.Violation{Field: "statuses", Message: "names a status there is not"})
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
