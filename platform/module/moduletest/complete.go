package moduletest

import (
	"log/slog"
	"testing"

	"google.golang.org/grpc"
)

// Cases are a suite's cases by the method they are about, as in
// {"SendLetter": {"reaches whom it names": func…}}.
type Cases map[string]map[string]func(t *testing.T)

// Run runs all cases, and fails when a method of the contract has none.
func (c Cases) Run(t *testing.T, contract *grpc.ServiceDesc) {
	t.Helper()
	for _, m := range contract.Methods {
		if len(c[m.MethodName]) == 0 {
			t.Errorf("%s has no case in the contract suite: add one to the suite before the method is relied on", m.MethodName)
		}
	}
	for method, cases := range c {
		for name, run := range cases {
			t.Run(method+"/"+name, run)
		}
	}
}

func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}
