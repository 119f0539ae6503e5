package storefront

import (
	"context"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"galleria/app/storefront/internal/page"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

// beginPasskeyLogIn answers what a browser needs to ask for a passkey.
func (s *Storefront) beginPasskeyLogIn(c echo.Context) error {
	ctx, done := s.working(c, true, pageTimeout)
	defer done()
	browser := s.edge.PasskeyBrowser(c.Request())
	if browser == "" {
		browser = id.Secret()
	}
	begun, err := s.Accounts.BeginPasskeyLogIn(ctx, &accountsv1.BeginPasskeyLogInRequest{Browser: browser})
	if err != nil {
		return err
	}
	s.edge.KeepPasskeyBrowser(c.Response(), c.Request(), browser)
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, "application/json", []byte(begun.GetOptionsJson()))
}

// passkeyLogIn logs in with what the browser signed.
func (s *Storefront) passkeyLogIn(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	typed := c.Request().PostForm
	ctx, done := s.working(c, true, checkoutTimeout)
	defer done()
	in, err := s.Accounts.FinishPasskeyLogIn(ctx, &accountsv1.FinishPasskeyLogInRequest{
		Browser: s.edge.PasskeyBrowser(c.Request()), CredentialJson: typed.Get("credential"), Visitor: visitor(c), IdempotencyKey: typed.Get("idempotency_key"),
	})
	if contract.Is(err, accountsv1.Reason_REASON_WRONG_PASSKEY) || len(contract.Violations(err)) > 0 {
		f := s.logInForm("", next(typed.Get("next")), id.New())
		f.Notice = &page.Notice{Bad: true, Title: "That passkey did not open an account", Text: "It may have been removed, or the page was open too long. Try again, or log in with your password."}
		return s.showForm(c, http.StatusUnauthorized, f)
	}
	if err != nil {
		return waits(err)
	}
	s.edge.KeepPasskeyBrowser(c.Response(), c.Request(), "")
	s.begin(ctx, c, in.GetSession(), in.GetExpiresAt().AsTime(), in.GetAccount(), in.GetCartId())
	return c.Redirect(http.StatusSeeOther, next(typed.Get("next")))
}

func (s *Storefront) passkeyForm(ctx context.Context, name string, me *accountsv1.CheckSessionResponse, session string) (page.Form, error) {
	return s.confirmingByEither(ctx, page.Form{
		Heading: "Add a passkey", Action: "/account/passkeys/add", Submit: "Go on",
		Lead: "A passkey logs you in with the lock of your device: a finger, your face or a PIN. It works for this shop only, so a false page can't steal it.",
		Fields: []page.Field{{
			Name: "name", Label: "Name of the passkey", Hint: "So that you know it again, such as “My telephone”.", Auto: "off", Value: name, Length: "100", Need: true,
		}},
		Links: []page.Point{{Text: "Back to security", Href: "/account/security"}},
	}, me, session)
}

func (s *Storefront) passkeyPage(c echo.Context) error {
	return s.inSession(c, false, func(ctx context.Context, me *accountsv1.CheckSessionResponse) error {
		f, err := s.passkeyForm(ctx, "", me, s.edge.Session(c.Request()))
		if err != nil {
			return err
		}
		return s.showForm(c, http.StatusOK, f)
	})
}

// beginPasskey shows the page that makes the passkey, once the person has confirmed.
func (s *Storefront) beginPasskey(c echo.Context) error {
	return s.withForm(c, func(ctx context.Context, me *accountsv1.CheckSessionResponse, session string, typed url.Values) error {
		f, err := s.passkeyForm(ctx, typed.Get("name"), me, session)
		if err != nil {
			return err
		}
		begun, err := s.Accounts.BeginAddingPasskey(ctx, &accountsv1.BeginAddingPasskeyRequest{Session: session, Password: typed.Get("password"), Code: typed.Get("code")})
		if again, failure := s.notConfirmed(c, f, err); again {
			return failure
		}
		switch {
		case contract.Is(err, accountsv1.Reason_REASON_TOO_MANY_PASSKEYS):
			f.Notice = &page.Notice{Bad: true, Title: "Your account has twenty passkeys", Text: "Remove one that you do not use any more first."}
			return s.showForm(c, http.StatusConflict, f)
		case contract.Is(err, accountsv1.Reason_REASON_NO_HOST_NAME):
			f.Notice = &page.Notice{Bad: true, Title: "This shop can't have passkeys", Text: "Its address is no host name, and browsers make passkeys for those only."}
			return s.showForm(c, http.StatusConflict, f)
		case err != nil:
			return waits(err)
		}
		return s.showForm(c, http.StatusOK, page.Form{
			Heading: "Make the passkey", Lead: "Your browser asks you to unlock your device.", Links: f.Links,
			Ceremony: &page.Ceremony{
				Kind: "add", Options: begun.GetOptionsJson(), Action: "/account/passkeys", Submit: "Make the passkey", Script: s.assets.passkeys,
				Hidden: []page.Hidden{{Name: "name", Value: typed.Get("name")}}, Without: "A passkey is made by a script of this page, and your browser runs none.",
			},
		})
	})
}

