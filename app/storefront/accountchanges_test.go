package storefront_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"galleria/modules/accounts/accountstest"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/id"
)

func TestTheAddressOfAnAccountIsChangedByALink(t *testing.T) {
	s := newShop(t)
	v, before, after := s.visitor(t), s.person(t), "new."+id.New()+"@example.com"
	v.get("/account/email").want(http.StatusSeeOther)
	v.logIn(before).want(http.StatusSeeOther)
	change := func(email, password string) *page {
		return v.fill(v.get("/account/email").want(http.StatusOK), "/account/email", map[string]string{"email": email, "password": password})
	}
	change(after, "something else").want(http.StatusUnprocessableEntity).says("Your password is another one")
	if p := change("nobody", accountstest.Password).want(http.StatusUnprocessableEntity); p.wrong("email") == "" {
		t.Error("the field does not say what is wrong with it")
	}
	taken := change(s.person(t), accountstest.Password).want(http.StatusOK)
	if p := change(after, accountstest.Password).want(http.StatusOK); p.body != taken.body {
		t.Error("the pages for an address with an account and for one without differ")
	}
	var mailed accountsv1.EmailChangeRequested
	s.mailed(t, &mailed)
	v.get("/account").want(http.StatusOK).says(before)
	stranger := s.visitor(t)
	p := stranger.get("/verify?token=" + mailed.GetLink()).want(http.StatusOK)
	stranger.fill(p, "/verify", nil).want(http.StatusSeeOther)
	stranger.get("/account").want(http.StatusSeeOther) // the link lets nobody in
	stranger.fill(stranger.get("/verify?token="+mailed.GetLink()), "/verify", nil).want(http.StatusNotFound)
	v.get("/account").want(http.StatusOK).says(after)
}

func TestAnAccountIsExportedAndDeleted(t *testing.T) {
	s := newShop(t)
	v, email := s.visitor(t), "ana."+id.New()+"@example.com"
	at := s.visitor(t).buyFor(email)
	v.get("/account/export").want(http.StatusSeeOther)
	v.signUp(t, email)
	v.keepAddress("Rua Um 1", "PT").want(http.StatusSeeOther)
	p := v.get("/account/export").want(http.StatusOK)
	var known struct {
		Email     string
		Addresses []struct{ Line1 string }
		Sessions  []struct{ Device string }
		Orders    []struct {
			Number string
			Lines  []struct{ SKU string }
		}
	}
	if err := json.Unmarshal([]byte(p.body), &known); err != nil {
		t.Fatal(err)
	}
	if known.Email != email || len(known.Addresses) != 1 || len(known.Sessions) != 1 || len(known.Orders) != 1 || known.Orders[0].Lines[0].SKU != "LMP-ARC-01" {
		t.Errorf("got %s, want all that is known of the person", p.body)
	}
	_, token := opens(t, at)
	if strings.Contains(p.body, token) || p.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(p.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the export holds a token, may be kept or is no file: %v", p.header)
	}

	v.fill(v.get("/account/delete").want(http.StatusOK), "/account/delete", map[string]string{"password": "something else"}).want(http.StatusUnprocessableEntity).says("Your password is another one")
	v.fill(v.get("/account/delete").want(http.StatusOK), "/account/delete", map[string]string{"password": accountstest.Password}).want(http.StatusOK).says("Your account is deleted")
	v.get("/account").want(http.StatusSeeOther)
	v.logIn(email).want(http.StatusUnauthorized)
	v.get(at).want(http.StatusOK) // orders are kept, for who has their token
}

func TestASecondFactorIsSwitchedOffWithACode(t *testing.T) {
	s := newShop(t)
	v, email := s.visitor(t), s.person(t)
	v.logIn(email).want(http.StatusSeeOther)
	p := v.fill(v.get("/account/second-factor").want(http.StatusOK), "/account/second-factor/start", map[string]string{"password": accountstest.Password}).want(http.StatusOK)
	secret := attr(p.field("secret"), "value")
	v.fill(p, "/account/second-factor", map[string]string{"code": accountstest.Code(secret, time.Now().Add(-30*time.Second))}).want(http.StatusOK)
	off := func(code string) *page {
		return v.fill(v.get("/account/second-factor/off").want(http.StatusOK), "/account/second-factor/off", map[string]string{"password": accountstest.Password, "code": code})
	}
	v.get("/account/second-factor/off").want(http.StatusOK).saysNot("passkey in the last 15 minutes")
	off("").want(http.StatusUnprocessableEntity).says("Give a code").saysNot("Give a code, or")
	off("123").want(http.StatusUnprocessableEntity).says("That code is not right")
	off(accountstest.Code(secret, time.Now())).want(http.StatusSeeOther)
	v.get("/account/security").want(http.StatusOK).says("Set it up")
	s.visitor(t).logIn(email).want(http.StatusSeeOther)
}

