package process

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	processv1 "galleria/platform/process/v1"
)

func TestARefusalIsLoggedOnceAMinute(t *testing.T) {
	now := time.Unix(0, 0)
	r := newRefusals(func() time.Time { return now })
	for range 3 {
		for i := range 60 {
			_, ok := r.shouldLog("spiffe://one", "because")
			if ok != (i == 0) {
				t.Fatalf("second %d: got %t", i, ok)
			}
			now = now.Add(time.Second)
		}
	}
	if repeats, ok := r.shouldLog("spiffe://one", "because"); repeats != 59 || !ok {
		t.Errorf("got %d not logged and %t, want the 59 of the last minute", repeats, ok)
	}
	if repeats, ok := r.shouldLog("spiffe://one", "another cause"); repeats != 0 || !ok {
		t.Errorf("another cause: got %d not logged and %t", repeats, ok)
	}
	for i := range 2 * maxRefusals {
		r.shouldLog(fmt.Sprint(i))
	}
	if len(r.of) > maxRefusals {
		t.Errorf("%d are told apart, want at most %d", len(r.of), maxRefusals)
	}
}

// TestAProcessThatIsTurnedAwayAgainAndAgainIsLoggedOnce with each cause.
func TestAProcessThatIsTurnedAwayAgainAndAgainIsLoggedOnce(t *testing.T) {
	h := newHouse(t)
	var log book
	main := h.start("main", nil, logTo(&log))
	way := h.foreignPeer(main, "beta")
	for range 5 {
		for _, name := range []string{"greedy", "greedier"} {
			greedy := &processv1.Member{Process: name, Modules: []*processv1.Member_Module{{Module: "alpha"}}}
			if _, _, err := introduced(t, way, greedy); status.Code(err) != codes.PermissionDenied {
				t.Fatalf("got %v, want it refused", err)
			}
		}
	}
	for _, name := range []string{"greedy", "greedier"} {
		if got := log.lines("refused at the door", "process "+name+" says"); got != 1 {
			t.Errorf("%s was refused 5 times for one cause and logged %d times, want once", name, got)
		}
	}
}
