package storefront

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"galleria/app/storefront/internal/page"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

// confirming adds to a form the fields by which a person confirms a change: the password
// and, where there is a second factor, a code.
func confirming(f page.Form, me *accountsv1.CheckSessionResponse) page.Form {
	f.Username = me.GetAccount().GetEmail()
	f.Fields = append(f.Fields, page.Field{Name: "password", Label: "Your password", Kind: "password", Auto: "current-password", Length: "1024", Need: true})
	if me.GetAccount().GetSecondFactor() {
		f.Fields = append(f.Fields, page.Field{Name: "code", Label: "Code", Hint: "From your authenticator program, or one of your recovery codes.", Auto: "one-time-code", Length: "64", Need: true})
	}
	return f
}

// confirmingByEither is confirming for what wants a code or, of an account that has some, a
// passkey that was used just now.
func (s *Storefront) confirmingByEither(ctx context.Context, f page.Form, me *accountsv1.CheckSessionResponse, session string) (page.Form, error) {
	f = confirming(f, me)
	if !me.GetAccount().GetSecondFactor() {
		return f, nil
	}
	listed, err := s.Accounts.ListPasskeys(ctx, &accountsv1.ListPasskeysRequest{Session: session})
	if err != nil {
		return page.Form{}, err
	}
	if len(listed.GetPasskeys()) > 0 {
		code := &f.Fields[len(f.Fields)-1]
		code.Need, code.Hint = false, code.Hint+" May be empty if you have logged in here with a passkey in the last 15 minutes."
	}
	return f, nil
}

var passkeyLogInLink = page.Point{Text: "Log in with a passkey", Href: "/login?next=/account/security"}

// notConfirmed shows a form again when its password or code was wrong, or a passkey is
// needed; false when err is about something else.
func (s *Storefront) notConfirmed(c echo.Context, f page.Form, err error) (bool, error) {
	code := slices.IndexFunc(f.Fields, func(field page.Field) bool { return field.Name == "code" })
	switch {
	case contract.Is(err, accountsv1.Reason_REASON_WRONG_CREDENTIALS):
		f.Notice = &page.Notice{Bad: true, Title: "Your password is another one", Text: "Nothing was changed."}
	case contract.Is(err, accountsv1.Reason_REASON_WRONG_CODE) && c.FormValue("code") == "" && code >= 0 && !f.Fields[code].Need:
		f.Notice = &page.Notice{Bad: true, Title: "Give a code, or log in with a passkey first", Text: "A passkey stands for a code for 15 minutes. Nothing was changed."}
		f.Links = append([]page.Point{passkeyLogInLink}, f.Links...)
	case contract.Is(err, accountsv1.Reason_REASON_WRONG_CODE) && c.FormValue("code") == "":
		f.Notice = &page.Notice{Bad: true, Title: "Give a code", Text: "Nothing was changed."}
	case contract.Is(err, accountsv1.Reason_REASON_WRONG_CODE):
		f.Notice = &page.Notice{Bad: true, Title: "That code is not right", Text: "It may be used up: wait for the next one. Nothing was changed."}
	case contract.Is(err, accountsv1.Reason_REASON_PASSKEY_NEEDED):
		f.Notice = &page.Notice{Bad: true, Title: "Use your passkey first", Text: "Your account has a passkey, and this wants one that was used in the last 15 minutes. Log in with one, and do this then. To remove one of several, log in with one of those that stay. Nothing was changed. If you have lost it, see what helps below."}
		f.Links = append([]page.Point{passkeyLogInLink, {Text: "I have lost my passkey", Href: "/account/security#lost"}}, f.Links...)
	default:
		return false, nil
	}
	return true, s.showForm(c, http.StatusUnprocessableEntity, f)
}

// withForm runs what a form of the account is for.
func (s *Storefront) withForm(c echo.Context, run func(ctx context.Context, me *accountsv1.CheckSessionResponse, session string, typed url.Values) error) error {
	if err := parseForm(c); err != nil {
		return err
	}
	return s.inSession(c, true, func(ctx context.Context, me *accountsv1.CheckSessionResponse) error {
		return run(ctx, me, s.edge.Session(c.Request()), c.Request().PostForm)
	})
}

// formPage shows a form to who is logged in.
func (s *Storefront) formPage(c echo.Context, form func(me *accountsv1.CheckSessionResponse) page.Form) error {
	return s.inSession(c, false, func(_ context.Context, me *accountsv1.CheckSessionResponse) error {
		return s.showForm(c, http.StatusOK, form(me))
	})
}

func emailForm(email string, me *accountsv1.CheckSessionResponse) page.Form {
	return confirming(page.Form{
		Heading: "Change your e-mail address", Action: "/account/email", Submit: "Send me a link",
		Lead:   "It is " + me.GetAccount().GetEmail() + " now. We send a link to the new address; it is changed when you follow it.",
		Fields: []page.Field{{Name: "email", Label: "New e-mail address", Kind: "email", Auto: "email", Value: email, Length: "254", Need: true}},
		Hidden: []page.Hidden{{Name: "idempotency_key", Value: id.New()}},
		Links:  []page.Point{{Text: "Back to your account", Href: "/account"}},
	}, me)
}

