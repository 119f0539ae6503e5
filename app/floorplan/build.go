package floorplan

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"galleria/platform/contract"
	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
)

// Table is what is declared: the modules, and the callers that are none. Calls of
// such a caller that has no entry may be any.
type Table struct {
	Modules      []module.Definition
	Outside      map[string][]string
	OutsideCalls map[string][]string
}

// Build makes the house of what was seen now and some time before; that time is over.
func Build(t Table, before, now Survey, over time.Duration) House {
	b := builder{table: t, before: before, now: now, over: over}
	h := House{Over: over, Callers: slices.Sorted(maps.Keys(t.Outside)), Ills: []Ill{}}
	h.Processes = b.processes()
	h.Calls = b.calls()
	h.Events = b.events()
	for _, row := range now.Modules.GetModules() {
		h.Rooms = append(h.Rooms, b.room(row))
	}
	for _, m := range now.Measured {
		h.Stream += m.GetStreamBytes()
	}
	h.Ills = ills(h, now)
	return h
}

type builder struct {
	table       Table
	before, now Survey
	over        time.Duration
}

func (b builder) definition(name string) module.Definition {
	for _, d := range b.table.Modules {
		if d.Name == name {
			return d
		}
	}
	return module.Definition{Name: name}
}

func (b builder) member(process string) *processv1.Member {
	for _, m := range b.now.Processes {
		if m.GetProcess() == process {
			return m
		}
	}
	return nil
}

// main is the process that was asked: it tells of itself first.
func (b builder) main() *processv1.Member {
	if len(b.now.Processes) == 0 {
		return nil
	}
	return b.now.Processes[0]
}

func (b builder) processes() []Process {
	all := []Process{}
	for _, m := range b.now.Processes {
		p := Process{
			Name: m.GetProcess(), Main: m.GetMain(), Address: m.GetAddress(), Version: m.GetVersion(), Targets: append([]string{}, m.GetTargets()...),
			State: strings.ToLower(strings.TrimPrefix(m.GetState().String(), "STATE_")), Problem: m.GetProblem(), Modules: []string{},
		}
		for _, of := range m.GetModules() {
			p.Modules = append(p.Modules, of.GetModule())
		}
		for _, measured := range b.now.Measured {
			if measured.GetProcess() == p.Name {
				p.Uptime, p.Memory, p.Goroutine = measured.GetUptime().AsDuration(), measured.GetMemoryBytes(), measured.GetGoroutines()
			}
		}
		all = append(all, p)
	}
	return all
}

func (b builder) room(row *processv1.ModulesResponse_Module) Room {
	r := Room{
		Module: row.GetModule(), Mode: row.GetMode(), Place: row.GetPlace(), Wanted: row.GetWanted(), WantedProblem: row.GetWantedProblem(),
		Progress: row.GetProgress(), Weight: int(row.GetWeight()), DeadLetters: row.GetDeadLetters(), Health: Well, Problem: row.GetProblem(),
		Arms: b.arms(row), Databases: []Database{},
	}
	r.Methods = b.methods(r.Module, func(*processv1.Measured_Line) bool { return true })
	r.Slowest = slowest(r.Methods)
	for _, m := range r.Methods {
		r.Rate += m.Rate
		r.Errors += m.Errors
	}
	for _, measured := range b.now.Measured {
		r.Waiting += measured.GetWaiting()[r.Module]
		for _, e := range measured.GetEvents() {
			if e.GetModule() == r.Module {
				r.Outbox = max(r.Outbox, e.GetOutbox()) // copies share one outbox
				r.DeadLetters = max(r.DeadLetters, e.GetDeadLetters())
			}
		}
		for _, d := range measured.GetDatabases() {
			if d.GetModule() == r.Module {
				r.Databases = append(r.Databases, Database{
					Process: measured.GetProcess(), Dialect: d.GetDialect(), Store: d.GetStoreId(), Generation: d.GetGeneration(),
					Schema: d.GetSchema(), Bytes: d.GetBytes(), Commits: d.GetCommits(), Writes: d.GetWrites(), Problem: d.GetProblem(),
				})
			}
		}
	}
	r.Health = b.health(r, row)
	return r
}

