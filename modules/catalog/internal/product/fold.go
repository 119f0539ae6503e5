package product

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letters that do not decompose into a plain one and a mark.
var letters = strings.NewReplacer(
	"ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ħ", "h", "ı", "i", "ŋ", "n",
)

// Fold makes text comparable: lower case, without accents. "Crème BRÛLÉE"
// becomes "creme brulee".
func Fold(text string) string {
	if plain(text) {
		return strings.ToLower(text)
	}
	var folded strings.Builder
	folded.Grow(len(text))
	for _, r := range norm.NFKD.String(text) {
		if !unicode.Is(unicode.Mn, r) {
			folded.WriteRune(unicode.ToLower(r))
		}
	}
	return letters.Replace(folded.String())
}

func plain(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// maxSlug keeps addresses short; a number may still follow.
const maxSlug = 80

// SlugFor makes a product's slug from its name, or from its sku when the name
// has no letter that can stand in an address.
func SlugFor(name, sku string) string {
	for _, source := range []string{name, sku} {
		if slug := slugOf(source); slug != "" {
			return slug
		}
	}
	return "product"
}

func slugOf(text string) string {
	words := strings.FieldsFunc(strings.ReplaceAll(Fold(text), "'", ""), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	slug := strings.Join(words, "-")
	if len(slug) <= maxSlug {
		return slug
	}
	slug = slug[:maxSlug+1]
	if cut := strings.LastIndexByte(slug, '-'); cut > 0 {
		return slug[:cut]
	}
	return slug[:maxSlug]
}
