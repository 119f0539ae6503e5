package accountstest

import (
	"testing"

	"google.golang.org/grpc/codes"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/id"
)

// The suite's shop has administrators; TestTheFirstAdministrator begins without one.

func (w World) offerFirstAdminCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"is refused where there is an administrator": func(t *testing.T) {
			w.person(t, accountsv1.Role_ROLE_ADMIN)
			_, err := w.Operator.OfferFirstAdmin(t.Context(), &accountsv1.OfferFirstAdminRequest{})
			wantReason(t, "a link", err, codes.FailedPrecondition, accountsv1.Reason_REASON_HAS_ADMIN)
		},
		"is for the command line": func(t *testing.T) {
			_, err := w.Accounts.OfferFirstAdmin(t.Context(), &accountsv1.OfferFirstAdminRequest{})
			wantReason(t, "another caller", err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
		},
	}
}

func (w World) createFirstAdminCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"wants a link": func(t *testing.T) {
			for _, link := range []string{"", id.Secret()} {
				_, err := w.FirstAdmin(t, link, address(), id.New())
				wantReason(t, "link "+link, err, codes.NotFound, accountsv1.Reason_REASON_BAD_LINK)
			}
		},
	}
}

// FirstAdmin makes the first administrator by a link.
func (w World) FirstAdmin(t *testing.T, link, email, key string) (*accountsv1.CreateFirstAdminResponse, error) {
	t.Helper()
	return w.Accounts.CreateFirstAdmin(t.Context(), &accountsv1.CreateFirstAdminRequest{Link: link, Email: email, Password: Password, Visitor: client(), IdempotencyKey: key})
}
