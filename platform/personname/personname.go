// Package personname is the one definition of a name that letters may greet a person
// by. It is wide, as names are; what it refuses are e-mail addresses and links, so that
// nobody can have an advertisement sent to others in the name of the site.
package personname

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const longest = 100

// host is what mail programs make a link of: words with a dot and no space between
// them. Initials, as in J.R. Miller and J.Miller, are none.
var host = regexp.MustCompile(`[\pL\pN]{2}\.[\pL\pN]{2}|[\pL\pN]\.[a-z0-9]{2}`)

// dots are full stops of other scripts, which programs take for a dot of an address.
var dots = strings.NewReplacer("。", ".", "．", ".", "｡", ".")

// Check tells what is wrong with a name. Its error is for the person who typed it,
// and goes on after the name of the field: "must not be empty".
func Check(name string) error {
	switch plain := dots.Replace(name); {
	case name == "":
		return errors.New("must not be empty")
	case utf8.RuneCountInString(name) > longest:
		return errors.New("must have at most 100 characters")
	case strings.ContainsFunc(name, breaksLine):
		return errors.New("must be one line of text")
	case strings.ContainsAny(plain, "@＠"):
		return errors.New("must be a name, without an e-mail address")
	case strings.Contains(plain, "://"), host.MatchString(plain):
		return errors.New("must be a name, without a link; please put a space after a dot")
	}
	return nil
}

// breaksLine tells whether a character ends the line, or turns the direction of what comes
// after the name.
func breaksLine(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
