package accountstest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/id"
)

// The address of the shop in the suite, as the default configuration has it.
const (
	shopSite   = "localhost"
	shopOrigin = "http://localhost:8080"
)

// addingOptions begins adding a passkey.
func (w World) addingOptions(t *testing.T, session string) string {
	t.Helper()
	begun, err := w.Accounts.BeginAddingPasskey(t.Context(), &accountsv1.BeginAddingPasskeyRequest{Session: session, Password: Password})
	if err != nil {
		t.Fatalf("begin adding a passkey: %v", err)
	}
	return begun.GetOptionsJson()
}

// passkey adds a passkey to the account of a session.
func (w World) passkey(t *testing.T, session, name string) (*Authenticator, *accountsv1.Passkey) {
	t.Helper()
	a := NewAuthenticator(shopSite, shopOrigin)
	added, err := w.Accounts.FinishAddingPasskey(t.Context(), &accountsv1.FinishAddingPasskeyRequest{Session: session, CredentialJson: a.Create(w.addingOptions(t, session)), Name: name})
	if err != nil {
		t.Fatalf("add a passkey: %v", err)
	}
	return a, added.GetPasskey()
}

// logInOptions begins a log-in in a browser.
func (w World) logInOptions(t *testing.T, browser string) string {
	t.Helper()
	begun, err := w.Accounts.BeginPasskeyLogIn(t.Context(), &accountsv1.BeginPasskeyLogInRequest{Browser: browser})
	if err != nil {
		t.Fatalf("begin a log-in: %v", err)
	}
	return begun.GetOptionsJson()
}

func (w World) passkeyLogIn(t *testing.T, browser, credential string) (*accountsv1.FinishPasskeyLogInResponse, error) {
	t.Helper()
	return w.Accounts.FinishPasskeyLogIn(t.Context(), &accountsv1.FinishPasskeyLogInRequest{
		Browser: browser, CredentialJson: credential, Visitor: client(), IdempotencyKey: id.New(),
	})
}

func (w World) passkeysOf(t *testing.T, session string) []*accountsv1.Passkey {
	t.Helper()
	listed, err := w.Accounts.ListPasskeys(t.Context(), &accountsv1.ListPasskeysRequest{Session: session})
	if err != nil {
		t.Fatalf("list passkeys: %v", err)
	}
	return listed.GetPasskeys()
}

func (w World) beginAddingCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"wants the password, and a code where there is a second factor": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			_, err := w.Accounts.BeginAddingPasskey(t.Context(), &accountsv1.BeginAddingPasskeyRequest{Session: session, Password: "another password"})
			wantReason(t, "another password", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS)
			w.factor(t, session)
			_, err = w.Accounts.BeginAddingPasskey(t.Context(), &accountsv1.BeginAddingPasskeyRequest{Session: session, Password: Password})
			wantReason(t, "no code", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CODE)
		},
		"wants a passkey of an account that has one and no codes": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			session := w.logIn(t, a)
			key, _ := w.passkey(t, session, "Key")
			for _, byPassword := range []string{session, w.logIn(t, a)} {
				_, err := w.Accounts.BeginAddingPasskey(t.Context(), &accountsv1.BeginAddingPasskeyRequest{Session: byPassword, Password: Password})
				wantReason(t, "the password alone", err, codes.FailedPrecondition, accountsv1.Reason_REASON_PASSKEY_NEEDED)
			}
			browser := id.Secret()
			in, err := w.passkeyLogIn(t, browser, key.Get(w.logInOptions(t, browser)))
			if err != nil {
				t.Fatal(err)
			}
			w.passkey(t, in.GetSession(), "Another")
		},
		"takes a passkey in place of a code, and no code of an earlier call": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_ADMIN)
			session := w.logIn(t, a)
			key, _ := w.passkey(t, session, "Key")
			w.show(t, session, key)
			_, recovery := w.factor(t, session)
			w.passkey(t, session, "Another")
			_, err := w.Accounts.BeginAddingPasskey(t.Context(), &accountsv1.BeginAddingPasskeyRequest{Session: w.logInWith(t, a, recovery[0]), Password: Password})
			wantReason(t, "the password, and the code of the log-in", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CODE)
		},
		"asks for a key that the authenticator finds by itself, and checks who uses it": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			options := w.addingOptions(t, session)
			for _, want := range []string{`"residentKey":"required"`, `"userVerification":"required"`, `"attestation":"none"`, `"id":"localhost"`} {
				if !strings.Contains(options, want) {
					t.Errorf("the options have no %s: %s", want, options)
				}
			}
			if again := w.addingOptions(t, session); again == options {
				t.Error("two calls gave one challenge")
			}
		},
		"is refused where there are twenty": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			options := w.addingOptions(t, session)
			key, _ := w.passkey(t, session, "Key")
			w.show(t, session, key)
			for i := range 19 {
				w.passkey(t, session, fmt.Sprint("Key ", i))
			}
			_, err := w.Accounts.BeginAddingPasskey(t.Context(), &accountsv1.BeginAddingPasskeyRequest{Session: session, Password: Password})
			wantReason(t, "the 21st", err, codes.FailedPrecondition, accountsv1.Reason_REASON_TOO_MANY_PASSKEYS)
			_, err = w.Accounts.FinishAddingPasskey(t.Context(), &accountsv1.FinishAddingPasskeyRequest{
				Session: session, CredentialJson: NewAuthenticator(shopSite, shopOrigin).Create(options), Name: "Key",
			})
			wantReason(t, "the 21st, begun before", err, codes.FailedPrecondition, accountsv1.Reason_REASON_TOO_MANY_PASSKEYS)
		},
	}
}

