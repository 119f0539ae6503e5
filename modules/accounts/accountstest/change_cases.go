package accountstest

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/id"
)

func (w World) changeEmail(t *testing.T, session, email string) {
	t.Helper()
	_, err := w.Accounts.ChangeEmail(t.Context(), &accountsv1.ChangeEmailRequest{Session: session, Password: Password, Email: email, IdempotencyKey: id.New()})
	if err != nil {
		t.Fatalf("change the address: %v", err)
	}
}

func (w World) changeEmailCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"gives the account another address by the link mailed to it, once, and tells the one before": func(t *testing.T) {
			a, email := w.person(t, accountsv1.Role_ROLE_CUSTOMER), address()
			session := w.logIn(t, a)
			w.changeEmail(t, session, email)
			if got := w.check(t, session).GetAccount().GetEmail(); got != a.GetEmail() {
				t.Errorf("got address %s before the link is followed, want the one before", got)
			}
			w.requestReset(t, a.GetEmail(), id.New())
			old := w.link(t, a.GetEmail(), 1)
			follow := &accountsv1.VerifyEmailRequest{Link: w.link(t, email, 1), IdempotencyKey: id.New()}
			for range 2 {
				followed, err := w.Accounts.VerifyEmail(t.Context(), follow)
				if err != nil || followed.GetSession() != "" || followed.GetAccount().GetEmail() != email || !followed.GetAccount().GetVerified() {
					t.Fatalf("got %v and error %v, want the account with its new address, and no session", followed, err)
				}
			}
			follow.IdempotencyKey = id.New()
			_, err := w.Accounts.VerifyEmail(t.Context(), follow)
			wantReason(t, "the link a second time", err, codes.NotFound, accountsv1.Reason_REASON_BAD_LINK)
			_, err = w.Accounts.ResetPassword(t.Context(), &accountsv1.ResetPasswordRequest{Link: old, Password: otherPassword})
			wantReason(t, "a link mailed to the address before", err, codes.NotFound, accountsv1.Reason_REASON_BAD_LINK)
			if subject, _ := w.mail(t, a.GetEmail(), 2); subject == "" {
				t.Error("the address before is not told")
			}
			if got := w.check(t, session).GetAccount().GetEmail(); got != email {
				t.Errorf("got address %s, want %s", got, email)
			}
		},
		"replaces the link before": func(t *testing.T) {
			session, first, second := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER)), address(), address()
			w.changeEmail(t, session, first)
			w.changeEmail(t, session, second)
			_, err := w.Accounts.VerifyEmail(t.Context(), &accountsv1.VerifyEmailRequest{Link: w.link(t, first, 1), IdempotencyKey: id.New()})
			wantReason(t, "the first link", err, codes.NotFound, accountsv1.Reason_REASON_BAD_LINK)
		},
		"does not tell that another account has the address": func(t *testing.T) {
			a, other := w.person(t, accountsv1.Role_ROLE_CUSTOMER), w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			w.changeEmail(t, w.logIn(t, a), other.GetEmail())
		},
		"does not take an address that got an account meanwhile": func(t *testing.T) {
			a, email := w.person(t, accountsv1.Role_ROLE_CUSTOMER), address()
			w.changeEmail(t, w.logIn(t, a), email)
			if _, err := w.Operator.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{Email: email, Password: Password, Role: accountsv1.Role_ROLE_CUSTOMER}); err != nil {
				t.Fatal(err)
			}
			_, err := w.Accounts.VerifyEmail(t.Context(), &accountsv1.VerifyEmailRequest{Link: w.link(t, email, 1), IdempotencyKey: id.New()})
			wantReason(t, "an address that is taken", err, codes.NotFound, accountsv1.Reason_REASON_BAD_LINK)
		},
		"wants the password, and names a bad address": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			_, err := w.Accounts.ChangeEmail(t.Context(), &accountsv1.ChangeEmailRequest{Session: session, Password: "x", Email: address(), IdempotencyKey: id.New()})
			wantReason(t, "another password", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS)
			_, err = w.Accounts.ChangeEmail(t.Context(), &accountsv1.ChangeEmailRequest{Session: session, Password: Password, Email: "nobody", IdempotencyKey: id.New()})
			wantViolation(t, "no address", err, "email")
		},
	}
}

