package floorplan

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestDurationsAreSecondsInJSON(t *testing.T) {
	m := Method{Name: "Get", P50: 500 * time.Microsecond, P99: 12 * time.Millisecond, Promised: 20 * time.Millisecond}
	out, err := json.Marshal(House{
		Over: 1500 * time.Millisecond, Rooms: []Room{{Module: "cart", Slowest: &m, Methods: []Method{m}}},
		Processes: []Process{{Name: "main", Uptime: time.Minute}},
	})
	if err != nil {
		t.Fatal(err)
	}
	method := `"p50_seconds":0.0005,"p99_seconds":0.012,"promised_p99_seconds":0.02}`
	for want, times := range map[string]int{
		`"over_seconds":1.5`: 1, method: 2, `"uptime_seconds":60`: 1, `"name":"Get"`: 2, `"module":"cart"`: 1, `"process":"main"`: 1,
	} {
		if got := strings.Count(string(out), want); got != times {
			t.Errorf("got %s %d times, want %d:\n%s", want, got, times, out)
		}
	}
}
