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
)

const (
	confirmed  = ordersv1.OrderStatus_ORDER_STATUS_CONFIRMED
	completed  = ordersv1.OrderStatus_ORDER_STATUS_COMPLETED
	cancelled  = ordersv1.OrderStatus_ORDER_STATUS_CANCELLED
	cancelling = ordersv1.OrderStatus_ORDER_STATUS_CANCELLING
	shipped    = ordersv1.OrderStatus_ORDER_STATUS_SHIPPED
)

func placeCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"buys what is in the cart at the shop's prices": func(t *testing.T) { buysTheCart(t, NewShop(t, w)) },
		"is the same order when repeated":               func(t *testing.T) { repeats(t, NewShop(t, w)) },
		"is one order when sent five times at once":     func(t *testing.T) { fiveAtOnce(t, NewShop(t, w)) },
		"refuses a key used for another request":        func(t *testing.T) { keyReused(t, NewShop(t, w)) },
		"names every bad field and keeps nothing":       func(t *testing.T) { badFields(t, NewShop(t, w)) },
		"refuses an empty cart":                         func(t *testing.T) { emptyCart(t, NewShop(t, w)) },
		"refuses what is no longer sold":                func(t *testing.T) { notSold(t, NewShop(t, w)) },
		"refuses another price than the guest saw":      func(t *testing.T) { priceChanged(t, NewShop(t, w)) },
		"says what ran out and keeps the cart":          func(t *testing.T) { outOfStock(t, NewShop(t, w)) },
		"says why the card was declined":                func(t *testing.T) { declined(t, NewShop(t, w)) },
		"refuses a card nobody knows":                   func(t *testing.T) { unknownCard(t, NewShop(t, w)) },
		"says that payments do not answer":              func(t *testing.T) { paymentsAway(t, NewShop(t, w)) },
		"survives lost answers of payments":             func(t *testing.T) { lostAnswers(t, NewShop(t, w)) },
	}
}

func buysTheCart(t *testing.T, s Shop) {
	mug, tea := s.Stock(10, 1250), s.Stock(5, 399)
	cart := s.Fill(2, mug, tea)
	req := s.Request(cart, paymentstest.CardVisa)
	req.ExpectedTotalMinor = 2 * (1250 + 399)
	placed, err := s.Orders.PlaceOrder(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	o := placed.GetOrder()
	if o.GetTotalMinor() != 3298 || o.GetCurrencyCode() != "EUR" || len(o.GetLines()) != 2 {
		t.Errorf("got %d %s for %d lines, want 3298 EUR for 2", o.GetTotalMinor(), o.GetCurrencyCode(), len(o.GetLines()))
	}
	if l := o.GetLines()[0]; l.GetSku() != mug || l.GetQuantity() != 2 || l.GetUnitPriceMinor() != 1250 || l.GetTotalMinor() != 2500 || l.GetName() == "" {
		t.Errorf("got line %v, want two of %s at 1250", l, mug)
	}
	if o.GetCardLast4() != "4242" || o.GetCardBrand() != "visa" {
		t.Errorf("got card %s %s, want visa 4242", o.GetCardBrand(), o.GetCardLast4())
	}
	if !proto.Equal(o.GetContact(), req.GetContact()) || !proto.Equal(o.GetAddress(), req.GetAddress()) {
		t.Errorf("got %v at %v, want what was asked for", o.GetContact(), o.GetAddress())
	}
	if len(placed.GetToken()) < 22 {
		t.Errorf("a token of %d characters can be guessed", len(placed.GetToken()))
	}
	eventually(t, "the order is completed and the cart empty", func() bool { return s.get(placed).GetStatus() == completed && s.InCart(cart) == 0 })
	s.WantLevel(mug, 8, 2)
	s.WantLevel(tea, 3, 2)
	s.WantMoney(o.GetId(), 3298, 0)
	at := s.get(placed).GetTimeline()
	for i := range at {
		if want := ordersv1.OrderStatus(i + 1); at[i].GetStatus() != want || at[i].GetAt() == nil {
			t.Errorf("timeline[%d]: got %s, want %s with a time", i, at[i].GetStatus(), want)
		}
	}
}

func repeats(t *testing.T, s Shop) {
	sku := s.Stock(3, 1000)
	req := s.Request(s.Fill(1, sku), paymentstest.CardVisa)
	first, err := s.Orders.PlaceOrder(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	// A shop whose answer was lost hands the card over once more.
	req.PaymentMethodId = s.Card(paymentstest.CardVisa)
	again, err := s.Orders.PlaceOrder(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if first.GetOrder().GetId() != again.GetOrder().GetId() || first.GetToken() != again.GetToken() {
		t.Errorf("got order %s and then %s, want the same with the same token", first.GetOrder().GetId(), again.GetOrder().GetId())
	}
	eventually(t, "one was sold", func() bool { return s.Level(sku).GetAllocated() == 1 })
	s.WantLevel(sku, 2, 1)
}

func fiveAtOnce(t *testing.T, s Shop) {
	sku := s.Stock(5, 700)
	req := s.Request(s.Fill(1, sku), paymentstest.CardVisa)
	var answers [5]*ordersv1.PlaceOrderResponse
	var errs [5]error
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i], errs[i] = s.Orders.PlaceOrder(t.Context(), req) })
	}
	all.Wait()
	for i := range answers {
		if errs[i] != nil {
			t.Fatalf("call %d: %v", i, errs[i])
		}
		if got, want := answers[i].GetOrder().GetId(), answers[0].GetOrder().GetId(); got != want || answers[i].GetToken() != answers[0].GetToken() {
			t.Errorf("call %d: got order %s, want %s with the same token", i, got, want)
		}
	}
	eventually(t, "one was sold", func() bool { return s.Level(sku).GetAllocated() == 1 })
	s.WantLevel(sku, 4, 1)
}

