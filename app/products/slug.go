package products

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letters that Unicode does not take apart into a plain one and a mark, and the
// Cyrillic and Greek ones as they are commonly written in Latin letters.
var letters = strings.NewReplacer(
	"ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i", "&", " and ",
	"а", "a", "б", "b", "в", "v", "г", "g", "ґ", "g", "д", "d", "е", "e", "ё", "e", "є", "ye", "ж", "zh", "з", "z", "и", "i", "і", "i", "ї", "yi", "й", "y",
	"к", "k", "л", "l", "м", "m", "н", "n", "о", "o", "п", "p", "р", "r", "с", "s", "т", "t", "у", "u", "ў", "u", "ф", "f", "х", "kh", "ц", "ts",
	"ч", "ch", "ш", "sh", "щ", "shch", "ъ", "", "ы", "y", "ь", "", "э", "e", "ю", "yu", "я", "ya", "ђ", "dj", "ј", "j", "љ", "lj", "њ", "nj", "ћ", "c", "џ", "dz",
	"α", "a", "β", "v", "γ", "g", "δ", "d", "ε", "e", "ζ", "z", "η", "i", "θ", "th", "ι", "i", "κ", "k", "λ", "l", "μ", "m", "ν", "n", "ξ", "x",
	"ο", "o", "π", "p", "ρ", "r", "σ", "s", "ς", "s", "τ", "t", "υ", "y", "φ", "f", "χ", "ch", "ψ", "ps", "ω", "o",
)

// address is a text that is a slug already, or the slug that is made of it.
func address(text string) string {
	if slugPattern.MatchString(text) {
		return text
	}
	return Slug(text)
}

var slugPattern = regexp.MustCompile(`^[a-z0-9-]+$`)

// Slug makes a text fit for an address: lower-case letters from a to z, digits and
// '-'. "Home & Décor" is "home-and-decor", "Освещение" is "osveshchenie". It is
// empty when nothing is left.
func Slug(text string) string {
	// Twice, as й and ά are taken apart by Unicode, and й is a letter of its own.
	text = letters.Replace(norm.NFC.String(strings.ToLower(text)))
	text = letters.Replace(norm.NFKD.String(text))
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’':
			return -1
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return ' '
	}, text)
	return strings.Join(strings.Fields(text), "-")
}
