package telemetry

import (
	"regexp"
	"strings"
)

// An identification number has from 13 to 19 digits, the last one a check digit by
// Luhn's formula, as ISO/IEC 7812 has it. Numbers of accounts and of many devices and
// documents are made so, and what they open is not for a log's readers.
const (
	shortestNumber = 13
	longestNumber  = 19
	digitsShown    = 4 // last digits that stay readable
)

// digitGroups are digits as people and programs write such numbers: in one
// piece, or in groups with a blank or a dash between.
var digitGroups = regexp.MustCompile(`\d+(?:[ -]{1,2}\d+)*`)

// identifier is what request, trace and span ids look like: full of digits,
// but harmless, and needed whole.
var identifier = regexp.MustCompile(`^(?:[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// MaskNumbers replaces the digits of everything in text that looks like an
// identification number by stars, except the last four. Numbers with nothing but a
// blank between them count as one. One in ten other numbers of that length passes
// the check and is masked too.
//
// It is for texts that no contract describes: errors of libraries and of services
// outside, which quote what they were given, and panics. Messages of contracts say
// by debug_redact what is not to be shown; see contract.Redacted.
func MaskNumbers(text string) string {
	if !mayHoldNumber(text) {
		return text
	}
	var masked []byte
	for _, at := range digitGroups.FindAllStringIndex(text, -1) {
		found := numberDigits(text[at[0]:at[1]])
		if len(found) == 0 || isIdentifier(text, at[0], at[1]) {
			continue
		}
		if masked == nil {
			masked = []byte(text)
		}
		for _, i := range found {
			masked[at[0]+i] = '*'
		}
	}
	if masked == nil {
		return text
	}
	return string(masked)
}

// mayHoldNumber is a quick no for nearly all texts.
func mayHoldNumber(text string) bool {
	digits := 0
	for i := range len(text) {
		switch c := text[i]; {
		case '0' <= c && c <= '9':
			if digits++; digits == shortestNumber {
				return true
			}
		case c != ' ' && c != '-':
			digits = 0
		}
	}
	return false
}

// numberDigits are the offsets of the digits to be masked in groups of digits.
// Any sequence of whole groups may be the number: what stands before and
// after, such as a count or a date, need not belong to it.
func numberDigits(groups string) []int {
	type group struct{ from, to int } // in digits
	var all []group
	var digits []byte
	var offsets []int
	for i := range len(groups) {
		if c := groups[i]; '0' <= c && c <= '9' {
			if i == 0 || groups[i-1] < '0' {
				all = append(all, group{from: len(digits)})
			}
			digits, offsets = append(digits, c), append(offsets, i)
			all[len(all)-1].to = len(digits)
		}
	}
	hit := make([]bool, len(digits))
	for i, first := range all {
		for _, last := range all[i:] {
			if n := last.to - first.from; n > longestNumber {
				break
			} else if n >= shortestNumber && luhn(digits[first.from:last.to]) {
				for d := first.from; d < last.to; d++ {
					hit[d] = true
				}
			}
		}
	}
	var found []int
	for i := range hit {
		// The last digits of a stretch stay.
		if hit[i] && i+digitsShown < len(hit) && hit[i+digitsShown] {
			found = append(found, offsets[i])
		}
	}
	return found
}

func luhn(digits []byte) bool {
	sum := 0
	for i, c := range digits {
		d := int(c - '0')
		if (len(digits)-i)%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// isIdentifier tells whether the digits belong to an id with letters in it.
func isIdentifier(text string, from, to int) bool {
	hex := func(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || c == '-' }
	for from > 0 && hex(text[from-1]) {
		from--
	}
	for to < len(text) && hex(text[to]) {
		to++
	}
	token := text[from:to]
	return strings.ContainsAny(token, "abcdef") && identifier.MatchString(token)
}