func (w World) finishAddingCases() map[string]func(*testing.T) {
	add := func(t *testing.T, session, credential, name string) (*accountsv1.FinishAddingPasskeyResponse, error) {
		return w.Accounts.FinishAddingPasskey(t.Context(), &accountsv1.FinishAddingPasskeyRequest{Session: session, CredentialJson: credential, Name: name})
	}
	return map[string]func(*testing.T){
		"keeps a passkey under its name, says so by mail, and answers the same when it is repeated": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			session := w.logIn(t, a)
			credential := NewAuthenticator(shopSite, shopOrigin).Create(w.addingOptions(t, session))
			first, err := add(t, session, credential, " My telephone ")
			if err != nil || first.GetPasskey().GetName() != "My telephone" {
				t.Fatalf("got %v and error %v, want a passkey called My telephone", first, err)
			}
			if again, err := add(t, session, credential, "My telephone"); err != nil || again.GetPasskey().GetId() != first.GetPasskey().GetId() {
				t.Errorf("again: got %v and error %v, want the same passkey", again, err)
			}
			if subject, text := w.mail(t, a.GetEmail(), 1); subject != "A passkey was added to your account" || !strings.Contains(text, "“My telephone”") {
				t.Errorf("got mail %q:\n%s", subject, text)
			}
		},
		"refuses what was made for something else": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			for what, change := range map[string]func(*Authenticator){
				"another origin":       func(a *Authenticator) { a.Origin = "http://localhost:9090" },
				"another site":         func(a *Authenticator) { a.Site = "shop.example" },
				"no check of who uses": func(a *Authenticator) { a.Verified = false },
			} {
				a := NewAuthenticator(shopSite, shopOrigin)
				change(a)
				_, err := add(t, session, a.Create(w.addingOptions(t, session)), "Key")
				wantReason(t, what, err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			}
			_, err := add(t, session, NewAuthenticator(shopSite, shopOrigin).Create(w.addingOptions(t, w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER)))), "Key")
			wantReason(t, "the challenge of another session", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			_, err = add(t, session, NewAuthenticator(shopSite, shopOrigin).Create(w.logInOptions(t, id.Secret())), "Key")
			wantReason(t, "the challenge of a log-in", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			options := w.addingOptions(t, session)
			if _, err := add(t, session, NewAuthenticator(shopSite, shopOrigin).Create(options), "Key"); err != nil {
				t.Fatal(err)
			}
			_, err = add(t, session, NewAuthenticator(shopSite, shopOrigin).Create(options), "Key")
			wantReason(t, "a challenge for a second passkey", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			_, err = add(t, session, "{}", "Key")
			wantReason(t, "no credential", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			if n := len(w.passkeysOf(t, session)); n != 1 {
				t.Errorf("the account has %d passkeys, want the one that was right", n)
			}
		},
		"refuses a passkey of another account": func(t *testing.T) {
			ana, ben := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER)), w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			a, _ := w.passkey(t, ana, "Ana's")
			_, err := add(t, ben, a.Create(w.addingOptions(t, ben)), "Ben's")
			wantReason(t, "Ana's key", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
		},
		"wants a name, and a credential that is not too long": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			_, err := add(t, session, "{}", "  ")
			wantViolation(t, "no name", err, "name")
			_, err = add(t, session, strings.Repeat(" ", 16385), "Key")
			wantViolation(t, "too long", err, "credential_json")
		},
	}
}

