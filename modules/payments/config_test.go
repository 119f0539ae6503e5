package payments_test

import (
	"testing"

	"galleria/modules/payments"
	"galleria/platform/module"
)

func TestConfig(t *testing.T) {
	if err := payments.DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults: got %v, want none", err)
	}
	for name, spoil := range map[string]func(*payments.Config){
		"unknown provider":     func(c *payments.Config) { c.Provider = "cash" },
		"stripe without a key": func(c *payments.Config) { c.Provider = payments.ProviderStripe },
		"a publishable key": func(c *payments.Config) {
			c.Provider, c.Stripe.SecretKey = payments.ProviderStripe, "pk_live_1"
		},
		"an empty secret of webhooks":  func(c *payments.Config) { c.Stripe.WebhookSecrets = []string{"whsec_1", ""} },
		"an id for a webhook's secret": func(c *payments.Config) { c.Stripe.WebhookSecrets = []string{"we_1"} },
		"an address without a scheme": func(c *payments.Config) {
			c.Stripe.APIBase = "api.stripe.com"
		},
		"pages left at once":   func(c *payments.Config) { c.ForgetAddresses = 0 },
		"no patience":          func(c *payments.Config) { c.Patience = 0 },
		"no time to recover":   func(c *payments.Config) { c.RecoverAfter = 0 },
		"recovery all at once": func(c *payments.Config) { c.RecoverEvery = 0 },
	} {
		bad := payments.DefaultConfig()
		spoil(&bad)
		if err := bad.Validate(); err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
}

func TestNewRefusesToStartWithoutADatabase(t *testing.T) {
	if _, err := payments.New(module.Host{}, payments.Needs{}, payments.DefaultConfig()); err == nil {
		t.Error("got a module, want an error")
	}
}
