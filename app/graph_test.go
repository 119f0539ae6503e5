package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"galleria/app/floorplan"
	"galleria/app/shoptest"
)

func TestTheFloorPlanShowsWhereEverythingRuns(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{Apart: []string{"payments"}})
	graph := func(arguments ...string) string {
		t.Helper()
		out, code := shop.Run(t, append([]string{"graph", "--over", "300ms"}, arguments...)...)
		if code != 0 {
			t.Fatalf("galleria graph %v: exit %d: %s", arguments, code, out)
		}
		return out
	}
	shop.Browse(t).Open("/products/round-teapot")
	var house floorplan.House
	if err := json.Unmarshal([]byte(graph("--format", "json")), &house); err != nil {
		t.Fatal(err)
	}
	if len(house.Rooms) != len(shoptest.Modules) || len(house.Processes) != 2 {
		t.Errorf("got %d rooms and %d processes, want %d and 2", len(house.Rooms), len(house.Processes), len(shoptest.Modules))
	}
	payments, _ := house.Room("payments")
	if payments.Mode != "remote" || len(payments.Arms) != 1 || payments.Arms[0].Here || payments.Arms[0].Units[0].Address != shop.Address("payments") {
		t.Errorf("got %+v, want payments at %s", payments, shop.Address("payments"))
	}
	if len(payments.Databases) != 1 || payments.Databases[0].Bytes == 0 {
		t.Errorf("got databases %+v, want that of payments as its own process tells of it", payments.Databases)
	}
	var called bool
	for _, l := range house.Calls {
		called = called || l.Caller == "edge" && l.Module == "catalog" && l.Calls > 0
		if l.Kept == floorplan.NotDeclared {
			t.Errorf("%s calls %s without declaring it: %v", l.Caller, l.Module, l.Undeclared)
		}
	}
	if !called {
		t.Error("a page was looked at, and the edge is said never to have called the catalog")
	}
	for format, want := range map[string]string{"svg": `id="room-payments-0"`, "mermaid": `payments[["payments`} {
		if out := graph("--format", format); !strings.Contains(out, want) {
			t.Errorf("the floor plan as %s lacks %q", format, want)
		}
	}
	if out, code := shop.Run(t, "graph", "--format", "png"); code != 2 || !strings.Contains(out, "svg, mermaid or json") {
		t.Errorf("--format png: got exit %d and %q, want a usage error that names the formats", code, out)
	}
}
