package gateway

// What handlers say of a module's refusal.
var (
	NotWritten  = notWritten
	NotPromoted = notPromoted
	NotMoved    = notMoved
	NotChanged  = notChanged
	NotSent     = notSent
	OrderFields = orderFields
)
