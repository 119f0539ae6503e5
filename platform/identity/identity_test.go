package identity_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"log/slog"
	"strings"
	"testing"
	"time"

	"galleria/platform/identity"
)

var now = time.Unix(1_800_000_000, 0)

func signer(t testing.TB, seed string) *identity.Signer {
	t.Helper()
	s, err := identity.NewSigner([]byte(strings.Repeat(seed, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func knowing(clock func() time.Time, makers ...*identity.Signer) *identity.Keys {
	keys := identity.NewKeys(slog.New(slog.DiscardHandler), clock)
	var known []ed25519.PublicKey
	for _, m := range makers {
		known = append(known, m.Public())
	}
	keys.Learn("makers", known)
	return keys
}

func sign(t testing.TB, s *identity.Signer, who identity.Identity) string {
	t.Helper()
	statement, err := s.Sign(who)
	if err != nil {
		t.Fatal(err)
	}
	return statement
}

func TestAStatementSaysOnWhoseBehalfACallIsMade(t *testing.T) {
	maker := signer(t, "a")
	ana := identity.Identity{Subject: "ana", Email: "ana@example.com", Roles: []string{"member", identity.Operator}, Expires: now.Add(identity.Longest)}
	ctx := identity.WithKeys(identity.With(t.Context(), sign(t, maker, ana)), knowing(func() time.Time { return now }, maker))
	for range 2 { // the second time it is remembered
		got, known := identity.From(ctx)
		if !known || got.Subject != "ana" || got.Email != ana.Email || !got.MayAsStaff("letters:write") || got.Has(identity.Admin) || !got.IsPerson() {
			t.Errorf("got %+v, %v, want %+v", got, known, ana)
		}
	}
	key := identity.Identity{Subject: "key:1", Scopes: []string{"letters:read"}, Expires: now.Add(time.Minute)}
	if !key.MayAsStaff("letters:read") || key.MayAsStaff("letters:write") || key.IsPerson() {
		t.Error("a program may do something else than what is in its scopes")
	}
}

func TestAStatementThatIsNotRightIsNobodys(t *testing.T) {
	maker, other := signer(t, "a"), signer(t, "b")
	who := func(expires time.Time) identity.Identity {
		return identity.Identity{Subject: "ana", Roles: []string{"member"}, Expires: expires}
	}
	good := sign(t, maker, who(now.Add(time.Minute)))
	said, signature, _ := strings.Cut(good, ".")
	text, _ := base64.RawURLEncoding.DecodeString(said)
	admin := base64.RawURLEncoding.EncodeToString(bytes.Replace(text, []byte(`"member"`), []byte(`"admin"`), 1))
	for what, statement := range map[string]string{
		"none":                   "",
		"no statement":           "x",
		"too long":               good + strings.Repeat("A", 3000),
		"not for a header":       good + "\n",
		"another key's":          sign(t, other, who(now.Add(time.Minute))),
		"another one's role":     admin + "." + signature,
		"another signature":      said + "." + strings.Repeat("A", len(signature)),
		"expired":                sign(t, maker, who(now)),
		"one that holds a while": sign(t, maker, who(now.Add(time.Hour))),
		"of nobody":              sign(t, maker, identity.Identity{Roles: []string{identity.Admin}, Expires: now.Add(time.Minute)}),
	} {
		keys := knowing(func() time.Time { return now }, maker)
		if got, known := identity.From(identity.WithKeys(identity.With(t.Context(), statement), keys)); known {
			t.Errorf("%s: got %+v, want nobody", what, got)
		} else if refused := keys.Refused(); identity.Statement(identity.With(context.Background(), statement)) != "" && refused != 1 {
			t.Errorf("%s: %d refused statements are counted, want 1", what, refused)
		}
	}
	if _, known := identity.From(identity.With(t.Context(), good)); known {
		t.Error("where no keys are known, a statement is believed")
	}
}

func TestAStatementThatIsRememberedExpiresToo(t *testing.T) {
	maker, clock := signer(t, "a"), now
	keys := knowing(func() time.Time { return clock }, maker)
	statement := sign(t, maker, identity.Identity{Subject: "ana", Expires: now.Add(time.Minute)})
	if _, err := keys.Verify(statement); err != nil {
		t.Fatal(err)
	}
	clock = now.Add(time.Minute)
	if got, err := keys.Verify(statement); err == nil {
		t.Errorf("a minute later: got %+v, want it refused", got)
	}
}

func TestAKeyIsForgottenWithItsSource(t *testing.T) {
	maker := signer(t, "a")
	keys := knowing(func() time.Time { return now }, maker)
	statement := sign(t, maker, identity.Identity{Subject: "ana", Expires: now.Add(time.Minute)})
	if _, err := keys.Verify(statement); err != nil {
		t.Fatal(err)
	}
	keys.Learn("makers", nil)
	if got, err := keys.Verify(statement); err == nil || len(keys.Known()) != 0 {
		t.Errorf("got %+v, want it refused: no key is known any more", got)
	}
}

func TestRefusedStatementsAreLoggedNowAndThen(t *testing.T) {
	var logged bytes.Buffer
	clock := now
	keys := identity.NewKeys(slog.New(slog.NewTextHandler(&logged, nil)), func() time.Time { return clock })
	for range 100 {
		keys.Verify("secret.statement")
	}
	clock = now.Add(time.Minute)
	keys.Verify("secret.statement")
	if lines := strings.Count(logged.String(), "\n"); lines != 2 || strings.Contains(logged.String(), "secret") {
		t.Errorf("got %d lines, want 2, without what was refused:\n%s", lines, logged.String())
	}
}

func BenchmarkFrom(b *testing.B) {
	maker := signer(b, "a")
	statement := sign(b, maker, identity.Identity{Subject: "ana", Roles: []string{"member"}, Expires: now.Add(time.Minute)})
	ctx := identity.WithKeys(identity.With(b.Context(), statement), knowing(func() time.Time { return now }, maker))
	for b.Loop() {
		identity.From(ctx)
	}
}
