package stock

import "time"

// Reason is why goods moved. The words are those stored.
type Reason string

const (
	Receive    Reason = "receive"
	Counted    Reason = "count"
	Ship       Reason = "ship"
	Damage     Reason = "damage"
	Loss       Reason = "loss"
	Found      Reason = "found"
	Return     Reason = "return"
	Correction Reason = "correction"
	// Opening is what was there when movements began to be written.
	Opening Reason = "opening"
)

// Origin is who changes the books, and when.
type Origin struct {
	Actor string
	At    time.Time
}

// Movement is one change of what is on hand.
type Movement struct {
	ID            string
	SKU, Location string
	By            int64
	Reason        Reason
	OrderID, Note string
	Origin
}

// Problem is a level that is not what its movements or allocations add up to.
type Problem struct {
	SKU, Location, What string
	Level, Sum          int64
}
