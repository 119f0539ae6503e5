package heap_test

import (
	"runtime"
	"runtime/debug"
	"testing"

	"galleria/platform/heap"
)

// nextCollection is the size of the heap at which the collector works again.
func nextCollection() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.NextGC
}

func TestTheCollectorWaitsForMoreGarbage(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	release := heap.Raise()
	if got := nextCollection(); got < 2*heap.Floor {
		t.Errorf("the next collection is at %d bytes, want at least %d", got, 2*heap.Floor)
	}
	release()
	release = nil
	if got := nextCollection(); got > heap.Floor {
		t.Errorf("after the release the next collection is at %d bytes, want less than %d", got, heap.Floor)
	}
}

func TestAnOperatorWhoSetsTheCollectorDecidesAlone(t *testing.T) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOGC", "")
			t.Setenv("GOMEMLIMIT", "")
			t.Setenv(name, "200")
			defer debug.SetGCPercent(debug.SetGCPercent(100))
			defer heap.Raise()()
			if got := nextCollection(); got > heap.Floor {
				t.Errorf("the next collection is at %d bytes, want less than %d", got, heap.Floor)
			}
		})
	}
}
