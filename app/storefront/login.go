package storefront

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"galleria/app/edge"
	"galleria/app/storefront/internal/page"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

// showForm draws a page with one form.
func (s *Storefront) showForm(c echo.Context, code int, f page.Form) error {
	ctx, done := s.working(c, false, pageTimeout)
	defer done()
	f.Frame = s.frame(f.Heading, s.departmentsIfQuick(ctx))
	f.NoIndex = true
	return s.once(c, code, s.countOf(c), page.FormPage(f))
}

func emailField(value string) page.Field {
	return page.Field{Name: "email", Label: "E-mail", Kind: "email", Auto: "username", Value: value, Length: "254", Need: true}
}

func newPasswordField(name string) page.Field {
	return page.Field{Name: name, Label: "New password", Hint: "At least 8 characters. Three or four words that have nothing to do with each other are good.", Kind: "password", Auto: "new-password", Length: "256", Need: true}
}

// withViolations marks the fields that accounts found something wrong with.
func withViolations(f page.Form, err error) (page.Form, bool) {
	found := contract.Violations(err)
	marked := false
	for i := range f.Fields {
		for _, v := range found {
			if v.Field == cmp.Or(f.Fields[i].Called, f.Fields[i].Name) {
				f.Fields[i].Problem, marked = f.Fields[i].Label+" "+v.Message, true
			}
		}
	}
	if marked {
		f.Notice = &page.Notice{Bad: true, Title: "Something is not right yet", Text: "Please look at what is marked below."}
	}
	return f, marked
}

func (s *Storefront) logInForm(email, to, key string) page.Form {
	f := page.Form{
		Heading: "Log in", Action: "/login", Submit: "Log in",
		Fields: []page.Field{emailField(email), {Name: "password", Label: "Password", Kind: "password", Auto: "current-password", Length: "1024", Need: true}},
		Hidden: []page.Hidden{{Name: "next", Value: to}, {Name: "idempotency_key", Value: key}},
		Links:  []page.Point{{Text: "I have no account yet", Href: "/signup"}, {Text: "I do not know my password any more", Href: "/forgot"}},
	}
	if edge.HasPasskeys(s.base) {
		f.Ceremony = &page.Ceremony{
			Kind: "log in", Begin: "/login/passkey/begin", Action: "/login/passkey", Submit: "Log in with a passkey", Script: s.assets.passkeys,
			Hidden: []page.Hidden{{Name: "next", Value: to}, {Name: "idempotency_key", Value: key}},
		}
	}
	return f
}

func (s *Storefront) logInPage(c echo.Context) error {
	return s.showForm(c, http.StatusOK, s.logInForm("", next(c.QueryParam("next")), id.New()))
}

func (s *Storefront) logIn(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	typed := c.Request().PostForm
	f := s.logInForm(typed.Get("email"), next(typed.Get("next")), id.New())
	ctx, done := s.working(c, true, checkoutTimeout)
	defer done()
	in, err := s.Accounts.LogIn(ctx, &accountsv1.LogInRequest{
		Email: typed.Get("email"), Password: typed.Get("password"), Code: typed.Get("code"), Visitor: visitor(c), IdempotencyKey: typed.Get("idempotency_key"),
	})
	wrongCode := contract.Is(err, accountsv1.Reason_REASON_WRONG_CODE)
	switch {
	case err == nil && in.GetSession() != "":
		s.begin(ctx, c, in.GetSession(), in.GetExpiresAt().AsTime(), in.GetAccount(), in.GetCartId())
		return c.Redirect(http.StatusSeeOther, next(typed.Get("next")))
	case err == nil || wrongCode: // the password is right, a code is missing
		f.Fields = append(f.Fields, page.Field{Name: "code", Label: "Code", Hint: "From your authenticator program, or one of your recovery codes.", Auto: "one-time-code", Length: "64", Need: true})
		f.Notice = &page.Notice{Title: "One thing more", Text: "Please type your password again, and the code of your second factor."}
		if wrongCode {
			f.Notice = &page.Notice{Bad: true, Title: "That code is not right", Text: "It may be used up: wait for the next one."}
		}
		return s.showForm(c, http.StatusUnauthorized, f)
	case contract.Is(err, accountsv1.Reason_REASON_WRONG_CREDENTIALS):
		f.Notice = &page.Notice{Bad: true, Title: "That did not open", Text: "No account has this e-mail address and password."}
		return s.showForm(c, http.StatusUnauthorized, f)
	}
	return waits(err)
}

func (s *Storefront) logOut(c echo.Context) error {
	ctx, done := s.working(c, true, pageTimeout)
	defer done()
	if token := s.edge.Session(c.Request()); token != "" {
		s.leaveCart(ctx, c)
		if _, err := s.Accounts.LogOut(ctx, &accountsv1.LogOutRequest{Session: token}); err != nil {
			return err
		}
	}
	s.leave(c)
	return c.Redirect(http.StatusSeeOther, "/")
}

func signUpForm(values url.Values, key string) page.Form {
	return page.Form{
		Heading: "Make an account", Action: "/signup", Submit: "Make my account",
		Lead: "We send a link to your address; your account is made when you follow it.",
		Fields: []page.Field{
			emailField(values.Get("email")),
			{Name: "name", Label: "Name (optional)", Auto: "name", Value: values.Get("name"), Length: "100"},
			newPasswordField("password"),
		},
		Hidden: []page.Hidden{{Name: "idempotency_key", Value: key}},
		Links:  []page.Point{{Text: "I have an account", Href: "/login"}},
	}
}

