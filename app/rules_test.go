package app_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"galleria/app"
	"galleria/platform/contract"
)

// table is the table of modules as it is when nothing is configured.
func table() []app.Row { return app.Table(app.DefaultConfig().Modules) }

// service is the description of a row's contract.
func service(t *testing.T, row app.Row) protoreflect.ServiceDescriptor {
	t.Helper()
	s, err := contract.Service(row.Definition.Contract.ServiceName)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRuleEveryMethodPromisesADeadlineAndSaysWhetherItCanBeRepeated(t *testing.T) {
	for _, row := range table() {
		methods, err := contract.Methods(service(t, row))
		if err != nil {
			t.Errorf("%s: %v", row.Definition.Name, err)
		}
		if len(methods) == 0 && err == nil {
			t.Errorf("%s has no methods: what does anybody need it for?", row.Definition.Name)
		}
		for _, m := range methods {
			if m.P99 <= 0 || m.P99 > m.Deadline {
				t.Errorf("%s promises a p99 of %s within a deadline of %s: operators compare it with what they measure", m.Name, m.P99, m.Deadline)
			}
			if !m.Repeatable {
				t.Errorf("%s has no idempotency_level: make it safe to repeat (with an idempotency key, or by nature) and say so; a call that can't be repeated is lost with the network", m.Name)
			}
		}
	}
}

func TestRuleContractsHaveTheirModulesNames(t *testing.T) {
	for _, row := range table() {
		d := row.Definition
		prefix := d.Name + ".v"
		if !strings.HasPrefix(d.Contract.ServiceName, prefix) {
			t.Errorf("%s offers %s: its package begins with %s, because events and errors are told apart by it", d.Name, d.Contract.ServiceName, prefix)
		}
	}
}

func TestRuleNeedsAreModulesThatComeBefore(t *testing.T) {
	known := map[string]bool{}
	for _, row := range table() {
		d := row.Definition
		if known[d.Name] {
			t.Errorf("%s is in the table twice", d.Name)
		}
		for _, need := range d.Needs {
			if !known[need] {
				t.Errorf("%s needs %s, which does not stand above it in the table: modules that need each other can't be started, stopped or understood one at a time", d.Name, need)
			}
		}
		known[d.Name] = true
	}
	for caller, needs := range app.Outside {
		for _, need := range needs {
			if !known[need] {
				t.Errorf("%s needs %s, which is no module", caller, need)
			}
		}
	}
}
