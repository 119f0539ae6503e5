package tariff

import (
	"fmt"
	"strings"
)

// DefaultTaxes are the value added taxes of the European Union and of the United
// Kingdom, within the prices, and the sales taxes of some states of the USA, added to
// them, as far as they are the state's: counties and cities have their own. Everywhere
// else there is none.
//
// The standard rates were looked up for 26 November 2026, in public tables; most of the
// others were not, and are to be checked by who sells at them. "reduced" is the rate that most goods with a
// reduced one have; "books" are printed books, "food" is food for the home. A class is
// left out, and so standard, where it has no lower rate, or where most of it has none.
// Which goods have which rate is the law's: who sells them has to know.
func DefaultTaxes() Taxes {
	return parseTaxes(`
		AT VAT included 20%, reduced 10%, food 10%, books 10%
		BE VAT included 21%, reduced 6%, food 6%, books 6%
		BG VAT included 20%, reduced 9%, books 9%
		CY VAT included 19%, reduced 9%, food 5%, books 3%
		CZ VAT included 21%, reduced 12%, food 12%, books 0%
		DE VAT included 19%, reduced 7%, food 7%, books 7%
		DK VAT included 25%
		EE VAT included 24%, reduced 9%, books 9%
		ES VAT included 21%, reduced 10%, food 10%, books 4%
		FI VAT included 25.5%, reduced 13.5%, food 13.5%, books 13.5%
		FR VAT included 20%, reduced 5.5%, food 5.5%, books 5.5%
		GR VAT included 24%, reduced 13%, food 13%, books 6%
		HR VAT included 25%, reduced 13%, books 5%
		HU VAT included 27%, reduced 18%, books 5%
		IE VAT included 23%, reduced 13.5%, food 0%, books 0%
		IT VAT included 22%, reduced 10%, food 10%, books 4%
		LT VAT included 21%, reduced 12%, books 5%
		LU VAT included 17%, reduced 8%, food 3%, books 3%
		LV VAT included 21%, reduced 12%, books 5%
		MT VAT included 18%, reduced 5%, food 0%, books 5%
		NL VAT included 21%, reduced 9%, food 9%, books 9%
		PL VAT included 23%, reduced 8%, food 5%, books 5%
		PT VAT included 23%, reduced 6%, food 6%, books 6%
		RO VAT included 21%, reduced 11%, food 11%, books 11%
		SE VAT included 25%, reduced 12%, food 6%, books 6%
		SI VAT included 22%, reduced 9.5%, food 9.5%, books 5%
		SK VAT included 23%, reduced 19%, food 19%, books 5%
		GB VAT included 20%, reduced 5%, food 0%, books 0%
		US-CA Sales tax added 7.25%, food 0%
		US-CO Sales tax added 2.9%, food 0%
		US-FL Sales tax added 6%, food 0%
		US-GA Sales tax added 4%, food 0%
		US-IL Sales tax added 6.25%, food 0%
		US-MA Sales tax added 6.25%, food 0%
		US-MI Sales tax added 6%, food 0%
		US-NJ Sales tax added 6.625%, food 0%
		US-NY Sales tax added 4%, food 0%
		US-PA Sales tax added 6%, food 0%
		US-TX Sales tax added 6.25%, food 0%
		US-WA Sales tax added 6.5%, food 0%`)
}

func parseTaxes(table string) Taxes {
	taxes := Taxes{}
	for line := range strings.Lines(strings.TrimSpace(table)) {
		place, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		var tax Tax
		if err := tax.UnmarshalText([]byte(text)); err != nil {
			panic(fmt.Sprintf("default tax of %s: %v", place, err)) // a test reads them all
		}
		taxes[place] = tax
	}
	return taxes
}

// DefaultZones are the countries of the European Union, and others of Europe.
func DefaultZones() map[string][]string {
	return map[string][]string{
		"eu":     strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"),
		"europe": strings.Fields("AD AL BA CH FO GB GG GI IM IS JE LI MC MD ME MK NO RS SM UA VA XK"),
	}
}

// DefaultOptions are a standard and an express delivery, in the currencies that shops
// here most often sell in.
func DefaultOptions() map[string]Option {
	return map[string]Option{
		"standard": {
			Name: "Standard delivery",
			Days: parseAll[Days]("home 2-4", "eu 4-7", "europe 5-9", "world 8-15"),
			Rates: parseAll[Step](
				"home 4.90 EUR up to 5kg", "home 9.90 EUR up to 31.5kg", "home 0.00 EUR up to 31.5kg from 60.00 EUR",
				"home 5.90 USD up to 31.5kg", "home 4.90 GBP up to 31.5kg", "home 4.90 CHF up to 31.5kg", "home 800 JPY up to 31.5kg", "home 2.400 BHD up to 31.5kg",
				"eu 9.90 EUR up to 5kg", "eu 18.90 EUR up to 31.5kg", "eu 0.00 EUR up to 5kg from 120.00 EUR",
				"eu 10.90 USD up to 31.5kg", "eu 8.90 GBP up to 31.5kg", "eu 9.90 CHF up to 31.5kg", "eu 1600 JPY up to 31.5kg", "eu 4.200 BHD up to 31.5kg",
				"europe 12.90 EUR up to 5kg", "europe 24.90 EUR up to 31.5kg",
				"europe 14.90 USD up to 31.5kg", "europe 10.90 GBP up to 31.5kg", "europe 12.90 CHF up to 31.5kg", "europe 2100 JPY up to 31.5kg", "europe 5.600 BHD up to 31.5kg",
				"world 19.90 EUR up to 5kg", "world 44.90 EUR up to 31.5kg",
				"world 21.90 USD up to 31.5kg", "world 17.90 GBP up to 31.5kg", "world 19.90 CHF up to 31.5kg", "world 3400 JPY up to 31.5kg", "world 8.400 BHD up to 31.5kg"),
		},
		"express": {
			Name: "Express delivery",
			Days: parseAll[Days]("home 1-1", "eu 1-3", "europe 2-4", "world 3-6"),
			Rates: parseAll[Step](
				"home 12.90 EUR up to 31.5kg", "home 13.90 USD up to 31.5kg", "home 11.90 GBP up to 31.5kg", "home 12.90 CHF up to 31.5kg", "home 2000 JPY up to 31.5kg", "home 5.400 BHD up to 31.5kg",
				"eu 24.90 EUR up to 31.5kg", "eu 26.90 USD up to 31.5kg", "eu 21.90 GBP up to 31.5kg", "eu 24.90 CHF up to 31.5kg", "eu 4200 JPY up to 31.5kg", "eu 10.400 BHD up to 31.5kg",
				"europe 29.90 EUR up to 31.5kg", "europe 32.90 USD up to 31.5kg", "europe 25.90 GBP up to 31.5kg", "europe 29.90 CHF up to 31.5kg", "europe 4900 JPY up to 31.5kg", "europe 12.500 BHD up to 31.5kg",
				"world 39.90 EUR up to 31.5kg", "world 43.90 USD up to 31.5kg", "world 34.90 GBP up to 31.5kg", "world 39.90 CHF up to 31.5kg", "world 6800 JPY up to 31.5kg", "world 16.700 BHD up to 31.5kg"),
		},
	}
}

// parseAll reads texts of the program's own; a test reads them all.
func parseAll[T any, P interface {
	*T
	UnmarshalText([]byte) error
}](texts ...string) []T {
	all := make([]T, len(texts))
	for i, text := range texts {
		if err := P(&all[i]).UnmarshalText([]byte(text)); err != nil {
			panic(err)
		}
	}
	return all
}
