package service

import inventoryv1 "galleria/modules/inventory/v1"

// What programs may do here, by the scopes of their keys.
const (
	mayRead  = "stock:read"
	mayWrite = "stock:write"
)

// orders is the module that alone calls what belongs to a purchase.
const orders = "orders"

// notAllowed is the reason of calls that are refused because of who makes them.
const notAllowed = inventoryv1.Reason_REASON_NOT_ALLOWED
