package service

import (
	"slices"

	"galleria/modules/settings/internal/shop"
	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/contract"
)

func toSettings(s shop.Settings) *settingsv1.Settings {
	return &settingsv1.Settings{
		Name: s.Name, About: s.About, Headline: s.Headline, Welcome: s.Welcome, Logo: s.Logo,
		Imprint: s.Imprint, Terms: s.Terms, Privacy: s.Privacy, Withdrawal: s.Withdrawal, Countries: s.Countries, Currencies: s.Currencies,
	}
}

func fromSettings(s *settingsv1.Settings) shop.Settings {
	return shop.Settings{
		Name: s.GetName(), About: s.GetAbout(), Headline: s.GetHeadline(), Welcome: s.GetWelcome(), Logo: s.GetLogo(),
		Imprint: s.GetImprint(), Terms: s.GetTerms(), Privacy: s.GetPrivacy(), Withdrawal: s.GetWithdrawal(), Countries: slices.Clone(s.GetCountries()),
		Currencies: slices.Clone(s.GetCurrencies()),
	}
}

// invalid is the error of a request whose fields, below path, have problems.
func invalid(path string, problems []shop.Problem) error {
	var violations []contract.Violation
	for _, p := range problems {
		violations = append(violations, contract.Violation{Field: path + p.Field, Message: p.Message})
	}
	return contract.Invalid(violations...)
}
