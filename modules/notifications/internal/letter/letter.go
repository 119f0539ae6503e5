// Package letter writes what customers are told: from the facts of an order, a
// subject and the same letter as text and as HTML.
package letter

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"net/url"
	"strings"
	texttemplate "text/template"
	"time"

	"galleria/platform/money"
)

// Kind is what a letter is about.
type Kind string

const (
	// Confirmed: the shop stands by the order.
	Confirmed Kind = "confirmed"
	// Cancelled: money and goods were given back.
	Cancelled Kind = "cancelled"
)

// Facts is what a letter tells. It is kept as JSON until the letter is
// written, so fields are added, not renamed. Amounts are in minor units.
type Facts struct {
	Kind     Kind
	OrderID  string
	Token    string // opens the order's page: never logged
	At       time.Time
	Name     string
	Address  []string // its lines
	Lines    []Line
	Currency string
	Total    int64
	Refunded int64
	Card     string // "visa •••• 4242"; "" when unknown
}

// Line is one kind of goods.
type Line struct {
	Name     string
	Quantity int64
	Unit     int64
	Total    int64
}

// Subject is the letter's subject, free of line breaks whatever the facts.
func (f Facts) Subject() string {
	switch f.Kind {
	case Cancelled:
		return Clean("Your order " + f.OrderID + " is cancelled")
	default:
		return Clean("Your order " + f.OrderID + " is confirmed")
	}
}

//go:embed templates
var files embed.FS

// The templates are ours and embedded: one that does not parse fails every
// test, and at the start of the program.
var (
	texts = texttemplate.Must(texttemplate.ParseFS(files, "templates/*.txt"))
	pages = htmltemplate.Must(htmltemplate.ParseFS(files, "templates/*.html"))
)

// Writer writes the letters of one shop.
type Writer struct {
	// Shop is its name, BaseURL where its pages are, without a slash at the end.
	Shop, BaseURL string
}

// Write writes the letter about f. It fails when the facts can't be told: a
// currency or a kind nobody knows.
func (w Writer) Write(f Facts) (text, html string, err error) {
	v, err := w.view(f)
	if err != nil {
		return "", "", fmt.Errorf("write the letter about order %s: %w", f.OrderID, err)
	}
	var plain, marked bytes.Buffer
	if err := texts.ExecuteTemplate(&plain, string(f.Kind)+".txt", v); err != nil {
		return "", "", fmt.Errorf("write the letter about order %s: %w", f.OrderID, err)
	}
	if err := pages.ExecuteTemplate(&marked, string(f.Kind)+".html", v); err != nil {
		return "", "", fmt.Errorf("write the letter about order %s: %w", f.OrderID, err)
	}
	return plain.String(), marked.String(), nil
}

// view is what the templates see: everything is text already.
type view struct {
	Shop, Subject, OrderID, Date, Name, Link, Home, Total, Refunded, Card string
	Address                                                               []string
	Lines                                                                 []lineView
}

type lineView struct {
	Name, Unit, Total string
	Quantity          int64
}

func (w Writer) view(f Facts) (view, error) {
	v := view{
		Shop: w.Shop, Subject: f.Subject(), OrderID: f.OrderID, Date: f.At.UTC().Format("2 January 2006"),
		Name: f.Name, Home: w.BaseURL, Card: f.Card, Address: f.Address,
		Link: w.BaseURL + "/orders/" + url.PathEscape(f.OrderID) + "?token=" + url.QueryEscape(f.Token),
	}
	var err error
	show := func(minor int64) string {
		m, e := money.New(f.Currency, minor)
		if e != nil {
			err = e
			return ""
		}
		return m.Format()
	}
	v.Total = show(f.Total)
	if f.Refunded != 0 {
		v.Refunded = show(f.Refunded)
	}
	for _, l := range f.Lines {
		v.Lines = append(v.Lines, lineView{Name: l.Name, Quantity: l.Quantity, Unit: show(l.Unit), Total: show(l.Total)})
	}
	return v, err
}

// Clean makes s fit for one line of a letter or a header: control characters,
// line breaks among them, become spaces, and runs of spaces one.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f && r <= 0x9f || r == '\u2028' || r == '\u2029'
	}), " ")
}
