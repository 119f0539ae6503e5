package accountstest

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/id"
)

// confirmationOptions begins confirming in a session.
func (w World) confirmationOptions(t *testing.T, session string) string {
	t.Helper()
	begun, err := w.Accounts.BeginPasskeyConfirmation(t.Context(), &accountsv1.BeginPasskeyConfirmationRequest{Session: session})
	if err != nil {
		t.Fatalf("begin a confirmation: %v", err)
	}
	return begun.GetOptionsJson()
}

// confirm confirms with a key of its own.
func (w World) confirm(t *testing.T, session, credential string) error {
	t.Helper()
	_, err := w.Accounts.FinishPasskeyConfirmation(t.Context(), &accountsv1.FinishPasskeyConfirmationRequest{Session: session, CredentialJson: credential, IdempotencyKey: id.New()})
	return err
}

// show confirms with a passkey, as what adds another way into the account wants it.
func (w World) show(t *testing.T, session string, key *Authenticator) {
	t.Helper()
	if err := w.confirm(t, session, key.Get(w.confirmationOptions(t, session))); err != nil {
		t.Fatalf("confirm by a passkey: %v", err)
	}
}

// sessionID is how a session is listed.
func (w World) sessionID(t *testing.T, session string) string {
	t.Helper()
	listed, err := w.Accounts.ListSessions(t.Context(), &accountsv1.ListSessionsRequest{Session: session})
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range listed.GetSessions() {
		if each.GetCurrent() {
			return each.GetId()
		}
	}
	t.Fatal("the session is not listed")
	return ""
}

func (w World) beginConfirmationCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"asks for a passkey of the account, and a check of who uses it": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			own, _ := w.passkey(t, session, "Own")
			other, _ := w.passkey(t, w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER)), "Another's")
			options := w.confirmationOptions(t, session)
			if !strings.Contains(options, text64.EncodeToString(own.id)) || strings.Contains(options, text64.EncodeToString(other.id)) || !strings.Contains(options, `"userVerification":"required"`) {
				t.Errorf("got %s, want the own passkey alone, and a check of who uses it", options)
			}
			if w.confirmationOptions(t, session) == options {
				t.Error("two calls gave one challenge")
			}
		},
		"is for accounts with a passkey": func(t *testing.T) {
			_, err := w.Accounts.BeginPasskeyConfirmation(t.Context(), &accountsv1.BeginPasskeyConfirmationRequest{Session: w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))})
			wantReason(t, "without one", err, codes.FailedPrecondition, accountsv1.Reason_REASON_NO_PASSKEY)
		},
		"wants a session": func(t *testing.T) {
			for _, token := range strangers {
				_, err := w.Accounts.BeginPasskeyConfirmation(t.Context(), &accountsv1.BeginPasskeyConfirmationRequest{Session: token})
				wantReason(t, token, err, codes.Unauthenticated, accountsv1.Reason_REASON_NO_SESSION)
			}
		},
	}
}