func TestAPersonWhoHasLostAPasskeyReadsWhatHelps(t *testing.T) {
	const help, staffHelp, needed = "If you have lost a device", "galleria admin create", "Use your passkey first"
	s := newShop(t)
	staff := func() *accountsv1.Account {
		t.Helper()
		made, err := s.operator.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{Email: "kim." + id.New() + "@example.com", Password: accountstest.Password, Role: accountsv1.Role_ROLE_ADMIN})
		if err != nil {
			t.Fatal(err)
		}
		return made.GetAccount()
	}
	staff() // the one who helps
	a := staff()
	v := s.visitor(t)
	v.logIn(a.GetEmail()).want(http.StatusSeeOther)
	v.get("/account/security").want(http.StatusOK).saysNot(help)
	v.addPasskey("")
	start := func() *page {
		return v.fill(v.get("/account/second-factor").want(http.StatusOK), "/account/second-factor/start", map[string]string{"password": accountstest.Password})
	}
	remove := func(code string) *page {
		p := v.get("/account/security").want(http.StatusOK)
		for _, link := range p.all("a") {
			if at := attr(link, "href"); strings.HasPrefix(at, "/account/passkeys/remove") {
				return v.fill(v.get(at).want(http.StatusOK), "/account/passkeys/remove", map[string]string{"password": accountstest.Password, "code": code})
			}
		}
		t.Fatal("the page of security has no passkey to remove")
		return nil
	}
	remove("").says("log in with one of those that stay")
	for what, refused := range map[string]*page{"codes": start(), "removing": remove("")} {
		refused.want(http.StatusUnprocessableEntity).says(needed)
		if !strings.Contains(refused.body, `href="/account/security#lost"`) {
			t.Errorf("%s: the page that wants a passkey does not lead to what helps who has lost it", what)
		}
	}
	v.get("/account/security").want(http.StatusOK).says(help, "another administrator helps", staffHelp)

	if _, err := s.operator.SetRole(t.Context(), &accountsv1.SetRoleRequest{AccountId: a.GetId(), Role: accountsv1.Role_ROLE_CUSTOMER}); err != nil {
		t.Fatal(err)
	}
	v.logIn(a.GetEmail()).want(http.StatusSeeOther)
	v.get("/account/security").want(http.StatusOK).says(help, "your password is enough").saysNot(staffHelp)
	remove("").want(http.StatusSeeOther)

	p := start().want(http.StatusOK)
	secret := attr(p.field("secret"), "value")
	v.fill(p, "/account/second-factor", map[string]string{"code": accountstest.Code(secret, time.Now().Add(-30*time.Second))}).want(http.StatusOK)
	v.get("/account/security").want(http.StatusOK).says(help, "One of your recovery codes stands for a code")
	add := func(code string) *page {
		return v.fill(v.get("/account/passkeys/add").want(http.StatusOK), "/account/passkeys/add", map[string]string{"name": "Key", "password": accountstest.Password, "code": code})
	}
	add("").want(http.StatusUnprocessableEntity).says("Give a code").saysNot("Give a code, or")
	v.addPasskey(accountstest.Code(secret, time.Now()))
	v.get("/account/passkeys/add").want(http.StatusOK).says("May be empty if you have logged in here with a passkey")
	add("").want(http.StatusUnprocessableEntity).says("Give a code, or log in with a passkey first")
	add("123").want(http.StatusUnprocessableEntity).says("That code is not right")
	v.get("/account/security").want(http.StatusOK).says(help, "If your codes are lost, log in with a passkey")
	off := func(code string) *page {
		return v.fill(v.get("/account/second-factor/off").want(http.StatusOK), "/account/second-factor/off", map[string]string{"password": accountstest.Password, "code": code})
	}
	next := accountstest.Code(secret, time.Now().Add(30*time.Second))
	off(next).want(http.StatusUnprocessableEntity).says(needed)
	remove(next).want(http.StatusSeeOther)
}

// addPasskey adds a passkey to the account that is logged in, and never uses it.
func (v *visitor) addPasskey(code string) {
	v.t.Helper()
	session := v.cookie("session").Value
	begun, err := v.shop.accounts.BeginAddingPasskey(v.t.Context(), &accountsv1.BeginAddingPasskeyRequest{Session: session, Password: accountstest.Password, Code: code})
	if err != nil {
		v.t.Fatal(err)
	}
	_, err = v.shop.accounts.FinishAddingPasskey(v.t.Context(), &accountsv1.FinishAddingPasskeyRequest{
		Session: session, CredentialJson: accountstest.NewAuthenticator("localhost", "http://localhost:8080").Create(begun.GetOptionsJson()), Name: "Lost telephone",
	})
	if err != nil {
		v.t.Fatal(err)
	}
}
