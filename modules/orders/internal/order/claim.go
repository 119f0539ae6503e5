package order

import "time"

// Claim says who drives an order on, or when somebody should.
//
// One drive has an order at a time: the checkout it began in, a cancellation,
// or recovery, in this process or another. A claim is short and kept up while
// it is used, so that the order of a process that died is free again soon.
// Losing one is harmless: every change is stored only if nobody was faster,
// and all other modules' methods may be repeated.
type Claim struct {
	// Driver names the drive; "": nobody.
	Driver string
	// DueAt is when the claim ends or, without one, when to try again. Zero:
	// nothing is left to do.
	DueAt time.Time
	// Attempts is how often it was left since it last got anywhere.
	Attempts int
}

// Free says that a drive may begin. An order left for later is free at once:
// somebody who waits for it need not wait for its time.
func (o *Order) Free(now time.Time) bool { return o.s.Driver == "" || !o.s.DueAt.After(now) }

// Drive gives the order to a drive, until then.
func (o *Order) Drive(driver string, until time.Time) {
	o.s.Driver, o.s.DueAt = driver, stored(until)
}

// DrivenBy says whose the order is.
func (o *Order) DrivenBy(driver string) bool { return o.s.Driver == driver }

// Attempts is how often it was left since it last got anywhere.
func (o *Order) Attempts() int { return o.s.Attempts }

// Leave gives the order up until then.
func (o *Order) Leave(until time.Time) {
	o.s.Driver, o.s.DueAt = "", stored(until)
	o.s.Attempts++
}

// Rest ends a drive with nothing left to do.
func (o *Order) Rest() { o.s.Claim = Claim{} }
