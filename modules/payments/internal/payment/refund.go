package payment

import "time"

// RefundStatus is where a refund is. The words are also those stored.
//
//	open ──> done
//	   └───> refused
type RefundStatus string

const (
	RefundOpen    RefundStatus = "open"
	RefundDone    RefundStatus = "done"
	RefundRefused RefundStatus = "refused"
)

// Refund is one giving back, known by its order and key.
type Refund struct {
	OrderID string
	Key     string
	Amount  int64 // minor units of the payment's currency
	Status  RefundStatus
	Created time.Time
}
