package payments_test

import (
	"testing"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/migrations"
	"galleria/modules/payments"
	"galleria/modules/payments/paymentstest"
	"galleria/platform/certs"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

func definition(cfg payments.Config) module.Definition {
	return module.Definition{
		Name:       payments.Name,
		Contract:   &paymentsv1.PaymentsService_ServiceDesc,
		Migrations: migrations.For(payments.Name),
		New:        func(h module.Host) (*module.Instance, error) { return payments.New(h, payments.Needs{}, cfg) },
	}
}

var worlds = moduletest.Worlds{"payments": {definition(payments.DefaultConfig())}, "at shipping": {definition(holding())}}

// holding is the settings of a shop that takes the money when it ships.
func holding() payments.Config {
	cfg := payments.DefaultConfig()
	cfg.Capture = payments.CaptureAtShipping
	return cfg
}

func TestMain(m *testing.M) { moduletest.Main(m, worlds) }

func suite(t *testing.T, connect moduletest.Connect) {
	paymentstest.Run(t, paymentstest.World{Payments: paymentsv1.NewPaymentsServiceClient(connect(moduletest.As(certs.Operator, payments.Name))), Outside: connect(payments.Name)})
}

func TestContract(t *testing.T) {
	t.Run("fake", func(t *testing.T) {
		moduletest.Local(t, moduletest.World{paymentstest.Definition()}, route.ModeLocal, suite)
	})
	moduletest.Run(t, "payments", suite)
}

func TestContractOfPaymentsThatAreHeld(t *testing.T) {
	suite := func(t *testing.T, connect moduletest.Connect) {
		paymentstest.RunAtShipping(t, paymentstest.World{Payments: paymentsv1.NewPaymentsServiceClient(connect(moduletest.As(certs.Operator, payments.Name))), Outside: connect(payments.Name)})
	}
	t.Run("fake", func(t *testing.T) {
		moduletest.Local(t, moduletest.World{paymentstest.AtShipping()}, route.ModeLocal, suite)
	})
	moduletest.Run(t, "at shipping", suite)
}
