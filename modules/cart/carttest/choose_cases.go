package carttest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"

	cartv1 "galleria/modules/cart/v1"
	"galleria/platform/contract"
	"galleria/platform/module/moduletest"
)

func codeCases(w World) cases {
	set := func(g *guest, all ...string) error {
		_, err := w.Cart.SetCodes(g.Context(), &cartv1.SetCodesRequest{CartId: g.cart, Codes: all})
		return err
	}
	return cases{
		"keeps codes as pricing reads them, each once": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.add(1, 1)
			for range 2 {
				g.must(set(g, " welcome10", "Été-5", "WELCOME10"))
				if got := g.get(); !slices.Equal(got.GetCodes(), []string{"WELCOME10", "ÉTÉ-5"}) || got.GetVersion() != 2 {
					t.Errorf("got codes %q in version %d, want WELCOME10 and ÉTÉ-5 in version 2", got.GetCodes(), got.GetVersion())
				}
			}
			g.must(set(g))
			if got := g.get(); len(got.GetCodes()) > 0 || got.GetVersion() != 3 {
				t.Errorf("got codes %q in version %d, want none in version 3", got.GetCodes(), got.GetVersion())
			}
		},
		"makes no cart": func(t *testing.T) {
			g := w.guest(t)
			moduletest.WantReason(t, set(g, "CODE"), codes.NotFound, cartv1.Reason_REASON_NO_CART)
			if got := g.get().GetVersion(); got != 0 {
				t.Errorf("got version %d, want no cart", got)
			}
		},
		"writes over the codes that were expected alone": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.add(1, 1)
			for range 2 { // a repeat finds what it wrote
				g.must(setOver(g, nil, "first"))
				g.wantCodes(2, "FIRST")
			}
			moduletest.WantReason(t, setOver(g, nil, "second"), codes.Aborted, cartv1.Reason_REASON_CHANGED_MEANWHILE)
			moduletest.WantReason(t, setOver(g, []string{"OTHER"}), codes.Aborted, cartv1.Reason_REASON_CHANGED_MEANWHILE)
			g.wantCodes(2, "FIRST")
			g.must(setOver(g, []string{" First"}, "first", "second"))
			g.wantCodes(3, "FIRST", "SECOND")
			moduletest.WantReason(t, setOver(g, []string{"SECOND", "FIRST"}), codes.Aborted, cartv1.Reason_REASON_CHANGED_MEANWHILE)
			g.must(setOver(g, []string{"FIRST", "SECOND"}))
			g.wantCodes(4)
			none := w.guest(t)
			moduletest.WantReason(t, setOver(none, nil, "CODE"), codes.NotFound, cartv1.Reason_REASON_NO_CART)
		},
		"keeps all codes that are added at once": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.add(1, 1)
			var all sync.WaitGroup
			for i := range 5 {
				all.Go(func() {
					for {
						held := g.get().GetCodes()
						err := setOver(g, held, append(slices.Clone(held), fmt.Sprint("CODE", i))...)
						if !contract.Is(err, cartv1.Reason_REASON_CHANGED_MEANWHILE) {
							if err != nil {
								t.Error(err)
							}
							return
						}
					}
				})
			}
			all.Wait()
			if got := slices.Sorted(slices.Values(g.get().GetCodes())); !slices.Equal(got, []string{"CODE0", "CODE1", "CODE2", "CODE3", "CODE4"}) {
				t.Errorf("got codes %q, want all five", got)
			}
		},
		"names what is wrong with a request": func(t *testing.T) {
			_, err := w.Cart.SetCodes(t.Context(), &cartv1.SetCodesRequest{
				Codes: []string{"A", " ", "B C", strings.Repeat("x", 65), "D"}, Expected: &cartv1.ExpectedCodes{Codes: []string{"A", ""}},
			})
			moduletest.WantFields(t, err, "cart_id", "codes[1]", "codes[2]", "codes[3]", "expected.codes[1]")
			g := w.guest(t)
			moduletest.WantFields(t, set(g, "1", "2", "3", "4", "5", "6"), "codes")
		},
	}
}

// setOver sets codes, if the cart has the expected ones.
func setOver(g *guest, expected []string, all ...string) error {
	_, err := g.Cart.SetCodes(g.Context(), &cartv1.SetCodesRequest{CartId: g.cart, Codes: all, Expected: &cartv1.ExpectedCodes{Codes: expected}})
	return err
}

