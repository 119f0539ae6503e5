package app

import (
	"galleria/modules/notifications"
	"galleria/modules/payments"
)

// shared are settings of a module, by key, that other processes count on: each has
// read a configuration of its own, and they compare these before one calls the
// module in another. Links in mails lead to the pages, and pages say whether cards
// are real.
func (c Config) shared(module string) map[string]string {
	switch module {
	case notifications.Name:
		return map[string]string{"http.base_url": c.Modules.Notifications.Own.BaseURL}
	case payments.Name:
		return map[string]string{"modules.payments.provider": c.Modules.Payments.Own.Provider}
	}
	return nil
}
