package view

import "net/url"

// Link is a way to another page.
type Link struct {
	Name, Address string
	Current       bool
}

// Orders is a list of orders.
type Orders struct {
	// State and Query are what is listed.
	State, Query string
	Filters      []Link
	// Urgent need a person, and stand on top.
	Urgent     []OrderRow
	MoreUrgent bool
	Orders     []OrderRow
	// Older and Newest lead to other parts of the list; "" where there are none.
	Older, Newest string
	// CSV is the address of the list as a file.
	CSV string
	// ShipKey makes orders of the list be sent once when they are chosen here; "": none can be.
	ShipKey string
}

// Shipped is what became of orders that were sent together.
type Shipped struct {
	Sent    int
	Results []Fact
}

// Order is the page of an order.
type Order struct {
	Number, Address, Status, Attention string
	// Done and Problem say what became of the last form.
	Done, Problem string
	// Refused is what was typed into the form that was refused.
	Refused Typed
	// Key makes a form that is sent twice do its work once.
	Key       string
	Recipient []string
	Facts     []Fact
	Lines     []OrderLine
	Sums      []Fact
	Parcels   []Row
	Refunds   []Row
	Returns   []Row
	Timeline  []Fact
	Notes     []Fact
	May       OrderMay
	// Left is what can be refunded; LeftPlain is it for a field.
	Left, LeftPlain, Currency string
}

// Typed is what was typed into a form of a page that has several.
type Typed struct {
	Form   string // the last part of its address; "": into none
	Values url.Values
}

// In is what was typed into a field of that form, otherwise when the form was not sent.
func (t Typed) In(form, field, otherwise string) string {
	if t.Form != form {
		return otherwise
	}
	return t.Values.Get(field)
}

// OrderMay is what can be done with an order now.
type OrderMay struct {
	Ship, Cancel, Refund, RefundPieces, Restock, Return, Resolve bool
	// TakeOut: pieces can be taken out of it, though no money can be given back now.
	TakeOut bool
	// OnlyRest: a part was sent, so that only the rest can be cancelled.
	OnlyRest bool
}

// cancelling is one of two texts: of the whole order, or of its rest.
func (m OrderMay) cancelling(whole, rest string) string {
	if m.OnlyRest {
		return rest
	}
	return whole
}

// OrderLine is a line of an order, and how many of its pieces can be dealt with.
type OrderLine struct {
	ID, SKU, Name, Quantity, Unit, Total, Became, StockLink string
	ToSend, ToRefund, ToReturn                              int64
}

// ToTakeOut is how many pieces can be taken out of the order.
func (l OrderLine) ToTakeOut() int64 { return min(l.ToSend, l.ToRefund) }

// OrderRow is an order in a list.
type OrderRow struct {
	Number, Link, Placed, Customer, Email, Goods, Total string
	Status, Payment, Delivery, Attention                string
}
