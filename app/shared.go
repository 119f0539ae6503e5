package app

import (
	"maps"
	"slices"
	"strings"

	"galleria/modules/accounts"
	"galleria/modules/notifications"
	"galleria/modules/payments"
	"galleria/modules/pricing"
)

// shared are settings of a module, by key, that other processes count on: each has
// read a configuration of its own, and they compare these before one calls the
// module in another. Links in mails lead to the pages, passkeys are for them, pages say whether cards are
// real, and the taxes of a shop are the same whichever process answers.
func (c Config) shared(module string) map[string]string {
	switch module {
	case accounts.Name:
		return map[string]string{"http.base_url": c.Modules.Accounts.Own.BaseURL}
	case notifications.Name:
		mails := c.Modules.Notifications.Own
		return map[string]string{"http.base_url": mails.BaseURL, "time_zone": mails.TimeZone}
	case payments.Name:
		return map[string]string{"modules.payments.provider": c.Modules.Payments.Own.Provider}
	case pricing.Name:
		return sharedOfPricing(c.Modules.Pricing.Own)
	}
	return nil
}

// sharedOfPricing has the tax of each place for itself, so that a refusal names the
// one that is different.
func sharedOfPricing(c pricing.Config) map[string]string {
	places := slices.Sorted(maps.Keys(c.Taxes))
	shared := map[string]string{"modules.pricing.country": c.Country, "modules.pricing.taxes": strings.Join(places, " ")}
	for _, place := range places {
		text, _ := c.Taxes[place].MarshalText() // never fails: any tax can be written
		shared["modules.pricing.taxes."+place] = string(text)
	}
	return shared
}