func (w World) disableFactorCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"takes a password and a code, and the rights of staff away": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_ADMIN)
			own := w.logIn(t, a)
			secret, recovery := w.factor(t, own)
			disable := func(password, code string) error {
				_, err := w.Accounts.DisableSecondFactor(t.Context(), &accountsv1.DisableSecondFactorRequest{Session: own, Password: password, Code: code})
				return err
			}
			wantReason(t, "another password", disable("x", Code(secret, time.Now())), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS)
			wantReason(t, "no code", disable(Password, ""), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CODE)
			if err := disable(Password, recovery[0]); err != nil {
				t.Fatal(err)
			}
			if got := w.check(t, own); got.GetAccount().GetSecondFactor() || got.GetSecondFactorDone() {
				t.Errorf("got %v, want no second factor", got)
			}
			if _, err := w.Accounts.ListKeys(w.as(t, own), &accountsv1.ListKeysRequest{}); err == nil {
				t.Error("an administrator without a second factor may list keys")
			}
			wantReason(t, "a second time", disable(Password, ""), codes.FailedPrecondition, accountsv1.Reason_REASON_NO_SECOND_FACTOR)
			w.mail(t, a.GetEmail(), 2) // the first says that it was switched on
			w.factor(t, own)           // another one in its place
		},
		"wants a passkey where there are some: what stays has to work, or is removed first": func(t *testing.T) {
			own := w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))
			_, recovery := w.factor(t, own)
			begun, err := w.Accounts.BeginAddingPasskey(t.Context(), &accountsv1.BeginAddingPasskeyRequest{Session: own, Password: Password, Code: recovery[0]})
			if err != nil {
				t.Fatal(err)
			}
			lost, err := w.Accounts.FinishAddingPasskey(t.Context(), &accountsv1.FinishAddingPasskeyRequest{
				Session: own, CredentialJson: NewAuthenticator(shopSite, shopOrigin).Create(begun.GetOptionsJson()), Name: "Lost telephone",
			})
			if err != nil {
				t.Fatal(err)
			}
			disable := func() error {
				_, err := w.Accounts.DisableSecondFactor(t.Context(), &accountsv1.DisableSecondFactorRequest{Session: own, Password: Password, Code: recovery[1]})
				return err
			}
			wantReason(t, "a code alone", disable(), codes.FailedPrecondition, accountsv1.Reason_REASON_PASSKEY_NEEDED)
			if _, err := w.Accounts.RemovePasskey(t.Context(), &accountsv1.RemovePasskeyRequest{Session: own, Password: Password, Code: recovery[2], Id: lost.GetPasskey().GetId()}); err != nil {
				t.Fatalf("remove what is lost: %v", err)
			}
			if err := disable(); err != nil { // with the code that was refused, and so was not used up
				t.Fatalf("without passkeys: %v", err)
			}
			w.factor(t, own)
		},
		"does not take a passkey that was removed since: one that stays has to work": func(t *testing.T) {
			own := w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))
			key, works := w.passkey(t, own, "Key")
			w.show(t, own, key)
			_, lost := w.passkey(t, own, "Lost telephone")
			_, recovery := w.factor(t, own)
			remove := func(p *accountsv1.Passkey, code string) {
				t.Helper()
				if _, err := w.Accounts.RemovePasskey(t.Context(), &accountsv1.RemovePasskeyRequest{Session: own, Password: Password, Code: code, Id: p.GetId()}); err != nil {
					t.Fatal(err)
				}
			}
			disable := func(code string) error {
				_, err := w.Accounts.DisableSecondFactor(t.Context(), &accountsv1.DisableSecondFactorRequest{Session: own, Password: Password, Code: code})
				return err
			}
			remove(works, recovery[0])
			for what, code := range map[string]string{"no code": "", "a code": recovery[1]} {
				wantReason(t, "the password and "+what, disable(code), codes.FailedPrecondition, accountsv1.Reason_REASON_PASSKEY_NEEDED)
			}
			remove(lost, recovery[2])
			if err := disable(recovery[1]); err != nil {
				t.Errorf("without passkeys: %v", err)
			}
		},
		"takes a passkey of a person who has lost the codes, and leaves the rights of staff": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_ADMIN)
			own := w.logIn(t, a)
			key, _ := w.passkey(t, own, "Key")
			w.show(t, own, key)
			w.factor(t, own)
			disable := func(password string) error {
				_, err := w.Accounts.DisableSecondFactor(t.Context(), &accountsv1.DisableSecondFactorRequest{Session: own, Password: password})
				return err
			}
			wantReason(t, "a passkey alone", disable("x"), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS)
			if err := disable(Password); err != nil {
				t.Fatal(err)
			}
			if got := w.check(t, own); got.GetAccount().GetSecondFactor() || !got.GetSecondFactorDone() {
				t.Errorf("got %v, want no codes, and a session in which a passkey was used", got)
			}
			w.factor(t, own)
		},
	}
}

func (w World) deleteAccountCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"forgets the person, with the password": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			session, other := w.logIn(t, a), w.logIn(t, a)
			w.save(t, session, "one")
			_, err := w.Accounts.DeleteAccount(t.Context(), &accountsv1.DeleteAccountRequest{Session: session, Password: "x"})
			wantReason(t, "another password", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS)
			if _, err := w.Accounts.DeleteAccount(t.Context(), &accountsv1.DeleteAccountRequest{Session: session, Password: Password}); err != nil {
				t.Fatal(err)
			}
			w.wantEnded(t, session)
			w.wantEnded(t, other)
			_, err = w.Accounts.LogIn(t.Context(), &accountsv1.LogInRequest{IdempotencyKey: id.New(), Email: a.GetEmail(), Password: Password, Visitor: client()})
			wantReason(t, "log in", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS)
			w.mail(t, a.GetEmail(), 1)
			made, err := w.Operator.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{Email: a.GetEmail(), Password: Password, Role: accountsv1.Role_ROLE_CUSTOMER})
			if err != nil || w.streets(t, w.logIn(t, made.GetAccount())) != "" {
				t.Errorf("got error %v or addresses, want a new account of the address with nothing in it", err)
			}
		},
		"wants the code of the second factor": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_OPERATOR)
			session := w.logIn(t, a)
			_, recovery := w.factor(t, session)
			_, err := w.Accounts.DeleteAccount(t.Context(), &accountsv1.DeleteAccountRequest{Session: session, Password: Password})
			wantReason(t, "no code", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CODE)
			if _, err := w.Accounts.DeleteAccount(t.Context(), &accountsv1.DeleteAccountRequest{Session: session, Password: Password, Code: recovery[0]}); err != nil {
				t.Error(err)
			}
		},
	}
}
