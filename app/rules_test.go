package app_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
			t.Errorf("%s has no methods: what is it needed for?", row.Definition.Name)
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

// TestRuleCallsAreDeclared compares what the table says that each caller calls with
// its code: a client is a field that is named for the module it leads to.
func TestRuleCallsAreDeclared(t *testing.T) {
	type caller struct {
		name         string
		folders      []string
		needs, calls []string
	}
	callers := []caller{{app.TargetEdge, []string{"storefront", "gateway", "console", "edge"}, app.Outside[app.TargetEdge], app.OutsideCalls[app.TargetEdge]}}
	services := map[string]string{}
	for _, row := range table() {
		d := row.Definition
		callers = append(callers, caller{d.Name, []string{"../modules/" + d.Name}, d.Needs, d.Calls})
		services[d.Name] = d.Contract.ServiceName
	}
	for _, c := range callers {
		called := map[string]bool{}
		var texts []string
		for _, folder := range c.folders {
			texts = append(texts, sources(t, folder, filepath.Base(folder)+"test")...)
		}
		for _, text := range texts {
			for _, need := range c.needs {
				client := regexp.MustCompile(`\.(?i:` + need + `)\.([A-Z]\w*)\(`)
				for _, m := range client.FindAllStringSubmatch(text, -1) {
					called["/"+services[need]+"/"+m[1]] = true
				}
			}
		}
		for method := range called {
			if !slices.Contains(c.calls, method) {
				t.Errorf("%s calls %s: add it to its Calls in app/modules.go, or the call is refused", c.name, method)
			}
		}
		for _, method := range c.calls {
			if !called[method] {
				t.Errorf("%s does not call %s: take it out of its Calls in app/modules.go, for what is there has to fit every process that serves it", c.name, method)
			}
		}
		if len(c.calls) == 0 && len(c.needs) > 0 {
			t.Errorf("%s needs %v and says of no method that it calls it", c.name, c.needs)
		}
	}
	if got := slices.Collect(maps.Keys(app.OutsideCalls)); !slices.Equal(got, []string{app.TargetEdge}) {
		t.Errorf("%v say what they call, and this compares the edge only with its code", got)
	}
}

// sources are the Go files under a folder, without tests and one folder of them.
func sources(t *testing.T, folder, except string) (texts []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == except:
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		texts = append(texts, string(text))
		return err
	})
	if err != nil || len(texts) == 0 {
		t.Fatalf("no sources in %s: %v", folder, err)
	}
	return texts
}
