// Package letter writes what customers are told: from the facts of an order, a
// subject and the same letter as text and as HTML.
package letter

import (
	"bytes"
	"cmp"
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

// The kinds of letters: one for each event of orders.
const (
	Placed   Kind = "placed"
	Shipped  Kind = "shipped"
	Refunded Kind = "refunded"
	// RefundFailed: a refund that was announced, or tried, did not come through.
	RefundFailed Kind = "refund_failed"
	Cancelled    Kind = "cancelled"
	Failed       Kind = "failed"
	// confirmed is what Placed was called before.
	confirmed Kind = "confirmed"
)

// Facts is what a letter tells. It is kept as JSON until the letter is
// written, so fields are added, not renamed. Amounts are in minor units.
type Facts struct {
	Kind    Kind
	OrderID string
	// Number is the order's for people.
	Number   string
	Token    string // opens the order's page: never logged
	At       time.Time
	Name     string
	Address  []string // its lines
	Lines    []Line
	Currency string
	// Rows are what stands between lines and total: discounts, delivery, taxes.
	Rows  []Row
	Total int64
	// Held: the money is held on the card and not taken yet. It is taken when the first
	// goods are sent.
	Held bool `json:",omitempty"`
	// Refunded is what goes back, with this letter, or was to.
	Refunded int64
	// RefundedBefore: what was paid went back, or is going to, by refunds that other
	// letters tell of.
	RefundedBefore bool   `json:",omitempty"`
	Card           string // "Visa •••• 4242"; "" when unknown, or nothing was taken or is held
	// Rest: the refund is of the rest of an order that is sent in parts, which is cancelled.
	Rest bool `json:",omitempty"`
	// Why an order ended, or money goes back; a sentence.
	Why string
	// ByCustomer: the customer asked for it.
	ByCustomer bool
	// Parcel is what was sent.
	Parcel Parcel
	// Pieces are those in the parcel, or those that the refund is for; none: all of the
	// order was sent at once, or the refund is of an amount.
	Pieces []Piece `json:",omitempty"`
	// Account is what a letter about an account tells.
	Account Account
}

// Line is one kind of goods.
type Line struct {
	Name     string
	Quantity int64
	Unit     int64
	Total    int64
}

// Piece is a number of pieces of one line.
type Piece struct {
	Name     string
	Quantity int64
}

// Row is a part of the price.
type Row struct {
	Name   string
	Amount int64
	// Within: the amount is in the total already, as an included tax.
	Within bool
}

// Parcel is how goods travel.
type Parcel struct {
	Carrier, Tracking, TrackingURL string
	// Part: more of the order follows. Last: nothing does, and parcels went before.
	Part, Last bool
	// Lacking: pieces of the order are not sent at all.
	Lacking bool `json:",omitempty"`
}

func (f Facts) number() string {
	if f.Number != "" {
		return f.Number
	}
	return f.OrderID
}

// Subject is the letter's subject, free of line breaks whatever the facts.
func (f Facts) Subject() string {
	if f.Kind.IsAboutAccount() {
		return f.accountSubject()
	}
	order := "Your order " + f.number()
	switch f.Kind {
	case Shipped:
		return Clean(order + " is on its way")
	case Refunded:
		if f.Rest {
			return Clean("The rest of your order " + f.number() + " is cancelled")
		}
		return Clean("A refund for your order " + f.number())
	case RefundFailed:
		return Clean("The refund for your order " + f.number() + " did not come through")
	case Cancelled:
		return Clean(order + " is cancelled")
	case Failed:
		return Clean(order + " was not placed")
	}
	return Clean(order + " is confirmed")
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
	// Zone is the time zone of its days; UTC when nil.
	Zone *time.Location
}

// For is the writer of the shop by another name; "": by the one it has.
func (w Writer) For(shop string) Writer {
	w.Shop = cmp.Or(shop, w.Shop)
	return w
}

// Write writes the letter about f. It fails when the facts can't be told: a
// currency or a kind nobody knows.
func (w Writer) Write(f Facts) (text, html string, err error) {
	if f.Kind.IsAboutAccount() {
		return fill("account", w.accountView(f))
	}
	v, err := w.view(f)
	if err == nil {
		text, html, err = fill("letter", v)
	}
	if err != nil {
		return "", "", fmt.Errorf("write the letter about order %s: %w", f.OrderID, err)
	}
	return text, html, nil
}

// fill fills the two templates of a letter.
func fill(name string, v any) (text, html string, err error) {
	var plain, marked bytes.Buffer
	if err := texts.ExecuteTemplate(&plain, name+".txt", v); err != nil {
		return "", "", err
	}
	if err := pages.ExecuteTemplate(&marked, name+".html", v); err != nil {
		return "", "", err
	}
	return plain.String(), marked.String(), nil
}

// view is what the templates see: everything is text already.
type view struct {
	Shop, Subject, Number, Date, Name, Link, Home, Total string
	// Charged says what was done with Card: "Paid with".
	Charged, Card string
	// Heading and Paragraphs are what is said; Address follows when goods go
	// there.
	Heading    string
	Paragraphs []string
	Address    []string
	// Pieces, below their heading, are those of the order that the news is about.
	PiecesHeading string
	Pieces        []Piece
	Lines         []lineView
	Rows          []rowView
	// TrackingURL is a link of the carrier.
	TrackingURL string
}

type lineView struct {
	Name, Unit, Total string
	Quantity          int64
}

type rowView struct{ Name, Amount string }

func (w Writer) view(f Facts) (view, error) {
	v := view{
		Shop: w.Shop, Subject: f.Subject(), Number: f.number(), Date: f.At.In(cmp.Or(w.Zone, time.UTC)).Format("2 January 2006"),
		Name: f.Name, Home: w.BaseURL, Charged: "Paid with", Card: f.Card, Pieces: f.Pieces,
		Link: w.BaseURL + "/orders/" + url.PathEscape(f.OrderID) + "?token=" + url.QueryEscape(f.Token),
	}
	if f.Held {
		v.Charged = "Held on"
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
	for _, l := range f.Lines {
		v.Lines = append(v.Lines, lineView{Name: l.Name, Quantity: l.Quantity, Unit: show(l.Unit), Total: show(l.Total)})
	}
	for _, r := range f.Rows {
		name := r.Name
		if r.Within {
			name = "including " + name
		}
		v.Rows = append(v.Rows, rowView{Name: name, Amount: show(r.Amount)})
	}
	if e := v.say(f, show(f.Refunded)); e != nil {
		return view{}, e
	}
	return v, err
}

// say puts the news into words. back is what goes back to the customer.
func (v *view) say(f Facts, back string) error {
	add := func(sentences ...string) {
		v.Paragraphs = append(v.Paragraphs, strings.TrimSpace(strings.Join(sentences, " ")))
	}
	switch f.Kind {
	case Placed, confirmed:
		v.Heading, v.Address = "Your order is confirmed", f.Address
		add("Thank you for your order. We will write to you when it is on its way.")
		if f.Held {
			add("The money is held on your " + f.paidWith() + ". It is taken when your order is sent.")
		}
		add("Until then you can cancel it on its page.")
	case Shipped:
		v.Heading, v.Address, v.TrackingURL = "Your order is on its way", f.Address, f.Parcel.TrackingURL
		what := "We have sent your order."
		switch {
		case f.Parcel.Part:
			what = "We have sent a part of your order; the rest follows."
		case f.Parcel.Last:
			what = "We have sent the last part of your order."
		case f.Parcel.Lacking:
			what = "We have sent what can be sent of your order; the rest of it is not sent."
		}
		add(what, f.Parcel.words())
		if f.Held {
			add("We are taking the money that is held on your " + f.paidWith() + ".")
		}
		v.PiecesHeading = "In this parcel"
	case Refunded:
		v.Heading, v.PiecesHeading = "Your refund", "The refund is for"
		why := f.Why
		if f.Rest {
			v.Heading, v.PiecesHeading = "The rest of your order is cancelled", "What is not sent"
			add("What we have not sent yet of your order is not sent any more.", f.Why)
			why = ""
		}
		if f.Refunded > 0 {
			add("We are giving "+back+" back to your "+f.paidWith()+"; your bank may take some days to show it.", why)
		}
	case RefundFailed:
		v.Heading = "Your refund did not come through"
		add("We wanted to give "+back+" back to your "+f.paidWith()+", and that could not be carried out.",
			"We know of it, and will write to you about another way. You need not do anything.")
		v.PiecesHeading = "The refund was for"
	case Cancelled:
		v.Heading = "Your order is cancelled"
		add(f.Why)
		switch {
		case f.Refunded > 0:
			add("We are giving " + back + " back to your " + f.paidWith() + "; your bank may take some days to show it.")
		case f.RefundedBefore:
			add("What you paid went back to your " + f.paidWith() + " before, or is on its way there.")
		case f.Held:
			v.Card = "" // it is let go
			add("You were not charged. The money that was held on your " + f.paidWith() + " is let go; your bank may take some days to show it.")
		default:
			add("You were not charged.")
		}
	case Failed:
		v.Heading = "Your order was not placed"
		add(f.Why)
		add("Nothing was charged. What you chose is still in your cart, if you want to try again.")
	default:
		return fmt.Errorf("no letter is about %q", f.Kind)
	}
	return nil
}

func (f Facts) paidWith() string {
	if f.Card != "" {
		return "card (" + f.Card + ")"
	}
	return "card"
}

func (p Parcel) words() string {
	switch {
	case p.Carrier != "" && p.Tracking != "":
		return "It travels with " + p.Carrier + ", number " + p.Tracking + "."
	case p.Carrier != "":
		return "It travels with " + p.Carrier + "."
	case p.Tracking != "":
		return "Its number is " + p.Tracking + "."
	}
	return ""
}

// Clean makes s fit for one line of a letter or a header: control characters,
// line breaks among them, become spaces, and runs of spaces one.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f && r <= 0x9f || r == '\u2028' || r == '\u2029'
	}), " ")
}
