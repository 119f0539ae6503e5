package accountstest

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

func (w World) logInCases() map[string]func(*testing.T) {
	try := func(t *testing.T, email, password string, from *accountsv1.Visitor) error {
		t.Helper()
		_, err := w.Accounts.LogIn(t.Context(), &accountsv1.LogInRequest{IdempotencyKey: id.New(), Email: email, Password: password, Visitor: from})
		return err
	}
	return map[string]func(*testing.T){
		"opens another session each time": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			one, two := w.logIn(t, a), w.logIn(t, a)
			if one == two || len(one) != 43 {
				t.Errorf("got %q and %q, want two tokens of 43 characters", one, two)
			}
		},
		"opens one session however often it is repeated": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			r := &accountsv1.LogInRequest{IdempotencyKey: id.New(), Email: a.GetEmail(), Password: Password, Visitor: client()}
			var tokens []string
			for range 2 {
				in, err := w.Accounts.LogIn(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				tokens = append(tokens, in.GetSession())
			}
			if tokens[0] != tokens[1] || len(w.sessions(t, tokens[0])) != 1 {
				t.Errorf("got sessions %q, want the same", tokens)
			}
			_, err := w.Accounts.LogIn(t.Context(), &accountsv1.LogInRequest{Email: a.GetEmail(), Password: Password})
			wantViolation(t, "without a key", err, "idempotency_key")
		},
		"takes the address in any case, and the password in any spelling": func(t *testing.T) {
			email := address()
			_, err := w.Operator.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{Email: email, Password: "Ångström unit", Role: accountsv1.Role_ROLE_CUSTOMER})
			if err != nil {
				t.Fatal(err)
			}
			if err := try(t, " "+strings.ToUpper(email), "A\u030angstro\u0308m unit", client()); err != nil {
				t.Errorf("got %v, want a session", err)
			}
		},
		"does not tell an unknown address from a wrong password": func(t *testing.T) {
			known := w.person(t, accountsv1.Role_ROLE_CUSTOMER).GetEmail()
			for _, email := range []string{known, address(), "", "nobody", "\x00@example.com"} {
				wantReason(t, email, try(t, email, "something else", client()), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS)
			}
		},
		"makes those wait who fail again and again, whether or not there is an account": func(t *testing.T) {
			known := w.person(t, accountsv1.Role_ROLE_CUSTOMER).GetEmail()
			for _, email := range []string{known, address()} {
				wait, failures := wantWait(t, func() error { return try(t, email, "something else", client()) })
				if wait < 1 || failures < 5 || failures > 8 {
					t.Errorf("%s: after %d failures the wait is %d s, want some after 5 to 8", email, failures, wait)
				}
			}
		},
		"does not let strangers keep a person out who was there before": func(t *testing.T) {
			a, home := w.person(t, accountsv1.Role_ROLE_CUSTOMER), client()
			if err := try(t, a.GetEmail(), Password, home); err != nil {
				t.Fatal(err)
			}
			wantWait(t, func() error { return try(t, a.GetEmail(), "something else", client()) })
			if err := try(t, a.GetEmail(), Password, home); err != nil {
				t.Errorf("at home: got %v, want a session", err)
			}
		},
		"makes a client wait that fails at many accounts": func(t *testing.T) {
			from := client()
			if _, failures := wantWait(t, func() error { return try(t, address(), "something else", from) }); failures < 20 {
				t.Errorf("got a wait after %d failures, want 20 to be free", failures)
			}
		},
	}
}

// wantWait fails until there is a wait, and tells how long in seconds, and after how
// many failures. Only failures are counted for the account: a good one begins anew.
func wantWait(t *testing.T, fail func() error) (seconds, failures int) {
	t.Helper()
	for ; failures < 100; failures++ {
		err := fail()
		if !contract.Is(err, accountsv1.Reason_REASON_WAIT) {
			continue
		}
		wantReason(t, "too many failures", err, codes.ResourceExhausted, accountsv1.Reason_REASON_WAIT)
		seconds, convErr := strconv.Atoi(contract.Metadata(err, "retry_after"))
		if convErr != nil {
			t.Errorf("got retry_after %q, want seconds", contract.Metadata(err, "retry_after"))
		}
		return seconds, failures
	}
	t.Fatalf("no wait after %d failures", failures)
	return 0, 0
}

