package passkey_test

import (
	"strings"
	"testing"
	"time"

	"galleria/modules/accounts/accountstest"
	"galleria/modules/accounts/internal/passkey"
	"galleria/modules/accounts/internal/secret"
)

func TestASiteComesFromTheConfiguredAddress(t *testing.T) {
	for address, want := range map[string]passkey.Site{
		"https://Shop.Example":       {ID: "shop.example", Origin: "https://shop.example", Name: "Shop"},
		"http://localhost:8080":      {ID: "localhost", Origin: "http://localhost:8080", Name: "Shop"},
		"http://127.0.0.1:8080":      {Origin: "http://127.0.0.1:8080", Name: "Shop"}, // no host name, so no passkeys
		"https://[2001:db8::1]:8443": {Origin: "https://[2001:db8::1]:8443", Name: "Shop"},
	} {
		if got, err := passkey.NewSite(address, "Shop"); err != nil || got != want {
			t.Errorf("%s: got %+v and error %v, want %+v", address, got, err, want)
		}
	}
	for _, address := range []string{"", "shop.example", "ftp://shop.example", "https://"} {
		if _, err := passkey.NewSite(address, "Shop"); err == nil {
			t.Errorf("%q: got no error, want one", address)
		}
	}
}

func TestAChallengeIsGoodForFiveMinutes(t *testing.T) {
	site, err := passkey.NewSite("https://shop.example", "Shop")
	if err != nil {
		t.Fatal(err)
	}
	seals := secret.NewTokens([]byte(strings.Repeat("s", 32)))
	begun := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	key := accountstest.NewAuthenticator(site.ID, site.Origin)
	options, err := passkey.OptionsToAdd(site, passkey.ChallengeToAdd(seals, begun, "session"), "account", "ana@example.com", "Ana", nil)
	if err != nil {
		t.Fatal(err)
	}
	credential := key.Create(options)
	kept, _, err := passkey.Added(site, seals, begun.Add(passkey.Good-time.Second), "session", credential)
	if err != nil {
		t.Fatalf("a second before the end: %v", err)
	}
	if _, _, err := passkey.Added(site, seals, begun.Add(passkey.Good), "session", credential); err == nil {
		t.Error("adding at the end: got no error, want one")
	}
	if options, err = passkey.OptionsToLogIn(site, passkey.ChallengeToLogIn(seals, begun, "browser")); err != nil {
		t.Fatal(err)
	}
	signed, err := passkey.Read(key.Get(options))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signed.LoggedIn(site, seals, begun.Add(passkey.Good-time.Second), "browser", kept); err != nil {
		t.Errorf("a second before the end: %v", err)
	}
	if _, err := signed.LoggedIn(site, seals, begun.Add(passkey.Good), "browser", kept); err == nil {
		t.Error("logging in at the end: got no error, want one")
	}
	other := secret.NewTokens([]byte(strings.Repeat("o", 32)))
	if _, err := signed.LoggedIn(site, other, begun, "browser", kept); err == nil {
		t.Error("a challenge of another shop's secret: got no error, want one")
	}
}
