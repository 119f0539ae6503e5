package cli

import (
	"bytes"
	"encoding/json"
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
