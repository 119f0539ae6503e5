package service

import paymentsv1 "galleria/modules/payments/v1"

// mayRead is the scope of keys whose programs see payments: those of orders.
const mayRead = "orders:read"

// orders is the module that alone moves money: who may refund or cancel, it decides
// where the order is known.
const orders = "orders"

// notAllowed is the reason of calls that are refused because of who makes them.
const notAllowed = paymentsv1.Reason_REASON_NOT_ALLOWED
