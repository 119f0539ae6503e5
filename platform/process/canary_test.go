package process

import (
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/platform/durable"
	"galleria/platform/route"
)

// slowDisk is a disk that stands still when a canary makes its second step, from when that
// is received from reached until goOn is called.
type slowDisk struct {
	reached, resumed chan struct{}
	goOn             func()
}

func (d slowDisk) write(file string, data []byte) error {
	if strings.Contains(string(data), `"weight":50`) {
		d.reached <- struct{}{}
		<-d.resumed
	}
	return durable.WriteFile(file, data)
}

// canariedOnSlowDisk is a main process whose disk stands still while its canary makes its
// second step.
func canariedOnSlowDisk(t *testing.T) (main *Process, wanted route.Place, disk slowDisk) {
	t.Helper()
	h := newHouse(t)
	resumed := make(chan struct{})
	disk = slowDisk{make(chan struct{}, 1), resumed, sync.OnceFunc(func() { close(resumed) })}
	main = h.create("main")
	main.writeProgress = disk.write
	t.Cleanup(disk.goOn) // before the process is stopped, whatever the test came to
	if err := main.Start(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	_, wanted = canaryOf(t, h, main, &atomic.Bool{})
	deadline := time.After(patience)
	for {
		once(t, main, 20)
		select {
		case <-disk.reached:
			return main, wanted, disk
		case <-deadline:
			progress, _ := main.Progress("alpha")
			t.Fatalf("the canary is at %s, want its second step", progress)
		default:
		}
	}
}

func TestASlowDiskUnderACanaryHoldsUpNothingElse(t *testing.T) {
	main, _, disk := canariedOnSlowDisk(t)
	asked := make(chan Progress, 1)
	go func() {
		main.Place("beta")
		main.places()
		progress, _ := main.Progress("alpha")
		asked <- progress
	}()
	select {
	case progress := <-asked:
		if weight := main.routes["alpha"].Target().Place().Weight; progress.Weight != 10 || weight != 10 {
			t.Errorf("the canary says %s and is at %d %%, want 10 %% until the step is on disk", progress, weight)
		}
	case <-time.After(10 * time.Second):
		t.Error("the process does not say where its modules are while its disk is slow")
	}
	disk.goOn()
	eventually(t, "the step once the disk goes on", true, func() bool {
		progress, _ := main.Progress("alpha")
		return progress.Weight >= 50
	})
}

// TestAStepThatWasWrittenLateBringsNoCanaryBack: its module is at another place by then.
func TestAStepThatWasWrittenLateBringsNoCanaryBack(t *testing.T) {
	main, wanted, disk := canariedOnSlowDisk(t)
	moved := make(chan error, 1)
	go func() { moved <- main.Apply(t.Context(), places{"alpha": wanted.Arms[0]}) }()
	eventually(t, "the place", true, func() bool { return main.Place("alpha").Equal(wanted.Arms[0]) })
	select {
	case err := <-moved:
		t.Errorf("the move ended with %v while an earlier step was still to be written over what it keeps", err)
		moved <- nil
	case <-time.After(200 * time.Millisecond):
	}
	disk.goOn()
	if err := <-moved; err != nil {
		t.Fatal(err)
	}
	stop(t, main) // nothing is written after that
	if data, err := os.ReadFile(main.progressFile("alpha")); !os.IsNotExist(err) {
		t.Errorf("got the progress %s (error %v), want none of a place that is no canary", data, err)
	}
}
