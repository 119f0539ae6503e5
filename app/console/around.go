package console

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/console/internal/view"
	"galleria/app/edge"
	"galleria/platform/identity"
	"galleria/platform/lifecycle"
	"galleria/platform/plaintext"
	"galleria/platform/telemetry"
)

const (
	// pagePolicy: what a page needs comes from the shop itself, and no script or style
	// stands in the page.
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	formLimit   = 64 << 10
	pageTimeout = 10 * time.Second
)

// around is everything that happens to every request: headers, refusal of foreign
// posts and big bodies, panics and errors into pages, and logging.
func (c *Console) around(next echo.HandlerFunc) echo.HandlerFunc {
	return func(ctx echo.Context) error {
		began, h, r := c.now(), ctx.Response().Header(), ctx.Request()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Robots-Tag", "noindex")
		h.Set("X-Request-Id", c.Edge.RequestID(r))
		if c.Edge.Secure(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		end := func() {}
		if ctx.Path() != "/console/live" { // a stream lasts as long as a page is open
			end = edge.Traced(ctx)
		}
		if err := lifecycle.Guard(func() error { return c.admitted(ctx, next) }); err != nil {
			c.fail(ctx, err)
		}
		end()
		level := slog.LevelDebug
		if r.Method == http.MethodPost || ctx.Response().Status >= 400 {
			level = slog.LevelInfo
		}
		c.log.Log(r.Context(), level, "console request", "request_id", h.Get("X-Request-Id"), "method", r.Method, "path", r.URL.Path,
			"status", ctx.Response().Status, "took", c.now().Sub(began))
		return nil
	}
}

// admitted runs the handler unless the request is refused before.
func (c *Console) admitted(ctx echo.Context, next echo.HandlerFunc) error {
	if c.Staff == nil {
		return echo.ErrNotFound
	}
	r := ctx.Request()
	if err := c.crossOrigin.Check(r); err != nil {
		return echo.NewHTTPError(http.StatusForbidden, "This form was sent from another site.")
	}
	// A query that can't be read is left out by all who look for something in it.
	if query, err := url.QueryUnescape(r.URL.RawQuery); !plaintext.Is(r.URL.Path) || err == nil && !plaintext.Is(query) {
		return echo.NewHTTPError(http.StatusBadRequest, "The address holds something that is no text.")
	}
	r.Body = http.MaxBytesReader(ctx.Response(), r.Body, limitOf(r.URL.Path))
	return next(ctx)
}

// personKey is where staff leaves the person for handlers.
const personKey = "person"

// staff lets only those to a handler who may use the console. Others are led to the
// log-in, with the way back.
func (c *Console) staff(next echo.HandlerFunc) echo.HandlerFunc {
	return func(ctx echo.Context) error {
		session := c.sessionOf(ctx.Request())
		if session == "" {
			return c.toLogin(ctx)
		}
		work, done := c.working(ctx)
		person, err := c.Staff.Check(work, session)
		done()
		switch {
		case errors.Is(err, ErrNoSession):
			return c.toLogin(ctx)
		case err != nil:
			return err
		}
		if err := person.hindered(); err != nil {
			return err
		}
		ctx.Set(personKey, person)
		if r := ctx.Request(); r.Method == http.MethodPost && !isUpload(r.URL.Path) {
			if _, err := readForm(ctx); err != nil {
				return err
			}
		}
		return next(ctx)
	}
}

// admin lets only administrators to a handler.
func (c *Console) admin(next echo.HandlerFunc) echo.HandlerFunc {
	return c.staff(func(ctx echo.Context) error {
		if !personOf(ctx).Admin {
			return echo.NewHTTPError(http.StatusForbidden, "Only an administrator may do this.")
		}
		return next(ctx)
	})
}

func personOf(ctx echo.Context) Person {
	p, _ := ctx.Get(personKey).(Person)
	return p
}

func (c *Console) toLogin(ctx echo.Context) error {
	if ctx.Request().Method != http.MethodGet || ctx.Path() == "/console/live" {
		return ErrNoSession
	}
	return ctx.Redirect(http.StatusSeeOther, loginLink(ctx.Request().URL.RequestURI()))
}

func loginLink(next string) string { return "/console/login?next=" + url.QueryEscape(next) }

// pageBefore is the page of the console that a form stood on, as far as the browser says.
func pageBefore(r *http.Request) string {
	before, err := url.Parse(r.Referer())
	if err != nil {
		return "/console"
	}
	return nextOf(before.RequestURI())
}

// asGet has a page asked for by HEAD made as for GET: net/http leaves the body out. Not so
// the stream, which has no end.
func asGet(r *http.Request) *http.Request {
	if r.Method != http.MethodHead || r.URL.Path == "/console/live" {
		return r
	}
	get := r.WithContext(r.Context())
	get.Method = http.MethodGet
	return get
}

// working is the context that modules and processes are asked with: on behalf of the
// person.
func (c *Console) working(ctx echo.Context) (context.Context, context.CancelFunc) {
	work := telemetry.WithRequestID(ctx.Request().Context(), ctx.Response().Header().Get("X-Request-Id"))
	if statement := personOf(ctx).Statement; statement != "" {
		work = identity.With(work, statement)
	}
	return context.WithTimeout(work, pageTimeout)
}

// reload is after how many seconds a page of figures is loaded again where no script
// keeps it live.
const reload = 15

// show renders a page for the person.
func (c *Console) show(ctx echo.Context, code int, title, section string, content templ.Component) error {
	return c.page(ctx, code, view.Frame{Title: title, Section: section, Live: true, Again: reload}, content)
}

// sheet renders a page that stays as it is until it is asked for again: one with forms.
func (c *Console) sheet(ctx echo.Context, code int, title, section string, content templ.Component) error {
	return c.page(ctx, code, view.Frame{Title: title, Section: section}, content)
}

func (c *Console) page(ctx echo.Context, code int, frame view.Frame, content templ.Component) error {
	frame.Stylesheet, frame.Script, frame.Person = c.assets.stylesheet, c.assets.script, personOf(ctx).Email
	ctx.Response().Header().Set("Content-Type", "text/html; charset=utf-8")
	ctx.Response().WriteHeader(code)
	return view.Page(frame, content).Render(ctx.Request().Context(), ctx.Response())
}

// readForm reads a form that was sent. FormValue by itself would take one that is too large
// for one without fields.
func readForm(ctx echo.Context) (url.Values, error) {
	values, err := ctx.FormParams()
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return nil, err
	case err != nil:
		return nil, echo.NewHTTPError(http.StatusBadRequest, "This form could not be read.")
	}
	for name, all := range values {
		if !plaintext.Is(name) || slices.ContainsFunc(all, func(v string) bool { return !plaintext.Is(v) }) {
			return nil, echo.NewHTTPError(http.StatusBadRequest, "This form holds something that is no text.")
		}
	}
	return values, nil
}

