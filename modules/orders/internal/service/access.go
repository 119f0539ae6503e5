package service

import (
	"context"

	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/access"
	"galleria/platform/identity"
)

// What programs may do with orders, by the scopes of their keys.
const (
	mayRead  = "orders:read"
	mayWrite = "orders:write"
)

// forStaff refuses who calls unless it is the command line of an operator, or on behalf
// of the shop's staff, or of a program with the scope.
func forStaff(ctx context.Context, scope string) error {
	return access.Staff(ctx, ordersv1.Reason_REASON_NOT_ALLOWED, scope)
}

// isTheirs tells whether the call is on behalf of the person whose order it is: one
// whose verified address is the order's, whether or not they were logged in when they
// placed it.
func isTheirs(ctx context.Context, o *order.Order) bool {
	who, known := identity.From(ctx)
	if !known || !who.IsPerson() {
		return false
	}
	mailbox := order.Mailbox(who.Email)
	return mailbox != "" && mailbox == o.Snapshot().Contact.Mailbox()
}
