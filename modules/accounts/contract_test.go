package accounts_test

import (
	"testing"

	"galleria/modules/accounts/accountstest"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/certs"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

func TestMain(m *testing.M) {
	moduletest.Main(m, moduletest.Worlds{"accounts": {accountstest.Definition()}})
}

func suite(t *testing.T, connect moduletest.Connect) {
	accountstest.Run(t, accountstest.World{
		Accounts: accountsv1.NewAccountsServiceClient(connect("accounts")),
		Operator: accountsv1.NewAccountsServiceClient(connect(moduletest.As(certs.Operator, "accounts"))),
	})
}

func TestContract(t *testing.T) {
	moduletest.Run(t, "accounts", suite)
	t.Run("fake", func(t *testing.T) {
		moduletest.Local(t, moduletest.World{accountstest.Definition()}, route.ModeLocal, suite)
	})
}