func (s *Storefront) emailPage(c echo.Context) error {
	return s.formPage(c, func(me *accountsv1.CheckSessionResponse) page.Form { return emailForm("", me) })
}

func (s *Storefront) changeEmail(c echo.Context) error {
	return s.withForm(c, func(ctx context.Context, me *accountsv1.CheckSessionResponse, session string, typed url.Values) error {
		_, err := s.Accounts.ChangeEmail(ctx, &accountsv1.ChangeEmailRequest{
			Session: session, Password: typed.Get("password"), Code: typed.Get("code"), Email: typed.Get("email"), IdempotencyKey: typed.Get("idempotency_key"),
		})
		f := emailForm(typed.Get("email"), me)
		if again, failure := s.notConfirmed(c, f, err); again {
			return failure
		}
		if f, marked := withViolations(f, err); marked {
			return s.showForm(c, http.StatusUnprocessableEntity, f)
		}
		if err != nil {
			return waits(err)
		}
		// The same for an address that another account has.
		return s.showForm(c, http.StatusOK, page.Form{
			Heading: "Look into your mailbox", Links: []page.Point{{Text: "Back to your account", Href: "/account"}},
			Notice: &page.Notice{Title: "A mail is on its way to the new address", Text: "It has a link that is good for a day. Until you follow it, nothing changes."},
		})
	})
}

func (s *Storefront) factorOffForm(ctx context.Context, me *accountsv1.CheckSessionResponse, session string) (page.Form, error) {
	lead := "Your password alone opens the account then, and you are logged out elsewhere. You can set up another second factor right after."
	if isStaff(me) {
		lead += " Until then, an administrator without a passkey has the rights of a customer."
	}
	return s.confirmingByEither(ctx, page.Form{
		Heading: "Switch the second factor off", Action: "/account/second-factor/off", Submit: "Switch it off",
		Lead:  lead + " If you have passkeys, log in with one first, so that you know it works, and remove those that you have lost.",
		Links: []page.Point{{Text: "Back to security", Href: "/account/security"}},
	}, me, session)
}

func (s *Storefront) factorOffPage(c echo.Context) error {
	return s.inSession(c, false, func(ctx context.Context, me *accountsv1.CheckSessionResponse) error {
		f, err := s.factorOffForm(ctx, me, s.edge.Session(c.Request()))
		if err != nil {
			return err
		}
		return s.showForm(c, http.StatusOK, f)
	})
}

func (s *Storefront) disableFactor(c echo.Context) error {
	return s.withForm(c, func(ctx context.Context, me *accountsv1.CheckSessionResponse, session string, typed url.Values) error {
		f, err := s.factorOffForm(ctx, me, session)
		if err != nil {
			return err
		}
		_, err = s.Accounts.DisableSecondFactor(ctx, &accountsv1.DisableSecondFactorRequest{Session: session, Password: typed.Get("password"), Code: typed.Get("code")})
		if again, failure := s.notConfirmed(c, f, err); again {
			return failure
		}
		if err != nil && !contract.Is(err, accountsv1.Reason_REASON_NO_SECOND_FACTOR) {
			return waits(err)
		}
		return c.Redirect(http.StatusSeeOther, "/account/security")
	})
}

func deleteForm(me *accountsv1.CheckSessionResponse) page.Form {
	return confirming(page.Form{
		Heading: "Delete your account", Action: "/account/delete", Submit: "Delete my account",
		Lead:  "Your name, addresses and sessions are forgotten. Orders are kept for the books, but forget your name, mail address, street and card as soon as they are finished; the links in their mails still open them.",
		Links: []page.Point{{Text: "First get what we know of you", Href: "/account/export"}, {Text: "Back to your account", Href: "/account"}},
	}, me)
}

func (s *Storefront) deletePage(c echo.Context) error { return s.formPage(c, deleteForm) }

func (s *Storefront) deleteAccount(c echo.Context) error {
	return s.withForm(c, func(ctx context.Context, me *accountsv1.CheckSessionResponse, session string, typed url.Values) error {
		_, err := s.Accounts.DeleteAccount(ctx, &accountsv1.DeleteAccountRequest{Session: session, Password: typed.Get("password"), Code: typed.Get("code")})
		f := deleteForm(me)
		if again, failure := s.notConfirmed(c, f, err); again {
			return failure
		}
		if contract.Is(err, accountsv1.Reason_REASON_LAST_ADMIN) {
			f.Notice = &page.Notice{Bad: true, Title: "The shop needs an administrator", Text: "Make another account an administrator first."}
			return s.showForm(c, http.StatusConflict, f)
		}
		if err != nil {
			return waits(err)
		}
		s.leave(c)
		return s.showForm(c, http.StatusOK, page.Form{
			Heading: "Your account is deleted", Links: []page.Point{{Text: "To the shop", Href: "/"}},
			Notice: &page.Notice{Title: "We have forgotten you", Text: "A mail says so as well. An order is kept without you as soon as it is done."},
		})
	})
}
