// Package page draws the storefront's pages: a view struct per page with just
// what is shown, and the templ component that shows it. It calls nobody and
// knows no contract; everything a person could have typed is escaped by templ.
package page

import (
	"context"
	"io"
	"slices"

	"github.com/a-h/templ"
)

// Frame is what stands around the content of every page.
type Frame struct {
	Title       string // without the shop's name
	Description string // for search results
	Canonical   string // the page's own address; empty on pages not to be found
	Section     string // slug of the department the page stands in
	Query       string // what the search box holds
	Data        string // schema.org data: JSON with <, > and & escaped
	NoIndex     bool
	Refresh     int // seconds after which the page loads itself again; 0: never
	Departments []Department
	Stylesheet  string // address
	Script      string // address
	Badge       string // stands where the number of things in the cart goes
	Shop        Shop
	// Currencies are what prices can be shown in; none where there is no choice.
	Currencies []Option
}

// Shop is what is said of the shop on every page.
type Shop struct {
	Name, About string
	Logo        string // address of its picture; empty: it has none
	Legal       []Crumb
}

// Legal is a text that the law wants, in paragraphs.
type Legal struct {
	Frame
	Title string
	Parts []LegalPart
}

// LegalPart is a paragraph, of lines, or a heading.
type LegalPart struct {
	Heading string
	Lines   []string
}

// Department is a category as navigation and tiles show it.
type Department struct {
	Slug, Name string
	Intro      string
	Count      int
	Picture    Picture
}

// Picture is where a picture is found.
type Picture struct {
	Src           string // address
	Set           string // addresses of all its sizes with their widths; empty when there is one
	Best          string // address of the widest
	Alt           string // what it shows, for people who don't see it
	Width, Height int    // of Src
}

// Price is an amount of money: for people and for machines ("12.90").
type Price struct{ Text, Value string }

// Card is a product in a list.
type Card struct {
	Name, Slug string
	Picture    Picture
	Price      Price
	Before     Price // what it cost before; empty: nothing to compare with
	From       bool  // other variants cost more
	SoldOut    bool  // nothing of it is left, as far as is known
}

// Crumb is a step of the way from the front door; the last one has no Path.
type Crumb struct{ Name, Path string }

// Notice is something the shopper should read before anything else.
type Notice struct {
	Title  string
	Text   string
	Points []Point
	Bad    bool
}

// Point is one thing wrong, and where to put it right: the id of a field
// ("#email") or a page.
type Point struct{ Text, Href string }

// Home is the front page.
type Home struct {
	Frame
	// Eyebrow stands above the headline; may be empty.
	Eyebrow, Headline, Welcome string
	Arcade                     []Card // up to three, in the hero
	Doors                      []Department
	New                        []Card
}

// Listing is a category or the answer to a search.
type Listing struct {
	Frame
	Search  bool
	Heading string
	Intro   string
	Path    string // of the form and all links
	Crumbs  []Crumb
	Count   string // "24 things"
	Cards   []Card
	Sorts   []Option
	Facets  []Facet
	Chosen  []Hidden // filters that the form keeps
	Min     string   // as typed
	Max     string
	Lowest  string // price in the list; empty: nothing has one
	Highest string
	Invalid string // what is wrong with the price bounds
	Next    string // address of the next page; empty on the last
	First   string // address of the first page; empty on the first
}

// Option is one choice of a select.
type Option struct {
	Value, Name string
	Chosen      bool
}

// Facet is what the products of a list have of one kind: sizes, tags.
type Facet struct {
	Name string
	Tags []Tag
}

// Tag is a link that narrows a list, or, when chosen, widens it again.
type Tag struct {
	Name, Href string
	Chosen     bool
	Count      int // products it narrows to; 0: not told
}

// Hidden is a field of a form that is not shown.
type Hidden struct{ Name, Value string }

// View is a small picture of a product.
type View struct {
	Picture
	Of string // which variants it shows, "Blue"; empty: the product
}

// Product is the page of one product.
type Product struct {
	Frame
	Card
	Choices    []Choice // what can be bought, in order; empty: nothing
	Label      string   // of the choices: "Size, Colour"
	Facts      []Fact
	Paragraphs []string
	Pictures   []Picture // the product's own
	Views      []View    // the small ones below the first
	Category   Department
	Tags       []Tag
	Stock      Stock
	Crumbs     []Crumb
	Related    []Card
}

// Choice is one variant to be bought.
type Choice struct {
	SKU    string
	Name   string // "M / Red", with its price where prices differ
	Price  Price
	Stock  Stock
	Chosen bool
}

