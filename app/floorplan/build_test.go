package floorplan

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
	probev1 "galleria/platform/route/probe/v1"
)

const (
	echo = probev1.ProbeService_Echo_FullMethodName
	once = probev1.ProbeService_Once_FullMethodName
)

var declared = Table{
	Modules: []module.Definition{
		{Name: "probe", Contract: &probev1.ProbeService_ServiceDesc},
		{Name: "relay", Contract: &probev1.RelayService_ServiceDesc, Needs: []string{"probe"}, Calls: []string{echo, once}, Hears: []proto.Message{&probev1.Noted{}}},
	},
	Outside: map[string][]string{"edge": {"probe"}},
}

func row(name, mode string, arms ...[]string) *processv1.ModulesResponse_Module {
	row := &processv1.ModulesResponse_Module{Module: name, Mode: mode, Place: mode, Healthy: true}
	for _, addresses := range arms {
		row.Arms = append(row.Arms, &processv1.ModulesResponse_Arm{Addresses: addresses})
		if len(addresses) == 0 {
			row.Endpoints = append(row.Endpoints, &processv1.ModulesResponse_Endpoint{Process: "main"})
		}
		for _, address := range addresses {
			row.Endpoints = append(row.Endpoints, &processv1.ModulesResponse_Endpoint{Process: "at " + address, Address: address})
		}
	}
	return row
}

var here = []string{}

// calls is a line after so many calls that took so long each.
func calls(caller, method string, n, errors int64, took time.Duration) *processv1.Measured_Line {
	return &processv1.Measured_Line{
		Caller: caller, Module: "probe", Method: method, Calls: n, Errors: errors,
		Buckets: []*processv1.Measured_Bucket{{UpTo: durationpb.New(took), Calls: n}},
	}
}

func seen(rows []*processv1.ModulesResponse_Module, lines ...*processv1.Measured_Line) Survey {
	return Survey{
		Modules:   &processv1.ModulesResponse{Modules: rows},
		Processes: []*processv1.Member{{Process: "main", Main: true, State: processv1.Member_STATE_ANSWERING, Version: "v1"}, {Process: "at 10.0.0.1:7071", Version: "v2", State: processv1.Member_STATE_ANSWERING}},
		Measured:  []*processv1.Measured{{Process: "main", Lines: lines}},
	}
}

func atHome() []*processv1.ModulesResponse_Module {
	return []*processv1.ModulesResponse_Module{row("probe", "local", here), row("relay", "local", here)}
}

func lineOf(t *testing.T, h House, caller, callee string) Line {
	t.Helper()
	for _, l := range h.Calls {
		if l.Caller == caller && l.Module == callee {
			return l
		}
	}
	t.Fatalf("there is no line from %s to %s among %v", caller, callee, h.Calls)
	return Line{}
}

func TestRatesAreThoseSinceTheEarlierLook(t *testing.T) {
	before := seen(atHome(), calls("relay", echo, 1000, 0, time.Second))
	now := seen(atHome(), calls("relay", echo, 1000, 0, time.Second), calls("edge", echo, 40, 0, time.Millisecond))
	now.Measured[0].Lines[0].Calls += 200
	now.Measured[0].Lines[0].Buckets = append([]*processv1.Measured_Bucket{{UpTo: durationpb.New(500 * time.Microsecond), Calls: 200}}, now.Measured[0].Lines[0].Buckets...)
	h := Build(declared, before, now, 2*time.Second)
	l := lineOf(t, h, "relay", "probe")
	if l.Rate != 100 || l.Calls != 1200 || l.Slowest == nil || l.Slowest.P99 != 500*time.Microsecond || l.Kept != AsPromised {
		t.Errorf("got %+v (slowest %+v), want 100 calls a second at 0.5 ms, the slow ones of before forgotten", l, l.Slowest)
	}
	if r, _ := h.Room("probe"); r.Rate != 120 {
		t.Errorf("got %v calls a second in the room, want those of both callers, 120", r.Rate)
	}
}

