package store

import (
	"encoding/json"
	"fmt"
	"time"

	"galleria/modules/orders/internal/order"
)

// row is an order as the table has it; names are gorm's for the columns.
type row struct {
	ID              string
	IdempotencyKey  string
	Fingerprint     string
	Token           string
	CartID          string
	PaymentMethodID string
	Email           string
	Name            string
	Line1           string
	Line2           string
	City            string
	PostalCode      string
	Country         string
	CurrencyCode    string
	TotalMinor      int64
	Lines           string
	CreatedAt       int64

	Status        string
	Version       int64
	CardBrand     string
	CardLast4     string
	RefundedMinor int64
	EndedBecause  string
	EndedFacts    string
	Timeline      string
	CartPending   bool

	Driver   string
	DueAt    *int64
	Attempts int
}

// line and entry are the JSON in the table. Their keys are for ever.
type line struct {
	SKU       string `json:"sku"`
	Name      string `json:"name"`
	Slug      string `json:"slug,omitempty"`
	Picture   string `json:"picture,omitempty"`
	Quantity  int64  `json:"quantity"`
	UnitPrice int64  `json:"unit_price_minor"`
}

type entry struct {
	Status order.Status `json:"status"`
	At     int64        `json:"at"`
	Note   string       `json:"note,omitempty"`
}

// rowOf is what Save stores of an order.
func rowOf(o *order.Order) (row, error) {
	s := o.Snapshot()
	entries := make([]entry, len(s.Timeline))
	for i, e := range s.Timeline {
		entries[i] = entry{Status: e.Status, At: e.At.UnixMicro(), Note: e.Note}
	}
	r := row{
		ID: s.ID, Status: string(s.Status), Version: s.Version, CardBrand: s.Card.Brand, CardLast4: s.Card.Last4,
		RefundedMinor: s.Refunded, EndedBecause: s.Ending.Because, CartPending: s.CartPending, Driver: s.Driver, Attempts: s.Attempts,
	}
	if !s.DueAt.IsZero() {
		due := s.DueAt.UnixMicro()
		r.DueAt = &due
	}
	var err error
	if r.Timeline, err = encode(s.ID, entries); err != nil {
		return row{}, err
	}
	if r.EndedFacts, err = encode(s.ID, s.Ending.Facts); err != nil {
		return row{}, err
	}
	return r, nil
}

// newRowOf is rowOf with what never changes after acceptance.
func newRowOf(o *order.Order) (row, error) {
	r, err := rowOf(o)
	if err != nil {
		return row{}, err
	}
	s := o.Snapshot()
	r.IdempotencyKey, r.Fingerprint, r.Token = s.Key, s.Fingerprint, s.Token
	r.CartID, r.PaymentMethodID = s.CartID, s.PaymentMethodID
	r.Email, r.Name = s.Contact.Email, s.Contact.Name
	r.Line1, r.Line2, r.City = s.Address.Line1, s.Address.Line2, s.Address.City
	r.PostalCode, r.Country = s.Address.PostalCode, s.Address.Country
	r.CurrencyCode, r.TotalMinor, r.CreatedAt = s.Currency, s.Total, s.CreatedAt.UnixMicro()
	lines := make([]line, len(s.Lines))
	for i, l := range s.Lines {
		lines[i] = line(l)
	}
	r.Lines, err = encode(s.ID, lines)
	return r, err
}

// order is the order a row holds.
func (r row) order() (*order.Order, error) {
	s := order.Snapshot{
		ID: r.ID, Token: r.Token, Total: r.TotalMinor, CreatedAt: time.UnixMicro(r.CreatedAt).UTC(),
		Purchase: order.Purchase{
			Key: r.IdempotencyKey, Fingerprint: r.Fingerprint, CartID: r.CartID, PaymentMethodID: r.PaymentMethodID,
			Contact:  order.Contact{Email: r.Email, Name: r.Name},
			Address:  order.Address{Line1: r.Line1, Line2: r.Line2, City: r.City, PostalCode: r.PostalCode, Country: r.Country},
			Currency: r.CurrencyCode,
		},
		Status: order.Status(r.Status), Version: r.Version, Card: order.Card{Brand: r.CardBrand, Last4: r.CardLast4},
		Refunded: r.RefundedMinor, Ending: order.Ending{Because: r.EndedBecause}, CartPending: r.CartPending,
		Claim: order.Claim{Driver: r.Driver, Attempts: r.Attempts},
	}
	if r.DueAt != nil {
		s.DueAt = time.UnixMicro(*r.DueAt).UTC()
	}
	lines, err := decode[[]line](r.ID, r.Lines)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		s.Lines = append(s.Lines, order.Line(l))
	}
	entries, err := decode[[]entry](r.ID, r.Timeline)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		s.Timeline = append(s.Timeline, order.Entry{Status: e.Status, At: time.UnixMicro(e.At).UTC(), Note: e.Note})
	}
	if s.Ending.Facts, err = decode[map[string]string](r.ID, r.EndedFacts); err != nil {
		return nil, err
	}
	return order.FromStore(s), nil
}

func encode(id string, value any) (string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("encode order %s: %w", id, err)
	}
	return string(text), nil
}

func decode[T any](id, text string) (value T, err error) {
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return value, fmt.Errorf("decode order %s: %w", id, err)
	}
	return value, nil
}
