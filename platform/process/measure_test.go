package process

import (
	"testing"

	processv1 "galleria/platform/process/v1"
)

func TestEveryProcessTellsWhatItMeasured(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	other := h.start("other", places{"beta": here}, peerOf(main))
	if err := main.Apply(t.Context(), places{"beta": at(other)}); err != nil {
		t.Fatal(err)
	}
	makeNotes(t, main, 3)
	var measured map[string]*processv1.Measured
	// An event can be handled before its publisher has counted it.
	eventually(t, "events published here and handled in the other process", [2]int64{3, 3}, func() (n [2]int64) {
		out, err := h.client(main).Measure(t.Context(), &processv1.MeasureRequest{Others: true})
		if err != nil {
			t.Fatal(err)
		}
		measured = map[string]*processv1.Measured{}
		for _, m := range out.GetProcesses() {
			measured[m.GetProcess()] = m
		}
		for _, e := range measured[main.name].GetEvents() {
			n[0] += e.GetPublished()["platform.route.probe.v1.Noted"]
		}
		for _, e := range measured[other.name].GetEvents() {
			n[1] += e.GetHandled()["platform.route.probe.v1.Noted"]
		}
		return n
	})
	here, there := measured[main.name], measured[other.name]
	if here.GetProblem() != "" || here.GetUptime().AsDuration() <= 0 || here.GetMemoryBytes() < 1<<20 || here.GetGoroutines() < 1 {
		t.Errorf("got %v, want uptime, memory and goroutines of the main process", here)
	}
	if _, known := here.GetWaiting()["beta"]; !known {
		t.Errorf("got waiting events %v, want those of beta from the process with the broker", here.GetWaiting())
	}
	if len(here.GetDatabases()) != 1 || len(there.GetDatabases()) != 1 {
		t.Fatalf("got databases %v and %v, want alpha's here and beta's there", here.GetDatabases(), there.GetDatabases())
	}
	db := there.GetDatabases()[0]
	if db.GetModule() != "beta" || db.GetDialect() != "sqlite" || db.GetStoreId() == "" || db.GetSchema() != 1 || db.GetBytes() < 4096 || db.GetProblem() != "" {
		t.Errorf("got %v, want the database of beta after one migration", db)
	}
	stop(t, other)
	eventually(t, "that the stopped process is not among them", 1, func() int {
		return len(main.MeasureAll(t.Context()))
	})
}

func TestACallOfWhoDoesNotDeclareTheNeedIsCounted(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	if err := callAs(t, stranger, h.identity(stranger), main.Address()); err == nil {
		t.Fatal("the call was answered")
	}
	measured := main.Measure(t.Context())
	if r := measured.GetRefused(); len(r) != 1 || r[0].GetCaller() != stranger || r[0].GetModule() != "alpha" || r[0].GetCalls() != 1 {
		t.Errorf("got refused %v, want one call of %s to alpha", r, stranger)
	}
}
