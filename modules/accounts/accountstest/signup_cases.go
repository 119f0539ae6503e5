package accountstest

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

func (w World) signUpCases() map[string]func(*testing.T) {
	signUp := func(t *testing.T, r *accountsv1.SignUpRequest) error {
		r.Visitor, r.IdempotencyKey = client(), id.New()
		_, err := w.Accounts.SignUp(t.Context(), r)
		return err
	}
	return map[string]func(*testing.T){
		"answers the same for an address that has an account": func(t *testing.T) {
			for what, email := range map[string]string{"a new address": address(), "a known one": w.person(t, accountsv1.Role_ROLE_CUSTOMER).GetEmail()} {
				if err := signUp(t, &accountsv1.SignUpRequest{IdempotencyKey: id.New(), Email: email, Password: Password}); err != nil {
					t.Errorf("%s: got %v, want nothing", what, err)
				}
			}
		},
		"makes no account before the mail is read": func(t *testing.T) {
			email := address()
			if err := signUp(t, &accountsv1.SignUpRequest{IdempotencyKey: id.New(), Email: email, Password: Password}); err != nil {
				t.Fatal(err)
			}
			_, err := w.Accounts.LogIn(t.Context(), &accountsv1.LogInRequest{IdempotencyKey: id.New(), Email: email, Password: Password, Visitor: client()})
			wantReason(t, "log in before", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS)
		},
		"mails one link however often it is repeated, and what is known to an address with an account": func(t *testing.T) {
			email, known := address(), w.person(t, accountsv1.Role_ROLE_CUSTOMER).GetEmail()
			for _, to := range []string{email, known} {
				r := &accountsv1.SignUpRequest{IdempotencyKey: id.New(), Email: to, Name: "Ana", Password: Password}
				for range 2 {
					if _, err := w.Accounts.SignUp(t.Context(), r); err != nil {
						t.Fatal(err)
					}
				}
			}
			w.link(t, email, 1)
			if subject, text := w.mail(t, known, 1); subject != "You have an account already" || linkInMail.MatchString(text) {
				t.Errorf("to an address with an account: got %q with a link in it, want that there is one", subject)
			}
			if n := len(w.mailsTo(t, email)) + len(w.mailsTo(t, known)); n != 2 {
				t.Errorf("got %d mails, want 2", n)
			}
		},
		"names each bad field": func(t *testing.T) {
			for field, r := range map[string]*accountsv1.SignUpRequest{
				"email":    {Email: "nobody", Password: Password},
				"name":     {Email: address(), Name: "see https://example.com", Password: Password},
				"password": {Email: address(), Password: "short"},
			} {
				wantViolation(t, field, signUp(t, r), field)
			}
			if v := contract.Violations(signUp(t, &accountsv1.SignUpRequest{})); len(v) != 2 {
				t.Errorf("nothing filled in: got %v, want violations of email and password", v)
			}
		},
		"refuses passwords that are tried first": func(t *testing.T) {
			for _, password := range []string{"password1", "PASSWORD1", "qwertyuiop", "aaaaaaaaaaaa", "12345678901234", "abcdefghijk", "abcabcabcabc", "ana.bella1", "galleria99", strings.Repeat("ä", 257)} {
				wantViolation(t, password, signUp(t, &accountsv1.SignUpRequest{IdempotencyKey: id.New(), Email: "ana.bella@example.com", Password: password}), "password")
			}
			for _, password := range []string{"åäöåäöxz", "this one has no digits", strings.Repeat("long ", 50) + "x"} {
				if err := signUp(t, &accountsv1.SignUpRequest{IdempotencyKey: id.New(), Email: address(), Password: password}); err != nil {
					t.Errorf("%.20s: got %v, want it taken", password, err)
				}
			}
		},
	}
}

