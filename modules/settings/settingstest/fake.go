package settingstest

import (
	"testing"
	"time"

	"galleria/migrations"
	"galleria/modules/settings"
	"galleria/modules/settings/internal/service"
	"galleria/modules/settings/internal/store"
	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
)

// NewFake is the real service over a database of the test's own, for tests of others.
func NewFake(t testing.TB) settingsv1.SettingsServiceServer {
	t.Helper()
	o := databasetest.SQLite(t)
	o.Migrations = migrations.For(settings.Name)
	return service.New(store.New(databasetest.Open(t, o), time.Now))
}

// FakeDefinition puts the fake into a world.
func FakeDefinition(t testing.TB) module.Definition {
	d := Definition()
	d.New = func(module.Host) (*module.Instance, error) { return &module.Instance{Server: NewFake(t)}, nil }
	return d
}

// Definition puts settings into a world: the real module, over a database of its own.
func Definition() module.Definition {
	return module.Definition{
		Name:       settings.Name,
		Contract:   &settingsv1.SettingsService_ServiceDesc,
		Migrations: migrations.For(settings.Name),
		New: func(h module.Host) (*module.Instance, error) {
			return settings.New(h, settings.Needs{}, settings.DefaultConfig())
		},
	}
}
