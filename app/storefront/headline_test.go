package storefront

import (
	"strings"
	"testing"

	ordersv1 "galleria/modules/orders/v1"
	pricingv1 "galleria/modules/pricing/v1"
)

// TestAnOrdersPageSaysWhatIsTrue of money and goods, also when the usual way was left.
func TestAnOrdersPageSaysWhatIsTrue(t *testing.T) {
	const (
		placing   = ordersv1.OrderStatus_ORDER_STATUS_PLACING
		open      = ordersv1.OrderStatus_ORDER_STATUS_OPEN
		closed    = ordersv1.OrderStatus_ORDER_STATUS_CLOSED
		failed    = ordersv1.OrderStatus_ORDER_STATUS_FAILED
		cancelled = ordersv1.OrderStatus_ORDER_STATUS_CANCELLED
		refused   = ordersv1.RefundStatus_REFUND_STATUS_FAILED
		pending   = ordersv1.RefundStatus_REFUND_STATUS_PENDING
		succeeded = ordersv1.RefundStatus_REFUND_STATUS_SUCCEEDED
	)
	parcel := []*ordersv1.Fulfilment{{Carrier: "Post"}}
	refund := func(all ...ordersv1.RefundStatus) (made []*ordersv1.Refund) {
		for _, s := range all {
			made = append(made, &ordersv1.Refund{AmountMinor: 11900, Status: s})
		}
		return made
	}
	byHand := refund(refused)
	byHand[0].Left = true
	for name, test := range map[string]struct {
		order              *ordersv1.Order
		says, saysNot      string
		packed, cancelable bool
	}{
		"waits to be paid": {&ordersv1.Order{Status: placing, PaymentUrl: "https://pay.example/1"}, "waiting for your payment", "charged", false, true},
		"is called off, and may be paid": {&ordersv1.Order{Status: placing, EndedBecause: "on_request", PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_WAITING},
			"If it was, the money goes back", "Nothing was charged", false, false},
		"was called off unpaid":             {&ordersv1.Order{Status: failed, EndedBecause: "on_request"}, "Nothing was charged", "money", false, false},
		"is cancelled, the money goes back": {&ordersv1.Order{Status: cancelled, Refunds: refund(pending)}, "on its way back", "charged", false, false},
		"is cancelled, the bank refuses":    {&ordersv1.Order{Status: cancelled, Refunds: refund(refused)}, "A refund of €119.00 could not be carried out", "on its way back", false, false},
		"is cancelled, another refund than the refused one went through": {&ordersv1.Order{Status: cancelled, Refunds: refund(refused, succeeded), PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_REFUNDED},
			"The money went back to your card", "could not be carried out", false, false},
		"is cancelled, another refund than the refused one is under way": {&ordersv1.Order{Status: cancelled, Refunds: refund(refused, pending), PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_PAID},
			"on its way back", "could not be carried out", false, false},
		"is closed, its goods refunded and not the delivery": {&ordersv1.Order{Status: closed, RefundedMinor: 11900, CurrencyCode: "EUR", Refunds: refund(succeeded), PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_PARTLY_REFUNDED,
			DeliveryStatus: ordersv1.DeliveryStatus_DELIVERY_STATUS_NONE}, "€119.00 went back to your card", "on its way back", false, false},
		"is sent, and its refused refund was made by hand": {&ordersv1.Order{Status: closed, Fulfilments: parcel, DeliveryStatus: ordersv1.DeliveryStatus_DELIVERY_STATUS_SHIPPED, Refunds: byHand},
			"A refund of €119.00 could not be made to your card, and the shop has settled it by hand", "We know of it", true, false},
		"is cancelled, its refused refund was made by hand": {&ordersv1.Order{Status: cancelled, Refunds: byHand},
			"the shop has settled it by hand", "You were not charged", false, false},
		"is sent in part, its rest cancelled": {&ordersv1.Order{Status: closed, Fulfilments: parcel, DeliveryStatus: ordersv1.DeliveryStatus_DELIVERY_STATUS_SHIPPED, Lines: []*ordersv1.Line{{Quantity: 3, Shipped: 1, Cancelled: 2}}},
			"The rest of your order is not sent", "follows", true, false},
		"is sent, and its refund was refused": {&ordersv1.Order{Status: closed, Fulfilments: parcel, DeliveryStatus: ordersv1.DeliveryStatus_DELIVERY_STATUS_SHIPPED, Refunds: refund(refused)},
			"A refund of €119.00 could not be carried out", "on its way back", true, false},
		"is sent, and another refund than the refused one went through": {&ordersv1.Order{Status: closed, Fulfilments: parcel, DeliveryStatus: ordersv1.DeliveryStatus_DELIVERY_STATUS_SHIPPED, Refunds: refund(refused, succeeded)},
			"Your parcel has left", "could not be carried out", true, false},
		"is open": {&ordersv1.Order{Status: open}, "Your order is confirmed", "parcel", true, true},
		"is open, its money held": {&ordersv1.Order{Status: open, PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED},
			"held on your card, and taken when your parcel leaves", "went through", true, true},
		"is open, its money let go": {&ordersv1.Order{Status: open, PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_NONE, Totals: &ordersv1.Totals{TotalMinor: 11900}},
			"Nothing was charged: you can cancel it", "confirmed", true, true},
		"is open and costs nothing": {&ordersv1.Order{Status: open, PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_NONE, Totals: &ordersv1.Totals{}},
			"Your order is confirmed", "charged", true, true},
		"is sent in part, its money let go": {&ordersv1.Order{Status: open, Fulfilments: parcel, PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_NONE, Totals: &ordersv1.Totals{TotalMinor: 11900}},
			"the rest is not sent", "follows", true, false},
		"was refused its payment": {&ordersv1.Order{Status: failed, EndedBecause: "payment_refused"}, "refused this payment. Nothing was charged", "unavailable", false, false},
		"gives way to a newer one": {&ordersv1.Order{Status: placing, EndedBecause: "replaced", PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_WAITING},
			"If it was, it is sent", "money goes back", false, false},
		"gave way to a newer one": {&ordersv1.Order{Status: failed, EndedBecause: "replaced"}, "Nothing was charged for this one", "cancelled", false, false},
		"is sent":                 {&ordersv1.Order{Status: closed, Fulfilments: parcel, DeliveryStatus: ordersv1.DeliveryStatus_DELIVERY_STATUS_SHIPPED}, "Your parcel has left", "back", true, false},
		"is sent, and came back": {&ordersv1.Order{Status: closed, Fulfilments: parcel, DeliveryStatus: ordersv1.DeliveryStatus_DELIVERY_STATUS_RETURNED},
			"We have your goods back", "on its way", true, false},
		"has nothing to send any more": {&ordersv1.Order{Status: closed, Refunds: refund(pending), DeliveryStatus: ordersv1.DeliveryStatus_DELIVERY_STATUS_NONE},
			"Nothing is sent", "parcel", false, false},
	} {
		if test.order.CurrencyCode = "EUR"; test.order.Totals == nil {
			test.order.Totals = &ordersv1.Totals{TotalMinor: 11900}
		}
		_, heading, lead := headline(test.order)
		said := heading + " " + lead
		if !strings.Contains(said, test.says) || strings.Contains(said, test.saysNot) {
			t.Errorf("an order that %s: got %q, want %q and no %q", name, said, test.says, test.saysNot)
		}
		if got := steps(test.order) != nil; got != test.packed {
			t.Errorf("an order that %s: steps of packing shown: got %t, want %t", name, got, test.packed)
		}
		if got := cancellable(test.order); got != test.cancelable {
			t.Errorf("an order that %s: can be cancelled: got %t, want %t", name, got, test.cancelable)
		}
	}
}