// strangers are tokens that are those of no session.
var strangers = []string{"", "x", strings.Repeat("a", 43), "\x00"}

func (w World) checkSessionCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"tells whose session it is": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_OPERATOR)
			got := w.check(t, w.logIn(t, a))
			if got.GetAccount().GetId() != a.GetId() || got.GetSecondFactorDone() || got.GetIdentity().GetStatement() == "" || got.GetExpiresAt() == nil {
				t.Errorf("got %v, want the session of %v", got, a)
			}
			if until := got.GetIdentity().GetExpiresAt().AsTime(); until.Sub(a.GetCreatedAt().AsTime()).Minutes() > 6 {
				t.Errorf("the statement holds until %s, want five minutes", until)
			}
		},
		"knows no other": func(t *testing.T) {
			for _, token := range strangers {
				_, err := w.Accounts.CheckSession(t.Context(), &accountsv1.CheckSessionRequest{Session: token})
				wantReason(t, token, err, codes.Unauthenticated, accountsv1.Reason_REASON_NO_SESSION)
			}
		},
	}
}

func (w World) confirmCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"notes the time, once for each code": func(t *testing.T) {
			own := w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))
			secret, _ := w.factor(t, own)
			before := w.check(t, own).GetCodeAt().AsTime()
			r := &accountsv1.ConfirmCodeRequest{IdempotencyKey: id.New(), Session: own, Code: Code(secret, time.Now())}
			for range 2 {
				if _, err := w.Accounts.ConfirmCode(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			if after := w.check(t, own).GetCodeAt().AsTime(); !after.After(before) {
				t.Errorf("a code was given at %s, want later than %s", after, before)
			}
			r.IdempotencyKey = id.New()
			_, err := w.Accounts.ConfirmCode(t.Context(), r)
			wantReason(t, "the code a second time", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CODE)
		},
		"is for accounts with a second factor": func(t *testing.T) {
			_, err := w.Accounts.ConfirmCode(t.Context(), &accountsv1.ConfirmCodeRequest{IdempotencyKey: id.New(), Session: w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN)), Code: "123456"})
			wantReason(t, "without one", err, codes.FailedPrecondition, accountsv1.Reason_REASON_NO_SECOND_FACTOR)
		},
		"wants a session": func(t *testing.T) {
			for _, token := range strangers {
				_, err := w.Accounts.ConfirmCode(t.Context(), &accountsv1.ConfirmCodeRequest{IdempotencyKey: id.New(), Session: token, Code: "123456"})
				wantReason(t, token, err, codes.Unauthenticated, accountsv1.Reason_REASON_NO_SESSION)
			}
		},
	}
}

func (w World) logOutCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"ends one session, once": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			one, other := w.logIn(t, a), w.logIn(t, a)
			for range 2 {
				if _, err := w.Accounts.LogOut(t.Context(), &accountsv1.LogOutRequest{Session: one}); err != nil {
					t.Fatal(err)
				}
			}
			w.wantEnded(t, one)
			w.check(t, other)
		},
		"ends it for good, though the form of the log-in is sent again": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			form := &accountsv1.LogInRequest{IdempotencyKey: id.New(), Email: a.GetEmail(), Password: Password, Visitor: client()}
			var before []string
			for range 3 {
				in, err := w.Accounts.LogIn(t.Context(), form)
				if err != nil {
					t.Fatal(err)
				}
				if again, err := w.Accounts.LogIn(t.Context(), form); err != nil || again.GetSession() != in.GetSession() {
					t.Errorf("got %v and error %v, want a repeated call to answer the same session", again, err)
				}
				w.check(t, in.GetSession())
				for _, ended := range before {
					w.wantEnded(t, ended)
				}
				if _, err := w.Accounts.LogOut(t.Context(), &accountsv1.LogOutRequest{Session: in.GetSession()}); err != nil {
					t.Fatal(err)
				}
				before = append(before, in.GetSession())
			}
		},
	}
}

