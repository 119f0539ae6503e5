// Package card is a payment card as typed on the sandbox's page.
//
// A Card prints as its brand and last four digits whatever the verb, so that no
// log line, error or trace can hold the number by accident. Only Number gives it
// out, and only the sandbox calls it. The code and the date are looked at and not
// kept.
package card

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// Card is a card that could be one: its number has a right check digit, it has
// not expired.
type Card struct{ number, brand string }

// Problem is what is wrong with one field. It never quotes what was typed.
type Problem struct{ Field, Message string }

// Parse reads a card as typed, or says which fields can't be right. month is 1
// to 12, year has four digits; a card is good until the end of its month,
// wherever on earth that is latest.
func Parse(number string, month, year int, cvc string, now time.Time) (Card, []Problem) {
	c := Card{number: digits(number)}
	cvc = strings.TrimSpace(cvc)
	var problems []Problem
	bad := func(field, message string) { problems = append(problems, Problem{field, message}) }
	if !allDigits(c.number) || len(c.number) < 12 || len(c.number) > 19 || !luhn(c.number) {
		bad("number", "is not a card number")
	}
	c.brand = brandOf(c.number)
	// Twelve hours after midnight UTC the month has ended everywhere.
	ends := time.Date(year, time.Month(month)+1, 1, 12, 0, 0, 0, time.UTC)
	switch {
	case month < 1 || month > 12:
		bad("exp_month", "must be 1 to 12")
	case year < 1000 || year > now.Year()+50:
		bad("exp_year", "must be a year such as 2031")
	case !now.Before(ends) && year < now.Year():
		bad("exp_year", "the card has expired")
	case !now.Before(ends):
		bad("exp_month", "the card has expired")
	}
	switch {
	case c.brand == "amex" && (len(cvc) != 4 || !allDigits(cvc)):
		bad("cvc", "must be the 4 digits on the front of the card")
	case len(cvc) < 3 || len(cvc) > 4 || !allDigits(cvc):
		bad("cvc", "must be the 3 or 4 digits on the card")
	}
	if len(problems) > 0 {
		return Card{}, problems
	}
	return c, nil
}

// Number is the full number. It may go to the sandbox and nowhere else.
func (c Card) Number() string { return c.number }

// Brand is visa, mastercard, amex, discover, diners, jcb, unionpay, maestro or
// unknown.
func (c Card) Brand() string { return c.brand }

// Last4 are the digits people know their card by.
func (c Card) Last4() string {
	if len(c.number) < 4 {
		return ""
	}
	return c.number[len(c.number)-4:]
}

// String is the card without what is secret.
func (c Card) String() string { return c.brand + " ••••" + c.Last4() }

// Format makes every verb, %+v and %#v too, print String.
func (c Card) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// LogValue makes slog print String.
func (c Card) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText makes encoders that look for it print String.
func (c Card) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// digits takes out what people type between the groups of a number.
func digits(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(strings.TrimSpace(s))
}

func allDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// luhn tells whether the check digit is right: every second digit from the
// right doubled, the digits' sum a multiple of ten.
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
