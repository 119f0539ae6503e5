package shelf

import (
	"slices"
	"strings"
	"unicode"

	"galleria/modules/catalog/internal/product"
)

// maxWords bounds what a search looks for.
const maxWords = 16

// small words say nothing of a product; they are searched for only when there is
// nothing else.
var small = []string{"a", "an", "and", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "the", "to", "with"}

// Words are what a search looks for, each once: whatever is between letters and
// digits separates them. A query without any keeps its signs, which nothing has.
func Words(query string) []string {
	var words []string
	for word := range eachWord(product.Fold(query)) {
		if !slices.Contains(words, word) && len(words) < maxWords {
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return strings.Fields(query)
	}
	telling := slices.DeleteFunc(slices.Clone(words), func(word string) bool { return slices.Contains(small, word) })
	if len(telling) > 0 {
		words = telling
	}
	slices.Sort(words)
	return words
}

// eachWord gives the words of folded text. An apostrophe belongs to its word and is
// left out: "bosun's" is "bosuns".
func eachWord(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if strings.ContainsAny(text, "'’ʼ") {
			text = strings.NewReplacer("'", "", "’", "", "ʼ", "").Replace(text)
		}
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if !yield(word) {
				return
			}
		}
	}
}

// stem makes one of the forms of an English word, by the endings that product
// names have: lamps and lamp, knives and knife, boxes and box, buttoned and
// button. It need not be a word, only the same for all forms.
func stem(word string) string {
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return word // a number, a code, or another script
		}
	}
	word = singular(word)
	switch {
	case len(word) > 5 && strings.HasSuffix(word, "ing"):
		word = undoubled(word[:len(word)-3])
	case len(word) > 4 && strings.HasSuffix(word, "ed"):
		word = undoubled(word[:len(word)-2])
	}
	if len(word) > 3 {
		word = strings.TrimSuffix(word, "e")
	}
	if strings.HasSuffix(word, "v") && len(word) > 2 {
		word = word[:len(word)-1] + "f"
	}
	return word
}

func singular(word string) string {
	switch {
	case len(word) < 4 || !strings.HasSuffix(word, "s"):
		return word
	case strings.HasSuffix(word, "ies") && len(word) > 4:
		return word[:len(word)-3] + "y"
	case slices.ContainsFunc([]string{"sses", "xes", "ches", "shes", "zes"}, func(end string) bool { return strings.HasSuffix(word, end) }):
		return word[:len(word)-2]
	case strings.HasSuffix(word, "ss"), strings.HasSuffix(word, "us"), strings.HasSuffix(word, "is"):
		return word
	}
	return word[:len(word)-1]
}

// undoubled is what remains of "knitt" before "knitting".
func undoubled(word string) string {
	if n := len(word); n > 3 && word[n-1] == word[n-2] && !strings.ContainsRune("ls", rune(word[n-1])) {
		return word[:n-1]
	}
	return word
}

// near tells whether two words differ by one typing error: a letter that is
// missing, wrong or too much, or two that changed places.
func near(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if i == len(a) {
		return true
	}
	return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
