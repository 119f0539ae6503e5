// Package plaintext is the one definition of a text that can be kept, so that what one
// door takes no database behind it refuses.
package plaintext

import (
	"strings"
	"unicode/utf8"
)

// Is tells whether every database here stores a text: it is UTF-8, and has no NUL
// character, which PostgreSQL refuses. No page or program of ours sends anything else.
func Is(s string) bool { return strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) }
