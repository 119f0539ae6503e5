package stock

import "time"

// Status is where a reservation is in its life. The words are also those
// stored.
//
//	(none) ──reserve──> held ──commit──> committed
//	   │                │ ^ │                │
//	   │          expire│ ╎ │release         │release (restock)
//	   │                v ╎ v                v
//	   │           expired──release──> released
//	   └──────────release────────────────^
//
// An expired reservation is committed by taking its goods from the shelf a
// second time (dotted), when they are still there. Released is the end: it is
// remembered so that a late reserve is refused.
type Status string

const (
	Held      Status = "held"
	Committed Status = "committed"
	Released  Status = "released"
	Expired   Status = "expired"
)

// Reservation is what an order holds.
type Reservation struct {
	OrderID   string
	Status    Status
	Lines     Lines
	ExpiresAt time.Time
}

// At is the reservation as the clock says: goods held too long are held no
// more, even when nobody came yet to put them back.
func (r Reservation) At(now time.Time) Reservation {
	if r.Status == Held && !now.Before(r.ExpiresAt) {
		r.Status = Expired
	}
	return r
}