func keyReused(t *testing.T, s Shop) {
	sku := s.Stock(5, 700)
	req := s.Request(s.Fill(1, sku), paymentstest.CardVisa)
	if _, err := s.Orders.PlaceOrder(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*ordersv1.PlaceOrderRequest){
		"cart":     func(r *ordersv1.PlaceOrderRequest) { r.CartId = s.Fill(1, sku) },
		"email":    func(r *ordersv1.PlaceOrderRequest) { r.Contact.Email = "bob@example.org" },
		"city":     func(r *ordersv1.PlaceOrderRequest) { r.Address.City = "Paris" },
		"expected": func(r *ordersv1.PlaceOrderRequest) { r.ExpectedTotalMinor = 7 },
	} {
		other := proto.CloneOf(req)
		change(other)
		_, err := s.Orders.PlaceOrder(t.Context(), other)
		if status.Code(err) != codes.InvalidArgument || !contract.Is(err, ordersv1.Reason_REASON_KEY_REUSED) {
			t.Errorf("another %s: got %v, want KEY_REUSED", what, err)
		}
	}
}

func badFields(t *testing.T, s Shop) {
	sku := s.Stock(5, 700)
	good := s.Request(s.Fill(1, sku), paymentstest.CardVisa)
	bad := proto.CloneOf(good)
	bad.Contact = &ordersv1.Contact{Email: "ana@home@work", Name: "Ana\nBcc: all@example.org"}
	bad.Address = &ordersv1.Address{Line1: strings.Repeat("x", 101), City: " ", PostalCode: "", Country: "XX"}
	_, err := s.Orders.PlaceOrder(t.Context(), bad)
	if status.Code(err) != codes.InvalidArgument {
		t.Fatalf("got %v, want INVALID_ARGUMENT", err)
	}
	named := map[string]bool{}
	for _, v := range contract.Violations(err) {
		named[v.Field] = v.Message != ""
	}
	for _, field := range []string{"contact.email", "contact.name", "address.line1", "address.city", "address.postal_code", "address.country"} {
		if !named[field] {
			t.Errorf("%s is not named in %v", field, err)
		}
	}
	// The key is as good as new.
	if _, err := s.Orders.PlaceOrder(t.Context(), good); err != nil {
		t.Errorf("the corrected form: %v", err)
	}
}

func emptyCart(t *testing.T, s Shop) {
	_, err := s.Orders.PlaceOrder(t.Context(), s.Request(s.Fill(1), paymentstest.CardVisa))
	wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_CART_EMPTY, nil)
}

