package service

import catalogv1 "galleria/modules/catalog/v1"

// What programs may do here, by the scopes of their keys.
const (
	mayRead  = "products:read"
	mayWrite = "products:write"
)

// notAllowed is the reason of calls that are refused because of who makes them.
const notAllowed = catalogv1.Reason_REASON_NOT_ALLOWED
