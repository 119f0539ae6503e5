package orderstest

import (
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
	"galleria/platform/contract"
	"galleria/platform/id"
)

func placeCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"sells what is in the cart, once it is paid": func(t *testing.T) { sells(t, NewShop(t, w)) },
		"is the same order when repeated, paid or not": func(t *testing.T) {
			s := NewShop(t, w)
			req := s.Request(s.Fill(1, s.Stock(3, 1000)))
			first, err := s.Orders.PlaceOrder(t.Context(), req)
			s.must("place", err)
			again, err := s.Orders.PlaceOrder(t.Context(), req)
			s.must("place again", err)
			if again.GetRedirectUrl() != first.GetRedirectUrl() || again.GetToken() != first.GetToken() || first.GetRedirectUrl() == "" {
				t.Errorf("got %v and then %v, want the same", first, again)
			}
			s.Pay(first.GetRedirectUrl())
			s.Awaits(first, opened)
			again, err = s.Orders.PlaceOrder(t.Context(), req)
			s.must("place a third time", err)
			wantStatus(t, again.GetOrder(), opened)
			if again.GetRedirectUrl() != "" || again.GetOrder().GetId() != first.GetOrder().GetId() {
				t.Errorf("got %v, want the open order and nothing to pay", again)
			}
		},
		"is one order when sent five times at once": func(t *testing.T) { fiveAtOnce(t, NewShop(t, w)) },
		"has one open order per cart": func(t *testing.T) {
			s := NewShop(t, w)
			cart := s.Fill(1, s.Stock(3, 1000))
			first, err := s.Orders.PlaceOrder(t.Context(), s.Request(cart))
			s.must("place", err)
			same, err := s.Orders.PlaceOrder(t.Context(), s.Request(cart)) // as of another tab
			s.must("place the same", err)
			if same.GetOrder().GetId() != first.GetOrder().GetId() || same.GetToken() != first.GetToken() || same.GetRedirectUrl() != first.GetRedirectUrl() {
				t.Errorf("got %v and then %v, want one order", first, same)
			}
		},
		"ends the unpaid order of a cart for a newer one": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(1, 1000)
			cart := s.Fill(1, sku)
			first, err := s.Orders.PlaceOrder(t.Context(), s.Request(cart))
			s.must("place", err)
			newer := s.Request(cart)
			newer.Contact.Name = "Ana Maria Example"
			second, err := s.Orders.PlaceOrder(t.Context(), newer)
			s.must("order anew", err)
			o := s.get(first)
			wantStatus(t, o, failed)
			if o.GetEndedBecause() != "replaced" || o.GetPaymentUrl() != "" {
				t.Errorf("the earlier order: got %v, want it replaced and not payable", o)
			}
			s.WantLevel(sku, 1, 1)
			s.Pay(second.GetRedirectUrl())
			s.WantMoney(s.Awaits(second, opened).GetId(), second.GetOrder().GetTotals().GetTotalMinor(), 0)
			s.WantMoney(o.GetId(), 0, 0)
			again, err := s.Orders.PlaceOrder(t.Context(), newer)
			s.must("repeat the newer one", err)
			if again.GetOrder().GetId() != second.GetOrder().GetId() {
				t.Errorf("got %v, want the newer order again", again)
			}
		},
		"has one open order of what was in a cart that was merged, and takes it out where it went": func(t *testing.T) {
			s := NewShop(t, w)
			casserole, mug := s.Stock(3, 1000), s.Stock(3, 500)
			guests, own := s.Fill(1, casserole), s.Fill(1, mug)
			first, err := s.Orders.PlaceOrder(t.Context(), s.Request(guests))
			s.must("place", err)
			s.Merge(guests, own)
			s.Pay(first.GetRedirectUrl())
			s.Awaits(first, opened)
			eventually(t, "only the mug is left", func() bool { return s.InCart(own) == 1 })
			second, err := s.Orders.PlaceOrder(t.Context(), s.Request(own))
			s.must("place the rest", err)
			if lines := second.GetOrder().GetLines(); len(lines) != 1 || lines[0].GetSku() != mug {
				t.Errorf("got %v, want the mug alone", lines)
			}
		},
		"ends an order for a newer one of the cart it was merged into, and the other way around": func(t *testing.T) {
			s := NewShop(t, w)
			guests, own := s.Fill(1, s.Stock(3, 1000)), s.Fill(1, s.Stock(3, 500))
			s.Merge(guests, own)
			first, err := s.Orders.PlaceOrder(t.Context(), s.Request(own))
			s.must("place", err)
			s.Merge(s.Fill(1, s.Stock(3, 700)), guests) // filled again, as an order sees it that read it before
			second, err := s.Orders.PlaceOrder(t.Context(), s.Request(guests))
			s.must("order the guest's cart", err)
			wantStatus(t, s.get(first), failed)
			_, err = s.Orders.PlaceOrder(t.Context(), s.Request(own))
			s.must("order the customer's cart again", err)
			wantStatus(t, s.get(second), failed)
		},
		"refuses an address without the region that its taxes depend on": func(t *testing.T) {
			s := NewShop(t, w)
			cart := s.Fill(1, s.Stock(3, 1000))
			to := func(region string) *ordersv1.PlaceOrderRequest {
				req := s.Request(cart)
				req.Address = &ordersv1.Address{Line1: "1 State Street", City: "Albany", PostalCode: "12207", Country: "US", Region: region}
				req.Quote = s.Quote(req).GetFingerprint()
				return req
			}
			for _, region := range []string{"", " ", "Yorkshire", "ZZ"} {
				req := to(region)
				_, err := s.Orders.PlaceOrder(t.Context(), req)
				if got := contract.Violations(err); len(got) != 1 || got[0].Field != "address.region" || !strings.HasPrefix(got[0].Message, "Choose a state") {
					t.Errorf("%q: got %v, want a violation of address.region", region, err)
				}
				// A client that agrees to a total instead of a quote is told the same.
				req.Quote, req.ExpectedTotal = "", &ordersv1.Total{CurrencyCode: "EUR", TotalMinor: s.Quote(req).GetTotals().GetTotalMinor()}
				_, err = s.Orders.PlaceOrder(t.Context(), req)
				if got := contract.Violations(err); len(got) != 1 || got[0].Field != "address.region" {
					t.Errorf("%q, with its total: got %v, want a violation of address.region", region, err)
				}
			}
			placed, err := s.Orders.PlaceOrder(t.Context(), to("new york"))
			s.must("place with the name of a state", err)
			if o := placed.GetOrder(); o.GetAddress().GetRegion() != "NY" || o.GetTotals().GetTaxMinor() == 0 {
				t.Errorf("got region %q and tax %d, want NY and its tax", o.GetAddress().GetRegion(), o.GetTotals().GetTaxMinor())
			}
		},
		"refuses a key used for another request": func(t *testing.T) {
			s := NewShop(t, w)
			req := s.Request(s.Fill(1, s.Stock(3, 1000)))
			_, err := s.Orders.PlaceOrder(t.Context(), req)
			s.must("place", err)
			other := proto.CloneOf(req)
			other.Address.City = "Hamburg"
			_, err = s.Orders.PlaceOrder(t.Context(), other)
			wantReason(t, err, codes.InvalidArgument, ordersv1.Reason_REASON_KEY_REUSED, nil)
		},
		"sells at the total that was expected, and what is chosen in the cart": func(t *testing.T) {
			s := NewShop(t, w)
			req := s.Request(s.Fill(1, s.Stock(3, 1000)))
			quoted := s.Quote(req).GetTotals().GetTotalMinor()
			req.Quote, req.ExpectedTotal = "", &ordersv1.Total{CurrencyCode: "EUR", TotalMinor: quoted + 1}
			_, err := s.Orders.PlaceOrder(t.Context(), req)
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_QUOTE_CHANGED, nil)
			req.ExpectedTotal.TotalMinor = quoted
			first, err := s.Orders.PlaceOrder(t.Context(), req)
			s.must("place", err)
			s.Pay(first.GetRedirectUrl())
			s.Awaits(first, opened)
			again, err := s.Orders.PlaceOrder(t.Context(), req)
			s.must("place again, with the cart empty", err)
			if got := again.GetOrder(); got.GetId() != first.GetOrder().GetId() || got.GetTotals().GetTotalMinor() != quoted {
				t.Errorf("got order %s for %d, want %s for %d", got.GetId(), got.GetTotals().GetTotalMinor(), first.GetOrder().GetId(), quoted)
			}
			req.Codes = []string{"A"}
			_, err = s.Orders.PlaceOrder(t.Context(), req)
			if got := contract.Violations(err); len(got) != 1 || got[0].Field != "expected_total" {
				t.Errorf("a total with codes: got %v, want it refused", err)
			}
		},
		"names every bad field": func(t *testing.T) {
			_, err := w.Orders.PlaceOrder(t.Context(), &ordersv1.PlaceOrderRequest{
				Contact: &ordersv1.Contact{Email: "nobody", Name: "see https://evil.example"}, Address: &ordersv1.Address{Country: "XX"},
			})
			got := map[string]bool{}
			for _, v := range contract.Violations(err) {
				got[v.Field] = true
			}
			for _, field := range []string{
				"idempotency_key", "cart_id", "quote", "return_url", "contact.email", "contact.name",
				"address.line1", "address.city", "address.postal_code", "address.country",
			} {
				if !got[field] {
					t.Errorf("got %v, want a violation of %s", err, field)
				}
			}
		},
		"refuses an empty cart": func(t *testing.T) {
			s := NewShop(t, w)
			_, err := s.Orders.PlaceOrder(t.Context(), s.Request(id.Secret()))
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_CART_EMPTY, nil)
		},
		"refuses another price than the one that was shown, and keeps nothing": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(3, 1000)
			req := s.Request(s.Fill(1, sku))
			s.Price(sku, 1100, true)
			_, err := s.Orders.PlaceOrder(t.Context(), req)
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_QUOTE_CHANGED, nil)
			req.Quote = s.Quote(req).GetFingerprint()
			_, err = s.Orders.PlaceOrder(t.Context(), req)
			s.must("place with the new price", err)
		},
		"refuses what is no longer sold": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(3, 1000)
			req := s.Request(s.Fill(1, sku))
			s.Price(sku, 1000, false)
			_, err := s.Orders.PlaceOrder(t.Context(), req)
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_SOLD, map[string]string{"sku": sku})
		},
		"says what ran out, the same when repeated, and keeps the cart": func(t *testing.T) {
			s := NewShop(t, w)
			sku := s.Stock(1, 1000)
			cart := s.Fill(2, sku)
			req := s.Request(cart)
			for range 2 {
				_, err := s.Orders.PlaceOrder(t.Context(), req)
				wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_OUT_OF_STOCK, map[string]string{"sku": sku, "available": "1"})
			}
			if got := s.InCart(cart); got != 2 {
				t.Errorf("got %d things in the cart, want both", got)
			}
			s.WantLevel(sku, 1, 0)
		},
		"limits the unpaid orders of a client": func(t *testing.T) {
			s := NewShop(t, w)
			sku, client := s.Stock(9, 1000), id.New()
			for n := range 5 {
				req := s.Request(s.Fill(1, sku))
				req.Client = client
				_, err := s.Orders.PlaceOrder(t.Context(), req)
				if n < 4 {
					s.must("place", err)
				} else {
					wantReason(t, err, codes.ResourceExhausted, ordersv1.Reason_REASON_TOO_MANY_ORDERS, nil)
				}
			}
			s.WantLevel(sku, 9, 4)
		},
		"waits on after a card that was declined": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Place(s.Stock(3, 1000), 1)
			s.PayWith(placed.GetRedirectUrl(), paymentstest.CardDeclined)
			wantStatus(t, s.get(placed), placing)
			s.Pay(placed.GetRedirectUrl())
			s.Awaits(placed, opened)
		},
	}
}

