package console

import (
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/labstack/echo/v4"

	"galleria/app/console/internal/view"
	"galleria/app/edge"
)

// keptConfirmed is how many confirmed forms are known: one is sent again soon, or not at all.
const keptConfirmed = 100

// confirming are the forms that were confirmed last. It is held while one is confirmed, so
// that its twin waits.
type confirming struct {
	mu    sync.Mutex
	forms []formID
}

// formID is one form in one session, with all that is typed into it but the confirmation:
// one that asks for something else is another form.
type formID [sha256.Size]byte

func (c *Console) formID(ctx echo.Context) formID {
	what := maps.Clone(ctx.Request().PostForm)
	delete(what, "code")
	delete(what, "credential")
	return sha256.Sum256([]byte(c.sessionOf(ctx.Request()) + " " + ctx.Path() + " " + what.Encode()))
}

// confirmation is how the person can give the second factor anew: on a form for something
// that wants it.
func (c *Console) confirmation(ctx echo.Context, work context.Context) (*view.Confirmation, error) {
	how := &view.Confirmation{Code: personOf(ctx).HasFactor}
	if !edge.HasPasskeys(c.base) {
		return how, nil
	}
	has, err := c.Staff.HasPasskey(work, c.sessionOf(ctx.Request()))
	if has {
		how.Passkey = c.assets.passkeys
	}
	return how, err
}

// beginConfirmation answers what a browser needs to confirm by a passkey.
func (c *Console) beginConfirmation(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	options, err := c.Staff.BeginConfirmation(work, c.sessionOf(ctx.Request()))
	if err != nil {
		return err
	}
	return ctx.Blob(http.StatusOK, "application/json", []byte(options))
}

// confirm wants that the form has a right code of the second factor, or what a passkey
// signed. What is wrong is an errForm, or a TooMany; ErrNoSession.
func (c *Console) confirm(ctx echo.Context, work context.Context) error {
	session, code, credential := c.sessionOf(ctx.Request()), ctx.FormValue("code"), ctx.FormValue("credential")
	switch {
	case credential != "":
		err := c.Staff.ConfirmByPasskey(work, session, credential)
		if errors.Is(err, ErrWrong) {
			return errForm("the passkey was not accepted: it is not one of this account, or the page was open too long.")
		}
		return err
	case code != "":
		err := c.Staff.Confirm(work, session, code)
		if errors.Is(err, ErrWrong) {
			return errForm("the code is wrong, or was used before.")
		}
		return err
	}
	return errForm("it wants a code of your second factor, or your passkey.")
}

// confirmed is confirm for pages that say all that is wrong in one way: as an errForm. A
// form that is sent again, such as by a double click, is confirmed already: its code is good
// once, and what it does is done once by its key.
func (c *Console) confirmed(ctx echo.Context, work context.Context) error {
	form, keyed := c.formID(ctx), ctx.FormValue("key") != ""
	c.confirming.mu.Lock()
	defer c.confirming.mu.Unlock()
	if keyed && slices.Contains(c.confirming.forms, form) {
		return nil
	}
	var tooMany TooMany
	err := c.confirm(ctx, work)
	if err == nil && keyed {
		c.confirming.forms = append(c.confirming.forms, form)
		c.confirming.forms = c.confirming.forms[max(0, len(c.confirming.forms)-keptConfirmed):]
	}
	if errors.As(err, &tooMany) {
		ctx.Response().Header().Set("Retry-After", tooMany.Seconds)
		return errForm("there were too many tries. Try again in " + tooMany.Seconds + " seconds.")
	}
	return err
}
