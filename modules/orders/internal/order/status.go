package order

import "slices"

// Status is where an order stands. The words are also what is stored.
type Status string

const (
	Placing   Status = "placing"   // goods and payment are being arranged
	Open      Status = "open"      // paid, to be sent
	Closed    Status = "closed"    // nothing is left to send
	Failed    Status = "failed"    // never paid
	Cancelled Status = "cancelled" // was paid, is given back
)

// Statuses are all of them, in the order of the contract's enum.
var Statuses = []Status{Placing, Open, Closed, Failed, Cancelled}

// ways are the only changes of status there are; doc.go of the module draws
// them. A failed order is cancelled when it turns out that it was paid after
// all.
var ways = map[Status][]Status{
	Placing: {Open, Failed, Cancelled},
	Open:    {Closed, Cancelled},
	Failed:  {Cancelled},
}

func (s Status) leadsTo(next Status) bool { return slices.Contains(ways[s], next) }

// Ended says that nothing is sold any more by an order in this status.
func (s Status) Ended() bool { return s == Failed || s == Cancelled }

// PaymentState is what is known of an order's payment. The words are stored.
type PaymentState string

const (
	NotStarted PaymentState = ""           // or not known
	Waiting    PaymentState = "waiting"    // for the shopper
	Stopped    PaymentState = "stopped"    // cancelled or expired: another one may be started
	Authorized PaymentState = "authorized" // the amount is held, and taken when goods are sent
	Paid       PaymentState = "paid"
)
