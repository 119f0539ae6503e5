package service_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/service"
	ordersv1 "galleria/modules/orders/v1"
)

func TestALetterNamesCountryAndCardAsThePagesDo(t *testing.T) {
	f := service.FactsOf(letter.Placed, &ordersv1.Order{
		Address:       &ordersv1.Address{Line1: "Rua Um 1", City: "Lisboa", PostalCode: "1000-001", Country: "PT"},
		PaymentMethod: &ordersv1.PaymentMethod{Brand: "visa", Last4: "4242"},
	}, "", time.Now())
	if want := []string{"Rua Um 1", "1000-001 Lisboa", "Portugal"}; !slices.Equal(f.Address, want) {
		t.Errorf("the address: got %q, want %q", f.Address, want)
	}
	if want := "Visa •••• 4242"; f.Card != want {
		t.Errorf("the card: got %q, want %q", f.Card, want)
	}
}

func TestALetterOfAParcelSaysWhetherMoreOfTheOrderFollows(t *testing.T) {
	for name, c := range map[string]struct {
		line    *ordersv1.Line // as it is with this parcel, of a piece
		parcels []string
		want    letter.Parcel
	}{
		"all at once":                    {&ordersv1.Line{Quantity: 1, Shipped: 1}, []string{"this"}, letter.Parcel{}},
		"the first of more":              {&ordersv1.Line{Quantity: 3, Shipped: 1}, []string{"this"}, letter.Parcel{Part: true}},
		"one in the middle":              {&ordersv1.Line{Quantity: 3, Shipped: 2}, []string{"before", "this"}, letter.Parcel{Part: true}},
		"the last":                       {&ordersv1.Line{Quantity: 3, Shipped: 3}, []string{"before", "this"}, letter.Parcel{Last: true}},
		"all that was not cancelled":     {&ordersv1.Line{Quantity: 3, Shipped: 1, Cancelled: 2}, []string{"this"}, letter.Parcel{}},
		"the last that is not cancelled": {&ordersv1.Line{Quantity: 3, Shipped: 2, Cancelled: 1}, []string{"before", "this"}, letter.Parcel{Last: true}},
	} {
		o := &ordersv1.Order{Lines: []*ordersv1.Line{c.line, {Quantity: 1, Shipped: 1}}}
		for _, p := range c.parcels {
			o.Fulfilments = append(o.Fulfilments, &ordersv1.Fulfilment{Id: p})
		}
		got := service.Shipped(&ordersv1.OrderShipped{
			Order: o, Fulfilment: &ordersv1.Fulfilment{Id: "this", Pieces: []*ordersv1.Piece{{Quantity: 1}}},
		}).Parcel
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestACancellationSaysNothingOfNotBeingChargedWhenTheOrderWasPaid(t *testing.T) {
	const (
		uncharged = "You were not charged."
		before    = "What you paid went back to your card before, or is on its way there."
	)
	for status, want := range map[ordersv1.PaymentStatus]string{
		ordersv1.PaymentStatus_PAYMENT_STATUS_NONE:            uncharged,
		ordersv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED:      uncharged, // the hold ends
		ordersv1.PaymentStatus_PAYMENT_STATUS_PAID:            before,
		ordersv1.PaymentStatus_PAYMENT_STATUS_PARTLY_REFUNDED: before,
		ordersv1.PaymentStatus_PAYMENT_STATUS_REFUNDED:        before,
	} {
		text, _, err := letter.Writer{}.Write(service.Cancelled(&ordersv1.OrderCancelled{
			Order: &ordersv1.Order{CurrencyCode: "EUR", PaymentStatus: status},
		}))
		if err != nil || !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("nothing goes back of an order with %s: got %v, want %q in\n%s", status, err, want, text)
		}
	}
}