func TestACounterThatBeganAnewIsNotNegative(t *testing.T) {
	h := Build(declared, seen(atHome(), calls("edge", echo, 1000, 0, time.Millisecond)), seen(atHome(), calls("edge", echo, 10, 0, time.Millisecond)), time.Second)
	if l := lineOf(t, h, "edge", "probe"); l.Rate != 10 {
		t.Errorf("got %v calls a second, want 10", l.Rate)
	}
}

func TestALineSaysHowThePromiseIsKept(t *testing.T) {
	for name, c := range map[string]struct {
		lines []*processv1.Measured_Line
		kept  Kept
		ill   string
	}{
		"quick":          {[]*processv1.Measured_Line{calls("relay", echo, 100, 0, time.Millisecond)}, AsPromised, ""},
		"late":           {[]*processv1.Measured_Line{calls("relay", echo, 100, 0, time.Minute)}, Broken, "Echo takes 60 s"},
		"one is late":    {[]*processv1.Measured_Line{calls("relay", echo, 1, 0, time.Minute)}, AsPromised, ""},
		"failing":        {[]*processv1.Measured_Line{calls("relay", echo, 100, 5, time.Millisecond)}, Broken, "Echo fails: 5.0 % errors"},
		"one has failed": {[]*processv1.Measured_Line{calls("relay", echo, 1000, 1, time.Millisecond)}, Nearly, ""},
		"never called":   {nil, Unused, ""},
		"refused":        {[]*processv1.Measured_Line{{Caller: "relay", Module: "probe", Method: echo, Undeclared: 2}}, NotDeclared, "relay calls probe without declaring it: Echo"},
	} {
		t.Run(name, func(t *testing.T) {
			h := Build(declared, seen(atHome()), seen(atHome(), c.lines...), time.Second)
			if l := lineOf(t, h, "relay", "probe"); l.Kept != c.kept {
				t.Errorf("got %s, want %s: %+v", l.Kept, c.kept, l)
			}
			said := ""
			for _, ill := range h.Ills {
				said += ill.Text + "\n"
			}
			if c.ill == "" && said != "" || !strings.Contains(said, c.ill) {
				t.Errorf("got ills %q, want %q", said, c.ill)
			}
		})
	}
	before := calls("relay", echo, 10_000, 0, time.Millisecond)
	late := calls("relay", echo, 10_000, 0, time.Millisecond)
	late.Calls += 5 // too few for a p99 of their own
	late.Buckets = append(late.Buckets, &processv1.Measured_Bucket{UpTo: durationpb.New(time.Minute), Calls: 5})
	if h := Build(declared, seen(atHome(), before), seen(atHome(), late), time.Second); len(h.Ills) != 1 || !strings.Contains(h.Ills[0].Text, "Echo is late: 100.0 % of calls took longer than") {
		t.Errorf("got ills %+v, want Echo late, not failing", h.Ills)
	}
	idle := seen(atHome(), calls("relay", echo, 100, 50, time.Minute))
	if l := lineOf(t, Build(declared, idle, idle, time.Second), "relay", "probe"); l.Kept != Idle {
		t.Errorf("got %s for calls before the earlier look, want %s", l.Kept, Idle)
	}
}

func TestNeedsThatAreDeclaredAndNotUsedAreNamed(t *testing.T) {
	h := Build(declared, seen(atHome()), seen(atHome(), calls("relay", echo, 5, 0, time.Millisecond)), time.Second)
	if l := lineOf(t, h, "relay", "probe"); len(l.Unused) != 1 || l.Unused[0] != "Once" {
		t.Errorf("got unused %v, want Once", l.Unused)
	}
	if svg := h.SVG(Options{}); !strings.Contains(svg, "edge declares that it needs probe, and has not called it") || !strings.Contains(svg, `class="w w-unused"`) {
		t.Error("the picture does not mark the need that was never used")
	}
}

func TestACallerWithoutTheNeedIsDrawn(t *testing.T) {
	now := seen(atHome())
	now.Measured[0].Refused = []*processv1.Measured_Refused{{Caller: "probe", Module: "relay", Calls: 3}}
	h := Build(declared, seen(atHome()), now, time.Second)
	if l := lineOf(t, h, "probe", "relay"); l.Declared || l.Kept != NotDeclared || l.Undeclared[""] != 3 {
		t.Errorf("got %+v, want a line that is used and not declared", l)
	}
	if svg := h.SVG(Options{}); !strings.Contains(svg, `class="w w-undeclared"`) {
		t.Error("the picture does not mark it")
	}
}

