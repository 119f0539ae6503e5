package order

import "slices"

// Status is where an order stands. The words are also what is stored.
type Status string

const (
	Accepted   Status = "accepted"   // priced and written down
	Reserved   Status = "reserved"   // the goods are off the shelf
	Authorized Status = "authorized" // the money is held
	Confirmed  Status = "confirmed"  // the shop stands by it
	Captured   Status = "captured"   // the money is taken
	Completed  Status = "completed"  // the goods are sold
	Shipped    Status = "shipped"
	Failing    Status = "failing" // never confirmed, being undone
	Failed     Status = "failed"
	Cancelling Status = "cancelling" // was confirmed, being given back
	Cancelled  Status = "cancelled"
)

// Statuses are all of them, in the order of the contract's enum.
var Statuses = []Status{
	Accepted, Reserved, Authorized, Confirmed, Captured, Completed, Shipped, Failing, Failed, Cancelling, Cancelled,
}

// ways are the only changes of status there are; doc.go of the module draws
// them.
var ways = map[Status][]Status{
	Accepted:   {Reserved, Failing},
	Reserved:   {Authorized, Failing},
	Authorized: {Confirmed, Failing},
	Confirmed:  {Captured, Cancelling},
	Captured:   {Completed, Cancelling},
	Completed:  {Shipped, Cancelling},
	Failing:    {Failed},
	Cancelling: {Cancelled},
}

func (s Status) leadsTo(next Status) bool { return slices.Contains(ways[s], next) }

// Promised says that the guest was told the order stands, or will be: it may
// no longer fail, only be cancelled.
func (s Status) Promised() bool {
	return !slices.Contains([]Status{Accepted, Reserved, Authorized, Failing, Failed}, s)
}

// Settled says that it is decided what PlaceOrder answers.
func (s Status) Settled() bool { return s.Promised() || s == Failing || s == Failed }

// Undoing says that money and goods are on their way back.
func (s Status) Undoing() bool { return s == Failing || s == Cancelling }

// resting says that an order may stay in this status for ever.
func (s Status) resting() bool {
	return slices.Contains([]Status{Completed, Shipped, Failed, Cancelled}, s)
}
