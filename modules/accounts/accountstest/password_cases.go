package accountstest

import (
	"testing"

	"google.golang.org/grpc/codes"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/id"
)

const otherPassword = "staple another battery"

func (w World) requestReset(t *testing.T, email, key string) {
	t.Helper()
	if _, err := w.Accounts.RequestReset(t.Context(), &accountsv1.RequestResetRequest{IdempotencyKey: key, Email: email, Visitor: client()}); err != nil {
		t.Fatalf("request a reset: %v", err)
	}
}

// wantPassword wants the account to have the second password and not the first.
func (w World) wantPassword(t *testing.T, a *accountsv1.Account, not, but string) {
	t.Helper()
	_, err := w.Accounts.LogIn(t.Context(), &accountsv1.LogInRequest{IdempotencyKey: id.New(), Email: a.GetEmail(), Password: not, Visitor: client()})
	wantReason(t, "the password before", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS)
	if _, err := w.Accounts.LogIn(t.Context(), &accountsv1.LogInRequest{IdempotencyKey: id.New(), Email: a.GetEmail(), Password: but, Visitor: client()}); err != nil {
		t.Errorf("the new password: got %v, want a session", err)
	}
}

func (w World) requestResetCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"mails one link however often it is repeated, and nothing to an unknown address": func(t *testing.T) {
			known, unknown, key := w.person(t, accountsv1.Role_ROLE_CUSTOMER).GetEmail(), address(), id.New()
			w.requestReset(t, unknown, key)
			w.requestReset(t, known, key)
			w.requestReset(t, known, key)
			w.link(t, known, 1)
			if n, m := len(w.mailsTo(t, known)), len(w.mailsTo(t, unknown)); n != 1 || m != 0 {
				t.Errorf("got %d and %d mails, want 1 and none", n, m)
			}
		},
		"names each bad field": func(t *testing.T) {
			_, err := w.Accounts.RequestReset(t.Context(), &accountsv1.RequestResetRequest{IdempotencyKey: id.New(), Email: "nobody"})
			wantViolation(t, "no address", err, "email")
			_, err = w.Accounts.RequestReset(t.Context(), &accountsv1.RequestResetRequest{Email: address()})
			wantViolation(t, "no key", err, "idempotency_key")
		},
	}
}

func (w World) resetCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"sets a new password once, ends all sessions, and says so": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			before := w.logIn(t, a)
			w.requestReset(t, a.GetEmail(), id.New())
			r := &accountsv1.ResetPasswordRequest{Link: w.link(t, a.GetEmail(), 1), Password: "short"}
			_, err := w.Accounts.ResetPassword(t.Context(), r)
			wantViolation(t, "a short one", err, "password")
			r.Password = otherPassword
			if _, err := w.Accounts.ResetPassword(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			_, err = w.Accounts.ResetPassword(t.Context(), r)
			wantReason(t, "again", err, codes.NotFound, accountsv1.Reason_REASON_BAD_LINK)
			w.wantEnded(t, before)
			w.wantPassword(t, a, Password, otherPassword)
			if subject, _ := w.mail(t, a.GetEmail(), 2); subject != "Your password was changed" {
				t.Errorf("got mail %q, want the news", subject)
			}
		},
		"takes no link of a sign-up, and the other way round": func(t *testing.T) {
			email, a := address(), w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			if _, err := w.Accounts.SignUp(t.Context(), &accountsv1.SignUpRequest{IdempotencyKey: id.New(), Email: email, Password: Password}); err != nil {
				t.Fatal(err)
			}
			w.requestReset(t, a.GetEmail(), id.New())
			_, err := w.Accounts.ResetPassword(t.Context(), &accountsv1.ResetPasswordRequest{Link: w.link(t, email, 1), Password: otherPassword})
			wantReason(t, "a sign-up's", err, codes.NotFound, accountsv1.Reason_REASON_BAD_LINK)
			_, err = w.Accounts.VerifyEmail(t.Context(), &accountsv1.VerifyEmailRequest{IdempotencyKey: id.New(), Link: w.link(t, a.GetEmail(), 1)})
			wantReason(t, "a reset's", err, codes.NotFound, accountsv1.Reason_REASON_BAD_LINK)
		},
	}
}

func (w World) changePasswordCases() map[string]func(*testing.T) {
	change := func(t *testing.T, session, present, next string) error {
		_, err := w.Accounts.ChangePassword(t.Context(), &accountsv1.ChangePasswordRequest{Session: session, Password: present, NewPassword: next})
		return err
	}
	return map[string]func(*testing.T){
		"sets a new password, and ends the other sessions": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			other, own := w.logIn(t, a), w.logIn(t, a)
			if err := change(t, own, Password, otherPassword); err != nil {
				t.Fatal(err)
			}
			w.check(t, own)
			w.wantEnded(t, other)
			w.wantPassword(t, a, Password, otherPassword)
		},
		"wants the present one, and a good one": func(t *testing.T) {
			own := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			wantReason(t, "wrong", change(t, own, "something else", otherPassword), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS)
			wantViolation(t, "short", change(t, own, Password, "short"), "new_password")
			for _, token := range strangers {
				wantReason(t, token, change(t, token, Password, otherPassword), codes.Unauthenticated, accountsv1.Reason_REASON_NO_SESSION)
			}
		},
	}
}
