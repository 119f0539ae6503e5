// Package mailaddress is the one definition of an e-mail address: what it takes can
// be written to, and what it refuses can't, so that no address is taken in one place
// and refused in another.
//
// It is narrower than RFC 5322, which allows what no mail provider gives out: quoted
// parts, comments, addresses of machines by number. And it is what public mail needs:
// the domain has a dot.
package mailaddress

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Bounds of RFC 5321, in bytes.
const (
	longest      = 254
	longestLocal = 64
)

var errTooLong = errors.New("must not be longer than 254 characters")

// Address is an e-mail address. The zero value is none.
type Address struct {
	local  string
	domain string // as mail servers look it up: ASCII, xn--… for other letters
	typed  string
}

// Parse reads an address. Its error is for the person who typed it, and goes on
// after the name of the field: "must have one @".
func Parse(text string) (Address, error) {
	local, domain, _ := strings.Cut(text, "@")
	switch {
	case text == "":
		return Address{}, errors.New("must not be empty")
	case !utf8.ValidString(text):
		return Address{}, errors.New("must be text")
	case len(text) > longest:
		return Address{}, errTooLong
	case strings.ContainsFunc(text, isSpace):
		return Address{}, errors.New("must not have a space in it")
	case strings.ContainsAny(text, ",;"):
		return Address{}, errors.New("must be one address, without a comma or semicolon")
	case strings.Count(text, "@") != 1 || local == "" || domain == "":
		return Address{}, errors.New("must have one @, as in ana@example.org")
	}
	if err := checkLocal(local); err != nil {
		return Address{}, err
	}
	ascii, err := lookedUp(domain)
	if err != nil {
		return Address{}, err
	}
	if len(local)+len("@")+len(ascii) > longest {
		return Address{}, errTooLong
	}
	return Address{local: local, domain: ascii, typed: text}, nil
}

// String is the address as it was typed.
func (a Address) String() string { return a.typed }

// Domain is what stands behind the @, as mail servers look it up.
func (a Address) Domain() string { return a.domain }

// Wire is the address as it goes into an envelope, with the domain in ASCII.
func (a Address) Wire() string { return a.local + "@" + a.domain }

// Mailbox is the address spelt one way: those of one mailbox are the same, as far as the
// case of letters goes. Accounts and what belongs to them are known by it, so it folds no
// more: what is behind a plus is another mailbox on some servers.
func (a Address) Mailbox() string { return strings.ToLower(a.Wire()) }

// Recipient is whom the address reaches, spelt one way, as limits count: the mailbox
// without what is behind a plus, for on most servers one person has all of those. It is for
// limits only and gives no rights: on other servers it may be two persons.
func (a Address) Recipient() string {
	mailbox := a.Mailbox()
	local, _, _ := strings.Cut(mailbox, "@")
	if name, _, _ := strings.Cut(local, "+"); name != "" {
		return name + mailbox[len(local):]
	}
	return mailbox
}

// RecipientOf is Address.Recipient of what was typed; "" when that is no address.
func RecipientOf(text string) string {
	address, err := Parse(text)
	if err != nil {
		return ""
	}
	return address.Recipient()
}

// NeedsUTF8 tells whether only a mail server with the extension SMTPUTF8 can write
// to it: letters beyond ASCII before the @ have no other spelling.
func (a Address) NeedsUTF8() bool { return !isASCII(a.local) }

func checkLocal(local string) error {
	switch {
	case len(local) > longestLocal:
		return errors.New("must not have more than 64 characters before the @")
	case strings.HasPrefix(local, "."):
		return errors.New("must not begin with a dot")
	case strings.HasSuffix(local, "."):
		return errors.New("must not have a dot right before the @")
	case strings.Contains(local, ".."):
		return errors.New("must not have two dots in a row")
	}
	for _, r := range local {
		if !isAtom(r) && r != '.' {
			return errors.New("must not have " + name(r) + " in it")
		}
	}
	return nil
}

// isAtom is what an address may be made of before the @, by RFC 5322 and, for other
// letters, RFC 6531.
func isAtom(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
	}
	return unicode.In(r, unicode.Letter, unicode.Mark, unicode.Number)
}

// domains are checked as registries and name servers do, and no more is folded than
// the case of letters.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.VerifyDNSLength(true), idna.StrictDomainName(true))

func lookedUp(domain string) (string, error) {
	switch {
	case strings.HasPrefix(domain, "."):
		return "", errors.New("must not have a dot right after the @")
	case strings.HasSuffix(domain, "."):
		return "", errors.New("must not end with a dot")
	case strings.Contains(domain, ".."):
		return "", errors.New("must not have two dots in a row")
	case strings.HasPrefix(domain, "["):
		return "", errors.New("must have a name behind the @, not the number of a machine")
	case !strings.Contains(domain, "."):
		return "", errors.New("must end with a domain such as example.org")
	}
	ascii, err := domains.ToASCII(domain)
	if err != nil {
		return "", errors.New("must end with a domain such as example.org, of letters, digits and hyphens")
	}
	last := ascii[strings.LastIndexByte(ascii, '.')+1:]
	if strings.Trim(last, "0123456789") == "" {
		return "", errors.New("must have a name behind the @, not the number of a machine")
	}
	return ascii, nil
}

func name(r rune) string {
	switch {
	case r == '"':
		return "a quotation mark"
	case unicode.IsPrint(r):
		return "the character " + string(r)
	}
	return "a character that can't be seen"
}

func isSpace(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
