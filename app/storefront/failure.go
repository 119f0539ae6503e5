package storefront

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/edge"
	"galleria/app/storefront/internal/page"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/identity"
)

// fail turns every error into a page, and logs those that are ours.
func (s *Storefront) fail(c echo.Context, err error) {
	code := statusOf(err)
	if code >= 500 {
		level := slog.LevelError
		switch {
		case errors.Is(err, errCrowded):
			level = slog.LevelDebug // there are many, and they are counted
		case code == http.StatusServiceUnavailable:
			level = slog.LevelWarn
		}
		s.log.LogAttrs(c.Request().Context(), level, "request failed",
			slog.String("request_id", requestID(c)), slog.String("route", c.Path()), slog.String("error", err.Error()))
	}
	if c.Response().Committed {
		return // half a page is out; the log has the rest
	}
	heading, text := words(code)
	if code == http.StatusServiceUnavailable && unheard(c.Request(), err) {
		heading, text = "We have not heard how that went", "A part of the shop did not answer, so it is not known whether what you sent was done. Your cart is kept. Please look how it is before you send it again."
		if c.Path() == sandboxPath {
			text = "The payment service did not answer, so it is not known whether you have paid. You are charged once at most: the page of the payment says how it is, and you can try again there."
		}
	}
	departments, _ := s.lastDepartments()
	f := page.Failure{Frame: s.frame(heading, departments), Code: code, Heading: heading, Text: text}
	f.NoIndex = true
	f.Retry, f.Again = code == http.StatusServiceUnavailable || code == http.StatusTooManyRequests, tryAgain(c)
	if code >= 500 {
		f.RequestID = requestID(c)
		if !errors.Is(err, errCrowded) && s.isStaff(c) {
			f.Trace = "/console/traces?q=" + url.QueryEscape(f.RequestID)
		}
	}
	h := c.Response().Header()
	for _, name := range []string{"Etag", "Content-Encoding", "Content-Length"} {
		delete(h, name)
	}
	if f.Retry {
		h.Set("Retry-After", "5")
		if often := new(edge.TooOften); errors.As(err, &often) {
			h.Set("Retry-After", edge.Seconds(often.Wait))
		}
	}
	if err := s.once(c, code, s.countOf(c), page.FailurePage(f)); err != nil {
		s.log.Error("draw the page of a failure", "request_id", requestID(c), "error", err)
		_ = c.String(http.StatusInternalServerError, "Something went wrong.\n")
	}
}

// isStaff tells whether one of the staff asks, who is shown more of a failure. What
// failed may be the very module that knows, so it is not waited for.
func (s *Storefront) isStaff(c echo.Context) bool {
	ctx, done := context.WithTimeout(c.Request().Context(), 200*time.Millisecond)
	defer done()
	me, err := s.session(ctx, c)
	return err == nil && isStaff(me)
}

// isStaff tells whether the account of a session is one of the shop's staff.
func isStaff(me *accountsv1.CheckSessionResponse) bool {
	roles := me.GetAccount().GetRoles()
	return slices.Contains(roles, identity.Operator) || slices.Contains(roles, identity.Admin)
}

// statusOf is the HTTP status of an error: echo's, net/http's, or a module's.
func statusOf(err error) int {
	var he *echo.HTTPError
	if errors.As(err, &he) {
		return he.Code
	}
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return http.StatusRequestEntityTooLarge
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return http.StatusServiceUnavailable
	}
	st, ok := status.FromError(err)
	if !ok {
		return http.StatusInternalServerError
	}
	switch st.Code() {
	case codes.NotFound:
		return http.StatusNotFound
	case codes.InvalidArgument:
		return http.StatusBadRequest
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Canceled:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// unheard tells whether a part of the shop did not answer what a form asked for, which
// may be done nevertheless. Where too much is asked of the shop nothing was begun.
func unheard(r *http.Request, err error) bool {
	var he *echo.HTTPError
	return r.Method == http.MethodPost && !errors.As(err, &he) && !errors.Is(err, errCrowded) && status.Code(err) != codes.ResourceExhausted
}

// tryAgain is the address of a link to try again: the page itself, or, as a link
// sends no form, the page that the form was on.
func tryAgain(c echo.Context) string {
	r := c.Request()
	switch c.Path() {
	case sandboxPath:
		return r.URL.Path
	case payPath, cancelPath:
		return orderPath(c.Param("id"), r.PostForm.Get("token"))
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return ""
	}
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host || !strings.HasPrefix(from.Path, "/") || strings.HasPrefix(from.Path, "//") {
		return "/cart"
	}
	return (&url.URL{Path: from.Path, RawPath: from.RawPath, RawQuery: from.RawQuery}).String()
}

// words are what a person reads about a status.
func words(code int) (heading, text string) {
	switch code {
	case http.StatusNotFound:
		return "This niche is empty", "There is nothing at this address. It may have been sold, moved to another arch, or never hung here at all."
	case http.StatusMethodNotAllowed:
		return "That is not how this door opens", "This address answers to something else than what was asked of it."
	case http.StatusForbidden:
		return "That came from somewhere else", "The form was sent from another site, so nothing was done. Please use the shop's own pages."
	case http.StatusRequestEntityTooLarge:
		return "That was too much to carry", "What was sent is larger than any form of ours. Nothing was done."
	case http.StatusUnsupportedMediaType, http.StatusBadRequest:
		return "We could not make sense of that", "What was sent is not what this page understands. Nothing was done."
	case http.StatusTooManyRequests:
		return "One thing after the other", "There were too many requests of this kind from your network, so nothing was done. Your cart is kept. Please try again in a minute."
	case http.StatusServiceUnavailable:
		return "Closed for a moment", "A part of the shop is not answering just now. Nothing is lost, and your cart is kept. Please try again in a little while."
	}
	if code >= 500 {
		return "Something fell off the wall", "This is our fault, not yours, and we have been told. Nothing is lost, and your cart is kept."
	}
	return "That did not work", "Nothing was done."
}
