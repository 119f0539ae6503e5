package service

import webhooksv1 "galleria/modules/webhooks/v1"

// What programs may do here, by the scopes of their keys.
const (
	mayRead  = "webhooks:read"
	mayWrite = "webhooks:write"
)

// notAllowed is the reason of calls that are refused because of who makes them.
const notAllowed = webhooksv1.Reason_REASON_NOT_ALLOWED
