package floorplan

import (
	"strings"
	"unicode"
)

// width is about how wide a text is, in a font a little wider than most that a browser
// may choose: a text that fits by it fits.
func width(text string, size float64, bold bool) float64 {
	sum := 0.0
	for _, r := range text {
		switch {
		case strings.ContainsRune("ijlI.,:;'|! ", r):
			sum += 0.36
		case strings.ContainsRune("frt()-/[]\"", r):
			sum += 0.45
		case strings.ContainsRune("mwMW%@", r):
			sum += 0.98
		case unicode.IsUpper(r):
			sum += 0.74
		case r > 0x2000:
			sum += 1
		default:
			sum += 0.64
		}
	}
	if bold {
		sum *= 1.09
	}
	return sum * size
}

// fit cuts a text so that it takes no more than the room there is.
func fit(text string, size float64, bold bool, room float64) string {
	if width(text, size, bold) <= room {
		return text
	}
	runes := []rune(text)
	for n := len(runes) - 1; n > 0; n-- {
		if cut := strings.TrimRight(string(runes[:n]), " ,:;") + "…"; width(cut, size, bold) <= room {
			return cut
		}
	}
	return ""
}
