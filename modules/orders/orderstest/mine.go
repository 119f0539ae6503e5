package orderstest

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
	"galleria/platform/identity"
)

// placeFor places an order for an address, without logging in.
func (s Shop) placeFor(sku, email string) string {
	s.t.Helper()
	req := s.Request(s.Fill(1, sku))
	req.Contact.Email = email
	placed, err := s.Orders.PlaceOrder(s.t.Context(), req)
	s.must("place the order", err)
	return placed.GetOrder().GetId()
}

func myCases(w World) map[string]func(t *testing.T) {
	customer := []string{"customer"}
	return map[string]func(t *testing.T){
		"lists those of the verified address, newest first, page by page": func(t *testing.T) {
			s := NewShop(t, w)
			sku, name := s.Stock(20, 100), id.New()
			var placed []string
			for _, email := range []string{name + "@example.org", strings.ToUpper(name) + "@Example.Org", name + "@EXAMPLE.org"} {
				placed = append([]string{s.placeFor(sku, email)}, placed...)
				s.placeFor(sku, "x"+email)
			}
			ctx := As(t, t.Context(), identity.Identity{Subject: "a", Email: name + "@example.org", Roles: customer})
			var listed []string
			for req := (&ordersv1.ListMyOrdersRequest{PageSize: 2}); ; {
				page, err := s.Orders.ListMyOrders(ctx, req)
				s.must("list", err)
				for _, o := range page.GetOrders() {
					listed = append(listed, o.GetId())
				}
				if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
					break
				}
			}
			if !slices.Equal(listed, placed) {
				t.Errorf("got %v, want %v", listed, placed)
			}
		},
		"finds an address whose domain has letters beyond ASCII": func(t *testing.T) {
			s := NewShop(t, w)
			name := id.New()
			placed := s.placeFor(s.Stock(10, 100), name+"@BÜCHER.example")
			mine, err := s.Orders.ListMyOrders(As(t, t.Context(), identity.Identity{Subject: "a", Email: name + "@xn--bcher-kva.example", Roles: customer}), &ordersv1.ListMyOrdersRequest{})
			s.must("list", err)
			if len(mine.GetOrders()) != 1 || mine.GetOrders()[0].GetId() != placed {
				t.Errorf("got %v, want the one order", mine.GetOrders())
			}
		},
		"lists nothing for who has no verified address": func(t *testing.T) {
			s := NewShop(t, w)
			s.Place(s.Stock(10, 100), 1)
			mine, err := s.Orders.ListMyOrders(As(t, t.Context(), identity.Identity{Subject: "a", Roles: customer}), &ordersv1.ListMyOrdersRequest{})
			s.must("list", err)
			if len(mine.GetOrders()) != 0 || mine.GetNextPageToken() != "" {
				t.Errorf("got %v, want none", mine.GetOrders())
			}
		},
		"refuses nobody, and programs": func(t *testing.T) {
			_, err := w.Orders.ListMyOrders(t.Context(), &ordersv1.ListMyOrdersRequest{})
			wantReason(t, err, codes.PermissionDenied, ordersv1.Reason_REASON_NOT_ALLOWED, nil)
			_, err = w.Orders.ListMyOrders(As(t, t.Context(), identity.Identity{Subject: "key:1", Email: "ana@example.org", Scopes: []string{"orders:read"}}), &ordersv1.ListMyOrdersRequest{})
			wantReason(t, err, codes.PermissionDenied, ordersv1.Reason_REASON_NOT_ALLOWED, nil)
		},
		"refuses sizes and page tokens it did not make": func(t *testing.T) {
			ctx := As(t, t.Context(), identity.Identity{Subject: "a", Email: "ana@example.org", Roles: customer})
			_, err := w.Orders.ListMyOrders(ctx, &ordersv1.ListMyOrdersRequest{PageToken: "elsewhere"})
			wantReason(t, err, codes.InvalidArgument, ordersv1.Reason_REASON_BAD_PAGE_TOKEN, nil)
			if _, err := w.Orders.ListMyOrders(ctx, &ordersv1.ListMyOrdersRequest{PageSize: 201}); len(contract.Violations(err)) != 1 {
				t.Errorf("got %v, want a violation of page_size", err)
			}
		},
	}
}