// finishPasskey keeps the passkey that the browser made.
func (s *Storefront) finishPasskey(c echo.Context) error {
	return s.withForm(c, func(ctx context.Context, me *accountsv1.CheckSessionResponse, session string, typed url.Values) error {
		f, err := s.passkeyForm(ctx, typed.Get("name"), me, session)
		if err != nil {
			return err
		}
		_, err = s.Accounts.FinishAddingPasskey(ctx, &accountsv1.FinishAddingPasskeyRequest{Session: session, CredentialJson: typed.Get("credential"), Name: typed.Get("name")})
		f, marked := withViolations(f, err)
		switch {
		case marked:
			return s.showForm(c, http.StatusUnprocessableEntity, f)
		case contract.Is(err, accountsv1.Reason_REASON_WRONG_PASSKEY) || len(contract.Violations(err)) > 0:
			f.Notice = &page.Notice{Bad: true, Title: "No passkey was added", Text: "The page was open too long, or the device did not check who you are. Begin again."}
			return s.showForm(c, http.StatusUnprocessableEntity, f)
		case contract.Is(err, accountsv1.Reason_REASON_TOO_MANY_PASSKEYS):
			f.Notice = &page.Notice{Bad: true, Title: "Your account has twenty passkeys", Text: "Remove one that you do not use any more first."}
			return s.showForm(c, http.StatusConflict, f)
		case err != nil:
			return waits(err)
		}
		return c.Redirect(http.StatusSeeOther, "/account/security")
	})
}

func removeForm(passkey string, me *accountsv1.CheckSessionResponse) page.Form {
	lead := "It does not log in any more then, and you are logged out elsewhere. Delete it from your device as well, which may go on offering it."
	if isStaff(me) && !me.GetAccount().GetSecondFactor() {
		lead += " If others stay, log in with one of those first, so that you know it works. If none stays, an administrator has the rights of a customer until there is another passkey or a second factor."
	}
	return confirming(page.Form{
		Heading: "Remove a passkey", Action: "/account/passkeys/remove", Submit: "Remove it",
		Lead:   lead,
		Hidden: []page.Hidden{{Name: "id", Value: passkey}},
		Links:  []page.Point{{Text: "Back to security", Href: "/account/security"}},
	}, me)
}

func (s *Storefront) removePasskeyPage(c echo.Context) error {
	return s.formPage(c, func(me *accountsv1.CheckSessionResponse) page.Form { return removeForm(c.QueryParam("id"), me) })
}

func (s *Storefront) removePasskey(c echo.Context) error {
	return s.withForm(c, func(ctx context.Context, me *accountsv1.CheckSessionResponse, session string, typed url.Values) error {
		_, err := s.Accounts.RemovePasskey(ctx, &accountsv1.RemovePasskeyRequest{Session: session, Password: typed.Get("password"), Code: typed.Get("code"), Id: typed.Get("id")})
		if again, failure := s.notConfirmed(c, removeForm(typed.Get("id"), me), err); again {
			return failure
		}
		if err != nil {
			return waits(err)
		}
		return c.Redirect(http.StatusSeeOther, "/account/security")
	})
}

// passkeysOf are the passkeys of a session's account, as the page of security shows them.
func (s *Storefront) passkeysOf(ctx context.Context, session string) ([]page.Passkey, error) {
	listed, err := s.Accounts.ListPasskeys(ctx, &accountsv1.ListPasskeysRequest{Session: session})
	if err != nil {
		return nil, err
	}
	var all []page.Passkey
	for _, p := range listed.GetPasskeys() {
		each := page.Passkey{ID: p.GetId(), Name: p.GetName(), Since: p.GetCreatedAt().AsTime().In(s.zone).Format("2 January 2006, 15:04")}
		if p.GetUsedAt() != nil {
			each.Used = p.GetUsedAt().AsTime().In(s.zone).Format("2 January 2006, 15:04")
		}
		all = append(all, each)
	}
	return all, nil
}