// Fact is an attribute of a product.
type Fact struct{ Name, Value string }

// Stock says how much there is; the zero value says nothing.
type Stock struct {
	Text  string
	Class string // "", "few" or "none"
	None  bool   // nothing to sell
}

// Cart is the cart page.
type Cart struct {
	Frame
	Notice    *Notice
	Lines     []Line
	Items     string // "3 things"
	Price     Breakdown
	Estimate  string // the country that the price is for; empty: it is that of the goods alone
	Codes     []Code
	Code      string // as it was typed, when it came back
	CodeError string // what is wrong with it
	Ready     bool   // something in it can be bought
	Unpaid    string // where the order of this cart is that holds what seems to be missing
	Currency  string // what to know of the cart's when it is not that of the shop's pages
}

// Code is a voucher code, and why it takes nothing off; "" when it does.
type Code struct{ Name, Problem string }

// Line is one product in a cart or an order.
type Line struct {
	Card
	SKU      string
	Quantity int64
	Total    Price
	Problem  string // why it can't be bought and is no part of an order
	Warning  string
}

// Checkout is the checkout form.
type Checkout struct {
	Frame
	Notice         *Notice
	Lines          []Line
	Total          Price // of a payment's page
	Price          Breakdown
	Quote          string // fingerprint of what is shown, as a hidden field
	NoDelivery     bool   // what is in the cart is not sent to the chosen country
	Chosen         string // codes and delivery of the form as it is drawn, as a hidden field
	Priced         string // codes that the total is of, as a hidden field
	IdempotencyKey string
	Values         map[string]string // what was typed
	Errors         map[string]string // by field
	Countries      []Option
	Regions        []Option // of the country; none where they are not known
	TaxRegion      bool     // taxes depend on the region, so that it is needed
	Addresses      []Known  // of the customer who is logged in
	Deliveries     []Delivery
	Changed        bool // the total is not the one shown before
	PaymentNote    string
	Unpaid         string // as in Cart
}

// Known is an address of the account, and where it is chosen.
type Known struct {
	Text, Href string
	Chosen     bool
}

// Breakdown is a total and what it consists of.
type Breakdown struct {
	Rows     []Row
	Total    Price
	Estimate bool // the total is without taxes that are not known yet
	Free     bool // nothing is to be paid
}

// Row is one part of a total.
type Row struct {
	Name  string
	Price Price
}

// Delivery is a way to send the goods.
type Delivery struct {
	ID, Name string
	Price    Price
	Chosen   bool
}

// Order is the page of an order for whoever holds its token.
type Order struct {
	Frame
	Notice   *Notice
	ID       string
	Number   string
	Token    string
	Heading  string
	Lead     string
	Steps    []Step // empty for an order that went no further
	Timeline []Moment
	Lines    []Line
	Price    Breakdown
	Refunded *Price
	Parcels  []Parcel
	Refunds  []Refund
	Card     string // "Visa ending in 4242"
	Held     bool   // what is paid is held on it, and not taken yet
	Email    string
	Address  []string
	Pay      bool // it waits for its payment
	Cancel   bool
	// CancelNote says what a cancellation does with the money; may be empty.
	CancelNote string
}

// Parcel is something that was sent.
type Parcel struct {
	Text string // "With Post, number XY123"
	Href string // of the carrier; may be empty
	// Pieces are what it holds, "2 × Lamp, Oak"; none: the whole order.
	Pieces []string
}

// Refund is money that goes back.
type Refund struct {
	Text   string   // "€12.90 went back to your card."
	Pieces []string // it is for; none: an amount
}

// Step is one of the stations of an order.
type Step struct {
	Name string
	Done bool
}

// Moment is an entry of an order's timeline.
type Moment struct{ Text, Note, At, Machine string }

// Failure is a page that says why there is no other.
type Failure struct {
	Frame
	Code      int
	Heading   string
	Text      string
	RequestID string // shown when the shop may be asked about it
	Trace     string // where staff see what happened; empty: the visitor is not one of them
	Retry     bool
	Again     string // where to try again; empty: this page
}

// data writes schema.org data as a block browsers do not execute, so it needs
// no exception in the Content-Security-Policy.
func data(json string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, `<script type="application/ld+json">`+json+`</script>`)
		return err
	})
}

// wrong tells whether a field has to be filled in again.
func (c Checkout) wrong(field string) bool { return c.Errors[field] != "" }

// short tells whether there is less of something than the cart holds.
func (c Checkout) short() bool {
	return slices.ContainsFunc(c.Lines, func(l Line) bool { return l.Warning != "" })
}
