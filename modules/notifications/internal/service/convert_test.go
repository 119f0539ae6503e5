package service_test

import (
	"slices"
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
