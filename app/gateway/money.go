package gateway

import (
	"slices"
	"strings"
)

// Money is an amount in a currency.
type Money struct {
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" example:"EUR" doc:"ISO 4217."`
	Amount   int64  `json:"amount" minimum:"0" maximum:"9007199254740991" example:"12999" doc:"In minor units: 12999 is 129.99 in a currency with two decimals."`
}

// currencyOf is the currency that was asked for, the shop's own when none was; wrong says
// why it is none of the shop's.
func (g *Gateway) currencyOf(asked string) (currency, wrong string) {
	sold := g.info.Info().Currencies
	switch {
	case asked == "":
		return sold[0], ""
	case !slices.Contains(sold, asked):
		return "", "is none that the shop sells in: " + strings.Join(sold, ", ")
	}
	return asked, ""
}

func money(currency string, minor int64) Money { return Money{Currency: currency, Amount: minor} }

// some is an amount that may be missing: 0 is none.
func some(currency string, minor int64) *Money {
	if minor == 0 {
		return nil
	}
	m := money(currency, minor)
	return &m
}

// all makes a list of a list; one that is empty is [] in JSON, not null.
func all[A, B any](from []A, one func(A) B) []B {
	to := make([]B, 0, len(from))
	for _, a := range from {
		to = append(to, one(a))
	}
	return to
}

func texts(list []string) []string { return all(list, func(s string) string { return s }) }