func (w World) wantEnded(t *testing.T, session string) {
	t.Helper()
	_, err := w.Accounts.CheckSession(t.Context(), &accountsv1.CheckSessionRequest{Session: session})
	wantReason(t, "a session that ended", err, codes.Unauthenticated, accountsv1.Reason_REASON_NO_SESSION)
}

func (w World) sessions(t *testing.T, session string) []*accountsv1.ListSessionsResponse_Session {
	t.Helper()
	listed, err := w.Accounts.ListSessions(t.Context(), &accountsv1.ListSessionsRequest{Session: session})
	if err != nil {
		t.Fatal(err)
	}
	return listed.GetSessions()
}

func (w World) listSessionsCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"lists those of the account, and marks the one that asks": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			w.logIn(t, a)
			listed := w.sessions(t, w.logIn(t, a))
			current := slices.DeleteFunc(slices.Clone(listed), func(s *accountsv1.ListSessionsResponse_Session) bool { return !s.GetCurrent() })
			if len(listed) != 2 || len(current) != 1 || listed[0].GetDevice() != "Firefox on Linux" || listed[0].GetUsedAt() == nil {
				t.Errorf("got %v, want two sessions, one of them current", listed)
			}
		},
		"wants a session": func(t *testing.T) {
			for _, token := range strangers {
				_, err := w.Accounts.ListSessions(t.Context(), &accountsv1.ListSessionsRequest{Session: token})
				wantReason(t, token, err, codes.Unauthenticated, accountsv1.Reason_REASON_NO_SESSION)
			}
		},
	}
}

func (w World) revokeSessionCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"wants the password, and a code where there is a second factor": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			own := w.logIn(t, a)
			_, recovery := w.factor(t, own)
			other, err := w.Accounts.LogIn(t.Context(), &accountsv1.LogInRequest{IdempotencyKey: id.New(), Email: a.GetEmail(), Password: Password, Code: recovery[0], Visitor: client()})
			if err != nil {
				t.Fatal(err)
			}
			end := func(password, code string) error {
				_, err := w.Accounts.RevokeSession(t.Context(), &accountsv1.RevokeSessionRequest{Session: own, Password: password, Code: code})
				return err
			}
			wantReason(t, "without", end("", ""), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS)
			wantReason(t, "another password", end("another "+Password, recovery[1]), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS)
			wantReason(t, "no code", end(Password, ""), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CODE)
			w.check(t, other.GetSession())
			if err := end(Password, recovery[1]); err != nil {
				t.Fatal(err)
			}
			w.wantEnded(t, other.GetSession())
		},
		"ends one of the account's": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			other, own := w.logIn(t, a), w.logIn(t, a)
			for _, s := range w.sessions(t, own) {
				if s.GetCurrent() {
					continue
				}
				for range 2 {
					if _, err := w.Accounts.RevokeSession(t.Context(), &accountsv1.RevokeSessionRequest{Session: own, Password: Password, Id: s.GetId()}); err != nil {
						t.Fatal(err)
					}
				}
			}
			w.wantEnded(t, other)
			w.check(t, own)
		},
		"ends all others of the account": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			one, two, own := w.logIn(t, a), w.logIn(t, a), w.logIn(t, a)
			if _, err := w.Accounts.RevokeSession(t.Context(), &accountsv1.RevokeSessionRequest{Session: own, Password: Password}); err != nil {
				t.Fatal(err)
			}
			w.wantEnded(t, one)
			w.wantEnded(t, two)
			w.check(t, own)
		},
		"leaves those of others alone": func(t *testing.T) {
			theirs, own := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER)), w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))
			for _, s := range w.sessions(t, theirs) {
				if _, err := w.Accounts.RevokeSession(t.Context(), &accountsv1.RevokeSessionRequest{Session: own, Password: Password, Id: s.GetId()}); err != nil {
					t.Fatal(err)
				}
			}
			w.check(t, theirs)
		},
		"wants a session": func(t *testing.T) {
			for _, token := range strangers {
				_, err := w.Accounts.RevokeSession(t.Context(), &accountsv1.RevokeSessionRequest{Session: token})
				wantReason(t, token, err, codes.Unauthenticated, accountsv1.Reason_REASON_NO_SESSION)
			}
		},
	}
}
