package gateway

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/app/edge"
	"galleria/platform/lifecycle"
	"galleria/platform/plaintext"
	"galleria/platform/telemetry"
)

const bodyLimit = 64 << 10

// Nothing that the API answers is a document.
const answerPolicy = "default-src 'none'; frame-ancestors 'none'"

// around is everything that happens to every request, matched or not: an id, headers,
// the client's limit, panics and errors into problems, ETags, counting and logging. The
// answer is kept back until it is whole, so that an error on the way is no half answer.
func (g *Gateway) around(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := g.now()
		r, body := c.Request(), c.Request().Body
		id := g.edge.RequestID(r)
		g.setHeaders(c, id)
		c.SetRequest(r.WithContext(telemetry.WithRequestID(r.Context(), id)))
		end := edge.Traced(c)
		answer := &answer{ResponseWriter: c.Response().Writer, status: http.StatusOK}
		c.Response().Writer = answer
		if err := lifecycle.Guard(func() error { return g.admitted(c, next) }); err != nil {
			edge.Drain(r, body)
			g.fail(c, answer, err)
		}
		g.send(c, r, answer)
		end()
		g.note(c, r, start)
		return nil
	}
}

func (g *Gateway) setHeaders(c echo.Context, id string) {
	h := c.Response().Header()
	h.Set("X-Request-Id", id)
	h.Set("Content-Security-Policy", answerPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if g.edge.Secure(c.Request()) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// admitted runs the handler unless the request is refused before.
func (g *Gateway) admitted(c echo.Context, next echo.HandlerFunc) error {
	if p := g.allowed(c, "requests", edge.Requests); p != nil {
		return p
	}
	r := c.Request()
	if !plaintext.InURL(r.URL) {
		return problem(malformed, "The address holds something that is no text.")
	}
	if r.ContentLength > bodyLimit {
		return problem(tooLarge, "A body has at most 64 KiB.")
	}
	return next(c)
}

// allowed takes one of what the client may do, says in the answer what is left of it,
// and is a problem when the client has to wait.
func (g *Gateway) allowed(c echo.Context, name string, k edge.Kind) *Problem {
	a := g.edge.Clients.Allow(edge.ClientOf(c), k)
	if a.Most == 0 {
		return nil
	}
	h := c.Response().Header()
	h.Add("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", name, a.Most, int(k.Span().Seconds())))
	h.Add("RateLimit", fmt.Sprintf("%q;r=%d;t=%s", name, a.Left, edge.Seconds(a.Full)))
	if a.Wait > 0 {
		return problem(tooOften, "Your network sent too many requests of this kind, and nothing was done. Try again in "+edge.InWords(a.Wait)+".").wait(a.Wait)
	}
	return nil
}

// fail makes a problem of an error and answers it.
func (g *Gateway) fail(c echo.Context, a *answer, err error) {
	var he *echo.HTTPError
	p := new(Problem)
	switch {
	case errors.As(err, &p):
	case errors.As(err, &he) && he.Code == http.StatusNotFound:
		p = problem(notFound, "The API has no such address. "+Prefix+"/docs lists those it has.")
	case errors.As(err, &he) && he.Code == http.StatusMethodNotAllowed:
		p = problem(wrongMethod, "The methods that it takes are in the header Allow.")
	default:
		p = problemOf(err)
	}
	a.Reset()
	a.status = p.Status
	h := c.Response().Header()
	h.Set("Content-Type", problemMedia)
	h.Set("Cache-Control", "no-store")
	for name, values := range p.header {
		h[name] = values
	}
	p.RequestID = h.Get("X-Request-Id")
	if p.cause != nil {
		c.Set(causeKey, p.cause)
	}
	_ = json.NewEncoder(a).Encode(p) // into memory
}

// causeKey is where the cause of an answer is kept for the log.
const causeKey = "cause"

// send sends the answer. What may be kept has an ETag, and is not sent again to those
// who have it.
func (g *Gateway) send(c echo.Context, r *http.Request, a *answer) {
	h := c.Response().Header()
	if a.status == http.StatusOK && h.Get("Cache-Control") == revalidated {
		sum := sha256.Sum256(a.Bytes())
		tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		h.Set("ETag", tag)
		if hasTag(r.Header.Values("If-None-Match"), tag) {
			a.Reset()
			a.status = http.StatusNotModified
			h.Del("Content-Type")
		}
	}
	if a.status != http.StatusNotModified && a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(a.Len()))
	}
	c.Response().Status, c.Response().Committed = a.status, true
	a.ResponseWriter.WriteHeader(a.status)
	n, _ := a.ResponseWriter.Write(a.Bytes()) // an error means that the client has left
	c.Response().Size = int64(n)
}

func hasTag(sent []string, tag string) bool {
	for _, list := range sent {
		for one := range strings.SplitSeq(list, ",") {
			if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" {
				return true
			}
		}
	}
	return false
}

// note counts and logs a request that was answered: its route, not its path, which
// holds the id of a cart.
func (g *Gateway) note(c echo.Context, r *http.Request, start time.Time) {
	w, took := c.Response(), g.now().Sub(start)
	route := r.Method + " " + c.Path()
	g.metrics.Observe(route, w.Status, took)
	level := slog.LevelDebug
	cause, _ := c.Get(causeKey).(error)
	switch {
	case w.Status >= 500 && cause != nil && w.Status != http.StatusServiceUnavailable:
		level = slog.LevelError
	case w.Status >= 500 && cause != nil:
		level = slog.LevelWarn
	case w.Status >= 400 || r.Method != http.MethodGet:
		level = slog.LevelInfo
	}
	if !g.log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", w.Header().Get("X-Request-Id")), slog.String("route", route), slog.Int("status", w.Status),
		slog.Int64("bytes", w.Size), slog.Duration("took", took),
	}
	if cause != nil {
		attrs = append(attrs, slog.String("error", cause.Error()))
	}
	g.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// answer is an answer that is not sent yet.
type answer struct {
	http.ResponseWriter
	bytes.Buffer
	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) { return a.Buffer.Write(p) }

// Unwrap is for the deadlines of the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
