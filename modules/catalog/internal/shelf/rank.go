package shelf

import "strings"

// rank says how well a name matches a search: the sum over its words.
func rank(name string, words []string) int {
	total := 0
	for _, word := range words {
		total += fit(name, word)
	}
	return total
}

// fit is 3 when a word is one of the name, 2 when one begins with it, 1 when
// it is inside of one, else 0.
func fit(name, word string) int {
	best, from := 0, 0
	for {
		at := strings.Index(name[from:], word)
		if at < 0 {
			return best
		}
		start, end := from+at, from+at+len(word)
		switch {
		case start > 0 && inWord(name[start-1]):
			best = max(best, 1)
		case end < len(name) && inWord(name[end]):
			best = max(best, 2)
		default:
			return 3
		}
		from = end
	}
}

// inWord tells whether a byte of folded text belongs to a word; those of other
// scripts all do.
func inWord(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b >= 0x80
}
