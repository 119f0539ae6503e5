package service

import (
	"context"

	notificationsv1 "galleria/modules/notifications/v1"
	"galleria/platform/access"
	"galleria/platform/identity"
)

// forStaff refuses who is not of the shop's staff. No API key has a scope for mails.
func forStaff(ctx context.Context) error {
	return access.Role(ctx, notificationsv1.Reason_REASON_NOT_ALLOWED, identity.Operator)
}

// mayReadLetters tells whether the call may see what a letter says. Its links open what
// is the reader's alone: an order as its customer, or an account by a new password. So
// operators see that a mail was sent, and not what it says.
func mayReadLetters(ctx context.Context) bool {
	return access.Role(ctx, notificationsv1.Reason_REASON_NOT_ALLOWED, identity.Admin) == nil
}