func TestARoomSaysWhereItsModuleIsAndHowItDoes(t *testing.T) {
	canary := row("probe", "canary", here, []string{"10.0.0.1:7071"})
	canary.Weight = 10
	copies := row("relay", "remote", []string{"10.0.0.1:7071", "10.0.0.2:7071"})
	copies.Endpoints[1].Problem = "cannot be reached"
	h := Build(declared, Survey{}, seen([]*processv1.ModulesResponse_Module{canary, copies}), time.Second)
	probe, relay := h.Rooms[0], h.Rooms[1]
	if probe.Weight != 10 || len(probe.Arms) != 2 || !probe.Arms[0].Here || probe.Arms[1].Here || probe.Arms[1].Units[0].Version != "v2" || probe.Health != Well {
		t.Errorf("got %+v, want a canary of 10 %% that runs version v2", probe)
	}
	if len(relay.Arms) != 1 || len(relay.Arms[0].Units) != 2 || relay.Health != Sick {
		t.Errorf("got %+v, want two copies, one of which can't be reached", relay)
	}
	if len(h.Ills) != 1 || h.Ills[0].Text != "relay at 10.0.0.2:7071: cannot be reached" {
		t.Errorf("got ills %v", h.Ills)
	}
	copies.Endpoints[0].Problem = "cannot be reached"
	copies.Healthy, copies.Problem = false, "nothing answers"
	h = Build(declared, Survey{}, seen([]*processv1.ModulesResponse_Module{canary, copies}), time.Second)
	if h.Rooms[1].Health != Down || h.Ills[0].Health != Down || h.headline() != "1 of 2 modules is down" {
		t.Errorf("got %s and %q, want a module that is down", h.Rooms[1].Health, h.headline())
	}
	held := row("probe", "held")
	h = Build(declared, Survey{}, seen([]*processv1.ModulesResponse_Module{held, row("relay", "")}), time.Second)
	if h.Rooms[0].Health != Sick || h.Rooms[1].Health != Down {
		t.Errorf("got held %s and nowhere %s, want ill and down", h.Rooms[0].Health, h.Rooms[1].Health)
	}
}

func TestEventsAreCountedFromThoseWhoPublishToThoseWhoHear(t *testing.T) {
	state := func(published, handled, letters int64) Survey {
		s := seen(atHome())
		s.Measured[0].Events = []*processv1.Measured_Events{
			{Module: "probe", Published: map[string]int64{"platform.route.probe.v1.Noted": published}},
			{Module: "relay", Handled: map[string]int64{"platform.route.probe.v1.Noted": handled}, DeadLetters: letters},
		}
		s.Measured[0].Waiting = map[string]int64{"relay": published - handled}
		return s
	}
	h := Build(declared, state(10, 10, 0), state(50, 30, 1), 10*time.Second)
	if len(h.Events) != 1 {
		t.Fatalf("got events %v, want Noted", h.Events)
	}
	if e := h.Events[0]; e.Type != "Noted" || e.To != "relay" || e.Rate != 2 || e.Handled != 30 {
		t.Errorf("got %+v, want 2 events a second to relay", e)
	}
	if r, _ := h.Room("relay"); r.Waiting != 20 || r.DeadLetters != 1 || r.Health != Sick {
		t.Errorf("got %+v, want 20 events that wait and a dead letter", r)
	}
}

func TestTheFlowchartHasEveryModuleAndLine(t *testing.T) {
	h := shop(map[string]Room{"payments": away("remote", 1), "cart": away("canary", 0, 1)})
	chart := h.Mermaid()
	for _, want := range []string{"flowchart LR", `catalog["catalog`, `payments[["payments`, `cart -. "25 %" .- cart_1`, `edge -- "12/s" --> cart`, `orders -. "OrderPlaced" .-> notifications`} {
		if !strings.Contains(chart, want) {
			t.Errorf("the flowchart lacks %q:\n%s", want, chart)
		}
	}
}
