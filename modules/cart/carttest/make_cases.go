package carttest

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	cartv1 "galleria/modules/cart/v1"
	"galleria/platform/module/moduletest"
)

func createCases(w World) cases {
	create := func(g *guest) error {
		_, err := w.Cart.CreateCart(g.Context(), &cartv1.CreateCartRequest{CartId: g.cart})
		return err
	}
	return cases{
		"makes an empty cart, once": func(t *testing.T) {
			g := w.guest(t)
			for range 2 {
				g.must(create(g))
				if got := g.get(); got.GetVersion() != 1 || len(got.GetLines()) > 0 || got.GetExpiresAt() == nil {
					t.Errorf("got %v, want an empty cart in version 1", got)
				}
			}
		},
		"leaves one that is there as it is": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.add(1, 2)
			g.must(create(g))
			if got := g.get(); got.GetVersion() != 1 || got.GetItemCount() != 2 {
				t.Errorf("got %v, want 2 things in version 1", got)
			}
		},
		"names what is wrong with a request": func(t *testing.T) {
			g := w.guest(t)
			g.cart = "short"
			moduletest.WantFields(t, create(g), "cart_id")
		},
	}
}

func destinationCases(w World) cases {
	set := func(g *guest, to *cartv1.Destination) error {
		_, err := w.Cart.SetDestination(g.Context(), &cartv1.SetDestinationRequest{CartId: g.cart, Destination: to})
		return err
	}
	return cases{
		"keeps it, and a repeat changes nothing": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.add(1, 1)
			for i, to := range []*cartv1.Destination{{Country: "US", Region: "CA", PostalCode: "94 103"}, {Country: "PT"}, nil} {
				for range 2 {
					g.must(set(g, to))
					if got := g.get(); !proto.Equal(got.GetDestination(), to) || got.GetVersion() != int64(2+i) {
						t.Errorf("got %v in version %d, want %v in version %d", got.GetDestination(), got.GetVersion(), to, 2+i)
					}
				}
			}
		},
		"makes no cart": func(t *testing.T) {
			moduletest.WantReason(t, set(w.guest(t), &cartv1.Destination{Country: "PT"}), codes.NotFound, cartv1.Reason_REASON_NO_CART)
		},
		"names what is wrong with a request": func(t *testing.T) {
			g := w.guest(t)
			moduletest.WantFields(t, set(g, &cartv1.Destination{Country: "pt", Region: "a\tb", PostalCode: strings.Repeat("1", 21)}),
				"destination.country", "destination.region", "destination.postal_code")
		},
	}
}
