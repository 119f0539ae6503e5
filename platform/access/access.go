// Package access decides, at the top of a method, who may call it:
//
//	if err := access.Staff(ctx, lettersv1.Reason_REASON_NOT_ALLOWED, "letters:write"); err != nil {
//		return nil, err
//	}
//
// A module decides itself, and does not leave it to the edge: an edge that forgets to ask,
// or that an attacker controls, then has no more rights than those on whose behalf it
// calls. Two things are believed: the name of the caller, which in another process is what
// its certificate says (route.Caller), and the signed statement that says on whose behalf
// the call is made (identity.From). The command line of an operator may call everything:
// a person who can use it can read the data, too.
//
// To which person a thing belongs is not decided here: only its module knows.
package access

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"galleria/platform/certs"
	"galleria/platform/contract"
	"galleria/platform/identity"
	"galleria/platform/route"
)

// Staff refuses a call with PERMISSION_DENIED and the reason, unless it is made by the
// command line or one of the modules, or on behalf of the site's staff or of a program
// whose key has the scope.
func Staff(ctx context.Context, reason protoreflect.Enum, scope string, modules ...string) error {
	if IsCaller(ctx, modules...) {
		return nil
	}
	if who, known := identity.From(ctx); known && who.MayAsStaff(scope) {
		return nil
	}
	return contract.Error(codes.PermissionDenied, reason, "this is for the site's staff, and for programs whose key has the scope %s", scope)
}

// Role refuses a call as Staff does, unless it is made by the command line or on behalf
// of a person with the role. No API key has a role.
func Role(ctx context.Context, reason protoreflect.Enum, role string) error {
	if IsCaller(ctx) {
		return nil
	}
	if who, known := identity.From(ctx); known && who.Has(role) {
		return nil
	}
	return contract.Error(codes.PermissionDenied, reason, "this is for people with the role %s", role)
}

// Modules refuses a call as Staff does, unless it is made by the command line or one of
// the modules. On whose behalf they call does not matter.
func Modules(ctx context.Context, reason protoreflect.Enum, modules ...string) error {
	if IsCaller(ctx, modules...) {
		return nil
	}
	return contract.Error(codes.PermissionDenied, reason, "this is for the module %s, and for the command line", strings.Join(modules, ", "))
}

// IsCaller tells whether the call is made by the command line of an operator, or by one
// of the modules.
func IsCaller(ctx context.Context, modules ...string) bool {
	caller := route.Caller(ctx)
	return caller == certs.Operator || slices.Contains(modules, caller)
}