func (w World) listPasskeysCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"lists those of the account, the newest first, with their last use": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			a, _ := w.passkey(t, session, "First")
			w.show(t, session, a)
			w.passkey(t, session, "Second")
			w.passkey(t, w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER)), "Another's")
			browser := id.Secret()
			if _, err := w.passkeyLogIn(t, browser, a.Get(w.logInOptions(t, browser))); err != nil {
				t.Fatal(err)
			}
			got := w.passkeysOf(t, session)
			if len(got) != 2 || got[0].GetName() != "Second" || got[1].GetName() != "First" || got[0].GetUsedAt() != nil || !got[1].GetUsedAt().AsTime().After(got[0].GetCreatedAt().AsTime()) {
				t.Errorf("got %v, want Second and First, of which First was used", got)
			}
		},
	}
}

func (w World) removePasskeyCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"ends the passkey and the other sessions, and says so by mail": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			session := w.logIn(t, a)
			key, p := w.passkey(t, session, "Old telephone")
			browser := id.Secret()
			in, err := w.passkeyLogIn(t, browser, key.Get(w.logInOptions(t, browser)))
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.Accounts.RemovePasskey(t.Context(), &accountsv1.RemovePasskeyRequest{Session: session, Password: "another password", Id: p.GetId()})
			wantReason(t, "another password", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS)
			for range 2 { // repeating it changes nothing
				if _, err := w.Accounts.RemovePasskey(t.Context(), &accountsv1.RemovePasskeyRequest{Session: session, Password: Password, Id: p.GetId()}); err != nil {
					t.Fatal(err)
				}
			}
			w.wantEnded(t, in.GetSession())
			_, err = w.passkeyLogIn(t, browser, key.Get(w.logInOptions(t, browser)))
			wantReason(t, "a removed passkey", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			if subject, text := w.mail(t, a.GetEmail(), 2); subject != "A passkey of your account was removed" || !strings.Contains(text, "“Old telephone”") {
				t.Errorf("got mail %q:\n%s", subject, text)
			}
		},
		"wants a passkey of staff without codes, whose password would be enough for another factor then": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))
			key, p := w.passkey(t, session, "Key")
			remove := func() error {
				_, err := w.Accounts.RemovePasskey(t.Context(), &accountsv1.RemovePasskeyRequest{Session: session, Password: Password, Id: p.GetId()})
				return err
			}
			wantReason(t, "the password alone", remove(), codes.FailedPrecondition, accountsv1.Reason_REASON_PASSKEY_NEEDED)
			w.show(t, session, key)
			if err := remove(); err != nil {
				t.Error(err)
			}
			if got := w.check(t, session); got.GetSecondFactorDone() {
				t.Error("an administrator without a second factor has the rights of one")
			}
			w.factor(t, session)
		},
		"does not count the right password as a try that failed, but where codes could be guessed": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))
			key, p := w.passkey(t, session, "Key")
			for range 10 {
				_, err := w.Accounts.RemovePasskey(t.Context(), &accountsv1.RemovePasskeyRequest{Session: session, Password: Password, Id: p.GetId()})
				wantReason(t, "without codes", err, codes.FailedPrecondition, accountsv1.Reason_REASON_PASSKEY_NEEDED)
			}
			w.show(t, session, key)
			w.passkey(t, session, "Lost telephone")
			_, recovery := w.factor(t, session)
			if _, err := w.Accounts.RemovePasskey(t.Context(), &accountsv1.RemovePasskeyRequest{Session: session, Password: Password, Code: recovery[0], Id: p.GetId()}); err != nil {
				t.Fatal(err)
			}
			wantWait(t, func() error {
				_, err := w.Accounts.DisableSecondFactor(t.Context(), &accountsv1.DisableSecondFactorRequest{Session: session, Password: Password})
				return err
			})
		},
		"wants one that stays of staff without codes: it has to work": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))
			key, p := w.passkey(t, session, "Key")
			w.show(t, session, key)
			_, lost := w.passkey(t, session, "Lost telephone")
			remove := func(id string) error {
				_, err := w.Accounts.RemovePasskey(t.Context(), &accountsv1.RemovePasskeyRequest{Session: session, Password: Password, Id: id})
				return err
			}
			wantReason(t, "the one that works", remove(p.GetId()), codes.FailedPrecondition, accountsv1.Reason_REASON_PASSKEY_NEEDED)
			for _, id := range []string{lost.GetId(), p.GetId()} {
				if err := remove(id); err != nil {
					t.Errorf("the lost one, and then the last one: %v", err)
				}
			}
		},
		"wants a code where there are codes: they stay": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			key, p := w.passkey(t, session, "Key")
			w.show(t, session, key)
			_, recovery := w.factor(t, session)
			remove := func(code string) error {
				_, err := w.Accounts.RemovePasskey(t.Context(), &accountsv1.RemovePasskeyRequest{Session: session, Password: Password, Code: code, Id: p.GetId()})
				return err
			}
			wantReason(t, "the passkey itself", remove(""), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CODE)
			if err := remove(recovery[0]); err != nil {
				t.Error(err)
			}
			if got := w.check(t, session); !got.GetSecondFactorDone() {
				t.Errorf("got %v, want a session in which a code was given", got)
			}
		},
		"is the way of staff who lost every passkey, once they are customers": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_ADMIN)
			session := w.logIn(t, a)
			_, lost := w.passkey(t, session, "Lost telephone")
			setRole := func(role accountsv1.Role) {
				t.Helper()
				if _, err := w.Operator.SetRole(t.Context(), &accountsv1.SetRoleRequest{AccountId: a.GetId(), Role: role}); err != nil {
					t.Fatal(err)
				}
				session = w.logIn(t, a)
			}
			w.person(t, accountsv1.Role_ROLE_ADMIN) // the one who helps
			_, err := w.Accounts.StartSecondFactor(t.Context(), &accountsv1.StartSecondFactorRequest{Session: session, Password: Password})
			wantReason(t, "codes, by an administrator who lost the passkey", err, codes.FailedPrecondition, accountsv1.Reason_REASON_PASSKEY_NEEDED)
			setRole(accountsv1.Role_ROLE_CUSTOMER)
			if _, err := w.Accounts.RemovePasskey(t.Context(), &accountsv1.RemovePasskeyRequest{Session: session, Password: Password, Id: lost.GetId()}); err != nil {
				t.Fatal(err)
			}
			setRole(accountsv1.Role_ROLE_ADMIN)
			w.factor(t, session)
		},
		"leaves another's alone": func(t *testing.T) {
			ana, ben := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER)), w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			_, p := w.passkey(t, ana, "Ana's")
			if _, err := w.Accounts.RemovePasskey(t.Context(), &accountsv1.RemovePasskeyRequest{Session: ben, Password: Password, Id: p.GetId()}); err != nil {
				t.Fatal(err)
			}
			if n := len(w.passkeysOf(t, ana)); n != 1 {
				t.Errorf("Ana has %d passkeys, want 1", n)
			}
		},
	}
}

