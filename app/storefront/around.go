package storefront

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/app/edge"
	"galleria/platform/lifecycle"
	"galleria/platform/telemetry"
)

const (
	pageTimeout     = 5 * time.Second
	checkoutTimeout = 25 * time.Second // longer than the 10 s that orders promise
	formLimit       = 64 << 10
)

// around is everything that happens to every request, matched or not: an id,
// headers, refusal of foreign posts and big bodies, panics and errors into
// pages, counting and logging.
func (s *Storefront) around(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := s.now()
		w := c.Response()
		s.setHeaders(w.Header(), s.edge.Secure(c.Request()))
		w.Header()["X-Request-Id"] = []string{s.edge.RequestID(c.Request())}
		end := edge.Traced(c)
		body := c.Request().Body
		if err := s.admitted(c, next); err != nil {
			edge.Drain(c.Request(), body)
			s.fail(c, err)
		}
		end()
		s.note(c, start)
		return nil
	}
}

// admitted runs the handler unless the request is refused before.
func (s *Storefront) admitted(c echo.Context, next echo.HandlerFunc) (err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			err = lifecycle.Caught(p)
		}
	}()
	if err := checkAddress(c.Request().URL); err != nil {
		return err
	}
	r := c.Request()
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		if to := spelt(r.URL); to != "" && s.hasPage(to) {
			return c.Redirect(http.StatusMovedPermanently, to)
		}
	} else {
		limit := int64(formLimit)
		if fromProvider(r) {
			limit = webhookLimit
		} else if err := s.crossOrigin.Check(r); err != nil {
			return echo.NewHTTPError(http.StatusForbidden).SetInternal(err)
		}
		if r.ContentLength > limit {
			return &http.MaxBytesError{Limit: limit} // before anybody asks for it
		}
		r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
	}
	return next(c)
}

// spelt is where a page is whose address is spelt in a way that no link of ours
// has, "/cart/" or "/products/nesting%2Dbowls"; "" when it is spelt as usual. A %2F is
// left alone: it is part of a name, and a slash is none.
func spelt(u *url.URL) string {
	path := strings.TrimRight(u.Path, "/")
	if u.RawPath == "" && len(path) == len(u.Path) || path == "" || strings.HasPrefix(path, "//") ||
		strings.Contains(strings.ToUpper(u.RawPath), "%2F") {
		return ""
	}
	return (&url.URL{Path: path, RawQuery: u.RawQuery}).String()
}

// hasPage tells whether a route of ours takes the address, whatever it then finds.
func (s *Storefront) hasPage(address string) bool {
	path, _, _ := strings.Cut(address, "?")
	c := s.echo.AcquireContext()
	defer s.echo.ReleaseContext(c)
	c.Reset(nil, nil)
	s.echo.Router().Find(http.MethodGet, path, c)
	for _, route := range s.echo.Routes() {
		if route.Method == http.MethodGet && route.Path == c.Path() {
			return true
		}
	}
	return false
}

// note counts and logs a request that was answered. It logs the path without
// the query, which holds an order's token or what was searched for.
func (s *Storefront) note(c echo.Context, start time.Time) {
	w, took := c.Response(), s.now().Sub(start)
	s.metrics.Observe(c.Path(), w.Status, took)
	level := slog.LevelDebug
	r := c.Request()
	if w.Status >= 400 || r.Method == http.MethodPost {
		level = slog.LevelInfo
	}
	if !s.log.Enabled(r.Context(), level) {
		return
	}
	s.log.LogAttrs(r.Context(), level, "request",
		slog.String("request_id", requestID(c)),
		slog.String("method", r.Method),
		slog.String("path", pathToLog(c)),
		slog.Int("status", w.Status),
		slog.Int64("bytes", w.Size),
		slog.Duration("took", took))
}

// working is the context a handler calls modules with. When whole, what was
// begun is ended even though the shopper went away: a checkout is one such
// thing, a page that others wait for as well another.
func (s *Storefront) working(c echo.Context, whole bool, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx := c.Request().Context()
	if whole {
		ctx = context.WithoutCancel(ctx)
	}
	return context.WithTimeout(telemetry.WithRequestID(ctx, requestID(c)), limit)
}

func requestID(c echo.Context) string {
	if id := c.Response().Header()["X-Request-Id"]; len(id) == 1 {
		return id[0]
	}
	return ""
}

// pathToLog is the request's path; that of the sandbox's page without the token
// that opens it.
func pathToLog(c echo.Context) string {
	if c.Param("session") != "" {
		return c.Path()
	}
	return c.Request().URL.Path
}
