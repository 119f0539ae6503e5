package moduletest

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"

	"google.golang.org/grpc"
)

// Cases are a suite's cases by the method they are about, as in
// {"SendLetter": {"reaches whom it names": func…}}.
type Cases map[string]map[string]func(t *testing.T)

// Run runs all cases, and fails when a method of the contract has none.
func (c Cases) Run(t *testing.T, contract *grpc.ServiceDesc) {
	t.Helper()
	for _, problem := range c.problems(contract) {
		t.Error(problem)
	}
	for method, cases := range c {
		for name, run := range cases {
			t.Run(method+"/"+name, run)
		}
	}
}

// problems says where cases and contract do not match.
func (c Cases) problems(contract *grpc.ServiceDesc) []string {
	var problems []string
	known := map[string]bool{}
	for _, m := range contract.Methods {
		known[m.MethodName] = true
		if len(c[m.MethodName]) == 0 {
			problems = append(problems, m.MethodName+" has no case in the contract suite: add one to the suite before the method is relied on")
		}
	}
	for _, method := range slices.Sorted(maps.Keys(c)) {
		if !known[method] {
			problems = append(problems, fmt.Sprintf("there are cases for %s, which is no method of %s", method, contract.ServiceName))
		}
	}
	return problems
}

func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}
