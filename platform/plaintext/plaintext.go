// Package plaintext defines once which texts can be kept, so that no database refuses a
// text that an edge or a module has taken.
package plaintext

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// Is tells whether every database here stores a text: it is UTF-8, and has no NUL
// character, which PostgreSQL refuses. No page or program of ours sends anything else.
func Is(s string) bool { return strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) }

// InURL tells the same of the path and the query of a URL.
func InURL(u *url.URL) bool {
	query, err := url.QueryUnescape(u.RawQuery)
	return err == nil && Is(u.Path) && Is(query)
}