// keepTyped fills the form that was refused with what was typed into it. A box to be ticked
// by who is sure of something is ticked anew.
func keepTyped(ctx echo.Context, forms []view.Form) {
	r := ctx.Request()
	for i := range forms {
		f := &forms[i]
		if r.Method != http.MethodPost || f.Action != r.URL.EscapedPath() {
			continue
		}
		f.Shut = false
		for j := range f.Fields {
			switch field := &f.Fields[j]; field.Kind {
			case "checkbox":
				field.Checked = r.PostForm.Get(field.Name) != "" && !field.Required
			case "file", "hidden", "result":
			default:
				field.Value = r.PostForm.Get(field.Name)
			}
		}
	}
}

// fail answers with an error: in words of ours for people, with the whole in the log.
func (c *Console) fail(ctx echo.Context, err error) {
	if ctx.Response().Committed {
		return
	}
	code, words := http.StatusInternalServerError, "Something in the shop failed. The log has the rest under the number below."
	var known *echo.HTTPError
	var big *http.MaxBytesError
	var hinders hindrance
	way := view.Link{Name: "Back to the floor plan", Address: "/console"}
	switch {
	case errors.As(err, &hinders):
		code, words, way = http.StatusForbidden, hinders.words, hinders.way
	case errors.As(err, &known):
		code, words = known.Code, http.StatusText(known.Code)+"."
		if text, ok := known.Message.(string); ok && text != http.StatusText(known.Code) {
			words = text
		}
	case errors.As(err, &big):
		code, words = http.StatusRequestEntityTooLarge, "This form is too large."
	case errors.Is(err, ErrNoSession):
		code, words = http.StatusUnauthorized, "You are not logged in any more."
	default:
		if answer, ok := status.FromError(err); ok {
			code, words = answerOf(answer)
		}
	}
	if code >= 500 {
		c.log.Error("a page of the console failed", "request_id", ctx.Response().Header().Get("X-Request-Id"), "path", ctx.Request().URL.Path, "error", err)
	}
	if code == http.StatusUnauthorized {
		way = view.Link{Name: "Log in, and come back to the page before", Address: loginLink(pageBefore(ctx.Request()))}
	}
	_ = c.show(ctx, code, http.StatusText(code), "", view.Failure(words, ctx.Response().Header().Get("X-Request-Id"), way)) // an error means that the browser has closed the connection
}

// answerOf says what a module answered to staff, who may read it.
func answerOf(s *status.Status) (code int, words string) {
	switch s.Code() {
	case codes.NotFound:
		return http.StatusNotFound, s.Message()
	case codes.InvalidArgument, codes.OutOfRange:
		return http.StatusBadRequest, s.Message()
	case codes.FailedPrecondition, codes.Aborted, codes.AlreadyExists:
		return http.StatusConflict, s.Message()
	case codes.PermissionDenied, codes.Unauthenticated:
		return http.StatusForbidden, s.Message()
	case codes.Unavailable, codes.DeadlineExceeded:
		return http.StatusServiceUnavailable, "A module that this needs is away just now, or too slow. The floor plan shows which one."
	}
	return http.StatusInternalServerError, s.Message()
}