func (w World) finishConfirmationCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"notes the time, once for each challenge": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))
			key, _ := w.passkey(t, session, "Key")
			if got := w.check(t, session); got.GetSecondFactorDone() {
				t.Fatal("a session by password counts as one with a second factor")
			}
			r := &accountsv1.FinishPasskeyConfirmationRequest{Session: session, CredentialJson: key.Get(w.confirmationOptions(t, session)), IdempotencyKey: id.New()}
			for range 2 {
				if _, err := w.Accounts.FinishPasskeyConfirmation(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			if got := w.check(t, session); !got.GetSecondFactorDone() || got.GetCodeAt() == nil {
				t.Errorf("got %v, want a session in which the second factor was given", got)
			}
			wantReason(t, "the same challenge in another call", w.confirm(t, session, r.GetCredentialJson()), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			if err := w.confirm(t, session, key.Get(w.confirmationOptions(t, session))); err != nil {
				t.Errorf("another challenge: %v", err)
			}
			if used := w.passkeysOf(t, session)[0].GetUsedAt(); used == nil {
				t.Error("the passkey is listed as not used")
			}
		},
		"takes a passkey that does not name its account": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			key, _ := w.passkey(t, session, "Key")
			key.Handle = ""
			if err := w.confirm(t, session, key.Get(w.confirmationOptions(t, session))); err != nil {
				t.Error(err)
			}
		},
		"refuses what was signed for something else": func(t *testing.T) {
			other := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			for what, change := range map[string]func(*Authenticator){
				"another origin":        func(a *Authenticator) { a.Origin = "https://localhost:8080" },
				"another site":          func(a *Authenticator) { a.Site = "evil.example" },
				"no check of who uses":  func(a *Authenticator) { a.Verified = false },
				"another account":       func(a *Authenticator) { a.Handle = other.GetId() },
				"another key":           func(a *Authenticator) { a.key = NewAuthenticator("", "").key },
				"a key never seen here": func(a *Authenticator) { a.id = NewAuthenticator("", "").id },
			} {
				session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER)) // too many tries of one make it wait
				key, _ := w.passkey(t, session, "Key")
				change(key)
				wantReason(t, what, w.confirm(t, session, key.Get(w.confirmationOptions(t, session))), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			}
		},
		"refuses what was signed for another ceremony, session or account": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			session, second := w.logIn(t, a), w.logIn(t, a)
			key, _ := w.passkey(t, session, "Key")
			w.show(t, session, key)
			stranger := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			strangers, _ := w.passkey(t, stranger, "A stranger's")
			// The browser of the log-in is called as the session is, so that the ceremony alone differs.
			browser := w.sessionID(t, session)
			for what, credential := range map[string]string{
				"a log-in":                                      key.Get(w.logInOptions(t, browser)),
				"adding a passkey":                              key.Get(w.addingOptions(t, session)),
				"another session of the account":                key.Get(w.confirmationOptions(t, second)),
				"the session of another account":                key.Get(w.confirmationOptions(t, stranger)),
				"this session, by another account's passkey":    strangers.Get(w.confirmationOptions(t, session)),
				"another account's session, by its own passkey": strangers.Get(w.confirmationOptions(t, stranger)),
				"nothing": "{}",
			} {
				wantReason(t, what, w.confirm(t, session, credential), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
				if err := w.confirm(t, session, key.Get(w.confirmationOptions(t, session))); err != nil { // so that the next try need not wait
					t.Fatalf("after %s: %v", what, err)
				}
			}
			_, err := w.passkeyLogIn(t, browser, key.Get(w.confirmationOptions(t, session)))
			wantReason(t, "a log-in by what was signed to confirm", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
		},
		"refuses a counter that goes back, and a passkey that was removed": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			key, p := w.passkey(t, session, "Key")
			w.show(t, session, key)
			w.passkey(t, session, "Another")
			key.Count = 7
			if err := w.confirm(t, session, key.Get(w.confirmationOptions(t, session))); err != nil { // 8
				t.Fatal(err)
			}
			key.Count = 7
			wantReason(t, "the same count", w.confirm(t, session, key.Get(w.confirmationOptions(t, session))), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			signed := key.Get(w.confirmationOptions(t, session))
			if _, err := w.Accounts.RemovePasskey(t.Context(), &accountsv1.RemovePasskeyRequest{Session: session, Password: Password, Id: p.GetId()}); err != nil {
				t.Fatal(err)
			}
			wantReason(t, "a removed passkey", w.confirm(t, session, signed), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
		},
		"makes those wait who fail again and again": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			for i := 0; ; i++ {
				err := w.confirm(t, session, "{}")
				if i >= 20 {
					wantReason(t, "too many tries", err, codes.ResourceExhausted, accountsv1.Reason_REASON_WAIT)
					return
				}
			}
		},
		"wants a session": func(t *testing.T) {
			for _, token := range strangers {
				wantReason(t, token, w.confirm(t, token, "{}"), codes.Unauthenticated, accountsv1.Reason_REASON_NO_SESSION)
			}
		},
		"wants a credential that is not too long": func(t *testing.T) {
			wantViolation(t, "too long", w.confirm(t, "s", strings.Repeat(" ", 16385)), "credential_json")
		},
	}
}
