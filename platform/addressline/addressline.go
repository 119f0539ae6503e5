// Package addressline is the one definition of what a line of a postal address may say:
// a street, a city, a state, a postal code. Letters repeat it, so it holds no link and no
// e-mail address: else a guest could have advertisements sent to others in the name of the
// site.
package addressline

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// host is what mail programs make a link of: words with a dot and no space between them,
// of which the second has letters, and numbers such as 192.0.2.7. The dots of
// Hauptstr.12 and of A.B.Street are none of them.
var host = regexp.MustCompile(`[\pL\pN-]{2}\.\pL{2}|[\pL\pN]\.[a-z]{2}|\d\.\d{1,3}\.\d{1,3}\.\d|(?i:\bwww\.)`)

// dots are full stops of other scripts, which programs take for a dot of an address.
var dots = strings.NewReplacer("。", ".", "．", ".", "｡", ".")

// Check tells what is wrong with a line of least to most characters. Its error is for the
// person who typed it, and goes on after the name of the field: "must not be empty".
func Check(line string, least, most int) error {
	switch n, plain := utf8.RuneCountInString(line), dots.Replace(line); {
	case n < least && n == 0:
		return errors.New("must not be empty")
	case n < least:
		return fmt.Errorf("must have at least %d characters", least)
	case n > most:
		return fmt.Errorf("must have at most %d characters", most)
	case !utf8.ValidString(line), strings.ContainsFunc(line, unicode.IsControl):
		return errors.New("must be one line of text")
	case strings.ContainsAny(plain, "@＠"):
		return errors.New("must be a part of an address, without an e-mail address")
	case strings.Contains(plain, "://"), host.MatchString(plain):
		return errors.New("must be a part of an address, without a link; please put a space after a dot")
	}
	return nil
}