func sells(t *testing.T, s Shop) {
	mug, tea := s.Stock(10, 1250), s.Stock(5, 399)
	cart := s.Fill(2, mug, tea)
	req := s.Request(cart)
	quote := s.Quote(req)
	placed, err := s.Orders.PlaceOrder(t.Context(), req)
	s.must("place", err)
	o := placed.GetOrder()
	wantStatus(t, o, placing)
	total := quote.GetTotals().GetTotalMinor()
	if o.GetTotals().GetTotalMinor() != total || o.GetTotals().GetGoodsMinor() != 2*(1250+399) || o.GetCurrencyCode() != "EUR" || len(o.GetLines()) != 2 {
		t.Errorf("got %v, want the quote %v", o, quote)
	}
	if o.GetPaymentStatus() != ordersv1.PaymentStatus_PAYMENT_STATUS_WAITING || o.GetDelivery().GetName() == "" || o.GetHoldEndsAt() == nil || len(o.GetTaxes()) == 0 {
		t.Errorf("got %v, want delivery, taxes, and a hold that ends", o)
	}
	if !proto.Equal(o.GetContact(), req.GetContact()) || !proto.Equal(o.GetAddress(), req.GetAddress()) {
		t.Errorf("got %v at %v, want what was asked for", o.GetContact(), o.GetAddress())
	}
	if len(placed.GetToken()) < 22 {
		t.Errorf("a token of %d characters can be guessed", len(placed.GetToken()))
	}
	s.WantLevel(mug, 10, 2)
	if got := s.InCart(cart); got != 4 {
		t.Errorf("got %d things in the cart of an order that is not paid, want all", got)
	}
	s.Pay(placed.GetRedirectUrl())
	o = s.Awaits(placed, opened)
	if o.GetPaymentStatus() != ordersv1.PaymentStatus_PAYMENT_STATUS_PAID || o.GetPaymentMethod().GetLast4() != "4242" || o.GetPaymentUrl() != "" {
		t.Errorf("got %v, want paid with the card, and nothing more to pay", o)
	}
	eventually(t, "the cart is empty", func() bool { return s.InCart(cart) == 0 })
	s.WantLevel(mug, 10, 2)
	s.WantMoney(o.GetId(), total, 0)
}

func fiveAtOnce(t *testing.T, s Shop) {
	sku := s.Stock(5, 700)
	req := s.Request(s.Fill(1, sku))
	var answers [5]*ordersv1.PlaceOrderResponse
	var errs [5]error
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i], errs[i] = s.Orders.PlaceOrder(t.Context(), req) })
	}
	all.Wait()
	for i := range answers {
		if errs[i] != nil {
			t.Fatalf("call %d: %v (%s)", i, errs[i], status.Code(errs[i]))
		}
		if got, want := answers[i].GetRedirectUrl(), answers[0].GetRedirectUrl(); got != want {
			t.Errorf("call %d: got %s, want %s", i, got, want)
		}
	}
	s.WantLevel(sku, 5, 1)
}