// health tells a module that answers nothing from one that does part of its work.
func (b builder) health(r Room, row *processv1.ModulesResponse_Module) Health {
	units, problems := 0, 0
	for _, arm := range r.Arms {
		for _, u := range arm.Units {
			units++
			if u.Problem != "" {
				problems++
			}
		}
	}
	switch {
	case r.Mode == "" || units > 0 && problems == units:
		return Down
	case !row.GetHealthy() || problems > 0 || r.DeadLetters > 0 || r.Mode == "held" || r.Wanted != "":
		return Sick
	}
	for _, m := range r.Methods {
		if m.Kept == Broken {
			return Sick
		}
	}
	return Well
}

// arms shares the endpoints of a module out to its arms: they come in the same order.
func (b builder) arms(row *processv1.ModulesResponse_Module) []Arm {
	arms := []Arm{}
	endpoints := row.GetEndpoints()
	for _, of := range row.GetArms() {
		arm := Arm{Here: len(of.GetAddresses()) == 0, Units: []Unit{}}
		n := min(max(1, len(of.GetAddresses())), len(endpoints))
		for _, e := range endpoints[:n] {
			u := Unit{Process: e.GetProcess(), Address: e.GetAddress(), Generation: e.GetGeneration(), InFlight: e.GetCalls(), Problem: e.GetProblem()}
			if m := b.member(u.Process); m != nil {
				u.Version = m.GetVersion()
			} else if arm.Here {
				u.Version = b.main().GetVersion()
			}
			arm.Units = append(arm.Units, u)
		}
		endpoints = endpoints[n:]
		arms = append(arms, arm)
	}
	return arms
}

// methods adds up what was measured of a module's methods, over the lines that are
// chosen.
func (b builder) methods(name string, chosen func(*processv1.Measured_Line) bool) []Method {
	tallies := map[string]*tally{}
	for _, measured := range b.now.Measured {
		before := b.linesBefore(measured.GetProcess())
		for _, l := range measured.GetLines() {
			if l.GetModule() != name || !chosen(l) {
				continue
			}
			t := tallies[l.GetMethod()]
			if t == nil {
				t = newTally()
				tallies[l.GetMethod()] = t
			}
			t.add(l, before[l.GetCaller()+l.GetMethod()], b.over)
		}
	}
	all := []Method{}
	for _, m := range b.contract(name) {
		t := tallies[m.Name]
		if t == nil {
			t = newTally()
		}
		all = append(all, t.method(short(m.Name), m.P99))
	}
	return all
}

func (b builder) contract(name string) []contract.Method {
	d := b.definition(name)
	if d.Contract == nil {
		return nil
	}
	service, err := contract.Service(d.Contract.ServiceName)
	if err != nil {
		return nil // the route to it could not have been made
	}
	methods, _ := contract.Methods(service)
	return methods
}

// linesBefore are the lines of a process at the earlier look, by caller and method.
func (b builder) linesBefore(process string) map[string]*processv1.Measured_Line {
	lines := map[string]*processv1.Measured_Line{}
	for _, measured := range b.before.Measured {
		if measured.GetProcess() == process {
			for _, l := range measured.GetLines() {
				lines[l.GetCaller()+l.GetMethod()] = l
			}
		}
	}
	return lines
}

// short is a method's name without that of its service.
func short(method string) string { return method[strings.LastIndex(method, "/")+1:] }