// TestAListOfOrdersSaysHowEachStands as truly as the order's page, which says more.
func TestAListOfOrdersSaysHowEachStands(t *testing.T) {
	const (
		placing = ordersv1.OrderStatus_ORDER_STATUS_PLACING
		open    = ordersv1.OrderStatus_ORDER_STATUS_OPEN
		closed  = ordersv1.OrderStatus_ORDER_STATUS_CLOSED
		nothing = ordersv1.DeliveryStatus_DELIVERY_STATUS_NONE
		letGo   = ordersv1.PaymentStatus_PAYMENT_STATUS_NONE
		held    = ordersv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED
		paid    = ordersv1.PaymentStatus_PAYMENT_STATUS_PAID
	)
	cost, parcel := &ordersv1.Totals{TotalMinor: 11900}, []*ordersv1.Fulfilment{{Carrier: "Post"}}
	for name, test := range map[string]struct {
		order *ordersv1.Order
		want  string
	}{
		"waits to be paid":                  {&ordersv1.Order{Status: placing, PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_WAITING}, "not paid yet"},
		"is paid, its goods not kept yet":   {&ordersv1.Order{Status: placing, PaymentStatus: paid}, "your payment has arrived"},
		"is called off, and may be paid":    {&ordersv1.Order{Status: placing, EndedBecause: "on_request"}, "being called off"},
		"gives way to a newer one":          {&ordersv1.Order{Status: placing, EndedBecause: "replaced"}, "ordered anew"},
		"is paid":                           {&ordersv1.Order{Status: open, PaymentStatus: paid, Totals: cost}, "being packed"},
		"is open, its money held":           {&ordersv1.Order{Status: open, PaymentStatus: held, Totals: cost}, "being packed"},
		"costs nothing":                     {&ordersv1.Order{Status: open, PaymentStatus: letGo, Totals: &ordersv1.Totals{}}, "being packed"},
		"is open, its money let go":         {&ordersv1.Order{Status: open, PaymentStatus: letGo, Totals: cost}, "not paid, so it is not sent"},
		"is sent in part":                   {&ordersv1.Order{Status: open, PaymentStatus: paid, Totals: cost, Fulfilments: parcel}, "a part of it was sent"},
		"is sent in part, its money let go": {&ordersv1.Order{Status: open, PaymentStatus: letGo, Totals: cost, Fulfilments: parcel}, "a part of it was sent, the rest is not sent"},
		"is sent":                           {&ordersv1.Order{Status: closed, DeliveryStatus: ordersv1.DeliveryStatus_DELIVERY_STATUS_SHIPPED, Fulfilments: parcel}, "sent"},
		"is sent, and came back":            {&ordersv1.Order{Status: closed, DeliveryStatus: ordersv1.DeliveryStatus_DELIVERY_STATUS_RETURNED, Fulfilments: parcel}, "it came back"},
		"was refunded before it was sent":   {&ordersv1.Order{Status: closed, DeliveryStatus: nothing, PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_REFUNDED}, "refunded"},
		"is being refunded, and not sent":   {&ordersv1.Order{Status: closed, DeliveryStatus: nothing, PaymentStatus: paid}, "nothing is sent"},
		"was cancelled":                     {&ordersv1.Order{Status: ordersv1.OrderStatus_ORDER_STATUS_CANCELLED}, "cancelled"},
		"was never paid":                    {&ordersv1.Order{Status: ordersv1.OrderStatus_ORDER_STATUS_FAILED}, "not placed"},
	} {
		if got, _, _ := headline(test.order); got != test.want {
			t.Errorf("an order that %s: got %q, want %q", name, got, test.want)
		}
	}
}

