package service

import (
	"context"

	"google.golang.org/grpc/codes"

	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/certs"
	"galleria/platform/contract"
	"galleria/platform/identity"
	"galleria/platform/route"
)

// What programs may do with orders, by the scopes of their keys.
const (
	mayRead  = "orders:read"
	mayWrite = "orders:write"
)

// forStaff refuses who calls unless it is the command line of an operator, or on behalf
// of the shop's staff, or of a program with the scope.
func forStaff(ctx context.Context, scope string) error {
	if route.Caller(ctx) == certs.Operator {
		return nil
	}
	if who, known := identity.From(ctx); known && who.MayAsStaff(scope) {
		return nil
	}
	return contract.Error(codes.PermissionDenied, ordersv1.Reason_REASON_NOT_ALLOWED, "this is for the shop's staff, and for programs with %s", scope)
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
