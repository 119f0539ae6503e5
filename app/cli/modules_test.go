package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	processv1 "galleria/platform/process/v1"
)

func TestTheTableForProgramsSaysWhatIsWrongWithTheEvents(t *testing.T) {
	for _, problem := range []string{"", "the disk is full"} {
		var out bytes.Buffer
		err := printModulesJSON(&out, &processv1.ModulesResponse{
			Modules: []*processv1.ModulesResponse_Module{{Module: "cart"}}, EventsProblem: problem,
		})
		var said struct {
			Modules       []struct{ Module string }
			EventsProblem *string `json:"events_problem"`
		}
		if err != nil || json.Unmarshal(out.Bytes(), &said) != nil || len(said.Modules) != 1 || said.Modules[0].Module != "cart" {
			t.Fatalf("got error %v and\n%s\nwant one object with one module", err, out.String())
		}
		if (said.EventsProblem != nil) != (problem != "") || problem != "" && *said.EventsProblem != problem {
			t.Errorf("got\n%s\nwant the problem %q and nothing when there is none", out.String(), problem)
		}
	}
}

// TestATableSaysWhichProcessIsIll of those that serve a module that does well without it,
// and keeps each module on its line.
func TestATableSaysWhichProcessIsIll(t *testing.T) {
	var out bytes.Buffer
	err := printModules(&out, &processv1.ModulesResponse{Modules: []*processv1.ModulesResponse_Module{
		{Module: "cart", Healthy: true, Endpoints: []*processv1.ModulesResponse_Endpoint{{Address: "10.0.0.5:7071"}, {Address: "10.0.0.6:7071", Problem: "silent"}}},
		{Module: "orders", Problem: "the disk\nis full"},
		{Module: "payments", Healthy: true},
	}, EventsProblem: "events wait:\nno space"}, false)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 5 {
		t.Fatalf("got %d lines, want a head, three modules and the events:\n%s", len(lines), out.String())
	}
	for i, want := range []string{"HEALTH", "ok, without 10.0.0.6:7071", "the disk is full", "ok ", "Events wait: no space."} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d: got %q, want %q in it", i, lines[i], want)
		}
	}
}
