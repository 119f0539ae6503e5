package storefront

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"galleria/app/edge"
	"galleria/app/storefront/internal/page"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

// account is the front page of one's account.
func (s *Storefront) account(c echo.Context) error {
	return s.inSession(c, false, func(ctx context.Context, me *accountsv1.CheckSessionResponse) error {
		return s.showAccount(ctx, c, http.StatusOK, me, profileForm(me.GetAccount().GetName()))
	})
}

func profileForm(name string) page.Form {
	return page.Form{
		Action: "/account/profile", Submit: "Save my name",
		Fields: []page.Field{{Name: "name", Label: "Your name", Hint: "How our letters greet you; may be empty.", Auto: "name", Value: name, Length: "100"}},
	}
}

func (s *Storefront) showAccount(ctx context.Context, c echo.Context, code int, me *accountsv1.CheckSessionResponse, profile page.Form) error {
	v := page.Account{Frame: s.frame("Your account", s.departmentsIfQuick(ctx)), Notice: profile.Notice, Email: me.GetAccount().GetEmail(), Name: me.GetAccount().GetName(), Form: profile}
	v.NoIndex = true
	return s.once(c, code, s.countOf(c), page.AccountPage(v))
}

// setProfile changes the person's name.
func (s *Storefront) setProfile(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	return s.inSession(c, true, func(ctx context.Context, me *accountsv1.CheckSessionResponse) error {
		name := c.Request().PostForm.Get("name")
		_, err := s.Accounts.SetProfile(ctx, &accountsv1.SetProfileRequest{Session: s.edge.Session(c.Request()), Name: name})
		if f, marked := withViolations(profileForm(name), err); marked {
			return s.showAccount(ctx, c, http.StatusUnprocessableEntity, me, f)
		}
		if err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, "/account")
	})
}

// accountSecurity shows where the account is open, and what opens it.
func (s *Storefront) accountSecurity(c echo.Context) error {
	return s.inSession(c, false, func(ctx context.Context, me *accountsv1.CheckSessionResponse) error {
		return s.showSecurity(ctx, c, http.StatusOK, me, passwordForm(), nil)
	})
}

func passwordForm() page.Form {
	return page.Form{
		Heading: "Change your password", Action: "/account/password", Submit: "Change my password",
		Fields: []page.Field{{Name: "password", Label: "Present password", Kind: "password", Auto: "current-password", Length: "1024", Need: true}, newPasswordField("new_password")},
	}
}

func (s *Storefront) showSecurity(ctx context.Context, c echo.Context, code int, me *accountsv1.CheckSessionResponse, password page.Form, n *page.Notice) error {
	listed, err := s.Accounts.ListSessions(ctx, &accountsv1.ListSessionsRequest{Session: s.edge.Session(c.Request())})
	if err != nil {
		return err
	}
	passkeys, err := s.passkeysOf(ctx, s.edge.Session(c.Request()))
	if err != nil {
		return err
	}
	password.Username = me.GetAccount().GetEmail()
	v := page.Security{Frame: s.frame("Security", s.departmentsIfQuick(ctx)), Notice: n, Password: password, Staff: isStaff(me), SecondFactor: me.GetAccount().GetSecondFactor(), Passkeys: passkeys, CanAdd: edge.HasPasskeys(s.base)}
	v.NoIndex = true
	for _, l := range listed.GetSessions() {
		v.Sessions = append(v.Sessions, page.Session{
			ID: l.GetId(), Device: l.GetDevice(), Client: l.GetClient(), Current: l.GetCurrent(),
			Since: l.GetCreatedAt().AsTime().In(s.zone).Format("2 January 2006, 15:04"), Used: l.GetUsedAt().AsTime().In(s.zone).Format("2 January 2006, 15:04"),
		})
	}
	return s.once(c, code, s.countOf(c), page.SecurityPage(v))
}

// sessionsForm asks for what confirms that one session is ended, or, without an id, all others.
func sessionsForm(session string, me *accountsv1.CheckSessionResponse) page.Form {
	f := page.Form{
		Heading: "Log out elsewhere", Action: "/account/sessions", Submit: "Log out everywhere else",
		Lead:   "You stay logged in here. If you do not know who was logged in there, change your password as well.",
		Hidden: []page.Hidden{{Name: "id", Value: session}},
		Links:  []page.Point{{Text: "Back to security", Href: "/account/security"}},
	}
	if session != "" {
		f.Submit = "Log out there"
	}
	return confirming(f, me)
}

func (s *Storefront) sessionsPage(c echo.Context) error {
	return s.formPage(c, func(me *accountsv1.CheckSessionResponse) page.Form { return sessionsForm(c.QueryParam("id"), me) })
}

// endSessions ends one session of the account, or all others.
func (s *Storefront) endSessions(c echo.Context) error {
	return s.withForm(c, func(ctx context.Context, me *accountsv1.CheckSessionResponse, session string, typed url.Values) error {
		_, err := s.Accounts.RevokeSession(ctx, &accountsv1.RevokeSessionRequest{Session: session, Password: typed.Get("password"), Code: typed.Get("code"), Id: typed.Get("id")})
		if again, failure := s.notConfirmed(c, sessionsForm(typed.Get("id"), me), err); again {
			return failure
		}
		if err != nil {
			return waits(err)
		}
		return c.Redirect(http.StatusSeeOther, "/account/security")
	})
}

