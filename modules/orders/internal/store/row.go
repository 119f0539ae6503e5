package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"galleria/modules/orders/internal/order"
	"galleria/platform/mailaddress"
)

// row is an order as the table has it; names are gorm's for the columns.
type row struct {
	ID, Number, IdempotencyKey, Fingerprint, Token, CartID, Client, Recipient, Mailbox string
	Email, Name, Line1, Line2, City, Region, PostalCode, Country, ReturnURL            string
	CurrencyCode                                                                       string
	GoodsMinor, DiscountMinor, DeliveryMinor, TaxMinor, TotalMinor                     int64
	TaxesIncluded                                                                      bool
	Terms, OldLines                                                                    string
	CreatedAt                                                                          int64
	Changing
}

// Changing are the columns that change.
type Changing struct {
	Status                                       string
	Version                                      int64
	HoldEndsAt                                   int64
	PaymentAttempt                               int
	PaymentState, PaymentURL                     string
	WasPayable                                   bool
	PaidMinor                                    int64
	CardBrand, CardLast4                         string
	EndedBecause, EndedBy, EndedNote, EndedFacts string
	Attention                                    string
	AttentionSince                               int64
	Timeline                                     string
	GiveBack, TakeFromCart, HasParts             bool
	Refused                                      string
	DueAt                                        *int64
	Attempts                                     int
}

// entry is the JSON of a timeline. Its keys are for ever; status is the key of
// older orders for what.
type entry struct {
	What   string `json:"what,omitempty"`
	Status string `json:"status,omitempty"`
	At     int64  `json:"at"`
	Note   string `json:"note,omitempty"`
	Key    string `json:"key,omitempty"`
	Retry  bool   `json:"retry,omitempty"`
}

// oldLine is a line of an order that is older than the table of lines.
type oldLine struct {
	SKU       string `json:"sku"`
	Name      string `json:"name"`
	Slug      string `json:"slug"`
	Picture   string `json:"picture"`
	Quantity  int64  `json:"quantity"`
	UnitPrice int64  `json:"unit_price_minor"`
}

type lineRow struct {
	OrderID, Line, SKU, Name, Variant, Slug, Picture string
	Quantity, UnitPriceMinor, DiscountMinor          int64
	TaxMinor, TotalMinor                             int64
}

func changingOf(s order.Snapshot) (Changing, error) {
	entries := make([]entry, len(s.Timeline))
	for i, e := range s.Timeline {
		entries[i] = entry{What: e.What, At: e.At.UnixMicro(), Note: e.Note, Key: e.Answer.Key, Retry: e.Answer.Retry}
	}
	c := Changing{
		Status: string(s.Status), Version: s.Version, HoldEndsAt: s.HoldEndsAt.UnixMicro(),
		PaymentAttempt: s.Payment.Attempt, PaymentState: string(s.Payment.State), PaymentURL: s.Payment.URL, WasPayable: s.WasPayable, PaidMinor: s.Payment.Amount,
		CardBrand: s.Payment.Brand, CardLast4: s.Payment.Last4,
		EndedBecause: s.Ending.Because, EndedBy: s.Ending.By, EndedNote: s.Ending.Note,
		Attention: s.Attention.Reason, GiveBack: s.GiveBack, TakeFromCart: s.TakeFromCart, Refused: strings.Join(s.Refused, ","),
		HasParts: len(s.Fulfilments)+len(s.Refunds)+len(s.Returns) > 0, Attempts: s.Attempts,
	}
	if !s.Attention.Since.IsZero() {
		c.AttentionSince = s.Attention.Since.UnixMicro()
	}
	if !s.DueAt.IsZero() {
		due := s.DueAt.UnixMicro()
		c.DueAt = &due
	}
	var err error
	if c.Timeline, err = encode(s.ID, entries); err != nil {
		return c, err
	}
	c.EndedFacts, err = encode(s.ID, s.Ending.Facts)
	return c, err
}

