package accountstest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/id"
)

// Code is what an authenticator program shows for a secret at a time: RFC 6238, written
// here a second time, for tests.
func Code(secret string, at time.Time) string {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		panic(err)
	}
	step := make([]byte, 8)
	binary.BigEndian.PutUint64(step, uint64(at.Unix()/30))
	mac := hmac.New(sha1.New, key)
	mac.Write(step)
	sum := mac.Sum(nil)
	from := sum[19] & 0xF
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[from:from+4])&0x7FFFFFFF)%1_000_000)
}

func (w World) startFactor(t *testing.T, session string) string {
	t.Helper()
	started, err := w.Accounts.StartSecondFactor(t.Context(), &accountsv1.StartSecondFactorRequest{Session: session, Password: Password})
	if err != nil {
		t.Fatalf("start a second factor: %v", err)
	}
	if !strings.Contains(started.GetAddress(), "secret="+started.GetSecret()) {
		t.Errorf("got address %q, want the secret in it", started.GetAddress())
	}
	return started.GetSecret()
}

// factor sets up a second factor with the code of the step before: the next ones are
// good for the cases then.
func (w World) factor(t *testing.T, session string) (secret string, recovery []string) {
	t.Helper()
	secret = w.startFactor(t, session)
	enabled, err := w.Accounts.EnableSecondFactor(t.Context(), &accountsv1.EnableSecondFactorRequest{
		IdempotencyKey: id.New(), Session: session, Code: Code(secret, time.Now().Add(-30*time.Second)),
	})
	if err != nil {
		t.Fatalf("enable a second factor: %v", err)
	}
	return secret, enabled.GetRecoveryCodes()
}

// logInWith logs in with the password and a code.
func (w World) logInWith(t *testing.T, a *accountsv1.Account, code string) string {
	t.Helper()
	in, err := w.Accounts.LogIn(t.Context(), &accountsv1.LogInRequest{IdempotencyKey: id.New(), Email: a.GetEmail(), Password: Password, Code: code, Visitor: client()})
	if err != nil || in.GetSession() == "" {
		t.Fatalf("log in with a code: got %v and error %v, want a session", in, err)
	}
	return in.GetSession()
}

func (w World) startFactorCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"replaces the one that was started": func(t *testing.T) {
			own := w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))
			first, second := w.startFactor(t, own), w.startFactor(t, own)
			_, err := w.Accounts.EnableSecondFactor(t.Context(), &accountsv1.EnableSecondFactorRequest{IdempotencyKey: id.New(), Session: own, Code: Code(first, time.Now())})
			wantReason(t, "of the first", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CODE)
			if first == second {
				t.Error("both have one secret")
			}
		},
		"is refused where there is one": func(t *testing.T) {
			own := w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))
			w.factor(t, own)
			_, err := w.Accounts.StartSecondFactor(t.Context(), &accountsv1.StartSecondFactorRequest{Session: own, Password: Password})
			wantReason(t, "another", err, codes.FailedPrecondition, accountsv1.Reason_REASON_HAS_SECOND_FACTOR)
		},
		"wants the password: a session that was stolen makes no factor of its own": func(t *testing.T) {
			own := w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))
			for _, password := range []string{"", "another " + Password} {
				_, err := w.Accounts.StartSecondFactor(t.Context(), &accountsv1.StartSecondFactorRequest{Session: own, Password: password})
				wantReason(t, "another password", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS)
			}
		},
		"wants a passkey of an account that has one: a stolen password makes no factor of its own": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_ADMIN)
			thief, owner := w.logIn(t, a), w.logIn(t, a)
			key, _ := w.passkey(t, owner, "Key")
			start := func(session string) error {
				_, err := w.Accounts.StartSecondFactor(t.Context(), &accountsv1.StartSecondFactorRequest{Session: session, Password: Password})
				return err
			}
			wantReason(t, "the password alone", start(thief), codes.FailedPrecondition, accountsv1.Reason_REASON_PASSKEY_NEEDED)
			wantReason(t, "the password alone, where the passkey was made", start(owner), codes.FailedPrecondition, accountsv1.Reason_REASON_PASSKEY_NEEDED)
			w.show(t, owner, key)
			w.factor(t, owner)
			w.wantEnded(t, thief)
		},
	}
}

