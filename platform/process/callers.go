package process

import (
	"slices"

	"galleria/platform/module"
)

// Callers lists who may call a module: the modules and outside callers that
// declare the need.
func Callers(definitions []module.Definition, outside map[string][]string, callee string) []string {
	var callers []string
	for _, d := range definitions {
		if slices.Contains(d.Needs, callee) {
			callers = append(callers, d.Name)
		}
	}
	for caller, needs := range outside {
		if slices.Contains(needs, callee) {
			callers = append(callers, caller)
		}
	}
	slices.Sort(callers)
	return callers
}

// called tells which methods of a module, by full name, this process may call, or
// pass calls on to: those that are declared by a caller its certificate speaks for.
// Only these have to fit where the module is served.
func (p *Process) called(callee string) func(method string) bool {
	own, err := p.o.Identity.Own()
	if err != nil {
		return func(string) bool { return true }
	}
	return func(method string) bool {
		return slices.ContainsFunc(Callers(p.o.Definitions, p.o.Outside, callee), func(caller string) bool {
			return own.MaySpeakFor(caller) && declares(p.callsOf(caller), method)
		})
	}
}

// callsOf are the methods that a caller declares; nil: any.
func (p *Process) callsOf(caller string) []string {
	for i := range p.ordered {
		if p.ordered[i].Name == caller {
			return p.ordered[i].Calls
		}
	}
	return p.o.OutsideCalls[caller]
}

func declares(calls []string, method string) bool {
	return calls == nil || slices.Contains(calls, method)
}
