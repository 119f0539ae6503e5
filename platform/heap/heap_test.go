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

func TestWhatIsFreeGoesBackToTheSystem(t *testing.T) {
	free := func() uint64 { // held from the system without use
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapIdle - m.HeapReleased
	}
	loaded := make([][]byte, 64)
	for i := range loaded {
		loaded[i] = make([]byte, 1<<20)
	}
	runtime.KeepAlive(loaded)
	loaded = nil
	runtime.GC()
	before := free()
	heap.Settle()
	if after := free(); before < 32<<20 || after > before/2 {
		t.Errorf("free and held: got %d bytes, and %d before, want most of 64 MiB given back", after, before)
	}
}
