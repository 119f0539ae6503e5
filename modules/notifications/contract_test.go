package notifications_test

import (
	"testing"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/modules/notifications"
	"galleria/modules/notifications/notificationstest"
	notificationsv1 "galleria/modules/notifications/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/settings/settingstest"
	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/certs"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

var worlds = moduletest.Worlds{
	"notifications": {definition(notifications.DefaultConfig()), notificationstest.Publisher(), notificationstest.AccountsPublisher(), settingstest.Definition()},
}

// definition is the module with other settings.
func definition(cfg notifications.Config) module.Definition {
	d := notificationstest.Definition()
	d.New = func(h module.Host) (*module.Instance, error) {
		return notifications.New(h, notifications.Needs{Settings: settingsv1.NewSettingsServiceClient(h.Need("settings"))}, cfg)
	}
	return d
}

func TestMain(m *testing.M) { moduletest.Main(m, worlds) }

func TestContract(t *testing.T) {
	moduletest.Run(t, "notifications", suite)
	t.Run("fake", func(t *testing.T) {
		fake := moduletest.World{notificationstest.Definition(), notificationstest.Publisher(), notificationstest.AccountsPublisher(), settingstest.Definition()}
		moduletest.Local(t, fake, route.ModeLocal, suite)
	})
}

func suite(t *testing.T, connect moduletest.Connect) { notificationstest.Run(t, world(connect)) }

func world(connect moduletest.Connect) notificationstest.World {
	return notificationstest.World{
		Outside:       connect("notifications"),
		Notifications: notificationsv1.NewNotificationsServiceClient(connect(moduletest.As(certs.Operator, "notifications"))),
		Settings:      settingsv1.NewSettingsServiceClient(connect(moduletest.As(certs.Operator, "settings"))),
		Orders:        ordersv1.NewOrdersServiceClient(connect("orders")),
		Accounts:      accountsv1.NewAccountsServiceClient(connect("accounts")),
	}
}