func (s *Storefront) signUpPage(c echo.Context) error {
	return s.showForm(c, http.StatusOK, signUpForm(url.Values{}, id.New()))
}

func (s *Storefront) signUp(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	typed := c.Request().PostForm
	ctx, done := s.working(c, true, checkoutTimeout)
	defer done()
	_, err := s.Accounts.SignUp(ctx, &accountsv1.SignUpRequest{
		Email: typed.Get("email"), Name: typed.Get("name"), Password: typed.Get("password"), Visitor: visitor(c), IdempotencyKey: typed.Get("idempotency_key"),
	})
	if f, marked := withViolations(signUpForm(typed, id.New()), err); marked {
		return s.showForm(c, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return waits(err)
	}
	return s.showForm(c, http.StatusOK, page.Form{Heading: "Look into your mailbox", Notice: &page.Notice{
		Title: "A mail is on its way", Text: "It has a link that is good for a day. If it does not come, look among the unwanted mails.",
	}})
}

// verifyPage has a button: programs that look at mails follow links, and must not use
// them up.
func (s *Storefront) verifyPage(c echo.Context) error {
	return s.showForm(c, http.StatusOK, page.Form{
		Heading: "Confirm your address", Action: "/verify", Submit: "Yes, it is mine", Lead: "One step more, and the address is confirmed.",
		Hidden: []page.Hidden{{Name: "token", Value: c.QueryParam("token")}, {Name: "idempotency_key", Value: id.New()}},
	})
}

func (s *Storefront) verify(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	typed := c.Request().PostForm
	ctx, done := s.working(c, true, checkoutTimeout)
	defer done()
	made, err := s.Accounts.VerifyEmail(ctx, &accountsv1.VerifyEmailRequest{Link: typed.Get("token"), Visitor: visitor(c), IdempotencyKey: typed.Get("idempotency_key")})
	if contract.Is(err, accountsv1.Reason_REASON_BAD_LINK) {
		return s.showForm(c, http.StatusNotFound, badLink("/signup", "Make an account"))
	}
	if err != nil {
		return err
	}
	if made.GetSession() == "" { // the account has another address now
		return c.Redirect(http.StatusSeeOther, "/account")
	}
	s.begin(ctx, c, made.GetSession(), s.now().Add(cartAge), made.GetAccount(), made.GetCartId())
	return c.Redirect(http.StatusSeeOther, "/account")
}

func badLink(to, text string) page.Form {
	return page.Form{
		Heading: "This link opens nothing", Links: []page.Point{{Text: text, Href: to}, {Text: "Log in", Href: "/login"}},
		Notice: &page.Notice{Bad: true, Title: "The link was used, or is too old", Text: "Each link is good once, and not for long. The newest mail counts."},
	}
}

func forgotForm(email, key string) page.Form {
	return page.Form{
		Heading: "Set a new password", Action: "/forgot", Submit: "Send me a link", Lead: "We send a link to your address, with which you can set a new password.",
		Fields: []page.Field{emailField(email)}, Hidden: []page.Hidden{{Name: "idempotency_key", Value: key}},
		Links: []page.Point{{Text: "Log in", Href: "/login"}},
	}
}

func (s *Storefront) forgotPage(c echo.Context) error {
	return s.showForm(c, http.StatusOK, forgotForm("", id.New()))
}

func (s *Storefront) forgot(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	typed := c.Request().PostForm
	ctx, done := s.working(c, true, checkoutTimeout)
	defer done()
	_, err := s.Accounts.RequestReset(ctx, &accountsv1.RequestResetRequest{Email: typed.Get("email"), Visitor: visitor(c), IdempotencyKey: typed.Get("idempotency_key")})
	if f, marked := withViolations(forgotForm(typed.Get("email"), id.New()), err); marked {
		return s.showForm(c, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return waits(err)
	}
	return s.showForm(c, http.StatusOK, page.Form{Heading: "Look into your mailbox", Notice: &page.Notice{
		Title: "If the address has an account, a mail is on its way", Text: "It has a link that is good for half an hour.",
	}})
}

func resetForm(token string) page.Form {
	return page.Form{
		Heading: "Set a new password", Action: "/reset", Submit: "Set this password", Lead: "You are logged out everywhere then.",
		Fields: []page.Field{newPasswordField("password")}, Hidden: []page.Hidden{{Name: "token", Value: token}},
	}
}

func (s *Storefront) resetPage(c echo.Context) error {
	return s.showForm(c, http.StatusOK, resetForm(c.QueryParam("token")))
}

func (s *Storefront) reset(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	typed := c.Request().PostForm
	ctx, done := s.working(c, true, checkoutTimeout)
	defer done()
	_, err := s.Accounts.ResetPassword(ctx, &accountsv1.ResetPasswordRequest{Link: typed.Get("token"), Password: typed.Get("password")})
	if contract.Is(err, accountsv1.Reason_REASON_BAD_LINK) {
		return s.showForm(c, http.StatusNotFound, badLink("/forgot", "Ask for another link"))
	}
	if f, marked := withViolations(resetForm(typed.Get("token")), err); marked {
		return s.showForm(c, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return waits(err)
	}
	f := s.logInForm("", "/account", id.New())
	f.Notice = &page.Notice{Title: "Your password is set", Text: "Log in with it."}
	return s.showForm(c, http.StatusOK, f)
}
