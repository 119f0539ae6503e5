package pictures

import (
	"fmt"
	"strings"
)

// RefusedError says why a file is not taken as a picture, and what to do.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

func refuse(format string, args ...any) error {
	return &RefusedError{Reason: fmt.Sprintf(format, args...)}
}

// short keeps a message short whatever a file is called.
func short(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// mebibytes is a number of bytes for people.
func mebibytes(n int64) string {
	text := fmt.Sprintf("%.1f", float64(n)/(1<<20))
	return strings.TrimSuffix(text, ".0") + " MiB"
}
