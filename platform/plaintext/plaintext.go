// Package plaintext defines once which texts can be kept, so that no database refuses a
// text that an edge or a module has taken.
package plaintext

import (
	"strings"
	"unicode/utf8"
)

// Is tells whether every database here stores a text: it is UTF-8, and has no NUL
// character, which PostgreSQL refuses. No page or program of ours sends anything else.
func Is(s string) bool { return strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) }