func (w World) beginPasskeyLogInCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"names no account, and another challenge each time": func(t *testing.T) {
			browser := id.Secret()
			options := w.logInOptions(t, browser)
			if strings.Contains(options, "allowCredentials") || !strings.Contains(options, `"userVerification":"required"`) {
				t.Errorf("got %s, want no list of passkeys, and a check of who uses it", options)
			}
			if w.logInOptions(t, browser) == options {
				t.Error("two calls gave one challenge")
			}
		},
		"wants a browser's secret": func(t *testing.T) {
			_, err := w.Accounts.BeginPasskeyLogIn(t.Context(), &accountsv1.BeginPasskeyLogInRequest{Browser: "short"})
			wantViolation(t, "short", err, "browser")
		},
	}
}

func (w World) finishPasskeyLogInCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"opens a session that counts as one with a code": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_ADMIN)
			key, _ := w.passkey(t, w.logIn(t, a), "Key")
			browser := id.Secret()
			r := &accountsv1.FinishPasskeyLogInRequest{Browser: browser, CredentialJson: key.Get(w.logInOptions(t, browser)), Visitor: client(), IdempotencyKey: id.New()}
			in, err := w.Accounts.FinishPasskeyLogIn(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			got := w.check(t, in.GetSession())
			if got.GetAccount().GetId() != a.GetId() || !got.GetSecondFactorDone() || got.GetCartId() != in.GetCartId() {
				t.Errorf("got %v, want a session of %s, with a second factor done", got, a.GetId())
			}
			if _, err := w.Accounts.ListKeys(w.as(t, in.GetSession()), &accountsv1.ListKeysRequest{}); err != nil {
				t.Errorf("an administrator with a passkey: got %v, want keys", err)
			}
			if again, err := w.Accounts.FinishPasskeyLogIn(t.Context(), r); err != nil || again.GetSession() != in.GetSession() {
				t.Errorf("the same call again: got %v and error %v, want the same session", again, err)
			}
			_, err = w.passkeyLogIn(t, browser, r.GetCredentialJson())
			wantReason(t, "the same challenge in another call", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			if next, err := w.passkeyLogIn(t, browser, key.Get(w.logInOptions(t, browser))); err != nil || next.GetSession() == in.GetSession() {
				t.Errorf("another log-in: got %v and error %v, want another session", next, err)
			}
		},
		"refuses what was signed for something else": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			first, _ := w.passkey(t, session, "First")
			w.show(t, session, first)
			other := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			for what, change := range map[string]func(*Authenticator){
				"another origin":        func(a *Authenticator) { a.Origin = "https://localhost:8080" },
				"another site":          func(a *Authenticator) { a.Site = "evil.example" },
				"no check of who uses":  func(a *Authenticator) { a.Verified = false },
				"another account":       func(a *Authenticator) { a.Handle = other.GetId() },
				"no account":            func(a *Authenticator) { a.Handle = "" },
				"another key":           func(a *Authenticator) { a.key = NewAuthenticator("", "").key },
				"a key never seen here": func(a *Authenticator) { a.id = NewAuthenticator("", "").id },
			} {
				key, _ := w.passkey(t, session, "Key "+what)
				change(key)
				browser := id.Secret()
				_, err := w.passkeyLogIn(t, browser, key.Get(w.logInOptions(t, browser)))
				wantReason(t, what, err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			}
			key, _ := w.passkey(t, session, "Key")
			_, err := w.passkeyLogIn(t, id.Secret(), key.Get(w.logInOptions(t, id.Secret())))
			wantReason(t, "the challenge of another browser", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			browser := id.Secret()
			_, err = w.passkeyLogIn(t, browser, key.Get(w.addingOptions(t, session)))
			wantReason(t, "the challenge to add a passkey", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			_, err = w.passkeyLogIn(t, browser, key.Get(`{"challenge":"bm9uZSBvZiBvdXJzLCBhbnkgd2F5IG9uZSBsb29rcyBhdCBpdA"}`))
			wantReason(t, "a challenge of nobody", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			_, err = w.passkeyLogIn(t, browser, "{}")
			wantReason(t, "no credential", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
		},
		"refuses a counter that goes back": func(t *testing.T) {
			key, _ := w.passkey(t, w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER)), "Key")
			key.Count = 7
			in := func() error {
				browser := id.Secret()
				_, err := w.passkeyLogIn(t, browser, key.Get(w.logInOptions(t, browser)))
				return err
			}
			if err := in(); err != nil { // 8
				t.Fatal(err)
			}
			key.Count = 7
			wantReason(t, "the same count", in(), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			key.Count = 0
			wantReason(t, "no count", in(), codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
			key.Count = 4_000_000_000
			if err := in(); err != nil {
				t.Errorf("a higher count: %v", err)
			}
		},
		"counts tries for the client": func(t *testing.T) {
			from := client()
			for i := 0; ; i++ {
				_, err := w.Accounts.FinishPasskeyLogIn(t.Context(), &accountsv1.FinishPasskeyLogInRequest{
					Browser: id.Secret(), CredentialJson: NewAuthenticator(shopSite, shopOrigin).Get(`{"challenge":"AAAA"}`), Visitor: from, IdempotencyKey: id.New(),
				})
				if i < 20 {
					wantReason(t, fmt.Sprint("try ", i), err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
					continue
				}
				if i > 20 {
					wantReason(t, "too many tries", err, codes.ResourceExhausted, accountsv1.Reason_REASON_WAIT)
					return
				}
			}
		},
		"opens an account that has a second factor without a code, until it is deleted": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			key, _ := w.passkey(t, session, "Key")
			w.show(t, session, key)
			secret, _ := w.factor(t, session)
			browser := id.Secret()
			if _, err := w.passkeyLogIn(t, browser, key.Get(w.logInOptions(t, browser))); err != nil {
				t.Errorf("an account with a second factor: %v", err)
			}
			if _, err := w.Accounts.DeleteAccount(t.Context(), &accountsv1.DeleteAccountRequest{Session: session, Password: Password, Code: Code(secret, time.Now())}); err != nil {
				t.Fatal(err)
			}
			_, err := w.passkeyLogIn(t, browser, key.Get(w.logInOptions(t, browser)))
			wantReason(t, "a deleted account", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY)
		},
	}
}