func (s *Storefront) changePassword(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	return s.inSession(c, true, func(ctx context.Context, me *accountsv1.CheckSessionResponse) error {
		typed := c.Request().PostForm
		_, err := s.Accounts.ChangePassword(ctx, &accountsv1.ChangePasswordRequest{
			Session: s.edge.Session(c.Request()), Password: typed.Get("password"), NewPassword: typed.Get("new_password"),
		})
		if f, marked := withViolations(passwordForm(), err); marked {
			n := f.Notice
			f.Notice = nil
			return s.showSecurity(ctx, c, http.StatusUnprocessableEntity, me, f, n)
		}
		switch {
		case contract.Is(err, accountsv1.Reason_REASON_WRONG_CREDENTIALS):
			return s.showSecurity(ctx, c, http.StatusUnprocessableEntity, me, passwordForm(), &page.Notice{Bad: true, Title: "Your present password is another one", Text: "Nothing was changed."})
		case err != nil:
			return waits(err)
		}
		return s.showSecurity(ctx, c, http.StatusOK, me, passwordForm(), &page.Notice{Title: "Your password is changed", Text: "You are logged out everywhere else."})
	})
}

func factorForm(secret, key string) page.Form {
	return page.Form{
		Heading: "Set up a second factor", Action: "/account/second-factor", Submit: "Switch it on",
		Lead:   "Type this into an authenticator program, and the code that it shows into the field below.",
		Fact:   strings.Join(groups(secret, 4), " "),
		Fields: []page.Field{{Name: "code", Label: "Code", Auto: "one-time-code", Length: "16", Need: true}},
		Hidden: []page.Hidden{{Name: "secret", Value: secret}, {Name: "idempotency_key", Value: key}},
		Links:  []page.Point{{Text: "Back to security", Href: "/account/security"}},
	}
}

// groups are n characters each, which are easier to read and type.
func groups(text string, n int) []string {
	var all []string
	for ; len(text) > n; text = text[n:] {
		all = append(all, text[:n])
	}
	return append(all, text)
}

func startFactorForm(me *accountsv1.CheckSessionResponse) page.Form {
	return confirming(page.Form{
		Heading: "Set up a second factor", Action: "/account/second-factor/start", Submit: "Go on",
		Lead:  "With it, logging in wants a code of your authenticator program beside the password. You are logged out elsewhere once it is on.",
		Links: []page.Point{{Text: "Back to security", Href: "/account/security"}},
	}, me)
}

func (s *Storefront) factorPage(c echo.Context) error {
	return s.inSession(c, false, func(_ context.Context, me *accountsv1.CheckSessionResponse) error {
		if me.GetAccount().GetSecondFactor() {
			return c.Redirect(http.StatusSeeOther, "/account/security")
		}
		return s.showForm(c, http.StatusOK, startFactorForm(me))
	})
}

// startFactor shows the secret of a second factor, once the person has confirmed.
func (s *Storefront) startFactor(c echo.Context) error {
	return s.withForm(c, func(ctx context.Context, me *accountsv1.CheckSessionResponse, session string, typed url.Values) error {
		started, err := s.Accounts.StartSecondFactor(ctx, &accountsv1.StartSecondFactorRequest{Session: session, Password: typed.Get("password")})
		if again, failure := s.notConfirmed(c, startFactorForm(me), err); again {
			return failure
		}
		if contract.Is(err, accountsv1.Reason_REASON_HAS_SECOND_FACTOR) {
			return c.Redirect(http.StatusSeeOther, "/account/security")
		}
		if err != nil {
			return waits(err)
		}
		return s.showForm(c, http.StatusOK, factorForm(started.GetSecret(), id.New()))
	})
}

func (s *Storefront) enableFactor(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	return s.inSession(c, true, func(ctx context.Context, me *accountsv1.CheckSessionResponse) error {
		typed := c.Request().PostForm
		enabled, err := s.Accounts.EnableSecondFactor(ctx, &accountsv1.EnableSecondFactorRequest{
			Session: s.edge.Session(c.Request()), Code: typed.Get("code"), IdempotencyKey: typed.Get("idempotency_key"),
		})
		switch {
		case contract.Is(err, accountsv1.Reason_REASON_PASSKEY_NEEDED):
			_, failure := s.notConfirmed(c, startFactorForm(me), err)
			return failure
		case contract.Is(err, accountsv1.Reason_REASON_WRONG_CODE):
			f := factorForm(typed.Get("secret"), id.New())
			f.Notice = &page.Notice{Bad: true, Title: "That code is not right", Text: "Is the clock of the device right? Type the code it shows now."}
			return s.showForm(c, http.StatusUnprocessableEntity, f)
		case contract.Is(err, accountsv1.Reason_REASON_NO_SECOND_FACTOR):
			return c.Redirect(http.StatusSeeOther, "/account/second-factor")
		case err != nil:
			return waits(err)
		}
		return s.showForm(c, http.StatusOK, page.Form{
			Heading: "Your second factor is on", Lead: "Keep these codes on paper. Each opens your account once when the device is lost; they are not shown again.",
			Fact: strings.Join(enabled.GetRecoveryCodes(), "  "), Links: []page.Point{{Text: "Back to your account", Href: "/account"}},
		})
	})
}
