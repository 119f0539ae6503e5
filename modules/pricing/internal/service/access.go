package service

import pricingv1 "galleria/modules/pricing/v1"

// What programs may do here, by the scopes of their keys.
const (
	mayRead  = "promotions:read"
	mayWrite = "promotions:write"
)

// orders is the module that alone calls what belongs to a purchase.
const orders = "orders"

// notAllowed is the reason of calls that are refused because of who makes them.
const notAllowed = pricingv1.Reason_REASON_NOT_ALLOWED