func (w World) enableFactorCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"lets an administrator do what administrators do, and ends other sessions": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_ADMIN)
			other, own := w.logIn(t, a), w.logIn(t, a)
			if _, err := w.Accounts.ListKeys(w.as(t, own), &accountsv1.ListKeysRequest{}); err == nil {
				t.Error("without a code an administrator may list keys")
			}
			w.factor(t, own)
			if _, err := w.Accounts.ListKeys(w.as(t, own), &accountsv1.ListKeysRequest{}); err != nil {
				t.Errorf("got %v, want keys", err)
			}
			if got := w.check(t, own); !got.GetSecondFactorDone() || !got.GetAccount().GetSecondFactor() || got.GetCodeAt() == nil {
				t.Errorf("got %v, want a code given", got)
			}
			w.wantEnded(t, other)
			if subject, _ := w.mail(t, a.GetEmail(), 1); subject != "Your second factor was switched on" {
				t.Errorf("got mail %q, want that the second factor was switched on", subject)
			}
		},
		"wants a passkey of an account that got its first one since the start": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_ADMIN)
			thief := w.logIn(t, a)
			secret := w.startFactor(t, thief)
			w.passkey(t, w.logIn(t, a), "Key")
			_, err := w.Accounts.EnableSecondFactor(t.Context(), &accountsv1.EnableSecondFactorRequest{IdempotencyKey: id.New(), Session: thief, Code: Code(secret, time.Now())})
			wantReason(t, "the password alone", err, codes.FailedPrecondition, accountsv1.Reason_REASON_PASSKEY_NEEDED)
		},
		"makes logging in want a code, which is good once": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_OPERATOR)
			secret, recovery := w.factor(t, w.logIn(t, a))
			from := client()
			in := func(key, code string) (*accountsv1.LogInResponse, error) {
				return w.Accounts.LogIn(t.Context(), &accountsv1.LogInRequest{IdempotencyKey: key, Email: a.GetEmail(), Password: Password, Code: code, Visitor: from})
			}
			if got, err := in(id.New(), ""); err != nil || !got.GetNeedsCode() || got.GetSession() != "" {
				t.Errorf("without a code: got %v and error %v, want that one is needed", got, err)
			}
			code, key := Code(secret, time.Now()), id.New()
			first, err := in(key, code)
			if err != nil || !w.check(t, first.GetSession()).GetSecondFactorDone() {
				t.Fatalf("with the code: got %v and error %v, want a session", first, err)
			}
			if again, err := in(key, code); err != nil || again.GetSession() != first.GetSession() {
				t.Errorf("the same call again: got %v and error %v, want the same session", again, err)
			}
			_, err = in(id.New(), code)
			wantReason(t, "the code a second time", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CODE)
			if got, err := in(id.New(), strings.ToUpper(recovery[3])); err != nil || got.GetSession() == "" {
				t.Errorf("a recovery code: got %v and error %v, want a session", got, err)
			}
			_, err = in(id.New(), recovery[3])
			wantReason(t, "the recovery code a second time", err, codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CODE)
		},
		"answers the same when it is repeated": func(t *testing.T) {
			own := w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))
			r := &accountsv1.EnableSecondFactorRequest{IdempotencyKey: id.New(), Session: own, Code: Code(w.startFactor(t, own), time.Now())}
			one, err := w.Accounts.EnableSecondFactor(t.Context(), r)
			if err != nil || len(one.GetRecoveryCodes()) != 10 {
				t.Fatalf("got %v and error %v, want ten codes", one, err)
			}
			different := map[string]bool{}
			for _, code := range one.GetRecoveryCodes() {
				different[code] = true
				const bitsOfOne = 5 // of 32 letters and digits
				if bits := bitsOfOne * len(strings.ReplaceAll(code, "-", "")); bits < 112 {
					t.Errorf("a recovery code has %d random bits, want 112 or more: its digest is a quick one", bits)
				}
			}
			if len(different) != 10 {
				t.Errorf("%d of the codes are different, want 10", len(different))
			}
			if two, err := w.Accounts.EnableSecondFactor(t.Context(), r); err != nil || two.GetRecoveryCodes()[9] != one.GetRecoveryCodes()[9] {
				t.Errorf("got %v and error %v, want the same", two, err)
			}
		},
		"wants one that was started": func(t *testing.T) {
			own := w.logIn(t, w.person(t, accountsv1.Role_ROLE_ADMIN))
			_, err := w.Accounts.EnableSecondFactor(t.Context(), &accountsv1.EnableSecondFactorRequest{IdempotencyKey: id.New(), Session: own, Code: "123456"})
			wantReason(t, "none", err, codes.FailedPrecondition, accountsv1.Reason_REASON_NO_SECOND_FACTOR)
		},
	}
}