func notSold(t *testing.T, s Shop) {
	mug, tea := s.Stock(5, 700), s.Stock(5, 300)
	cart := s.Fill(1, mug, tea)
	s.Price(tea, 300, false)
	_, err := s.Orders.PlaceOrder(t.Context(), s.Request(cart, paymentstest.CardVisa))
	wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_SOLD, map[string]string{"sku": tea})
	s.WantLevel(mug, 5, 0)
}

func priceChanged(t *testing.T, s Shop) {
	sku := s.Stock(5, 700)
	req := s.Request(s.Fill(1, sku), paymentstest.CardVisa)
	req.ExpectedTotalMinor = 700
	s.Price(sku, 800, true)
	_, err := s.Orders.PlaceOrder(t.Context(), req)
	wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_PRICE_CHANGED, nil)
	s.WantLevel(sku, 5, 0)
}

func outOfStock(t *testing.T, s Shop) {
	mug, tea := s.Stock(5, 700), s.Stock(2, 300)
	cart := s.Fill(3, mug, tea)
	req := s.Request(cart, paymentstest.CardVisa)
	facts := map[string]string{"sku": tea, "available": "2"}
	for range 2 {
		_, err := s.Orders.PlaceOrder(t.Context(), req)
		wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_OUT_OF_STOCK, facts)
	}
	s.WantLevel(mug, 5, 0)
	if got := s.InCart(cart); got != 6 {
		t.Errorf("got %d things in the cart, want all 6", got)
	}
}

func declined(t *testing.T, s Shop) {
	for number, code := range map[string]string{
		paymentstest.CardDeclined: "card_declined", paymentstest.CardInsufficientFunds: "insufficient_funds",
	} {
		sku := s.Stock(5, 700)
		cart := s.Fill(2, sku)
		req := s.Request(cart, number)
		for range 2 {
			_, err := s.Orders.PlaceOrder(t.Context(), req)
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_PAYMENT_DECLINED, map[string]string{"decline_code": code})
		}
		eventually(t, "the goods are back", func() bool { return s.Level(sku).GetAvailable() == 5 })
		if got := s.InCart(cart); got != 2 {
			t.Errorf("got %d things in the cart, want both", got)
		}
		// With a good card, under a new key.
		if _, err := s.Orders.PlaceOrder(t.Context(), s.Request(cart, paymentstest.CardVisa)); err != nil {
			t.Errorf("a second attempt with a good card: %v", err)
		}
	}
}

func unknownCard(t *testing.T, s Shop) {
	sku := s.Stock(5, 700)
	req := s.Request(s.Fill(2, sku), paymentstest.CardVisa)
	req.PaymentMethodId = "pm_nobody_knows"
	_, err := s.Orders.PlaceOrder(t.Context(), req)
	wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_PAYMENT_DECLINED, nil)
	eventually(t, "the goods are back", func() bool { return s.Level(sku).GetAvailable() == 5 })
}

func paymentsAway(t *testing.T, s Shop) {
	sku := s.Stock(5, 700)
	cart := s.Fill(2, sku)
	req := s.Request(cart, paymentstest.CardUnavailable)
	for range 2 {
		_, err := s.Orders.PlaceOrder(t.Context(), req)
		wantReason(t, err, codes.Unavailable, ordersv1.Reason_REASON_PAYMENT_UNAVAILABLE, nil)
	}
	eventually(t, "the goods are back", func() bool { return s.Level(sku).GetAvailable() == 5 })
	if got := s.InCart(cart); got != 2 {
		t.Errorf("got %d things in the cart, want both", got)
	}
}

func lostAnswers(t *testing.T, s Shop) {
	for _, number := range []string{paymentstest.CardLostAuthorization, paymentstest.CardLostCapture} {
		sku := s.Stock(5, 700)
		placed, err := s.Orders.PlaceOrder(t.Context(), s.Request(s.Fill(1, sku), number))
		if err != nil {
			t.Fatalf("card %s: %v", number, err)
		}
		eventually(t, "the order is completed", func() bool { return s.get(placed).GetStatus() == completed })
		s.WantLevel(sku, 4, 1)
		s.WantMoney(placed.GetOrder().GetId(), 700, 0)
	}
}
