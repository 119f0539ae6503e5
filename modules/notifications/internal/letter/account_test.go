package letter

import (
	"strings"
	"testing"
	"time"
)

func TestLettersAboutAccountsHoldTheirLinkAndNoOrder(t *testing.T) {
	w := Writer{Shop: "Shop", BaseURL: "https://shop.example"}
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for kind, want := range map[Kind]string{
		SignUp:          "https://shop.example/verify?token=to-ken",
		ResetPassword:   "https://shop.example/reset?token=to-ken",
		SignUpKnown:     "https://shop.example/login",
		PasswordChanged: "https://shop.example/forgot",
		ChangeEmail:     "https://shop.example/verify?token=to-ken",
		EmailChanged:    "write to us",
		FactorEnabled:   "https://shop.example/forgot",
		FactorDisabled:  "https://shop.example/forgot",
		AccountDeleted:  "is deleted",
	} {
		f := Facts{Kind: kind, Name: "Ana <b>", At: at, Account: Account{Link: "to-ken", Until: at.Add(30 * time.Minute)}}
		text, html, err := w.Write(f)
		if err != nil {
			t.Fatal(err)
		}
		for what, letter := range map[string]string{"text": text, "page": html} {
			if !strings.Contains(letter, want) || strings.Contains(letter, "Order ") || strings.Contains(letter, "<no value>") {
				t.Errorf("%s, %s: got\n%s\nwant %s in it, and no order", kind, what, letter, want)
			}
		}
		if strings.Contains(html, "<b>") || f.Subject() == "" {
			t.Errorf("%s: the name is markup, or there is no subject %q", kind, f.Subject())
		}
		if tells := strings.Contains(text, "30 minutes"); tells != (kind == SignUp || kind == ResetPassword || kind == ChangeEmail) {
			t.Errorf("%s: says how long the link is good: %v\n%s", kind, tells, text)
		}
	}
}
