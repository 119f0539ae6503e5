package accounts_test

import (
	"testing"

	"galleria/modules/accounts/accountstest"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/modules/notifications/notificationstest"
	notificationsv1 "galleria/modules/notifications/v1"
	"galleria/modules/settings/settingstest"
	"galleria/platform/certs"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

var world = moduletest.World{accountstest.Definition(), notificationstest.Definition(), settingstest.Definition()}

func TestMain(m *testing.M) {
	moduletest.Main(m, moduletest.Worlds{"accounts": world})
}

func suite(t *testing.T, connect moduletest.Connect) {
	accountstest.Run(t, accountstest.World{
		Accounts:      accountsv1.NewAccountsServiceClient(connect("accounts")),
		Operator:      accountsv1.NewAccountsServiceClient(connect(moduletest.As(certs.Operator, "accounts"))),
		Notifications: notificationsv1.NewNotificationsServiceClient(connect(moduletest.As(certs.Operator, "notifications"))),
	})
}

func TestContract(t *testing.T) {
	moduletest.Run(t, "accounts", suite)
	t.Run("fake", func(t *testing.T) {
		moduletest.Local(t, world, route.ModeLocal, suite)
	})
}
