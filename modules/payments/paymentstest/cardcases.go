package paymentstest

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "galleria/modules/payments/v1"
)

func createPaymentMethod(w World) cases {
	create := func(t *testing.T, card *paymentsv1.Card) (*paymentsv1.PaymentMethod, error) {
		r, err := w.Payments.CreatePaymentMethod(t.Context(), &paymentsv1.CreatePaymentMethodRequest{Card: card})
		return r.GetPaymentMethod(), err
	}
	return cases{
		"keeps brand and last four digits": func(t *testing.T) {
			for number, want := range map[string]string{
				CardVisa: "visa 4242", CardMastercard: "mastercard 4444", CardAmex: "amex 0005",
				CardDeclined: "visa 0002", "6011111111111117": "discover 1117", "3530111333300000": "jcb 0000",
			} {
				m, err := create(t, Card(number)) // a card without a constant: three digits
				at(t, w).works(err)
				if got := m.GetBrand() + " " + m.GetLast4(); got != want || m.GetId() == "" {
					t.Errorf("got %v, want %s with an id", m, want)
				}
			}
		},
		"takes spaces and dashes out": func(t *testing.T) {
			m, err := create(t, Card("4242 4242-4242 4242"))
			if err != nil || m.GetLast4() != "4242" {
				t.Errorf("got %v, %v, want the card", m, err)
			}
		},
		"repeated gives a reference again": func(t *testing.T) {
			c := at(t, w)
			if a, b := c.method(CardVisa), c.method(CardVisa); a == "" || b == "" {
				t.Errorf("got %q and %q, want references", a, b)
			}
		},
		"names the fields of a card that can't be one": func(t *testing.T) {
			good := Card(CardVisa)
			for _, c := range []struct {
				name  string
				spoil func(*paymentsv1.Card)
				field string
			}{
				{"no number", func(c *paymentsv1.Card) { c.Number = "" }, "card.number"},
				{"wrong check digit", func(c *paymentsv1.Card) { c.Number = "4242424242424241" }, "card.number"},
				{"too short", func(c *paymentsv1.Card) { c.Number = "42424242424" }, "card.number"},
				{"too long", func(c *paymentsv1.Card) { c.Number = strings.Repeat("0", 20) }, "card.number"},
				{"letters", func(c *paymentsv1.Card) { c.Number = "4242x24242424242" }, "card.number"},
				{"month 0", func(c *paymentsv1.Card) { c.ExpMonth = 0 }, "card.exp_month"},
				{"month 13", func(c *paymentsv1.Card) { c.ExpMonth = 13 }, "card.exp_month"},
				{"last year", func(c *paymentsv1.Card) { c.ExpYear -= 4 }, "card.exp_year"},
				{"year of two digits", func(c *paymentsv1.Card) { c.ExpYear = 30 }, "card.exp_year"},
				{"cvc of two digits", func(c *paymentsv1.Card) { c.Cvc = "12" }, "card.cvc"},
				{"cvc of five digits", func(c *paymentsv1.Card) { c.Cvc = "12345" }, "card.cvc"},
				{"cvc of letters", func(c *paymentsv1.Card) { c.Cvc = "abc" }, "card.cvc"},
				{"three digits with amex", func(c *paymentsv1.Card) { c.Number = CardAmex }, "card.cvc"},
			} {
				bad := proto.Clone(good).(*paymentsv1.Card)
				c.spoil(bad)
				_, err := create(t, bad)
				t.Log(c.name)
				at(t, w).invalid(err, c.field)
			}
		},
		"names all of them, also when there is no card at all": func(t *testing.T) {
			_, err := create(t, nil)
			at(t, w).invalid(err, "card.number", "card.exp_month", "card.cvc")
		},
		"never says the number": func(t *testing.T) {
			bad := Card("4111111111111112")
			_, err := create(t, bad)
			if err == nil || strings.Contains(err.Error(), bad.GetNumber()) || strings.Contains(err.Error(), bad.GetNumber()[:12]) {
				t.Errorf("got %v, want an error without the number", err)
			}
		},
	}
}
