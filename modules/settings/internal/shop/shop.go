// Package shop is what the settings of a shop may be.
package shop

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"galleria/platform/countries"
	"galleria/platform/money"
)

const (
	maxName    = 40
	maxLine    = 100
	maxSaying  = 300
	maxLegal   = 20_000
	maxLogo    = 64 << 10
	maxCountry = 300
	maxMoney   = 10
)

// ErrChangedMeanwhile says that the settings are not as the caller has seen them.
var ErrChangedMeanwhile = errors.New("the settings were changed by another since")

// Settings are those of the contract, with their version.
type Settings struct {
	Version   int64
	ChangedAt time.Time

	Name, About, Headline, Welcome      string
	Logo                                []byte
	Imprint, Terms, Privacy, Withdrawal string
	Countries                           []string
	// Currencies are in the order of the staff: the first is the shop's own.
	Currencies []string
}

// Problem says what is wrong with one field, to the person who filled it in.
type Problem struct{ Field, Message string }

// Check puts settings into their form, and says what is wrong with each bad field.
func (s *Settings) Check() []Problem {
	var problems []Problem
	for _, f := range []struct {
		name  string
		text  *string
		most  int
		lines bool
	}{
		{"name", &s.Name, maxName, false}, {"about", &s.About, maxSaying, false}, {"headline", &s.Headline, maxLine, false}, {"welcome", &s.Welcome, maxSaying, false},
		{"imprint", &s.Imprint, maxLegal, true}, {"terms", &s.Terms, maxLegal, true}, {"privacy", &s.Privacy, maxLegal, true}, {"withdrawal", &s.Withdrawal, maxLegal, true},
	} {
		*f.text = strings.TrimSpace(strings.ReplaceAll(*f.text, "\r\n", "\n"))
		strange := func(r rune) bool { return unicode.IsControl(r) && !(f.lines && (r == '\n' || r == '\t')) }
		switch {
		case utf8.RuneCountInString(*f.text) > f.most:
			problems = append(problems, Problem{f.name, fmt.Sprintf("must have up to %d characters", f.most)})
		case strings.ContainsFunc(*f.text, strange):
			problems = append(problems, Problem{f.name, "must have no control characters"})
		}
	}
	if problem := checkLogo(s.Logo); problem != "" {
		problems = append(problems, Problem{"logo", problem})
	}
	slices.Sort(s.Countries)
	s.Countries = slices.Compact(s.Countries)
	for _, c := range s.Countries {
		if countries.Name(c) == c || len(s.Countries) > maxCountry {
			problems = append(problems, Problem{"countries", "must be codes of countries, such as PT"})
			break
		}
	}
	if problem := checkCurrencies(s.Currencies); problem != "" {
		problems = append(problems, Problem{"currencies", problem})
	}
	return problems
}

func checkCurrencies(codes []string) string {
	if len(codes) > maxMoney {
		return fmt.Sprintf("must be up to %d", maxMoney)
	}
	for i, code := range codes {
		if _, err := money.New(code, 0); err != nil {
			return "must be codes of ISO 4217, such as EUR"
		}
		if slices.Contains(codes[:i], code) {
			return "must have " + code + " once"
		}
	}
	return ""
}

func checkLogo(logo []byte) string {
	if len(logo) == 0 {
		return ""
	}
	if len(logo) > maxLogo {
		return "must have up to 64 KiB"
	}
	text := string(logo)
	isWebP := len(text) > 12 && text[:4] == "RIFF" && text[8:12] == "WEBP"
	if isWebP || strings.HasPrefix(text, "\x89PNG\r\n\x1a\n") || strings.HasPrefix(text, "\xff\xd8\xff") {
		return ""
	}
	return "must be a PNG, JPEG or WebP picture"
}

// Same tells whether two settings say the same, whatever their version.
func (s Settings) Same(o Settings) bool {
	return s.Name == o.Name && s.About == o.About && s.Headline == o.Headline && s.Welcome == o.Welcome && string(s.Logo) == string(o.Logo) &&
		s.Imprint == o.Imprint && s.Terms == o.Terms && s.Privacy == o.Privacy && s.Withdrawal == o.Withdrawal && slices.Equal(s.Countries, o.Countries) && slices.Equal(s.Currencies, o.Currencies)
}
