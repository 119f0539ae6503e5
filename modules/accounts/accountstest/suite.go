// Package accountstest holds the contract suite of accounts, and the module as other
// modules' tests use it.
package accountstest

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	accountsv1 "galleria/modules/accounts/v1"
	notificationsv1 "galleria/modules/notifications/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
	"galleria/platform/identity"
	"galleria/platform/module/moduletest"
)

// World is accounts as the suite sees it.
type World struct {
	// Accounts is called as a module without special rights.
	Accounts accountsv1.AccountsServiceClient
	// Operator is called as the command line.
	Operator accountsv1.AccountsServiceClient
	// Notifications hears the events, and shows the mails that come of them.
	Notifications notificationsv1.NotificationsServiceClient
}

// Run runs the contract suite.
func Run(t *testing.T, w World) {
	t.Helper()
	moduletest.Cases{
		"SignUp":                    w.signUpCases(),
		"VerifyEmail":               w.verifyCases(),
		"LogIn":                     w.logInCases(),
		"CheckSession":              w.checkSessionCases(),
		"ConfirmCode":               w.confirmCases(),
		"LogOut":                    w.logOutCases(),
		"StartSecondFactor":         w.startFactorCases(),
		"EnableSecondFactor":        w.enableFactorCases(),
		"RequestReset":              w.requestResetCases(),
		"ResetPassword":             w.resetCases(),
		"ChangePassword":            w.changePasswordCases(),
		"ListSessions":              w.listSessionsCases(),
		"RevokeSession":             w.revokeSessionCases(),
		"ChangeEmail":               w.changeEmailCases(),
		"DisableSecondFactor":       w.disableFactorCases(),
		"DeleteAccount":             w.deleteAccountCases(),
		"BeginAddingPasskey":        w.beginAddingCases(),
		"FinishAddingPasskey":       w.finishAddingCases(),
		"ListPasskeys":              w.listPasskeysCases(),
		"RemovePasskey":             w.removePasskeyCases(),
		"BeginPasskeyLogIn":         w.beginPasskeyLogInCases(),
		"FinishPasskeyLogIn":        w.finishPasskeyLogInCases(),
		"BeginPasskeyConfirmation":  w.beginConfirmationCases(),
		"FinishPasskeyConfirmation": w.finishConfirmationCases(),
		"SetProfile":                w.profileCases(),
		"ListAddresses":             w.listAddressesCases(),
		"SaveAddress":               w.saveAddressCases(),
		"UseAddressFirst":           w.useFirstCases(),
		"DeleteAddress":             w.deleteAddressCases(),
		"OfferFirstAdmin":           w.offerFirstAdminCases(),
		"CreateFirstAdmin":          w.createFirstAdminCases(),
		"CreateAccount":             w.createAccountCases(),
		"ListAccounts":              w.listAccountsCases(),
		"SetRole":                   w.setRoleCases(),
		"CreateKey":                 w.createKeyCases(),
		"ListKeys":                  w.listKeysCases(),
		"RevokeKey":                 w.revokeKeyCases(),
		"CheckKey":                  w.checkKeyCases(),
		"ListSigningKeys":           w.listSigningKeysCases(),
		"ReplaceSigningKey":         w.replaceSigningKeyCases(),
	}.Run(t, &accountsv1.AccountsService_ServiceDesc)
}

// Password is that of all accounts of the suite.
const Password = "correct horse battery"

// address is one that no other case has.
func address() string { return "ana." + id.New() + "@example.com" }

// person makes an account.
func (w World) person(t *testing.T, role accountsv1.Role) *accountsv1.Account {
	t.Helper()
	made, err := w.Operator.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{Email: address(), Name: "Ana Arco", Password: Password, Role: role})
	if err != nil {
		t.Fatalf("create an account: %v", err)
	}
	return made.GetAccount()
}

// client is an address of no other case, from which tries are counted.
func client() *accountsv1.Visitor {
	return &accountsv1.Visitor{Client: id.New(), Device: "Firefox on Linux"}
}

// logIn opens a session of an account.
func (w World) logIn(t *testing.T, a *accountsv1.Account) string {
	t.Helper()
	in, err := w.Accounts.LogIn(t.Context(), &accountsv1.LogInRequest{IdempotencyKey: id.New(), Email: a.GetEmail(), Password: Password, Visitor: client()})
	if err != nil || in.GetSession() == "" {
		t.Fatalf("log in: got %v and error %v, want a session", in, err)
	}
	return in.GetSession()
}

func (w World) check(t *testing.T, session string) *accountsv1.CheckSessionResponse {
	t.Helper()
	checked, err := w.Accounts.CheckSession(t.Context(), &accountsv1.CheckSessionRequest{Session: session})
	if err != nil {
		t.Fatalf("check a session: %v", err)
	}
	return checked
}

// as is the context of calls on behalf of a session's person.
func (w World) as(t *testing.T, session string) context.Context {
	t.Helper()
	return identity.With(t.Context(), w.check(t, session).GetIdentity().GetStatement())
}

// wantReason wants a failure of a code and reason.
func wantReason(t *testing.T, what string, err error, code codes.Code, reason accountsv1.Reason) {
	t.Helper()
	if status.Code(err) != code || !contract.Is(err, reason) {
		t.Errorf("%s: got %v, want %s, %s", what, err, code, reason)
	}
}

// wantViolation wants a complaint about one field.
func wantViolation(t *testing.T, what string, err error, field string) {
	t.Helper()
	if v := contract.Violations(err); len(v) != 1 || v[0].Field != field {
		t.Errorf("%s: got %v, want a violation of %s", what, err, field)
	}
}