// calls are the lines of all callers, declared or not, by caller and module.
func (b builder) calls() []Line {
	lines := []Line{}
	for _, caller := range b.callers() {
		for _, row := range b.now.Modules.GetModules() {
			if line, drawn := b.line(caller, row.GetModule()); drawn {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// callers are those from outside, and the modules in order of need, the last first: a
// caller comes before those it calls.
func (b builder) callers() []string {
	all := slices.Sorted(maps.Keys(b.table.Outside))
	rows := b.now.Modules.GetModules()
	for i := range rows {
		all = append(all, rows[len(rows)-1-i].GetModule())
	}
	return all
}

func (b builder) line(caller, name string) (line Line, drawn bool) {
	needs, declared := b.declared(caller)
	line = Line{Caller: caller, Module: name, Declared: slices.Contains(needs, name), Methods: []Method{}, Unused: []string{}, Kept: Unused}
	refused := map[string]int64{}
	for _, measured := range b.now.Measured {
		for _, l := range measured.GetLines() {
			if l.GetCaller() == caller && l.GetModule() == name && l.GetUndeclared() > 0 {
				refused[short(l.GetMethod())] += l.GetUndeclared()
			}
		}
		for _, r := range measured.GetRefused() {
			if r.GetCaller() == caller && r.GetModule() == name {
				refused[""] += r.GetCalls()
			}
		}
	}
	if len(refused) > 0 {
		line.Undeclared = refused
	}
	for _, m := range b.methods(name, func(l *processv1.Measured_Line) bool { return l.GetCaller() == caller }) {
		if m.Calls == 0 {
			if line.Declared && declares(declared, m.Name, b.definition(name)) {
				line.Unused = append(line.Unused, m.Name)
			}
			continue
		}
		line.Methods = append(line.Methods, m)
		line.Calls += m.Calls
		line.Rate += m.Rate
		line.Errors += m.Errors
		line.Kept = worst(line.Kept, m.Kept)
	}
	if len(refused) > 0 {
		line.Kept = NotDeclared
	}
	line.Slowest = slowest(line.Methods)
	return line, line.Declared || line.Calls > 0 || len(refused) > 0
}

// declared are the needs of a caller, and the methods it calls of them; nil: any.
func (b builder) declared(caller string) (needs, calls []string) {
	if outside, known := b.table.Outside[caller]; known {
		return outside, b.table.OutsideCalls[caller]
	}
	d := b.definition(caller)
	return d.Needs, d.Calls
}

// declares tells whether a method is named one by one. Who may call any has promised
// to call none.
func declares(calls []string, method string, of module.Definition) bool {
	return slices.ContainsFunc(calls, func(full string) bool {
		return short(full) == method && of.Contract != nil && strings.HasPrefix(full, "/"+of.Contract.ServiceName+"/")
	})
}

// events are those that modules declare to hear, by source, then by who hears them.
func (b builder) events() []Event {
	sources := map[string]string{}
	for _, d := range b.table.Modules {
		sources[d.Source()] = d.Name
	}
	all := []Event{}
	for _, d := range b.table.Modules {
		for _, kind := range d.Heard() {
			source, _, _ := strings.Cut(kind, ".")
			e := Event{Type: kind[strings.LastIndex(kind, ".")+1:], From: sources[source], To: d.Name}
			for _, measured := range b.now.Measured {
				e.Handled += handled(measured, d.Name, kind)
				e.Published += published(measured, e.From, kind)
				for _, before := range b.before.Measured {
					if before.GetProcess() == measured.GetProcess() {
						e.Rate += perSecond(since(handled(measured, d.Name, kind), handled(before, d.Name, kind)), b.over)
					}
				}
			}
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(x, y Event) int { return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To)) })
	return all
}

func handled(m *processv1.Measured, name, kind string) (n int64) {
	for _, e := range m.GetEvents() {
		if e.GetModule() == name {
			n += e.GetHandled()[kind]
		}
	}
	return n
}

func published(m *processv1.Measured, name, kind string) (n int64) {
	for _, e := range m.GetEvents() {
		if e.GetModule() == name {
			n += e.GetPublished()[kind]
		}
	}
	return n
}
