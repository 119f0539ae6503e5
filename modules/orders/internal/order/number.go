package order

import (
	"crypto/rand"
	"strings"
)

// Numbers are what people say on the phone: "G-7K3M-Q4" is five characters of
// chance and one that checks them. They are unique, and no secret.
//
// The alphabet leaves out i, l, o and u, which are misread or misspoken.
const numberAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// usualNumber is how many characters of chance a number has, unless so many
// numbers are taken that longer ones are needed.
const usualNumber = 5

// NewNumber makes a number with that many characters of chance more than
// usual.
func NewNumber(longer int) string {
	b := make([]byte, usualNumber+longer)
	rand.Read(b) // never fails: the runtime ends the program instead
	for i := range b {
		b[i] = numberAlphabet[b[i]%32]
	}
	return written(string(b) + string(check(string(b))))
}

// written puts the hyphens into the characters of a number.
func written(characters string) string { return "G-" + characters[:4] + "-" + characters[4:] }

// ParseNumber reads a number as people type it: in small letters, without
// hyphens, with O for 0. It fails when the check character does not fit.
func ParseNumber(text string) (string, bool) {
	text = strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(text))
	// The G in front may be left out, and the number itself may begin with one.
	for _, text := range []string{strings.TrimPrefix(text, "G"), text} {
		if n := len(text); n <= usualNumber || n > 2*usualNumber || strings.Trim(text, numberAlphabet) != "" {
			continue
		}
		if last := len(text) - 1; check(text[:last]) == text[last] {
			return written(text), true
		}
	}
	return "", false
}

// check finds each single wrong character, and two neighbours that changed
// places: the sum of the values by odd weights that rise from the end. (An odd
// weight can be divided by in a ring of 32; the difference of two neighbouring
// weights is 2, so that neighbours whose values differ by 16 are not told
// apart.)
func check(body string) byte {
	sum := 0
	for i, c := range []byte(body) {
		sum += (2*(len(body)-i) + 1) * strings.IndexByte(numberAlphabet, c)
	}
	return numberAlphabet[sum%32]
}
