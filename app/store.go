package app

import (
	"fmt"

	"galleria/platform/database"
)

// Store says where a module's database is.
func (c Config) Store(module string) (database.Options, error) {
	for _, d := range Definitions(c.Modules) {
		if d.Name == module {
			return database.Options{
				Module: module, Dir: c.Data, DSN: c.dsn(module), Migrations: d.Migrations, NewerSchema: d.NewerSchema,
			}, nil
		}
	}
	return database.Options{}, fmt.Errorf("there is no module %q", module)
}
