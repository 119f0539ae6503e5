package mailaddress_test

import (
	"fmt"
	netmail "net/mail"
	"strings"
	"testing"

	"galleria/platform/mailaddress"
)

func Example() {
	a, err := mailaddress.Parse("ana@bücher.example")
	fmt.Println(a, a.Wire(), a.NeedsUTF8(), err)
	_, err = mailaddress.Parse("ana@example.org.")
	fmt.Println("The address", err)
	// Output:
	// ana@bücher.example ana@xn--bcher-kva.example false <nil>
	// The address must not end with a dot
}

func TestWhatCanBeWrittenToIsAnAddress(t *testing.T) {
	for text, want := range map[string]struct {
		wire string
		utf8 bool
	}{
		"ana@example.org":                           {wire: "ana@example.org"},
		"Ana.Sá@example.org":                        {wire: "Ana.Sá@example.org", utf8: true},
		"ana+lists@mail.example.org":                {wire: "ana+lists@mail.example.org"},
		"o'neil_x-1@example.org":                    {wire: "o'neil_x-1@example.org"},
		"ana@EXAMPLE.org":                           {wire: "ana@example.org"},
		"jürgen@example.org":                        {wire: "jürgen@example.org", utf8: true},
		"ana@münchen.example":                       {wire: "ana@xn--mnchen-3ya.example"},
		"ана@пример.рф":                             {wire: "ана@xn--e1afmkfd.xn--p1ai", utf8: true},
		"ana@1.example.org":                         {wire: "ana@1.example.org"},
		strings.Repeat("a", 64) + "@example.org":    {wire: strings.Repeat("a", 64) + "@example.org"},
		"a@" + strings.Repeat("b", 63) + ".example": {wire: "a@" + strings.Repeat("b", 63) + ".example"},
	} {
		got, err := mailaddress.Parse(text)
		if err != nil || got.Wire() != want.wire || got.NeedsUTF8() != want.utf8 || got.String() != text {
			t.Errorf("%s: got %q (%s), UTF-8 %t, error %v; want %q, UTF-8 %t", text, got.Wire(), got, got.NeedsUTF8(), err, want.wire, want.utf8)
		}
	}
}

func TestWhatCantBeWrittenToIsRefusedWithAReason(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "empty",
		"ana":                             "one @",
		"ana@":                            "one @",
		"@example.org":                    "one @",
		"a@b@example.org":                 "one @",
		"ana@example,org":                 "comma",
		"ana@example.org, bo@example.org": "space",
		"ana@example.org;bo@example.org":  "semicolon",
		"ana @example.org":                "space",
		"ana@example.org\r\nBcc: all@example.org": "space",
		"ana@example.org\x00":                     "space",
		"ana@example.org.":                        "end with a dot",
		"ana.@example.org":                        "right before the @",
		".ana@example.org":                        "begin with a dot",
		"a..na@example.org":                       "two dots",
		"ana@.example.org":                        "right after the @",
		"ana@example..org":                        "two dots",
		"ana@example":                             "domain such as",
		"ana@-example.org":                        "domain such as",
		"ana@example-.org":                        "domain such as",
		"ana@exa_mple.org":                        "domain such as",
		"ana@[127.0.0.1]":                         "machine",
		"ana@127.0.0.1":                           "machine",
		`"ana"@example.org`:                       "quotation mark",
		"<ana@example.org>":                       "character <",
		"ana@example.org>":                        "domain such as",
		"ana(home)@example.org":                   "character (",
		`ana\@example.org`:                        `character \`,
		"ana\u200b@example.org":                   "can't be seen",
		"ana\xff@example.org":                     "text",
		strings.Repeat("a", 65) + "@example.org":  "64",
		"a@" + strings.Repeat("b", 64) + ".org":   "domain such as",
		"a@" + strings.Repeat("b.", 130) + "org":  "",
	} {
		got, err := mailaddress.Parse(text)
		if err == nil || !strings.HasPrefix(err.Error(), "must ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %q, error %v; want it refused for %q", text, got, err, want)
		}
	}
}

func TestAMailboxAndARecipientAreSpeltOneWay(t *testing.T) {
	for text, want := range map[string]struct{ mailbox, recipient string }{
		"ana@example.org":              {"ana@example.org", "ana@example.org"},
		"ANA@Example.ORG":              {"ana@example.org", "ana@example.org"},
		"Ana+1@example.org":            {"ana+1@example.org", "ana@example.org"},
		"ana+a+b@example.org":          {"ana+a+b@example.org", "ana@example.org"},
		"a.na@example.org":             {"a.na@example.org", "a.na@example.org"},
		"+ana@example.org":             {"+ana@example.org", "+ana@example.org"},
		"Jürgen+x@BÜCHER.example":      {"jürgen+x@xn--bcher-kva.example", "jürgen@xn--bcher-kva.example"},
		"jürgen@xn--bcher-kva.example": {"jürgen@xn--bcher-kva.example", "jürgen@xn--bcher-kva.example"},
	} {
		a, err := mailaddress.Parse(text)
		if err != nil || a.Mailbox() != want.mailbox || a.Recipient() != want.recipient || mailaddress.RecipientOf(text) != want.recipient {
			t.Errorf("%s: got the mailbox %q and the recipients %q and %q, error %v; want %v", text, a.Mailbox(), a.Recipient(), mailaddress.RecipientOf(text), err, want)
		}
	}
	if got := mailaddress.RecipientOf("ana"); got != "" {
		t.Errorf("of what is no address: got %q, want none", got)
	}
}

// What is taken here goes through the parsers of mail programs unchanged.
func FuzzWhatIsTakenIsOneMailboxToOthersToo(f *testing.F) {
	for _, seed := range []string{"ana@example.org", "jürgen@bücher.example", "a.b+c@x.y", "ana@example,org", "\"a\"@b.c", "a@xn--a.b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := mailaddress.Parse(text)
		if err != nil {
			return
		}
		parsed, err := netmail.ParseAddress(a.Wire())
		if err != nil || parsed.Address != a.Wire() || parsed.Name != "" {
			t.Errorf("%q: net/mail got %v, %v from %q", text, parsed, err, a.Wire())
		}
		again, err := mailaddress.Parse(a.Wire())
		if err != nil || again.Wire() != a.Wire() {
			t.Errorf("%q: parsed again got %q, %v; want %q", text, again.Wire(), err, a.Wire())
		}
	})
}
