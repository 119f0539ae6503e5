package view

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
}

// OrderRow is an order in a list.
type OrderRow struct {
	Number, Link, Placed, Customer, Email, Goods, Total string
	Status, Payment, Delivery, Attention                string
}
