package storefront

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// isText tells whether what came is text that modules take and databases store. No
// page of ours sends anything else.
func isText(s string) bool { return strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) }

// checkAddress refuses an address with something in it that is no text: there is
// nothing at such a path, and nothing can be asked like that. What people search
// for is pasted from anywhere, and tidied instead.
func checkAddress(u *url.URL) error {
	if !isText(u.Path) {
		return echo.ErrNotFound
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") { // one that can't be read is left out by all
		if text, err := url.QueryUnescape(pair); err == nil && !isText(text) && !strings.HasPrefix(text, "q=") {
			return echo.NewHTTPError(http.StatusBadRequest)
		}
	}
	return nil
}

// parseForm reads a posted form into PostForm. Only plain forms are read: no
// page of ours sends files.
func parseForm(c echo.Context) error {
	r := c.Request()
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return echo.ErrUnsupportedMediaType
	}
	if err := r.ParseForm(); err != nil {
		if statusOf(err) == http.StatusRequestEntityTooLarge {
			return err
		}
		// The error may quote what was typed, so it goes no further.
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	for name, values := range r.PostForm {
		if !isText(name) || slices.ContainsFunc(values, func(v string) bool { return !isText(v) }) {
			return echo.NewHTTPError(http.StatusBadRequest)
		}
	}
	return nil
}
