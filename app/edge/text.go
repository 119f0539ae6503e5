package edge

import (
	"strings"
	"unicode/utf8"
)

// IsText tells whether what came is text that modules take and databases store. No
// page or program of ours sends anything else.
func IsText(s string) bool { return strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) }
