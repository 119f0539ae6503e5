package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"galleria/app/console/internal/view"
)

// codeField asks for a code of the second factor, for what wants it anew.
var codeField = view.Field{Name: "code", Label: "Code of your second factor", Kind: "text", Required: true, Most: 64}

// confirmed wants that the form has a right code of the second factor. What is wrong is
// an errForm.
func (c *Console) confirmed(ctx echo.Context, work context.Context) error {
	var tooMany TooMany
	err := c.Staff.Confirm(work, c.sessionOf(ctx.Request()), ctx.FormValue("code"))
	switch {
	case errors.Is(err, ErrWrong):
		return errForm("the code is wrong, or was used before.")
	case errors.As(err, &tooMany):
		ctx.Response().Header().Set("Retry-After", tooMany.Seconds)
		return errForm("there were too many tries. Try again in " + tooMany.Seconds + " seconds.")
	case errors.Is(err, ErrNoSession):
		return echo.NewHTTPError(http.StatusUnauthorized, "You are not logged in any more.")
	}
	return err
}
