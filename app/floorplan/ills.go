package floorplan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// ills says in words what is not well, what is down first.
func ills(h House, now Survey) []Ill {
	all := []Ill{}
	add := func(module string, health Health, format string, args ...any) {
		all = append(all, Ill{Module: module, Health: health, Text: fmt.Sprintf(format, args...)})
	}
	for _, r := range h.Rooms {
		r.ills(add)
	}
	if problem := now.Modules.GetEventsProblem(); problem != "" {
		add("", Sick, "events: %s", problem)
	}
	for _, p := range h.Processes {
		switch {
		case p.State == "silent":
			add("", Sick, "process %s does not answer", p.called())
		case p.Problem != "":
			add("", Sick, "process %s: %s", p.called(), p.Problem)
		}
	}
	for _, m := range now.Measured {
		if m.GetProblem() != "" {
			add("", Sick, "process %s can't be measured: %s", m.GetProcess(), m.GetProblem())
		}
	}
	for _, l := range h.Calls {
		if l.Kept == NotDeclared {
			add(l.Module, Sick, "%s calls %s without declaring it%s", l.Caller, l.Module, l.undeclared())
		}
	}
	slices.SortStableFunc(all, func(a, b Ill) int {
		rank := map[Health]int{Down: 0, Sick: 1}
		return cmp.Compare(rank[a.Health], rank[b.Health])
	})
	return all
}

func (r Room) ills(add func(module string, health Health, format string, args ...any)) {
	n := 0
	ill := func(health Health, format string, args ...any) {
		n++
		add(r.Module, health, r.Module+" "+format, args...)
	}
	switch {
	case r.Mode == "" && r.Problem != "":
		ill(Down, "is down: %s", r.Problem)
	case r.Mode == "":
		ill(Down, "is down: it runs nowhere")
	case r.Mode == "held":
		ill(Sick, "is held: calls wait")
	case r.Problem != "":
		ill(r.Health, "is %s: %s", r.Health, r.Problem)
	}
	if r.Wanted != "" && r.Wanted != r.Place {
		ill(Sick, "is not where it is wanted (%s): %s", r.Wanted, r.WantedProblem)
	}
	if r.Problem == "" {
		for _, arm := range r.Arms {
			for _, u := range arm.Units {
				if u.Problem != "" {
					ill(Sick, "at %s: %s", cmp.Or(u.Address, "the main process"), u.Problem)
				}
			}
		}
	}
	if r.DeadLetters > 0 {
		ill(Sick, "has %s", count(r.DeadLetters, "dead letter"))
	}
	for _, m := range r.Methods {
		switch {
		case m.Kept != Broken:
		case m.Promised > 0 && m.P99 > m.Promised:
			took, promised := Late(m.P99, m.Promised)
			ill(Sick, "%s takes %s, promised %s", m.Name, took, promised)
		case m.Errors > 0:
			ill(Sick, "%s fails: %s", m.Name, Share(m.Errors, m.Rate))
		default: // the p99 is of all time where there were few calls
			ill(Sick, "%s is late: %.1f %% of calls took longer than %s", m.Name, 100*m.Late, Duration(m.Promised))
		}
	}
}

func (l Line) undeclared() string {
	names := slices.Sorted(maps.Keys(l.Undeclared))
	if len(names) == 0 || names[0] == "" {
		return ""
	}
	return ": " + names[0]
}

// called is how a person finds a process: by its address, or by its name.
func (p Process) called() string { return cmp.Or(p.Address, p.Name) }
