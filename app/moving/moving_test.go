package moving

import (
	"strings"
	"testing"
	"time"

	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

func TestAMoveIsDoneWhenItsSettingsHold(t *testing.T) {
	canary := func(steps ...int) route.Place {
		p := route.Canary(route.Local(), route.Remote("10.0.0.1:7071"), steps[0])
		p.Steps, p.Every = steps, time.Minute
		return p
	}
	at := func(p route.Place, weight int) *processv1.ModulesResponse_Module {
		return &processv1.ModulesResponse_Module{Place: p.String(), Settings: p.WithSettings(), Weight: int32(weight), Progress: "as it goes"}
	}
	wanted := canary(1, 50, 100)
	for name, c := range map[string]struct {
		row     *processv1.ModulesResponse_Module
		done    bool
		problem string
	}{
		"there":              {at(wanted, 1), true, ""},
		"there, and further": {at(wanted, 50), true, ""},
		"with other steps":   {at(canary(1, 10, 100), 1), false, ""},
		"at another place":   {at(route.Local(), 0), false, ""},
		"back already":       {at(wanted, 0), false, "it went back before (as it goes)"},
		"sought":             {&processv1.ModulesResponse_Module{Wanted: wanted.String(), WantedProblem: "away"}, false, "away"},
		"another is sought":  {&processv1.ModulesResponse_Module{Wanted: "remote at 10.0.0.2:7071", Settings: wanted.WithSettings(), Weight: 1}, false, ""},
	} {
		if done, problem := Outcome(c.row, wanted); done != c.done || !strings.HasPrefix(problem, c.problem) || (problem == "") != (c.problem == "") {
			t.Errorf("%s: got %v, %q; want %v, %q", name, done, problem, c.done, c.problem)
		}
	}
}
