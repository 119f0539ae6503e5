package console

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"galleria/app/console/internal/view"
	"galleria/app/edge"
	"galleria/platform/id"
)

// sessionCookie is the cookie of the shop's accounts; over HTTPS with the prefix that
// binds it to this host.
const sessionCookie = "session"

func (c *Console) cookieName(r *http.Request) string {
	if c.Edge.Secure(r) {
		return "__Host-" + sessionCookie
	}
	return sessionCookie
}

// sessionOf is the token of the request's session; "" when it has none.
func (c *Console) sessionOf(r *http.Request) string {
	k, err := r.Cookie(c.cookieName(r))
	if err != nil || len(k.Value) > 256 {
		return ""
	}
	return k.Value
}

func (c *Console) keepSession(ctx echo.Context, session string) {
	age := 0 // as long as the browser is open
	if session == "" {
		age = -1
	}
	ctx.SetCookie(&http.Cookie{
		Name: c.cookieName(ctx.Request()), Value: session, Path: "/", MaxAge: age, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: c.Edge.Secure(ctx.Request()),
	})
}

// nextOf is where to go after the log-in: a page of the console, and no other address.
func nextOf(text string) string {
	if Serves(text) && !strings.ContainsAny(text, "\\\r\n") && !strings.Contains(text, "//") {
		return text
	}
	return "/console"
}

func (c *Console) loginPage(ctx echo.Context) error {
	return c.showLogIn(ctx, http.StatusOK, view.LogInForm{Next: nextOf(ctx.QueryParam("next"))})
}

func (c *Console) showLogIn(ctx echo.Context, code int, form view.LogInForm) error {
	form.Key = id.Secret()
	if edge.HasPasskeys(c.base) {
		form.Passkeys = c.assets.passkeys
	}
	return c.show(ctx, code, "Log in", "", view.LogIn(form))
}

// beginPasskey answers what a browser needs to ask for a passkey.
func (c *Console) beginPasskey(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	browser := c.Edge.PasskeyBrowser(ctx.Request())
	if browser == "" {
		browser = id.Secret()
	}
	options, err := c.Staff.BeginPasskey(work, browser)
	if err != nil {
		return err
	}
	c.Edge.KeepPasskeyBrowser(ctx.Response(), ctx.Request(), browser)
	return ctx.Blob(http.StatusOK, "application/json", []byte(options))
}

// logInByPasskey opens a session with what the browser signed.
func (c *Console) logInByPasskey(ctx echo.Context) error {
	if _, err := readForm(ctx); err != nil {
		return err
	}
	work, done := c.working(ctx)
	defer done()
	next := nextOf(ctx.FormValue("next"))
	session, err := c.Staff.LogInByPasskey(work, PasskeyLogIn{
		Browser: c.Edge.PasskeyBrowser(ctx.Request()), Credential: ctx.FormValue("credential"),
		Client: edge.ClientOf(ctx).String(), Device: edge.DeviceOf(ctx.Request()), Key: ctx.FormValue("key"),
	})
	if errors.Is(err, ErrWrong) {
		return c.showLogIn(ctx, http.StatusUnauthorized, view.LogInForm{Next: next, Problem: "That passkey did not open an account: it may have been removed, or the page was open too long. Try again, or log in with your password."})
	}
	if err != nil {
		return err
	}
	c.Edge.KeepPasskeyBrowser(ctx.Response(), ctx.Request(), "")
	c.keepSession(ctx, session)
	return ctx.Redirect(http.StatusSeeOther, next)
}

// logIn opens a session, always a new one: what a browser had before is not kept.
func (c *Console) logIn(ctx echo.Context) error {
	if _, err := readForm(ctx); err != nil {
		return err
	}
	form := view.LogInForm{
		Next: nextOf(ctx.FormValue("next")), Email: strings.TrimSpace(ctx.FormValue("email")), Key: ctx.FormValue("key"),
	}
	code := http.StatusUnprocessableEntity
	work, done := c.working(ctx)
	defer done()
	session, err := c.Staff.LogIn(work, LogIn{
		Email: form.Email, Password: ctx.FormValue("password"), Code: strings.TrimSpace(ctx.FormValue("code")),
		Client: edge.ClientOf(ctx).String(), Device: edge.DeviceOf(ctx.Request()), Key: form.Key,
	})
	var tooMany TooMany
	switch {
	case err == nil:
		c.keepSession(ctx, session)
		return ctx.Redirect(http.StatusSeeOther, form.Next)
	case errors.Is(err, ErrNeedsCode):
		form.NeedsCode, form.Problem = true, "Type the code of your second factor as well, with the password once more."
	case errors.Is(err, ErrWrong):
		form.NeedsCode = ctx.FormValue("code") != ""
		form.Problem = "The e-mail address, the password or the code is wrong."
	case errors.As(err, &tooMany):
		code, form.Problem = http.StatusTooManyRequests, "There were too many tries. Try again in "+tooMany.Seconds+" seconds."
		ctx.Response().Header().Set("Retry-After", tooMany.Seconds)
	default:
		return err
	}
	return c.showLogIn(ctx, code, form)
}

func (c *Console) logOut(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	if err := c.Staff.LogOut(work, c.sessionOf(ctx.Request())); err != nil {
		return err
	}
	c.keepSession(ctx, "")
	return ctx.Redirect(http.StatusSeeOther, "/console/login")
}
