package events

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server/ats"
)

func TestTheServersClockIsSetSeldom(t *testing.T) {
	t.Parallel()
	openBroker(t, t.TempDir())
	stacks := make([]byte, 8<<20)
	if stacks = stacks[:runtime.Stack(stacks, true)]; strings.Contains(string(stacks), "server/ats.") {
		t.Error("the server sets its clock by itself, ten times a second")
	}
	before := ats.AccessTime()
	for began := time.Now(); ats.AccessTime() == before; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatal("the server's clock stands still")
		}
	}
	if off := time.Since(time.Unix(0, ats.AccessTime())).Abs(); off > patience {
		t.Errorf("the server's clock is off by %s", off)
	}
}
