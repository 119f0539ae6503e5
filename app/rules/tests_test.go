package rules

import (
	"slices"
	"strings"
	"testing"
)

// quickHashes is the option of accounts by which passwords are hashed with almost no work.
const quickHashes = "QuickHashes"

// TestRuleOnlyTestsHashQuickly: the option has no key in the configuration, so what sets
// it is code, and that must not be code that serves customers.
func TestRuleOnlyTestsHashQuickly(t *testing.T) {
	used := false
	for _, f := range goFiles(files(t)) {
		used = used || f.path != "app/rules/tests_test.go" && forTests(f.path) && strings.Contains(f.text, quickHashes)
		if hashesQuickly(f) {
			t.Errorf("%s speaks of %s: passwords of customers are hashed as slowly as is advised; only tests set it", f.path, quickHashes)
		}
	}
	if !used {
		t.Errorf("no test uses %s: take it out, and this rule", quickHashes)
	}
}

// hashesQuickly tells whether a file has to do with the option and must not.
func hashesQuickly(f file) bool {
	if strings.HasPrefix(f.path, "app/bench/") {
		return strings.Contains(f.text, quickHashes) // what is measured is what is served
	}
	// modules/accounts/module.go declares it, and hands it on.
	return !forTests(f.path) && f.path != "modules/accounts/module.go" && strings.Contains(f.text, quickHashes)
}

func TestRuleOnlyTestsHashQuicklySeesOffenders(t *testing.T) {
	var got []string
	for _, path := range []string{"wire_gen.go", "app/providers.go", "app/bench/main.go", "app/shoptest/child.go", "app/load_test.go", "modules/accounts/accountstest/fake.go"} {
		if hashesQuickly(file{path: path, text: "c.QuickHashes = true"}) {
			got = append(got, path)
		}
	}
	if want := []string{"wire_gen.go", "app/providers.go", "app/bench/main.go"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