func rowOf(s order.Snapshot) (row, error) {
	c, err := changingOf(s)
	if err != nil {
		return row{}, err
	}
	terms, err := encode(s.ID, s.Terms)
	if err != nil {
		return row{}, err
	}
	return row{
		ID: s.ID, Number: s.Number, IdempotencyKey: s.Key, Fingerprint: s.Fingerprint, Token: s.Token, CartID: s.CartID,
		Client: s.Client, Recipient: mailaddress.RecipientOf(s.Contact.Email), Mailbox: s.Contact.Mailbox(),
		Email: s.Contact.Email, Name: s.Contact.Name, Line1: s.Address.Line1, Line2: s.Address.Line2, City: s.Address.City,
		Region: s.Address.Region, PostalCode: s.Address.PostalCode, Country: s.Address.Country, ReturnURL: s.ReturnURL,
		CurrencyCode: s.Currency, GoodsMinor: s.Totals.Goods, DiscountMinor: s.Totals.Discount, DeliveryMinor: s.Totals.Delivery,
		TaxMinor: s.Totals.Tax, TotalMinor: s.Totals.Total, TaxesIncluded: s.Totals.TaxesIncluded, Terms: terms,
		CreatedAt: s.CreatedAt.UnixMicro(), Changing: c,
	}, nil
}

// snapshot is the order a row holds, without lines and parts.
func (r row) snapshot() (order.Snapshot, error) {
	s := order.Snapshot{
		ID: r.ID, Number: r.Number, Token: r.Token, CreatedAt: at(r.CreatedAt),
		Purchase: order.Purchase{
			Key: r.IdempotencyKey, Fingerprint: r.Fingerprint, CartID: r.CartID, Client: r.Client,
			Contact: order.Contact{Email: r.Email, Name: r.Name},
			Address: order.Address{
				Line1: r.Line1, Line2: r.Line2, City: r.City, Region: r.Region, PostalCode: r.PostalCode, Country: r.Country,
			},
			ReturnURL: r.ReturnURL, Currency: r.CurrencyCode,
			Totals: order.Totals{
				Goods: r.GoodsMinor, Discount: r.DiscountMinor, Delivery: r.DeliveryMinor, Tax: r.TaxMinor, Total: r.TotalMinor,
				TaxesIncluded: r.TaxesIncluded,
			},
		},
		Status: order.Status(r.Status), Version: r.Version, HoldEndsAt: at(r.HoldEndsAt),
		Payment: order.Payment{
			Attempt: r.PaymentAttempt, State: order.PaymentState(r.PaymentState), URL: r.PaymentURL, Brand: r.CardBrand, Last4: r.CardLast4,
			Amount: r.PaidMinor,
		},
		WasPayable: r.WasPayable,
		Ending:     order.Ending{Because: r.EndedBecause, By: r.EndedBy, Note: r.EndedNote},
		Attention:  order.Attention{Reason: r.Attention},
		GiveBack:   r.GiveBack, TakeFromCart: r.TakeFromCart, Attempts: r.Attempts,
	}
	if r.Refused != "" {
		s.Refused = strings.Split(r.Refused, ",")
	}
	if r.AttentionSince != 0 {
		s.Attention.Since = at(r.AttentionSince)
	}
	if r.DueAt != nil {
		s.DueAt = at(*r.DueAt)
	}
	var err error
	if s.Terms, err = decode[order.Terms](r.ID, r.Terms); err != nil {
		return s, err
	}
	if s.Ending.Facts, err = decode[map[string]string](r.ID, r.EndedFacts); err != nil {
		return s, err
	}
	entries, err := decode[[]entry](r.ID, r.Timeline)
	for _, e := range entries {
		s.Timeline = append(s.Timeline, order.Entry{At: at(e.At), What: e.What + e.Status, Note: e.Note, Answer: order.Answer{Key: e.Key, Retry: e.Retry}})
	}
	if err == nil && r.OldLines != "" {
		s.Lines, err = linesOfBefore(r)
	}
	return s, err
}

func linesOfBefore(r row) ([]order.Line, error) {
	old, err := decode[[]oldLine](r.ID, r.OldLines)
	var lines []order.Line
	for i, l := range old {
		lines = append(lines, order.Line{
			ID: strconv.Itoa(i + 1), SKU: l.SKU, Name: l.Name, Slug: l.Slug, Picture: l.Picture,
			Quantity: l.Quantity, UnitPrice: l.UnitPrice, Total: l.Quantity * l.UnitPrice,
		})
	}
	return lines, err
}

func (r lineRow) line() order.Line {
	return order.Line{
		ID: r.Line, SKU: r.SKU, Name: r.Name, Variant: r.Variant, Slug: r.Slug, Picture: r.Picture, Quantity: r.Quantity,
		UnitPrice: r.UnitPriceMinor, Discount: r.DiscountMinor, Tax: r.TaxMinor, Total: r.TotalMinor,
	}
}

func at(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

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
