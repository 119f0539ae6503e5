package edge

import (
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
)

// NothingCancelled tells whether a cancellation failed because there was nothing to cancel:
// no mail tells of it, so it does not count as one of the day.
func NothingCancelled(err error) bool {
	return contract.Is(err, ordersv1.Reason_REASON_NO_ORDER) || contract.Is(err, ordersv1.Reason_REASON_SHIPPED) || contract.Is(err, ordersv1.Reason_REASON_ENDED)
}