// What a cancellation does with the money depends on where that is.
func TestAnOrdersPageSaysWhatACancellationDoesWithTheMoney(t *testing.T) {
	total := &ordersv1.Totals{TotalMinor: 11900}
	for name, test := range map[string]struct {
		order *ordersv1.Order
		want  string
	}{
		"paid":       {&ordersv1.Order{Totals: total, PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_PAID}, "What you paid goes back to the card you paid with."},
		"held":       {&ordersv1.Order{Totals: total, PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED}, "The money that is held on your card is let go."},
		"waited for": {&ordersv1.Order{Totals: total, PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_WAITING}, "If you have paid by then, the money goes back to your card."},
		"let go":     {&ordersv1.Order{Totals: total, PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_NONE}, ""},
		"refunded":   {&ordersv1.Order{Totals: total, PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_REFUNDED}, ""},
		"none":       {&ordersv1.Order{Totals: &ordersv1.Totals{}, PaymentStatus: ordersv1.PaymentStatus_PAYMENT_STATUS_NONE}, ""},
	} {
		if got := comesBack(test.order); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestADeliveryOfOneDayIsSaidAsOne(t *testing.T) {
	for want, days := range map[string][2]int32{"Post": {0, 0}, "Post, 1 working day": {1, 1}, "Post, 2 working days": {2, 2}, "Post, 1 to 2 working days": {1, 2}} {
		if got := deliveryName(&pricingv1.DeliveryOption{Name: "Post", DaysMin: days[0], DaysMax: days[1]}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestARefundOfMoneyThatIsHeldWaitsUntilItIsTaken(t *testing.T) {
	r := &ordersv1.Refund{AmountMinor: 1290, Status: ordersv1.RefundStatus_REFUND_STATUS_PENDING}
	for status, want := range map[ordersv1.PaymentStatus]string{
		ordersv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED: "€12.90 goes back to your card once the money is taken.",
		ordersv1.PaymentStatus_PAYMENT_STATUS_PAID:       "€12.90" + goesBack,
	} {
		o := &ordersv1.Order{Status: ordersv1.OrderStatus_ORDER_STATUS_OPEN, CurrencyCode: "EUR", PaymentStatus: status, Totals: &ordersv1.Totals{TotalMinor: 2580}}
		if got := wentHow(o, r); got != want {
			t.Errorf("%s: got %q, want %q", status, got, want)
		}
	}
}

func TestWhatCostsNothingIsNotPaid(t *testing.T) {
	free := &ordersv1.Order{Status: ordersv1.OrderStatus_ORDER_STATUS_OPEN, CurrencyCode: "EUR", Totals: &ordersv1.Totals{}}
	for _, s := range steps(free) {
		if s.Name == "Paid" {
			t.Error("an order that cost nothing is paid")
		}
	}
	for total, want := range map[int64]bool{0: true, 1290: false} {
		if got := quoted(&pricingv1.Quote{CurrencyCode: "EUR", Totals: &pricingv1.Totals{TotalMinor: total}}).Free; got != want {
			t.Errorf("a total of %d: got free %t, want %t", total, got, want)
		}
	}
}
