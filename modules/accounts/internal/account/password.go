package account

import (
	_ "embed"
	"errors"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"galleria/platform/plaintext"
)

// The bounds of a password, in characters, as NIST SP 800-63B has them. There is no
// rule about kinds of characters: such rules make passwords worse.
const (
	shortest = 8
	longest  = 256
)

// common are passwords that many people use and attackers try first: the most frequent
// ones of those that became public, in lower case, of at least 8 characters.
//
//go:embed common.txt
var common string

var isCommon = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for word := range strings.Lines(common) {
		set[strings.TrimSpace(word)] = true
	}
	return set
})

// Normal is a password as it is hashed: the same characters, typed on another
// keyboard, may have other bytes.
func Normal(password string) string { return norm.NFKC.String(password) }

// CheckPassword tells why a new password is refused. about are words that say nothing
// secret: the person's address and name.
func CheckPassword(password string, about ...string) error {
	if !plaintext.Is(password) {
		return errors.New("must be text")
	}
	if n := utf8.RuneCountInString(Normal(password)); n < shortest {
		return errors.New("must have at least 8 characters")
	} else if n > longest {
		return errors.New("must have at most 256 characters")
	}
	plain := strings.ToLower(Normal(password))
	switch {
	case isCommon()[plain]:
		return errors.New("is one that many people use, so it is tried first; please take another one")
	case repeats(plain), runs(plain):
		return errors.New("is too easy to guess: it repeats itself, or counts up or down")
	case isAbout(plain, append(about, "galleria")):
		return errors.New("is too easy to guess: it is your address or name, or that of the shop")
	}
	return nil
}

// repeats tells whether a text is one to four characters again and again.
func repeats(text string) bool {
	for n := 1; n <= 4; n++ {
		if part := text[:min(n, len(text))]; strings.TrimLeft(strings.ReplaceAll(text, part, ""), "") == "" {
			return true
		}
	}
	return false
}

// runs tells whether each character follows the one before it, as in abcdefgh.
func runs(text string) bool {
	letters := []rune(text)
	up, down := true, true
	for i := 1; i < len(letters); i++ {
		step := letters[i] - letters[i-1]
		nine := letters[i-1] == '9' && letters[i] == '0' || letters[i-1] == '0' && letters[i] == '9'
		up, down = up && (step == 1 || nine), down && (step == -1 || nine)
	}
	return up || down
}

// isAbout tells whether a password is one of the words, with no more than three
// characters around it.
func isAbout(plain string, about []string) bool {
	for _, text := range about {
		local, _, _ := strings.Cut(text, "@")
		for _, word := range append(strings.Fields(strings.ToLower(text)), strings.ToLower(local), strings.ToLower(strings.ReplaceAll(text, " ", ""))) {
			if len(word) >= 4 && strings.Contains(plain, word) && len(plain)-len(word) <= 3 {
				return true
			}
		}
	}
	return false
}
