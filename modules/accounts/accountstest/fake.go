package accountstest

import (
	"galleria/migrations"
	"galleria/modules/accounts"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/module"
)

// Definition puts accounts into a world: the real module, over a database of its own, but
// for the work of its hashes.
func Definition() module.Definition {
	return module.Definition{
		Name:       accounts.Name,
		Contract:   &accountsv1.AccountsService_ServiceDesc,
		Migrations: migrations.For(accounts.Name),
		Vouches:    true,
		New: func(h module.Host) (*module.Instance, error) {
			cfg := accounts.DefaultConfig()
			cfg.QuickHashes = true
			return accounts.New(h, accounts.Needs{}, cfg)
		},
	}
}