func (w World) verifyCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"makes the account, and a session, once": func(t *testing.T) {
			email := address()
			if _, err := w.Accounts.SignUp(t.Context(), &accountsv1.SignUpRequest{IdempotencyKey: id.New(), Email: email, Name: "Ana", Password: Password}); err != nil {
				t.Fatal(err)
			}
			r := &accountsv1.VerifyEmailRequest{IdempotencyKey: id.New(), Link: w.link(t, email, 1)}
			var session string
			for range 2 {
				got, err := w.Accounts.VerifyEmail(t.Context(), r)
				if err != nil || !got.GetAccount().GetVerified() || session != "" && got.GetSession() != session {
					t.Fatalf("got %v and error %v, want the same session twice", got, err)
				}
				session = got.GetSession()
			}
			if got := w.check(t, session).GetAccount(); got.GetEmail() != email || len(got.GetRoles()) != 1 {
				t.Errorf("got %v, want a customer", got)
			}
			r.IdempotencyKey = id.New()
			_, err := w.Accounts.VerifyEmail(t.Context(), r)
			wantReason(t, "the same link by another call", err, codes.NotFound, accountsv1.Reason_REASON_BAD_LINK)
		},
		"takes the newest link only, with the password of its sign-up": func(t *testing.T) {
			email := address()
			for n, password := range []string{"a stranger's password", Password} {
				if _, err := w.Accounts.SignUp(t.Context(), &accountsv1.SignUpRequest{IdempotencyKey: id.New(), Email: email, Password: password}); err != nil {
					t.Fatal(err)
				}
				w.link(t, email, n+1)
			}
			_, err := w.Accounts.VerifyEmail(t.Context(), &accountsv1.VerifyEmailRequest{IdempotencyKey: id.New(), Link: w.link(t, email, 1)})
			wantReason(t, "the older link", err, codes.NotFound, accountsv1.Reason_REASON_BAD_LINK)
			got, err := w.Accounts.VerifyEmail(t.Context(), &accountsv1.VerifyEmailRequest{IdempotencyKey: id.New(), Link: w.link(t, email, 2)})
			if err != nil {
				t.Fatal(err)
			}
			w.logIn(t, got.GetAccount())
		},
		"says that there is no such link": func(t *testing.T) {
			for _, link := range []string{"", "x", strings.Repeat("a", 43), "\x00"} {
				_, err := w.Accounts.VerifyEmail(t.Context(), &accountsv1.VerifyEmailRequest{IdempotencyKey: id.New(), Link: link})
				wantReason(t, "link "+link, err, codes.NotFound, accountsv1.Reason_REASON_BAD_LINK)
			}
		},
	}
}

func (w World) createAccountCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"makes an account that can log in": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_OPERATOR)
			if a.GetVerified() || a.GetSecondFactor() || len(a.GetRoles()) != 2 || a.GetId() == "" {
				t.Errorf("got %v, want an operator who has followed no link and has no second factor", a)
			}
			w.logIn(t, a)
		},
		"refuses an address that has an account, in any case": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			_, err := w.Operator.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{Email: strings.ToUpper(a.GetEmail()), Password: Password, Role: accountsv1.Role_ROLE_ADMIN})
			wantReason(t, "again", err, codes.AlreadyExists, accountsv1.Reason_REASON_EMAIL_TAKEN)
		},
		"makes one account however often it is repeated": func(t *testing.T) {
			r := &accountsv1.CreateAccountRequest{Email: address(), Password: Password, Role: accountsv1.Role_ROLE_OPERATOR}
			one, err := w.Operator.CreateAccount(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if two, err := w.Operator.CreateAccount(t.Context(), r); err != nil || two.GetAccount().GetId() != one.GetAccount().GetId() {
				t.Errorf("got %v and error %v, want the same account", two, err)
			}
			r.Password = "another one altogether"
			_, err = w.Operator.CreateAccount(t.Context(), r)
			wantReason(t, "another password", err, codes.AlreadyExists, accountsv1.Reason_REASON_EMAIL_TAKEN)
		},
		"wants a role": func(t *testing.T) {
			_, err := w.Operator.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{Email: address(), Password: Password})
			wantViolation(t, "no role", err, "role")
		},
		"is for the command line and administrators": func(t *testing.T) {
			r := &accountsv1.CreateAccountRequest{Email: address(), Password: Password, Role: accountsv1.Role_ROLE_ADMIN}
			_, err := w.Accounts.CreateAccount(t.Context(), r)
			wantReason(t, "as nobody", err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
			_, err = w.Accounts.CreateAccount(w.as(t, w.logIn(t, w.person(t, accountsv1.Role_ROLE_OPERATOR))), r)
			wantReason(t, "as an operator", err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
			_, err = w.Accounts.CreateAccount(w.as(t, w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))), r)
			wantReason(t, "as an administrator without a code", err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
		},
	}
}
