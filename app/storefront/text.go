package storefront

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"galleria/platform/plaintext"
)

// checkAddress refuses an address with something in it that is no text: there is
// nothing at such a path, and nothing can be asked like that. What people search
// for is pasted from anywhere, and tidied instead.
func checkAddress(u *url.URL) error {
	if !plaintext.Is(u.Path) {
		return echo.ErrNotFound
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") { // one that can't be read is left out by all
		if text, err := url.QueryUnescape(pair); err == nil && !plaintext.Is(text) && !strings.HasPrefix(text, "q=") {
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
		if !plaintext.Is(name) || slices.ContainsFunc(values, func(v string) bool { return !plaintext.Is(v) }) {
			return echo.NewHTTPError(http.StatusBadRequest)
		}
	}
	return nil
}