func (g *guest) wantCodes(version int64, want ...string) {
	g.Helper()
	if got := g.get(); !slices.Equal(got.GetCodes(), want) || got.GetVersion() != version {
		g.Errorf("got codes %q in version %d, want %q in version %d", got.GetCodes(), got.GetVersion(), want, version)
	}
}

// choice is one thing that is chosen for a cart.
type choice struct {
	field string
	set   func(g *guest, id string) error
	of    func(*cartv1.Cart) string
}

var (
	setDelivery = choice{"delivery_option", func(g *guest, id string) error {
		_, err := g.Cart.SetDelivery(g.Context(), &cartv1.SetDeliveryRequest{CartId: g.cart, DeliveryOption: id})
		return err
	}, (*cartv1.Cart).GetDeliveryOption}
	setCustomer = choice{"customer_id", func(g *guest, id string) error {
		_, err := g.Operator.SetCustomer(g.Context(), &cartv1.SetCustomerRequest{CartId: g.cart, CustomerId: id})
		return err
	}, (*cartv1.Cart).GetCustomerId}
)

func choiceCases(w World, c choice) cases {
	return cases{
		"keeps it, and a repeat changes nothing": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.add(1, 1)
			for i, id := range []string{"express-1", "standard", ""} {
				for range 2 {
					g.must(c.set(g, id))
					if got, version := g.get(), int64(2+i); c.of(got) != id || got.GetVersion() != version {
						t.Errorf("got %q in version %d, want %q in version %d", c.of(got), got.GetVersion(), id, version)
					}
				}
			}
		},
		"makes no cart": func(t *testing.T) {
			g := w.guest(t)
			moduletest.WantReason(t, c.set(g, "one"), codes.NotFound, cartv1.Reason_REASON_NO_CART)
		},
		"names what is wrong with a request": func(t *testing.T) {
			g := w.guest(t)
			for _, id := range []string{"a b", strings.Repeat("x", 65)} {
				moduletest.WantFields(t, c.set(g, id), c.field)
			}
			g.cart = ""
			moduletest.WantFields(t, c.set(g, "\x00"), "cart_id", c.field)
		},
	}
}

func (g *guest) must(err error) {
	g.Helper()
	if err != nil {
		g.Fatal(err)
	}
}

// customerCases are those of choices, which an operator makes, and what others may not.
func customerCases(w World) cases {
	all := choiceCases(w, setCustomer)
	all["takes no cart from its customer"] = func(t *testing.T) {
		g := w.guest(t)
		g.sell(1)
		g.add(1, 1)
		for range 2 { // as who logs in
			_, err := g.Cart.SetCustomer(t.Context(), &cartv1.SetCustomerRequest{CartId: g.cart, CustomerId: "ana"})
			g.must(err)
		}
		for _, other := range []string{"ben", ""} {
			_, err := g.Cart.SetCustomer(t.Context(), &cartv1.SetCustomerRequest{CartId: g.cart, CustomerId: other})
			moduletest.WantReason(t, err, codes.PermissionDenied, cartv1.Reason_REASON_NOT_ALLOWED)
		}
		if got := g.get().GetCustomerId(); got != "ana" {
			t.Errorf("got customer %q, want ana", got)
		}
	}
	all["gives a cart to one of several people at once"] = func(t *testing.T) {
		g := w.guest(t)
		g.sell(1)
		g.add(1, 1)
		const people = 8
		begin, results := make(chan struct{}), make(chan string, people)
		for i := range people {
			who := fmt.Sprint("person-", i)
			go func() {
				<-begin
				if _, err := g.Cart.SetCustomer(t.Context(), &cartv1.SetCustomerRequest{CartId: g.cart, CustomerId: who}); err != nil {
					who = ""
				}
				results <- who
			}()
		}
		close(begin)
		var owners []string
		for range people {
			if who := <-results; who != "" {
				owners = append(owners, who)
			}
		}
		if got := g.get().GetCustomerId(); len(owners) != 1 || owners[0] != got {
			t.Errorf("%q were told that the cart is theirs, and it is %q's; want one of them", owners, got)
		}
	}
	return all
}
