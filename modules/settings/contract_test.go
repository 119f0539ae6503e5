package settings_test

import (
	"testing"

	"galleria/modules/settings"
	"galleria/modules/settings/settingstest"
	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/certs"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

func TestMain(m *testing.M) {
	moduletest.Main(m, moduletest.Worlds{"settings": {settingstest.Definition()}})
}

func suite(t *testing.T, connect moduletest.Connect) {
	settingstest.Run(t, settingstest.World{
		Settings: settingsv1.NewSettingsServiceClient(connect(moduletest.As(certs.Operator, settings.Name))), Outside: connect(settings.Name),
	})
}

func TestContract(t *testing.T) {
	t.Run("fake", func(t *testing.T) {
		moduletest.Local(t, moduletest.World{settingstest.FakeDefinition(t)}, route.ModeLocal, suite)
	})
	moduletest.Run(t, "settings", suite)
}
