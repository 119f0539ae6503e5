package process

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"galleria/platform/durable/durabletest"
	"galleria/platform/events"
	processv1 "galleria/platform/process/v1"
	probev1 "galleria/platform/route/probe/v1"
)

// makeNotes lets alpha note the next n numbers, and publish them.
func makeNotes(t *testing.T, p *Process, n int) {
	t.Helper()
	client := probev1.NewProbeServiceClient(p.Connect(tester, "alpha"))
	for range n {
		if _, err := client.Once(t.Context(), &probev1.OnceRequest{}); err != nil {
			t.Fatalf("note: %v", err)
		}
	}
}

func notesOf(t *testing.T, p *Process, module string) []string {
	t.Helper()
	var all []string
	if err := p.Running(module).DB.Read(t.Context()).Raw("SELECT text FROM notes ORDER BY n").Scan(&all).Error; err != nil {
		t.Fatalf("read the notes of %s: %v", module, err)
	}
	return all
}

// wantHeard waits until beta, in p, has heard of the first n notes, of each
// once and in order.
func wantHeard(t *testing.T, p *Process, n int) {
	t.Helper()
	eventually(t, "events beta handled", n, func() int { return len(notesOf(t, p, "beta")) })
	var want []string
	for i := range n {
		want = append(want, fmt.Sprint(i+1))
	}
	if got := notesOf(t, p, "beta"); !slices.Equal(got, want) {
		t.Errorf("beta heard %v, want %v", got, want)
	}
}

func TestEventsReachSubscribersInOtherProcessesAndFollowThem(t *testing.T) {
	h := newHouse(t)
	h.repaired.Store(true)
	main := h.start("main", nil)
	makeNotes(t, main, 5)
	wantHeard(t, main, 5)

	// The subscriber moves out: the tunnel is its way to the broker.
	other := h.start("other", places{"beta": here}, peerOf(main))
	if err := main.Apply(t.Context(), places{"beta": at(other)}); err != nil {
		t.Fatal(err)
	}
	makeNotes(t, main, 5)
	wantHeard(t, other, 10)

	// The publisher moves out too, and learns of the broker through a process
	// that reaches it through a tunnel itself.
	third := h.start("third", places{"alpha": here}, peerOf(other))
	if err := main.Apply(t.Context(), places{"alpha": at(third)}); err != nil {
		t.Fatal(err)
	}
	if err := other.Apply(t.Context(), places{"alpha": at(third)}); err != nil {
		t.Fatal(err)
	}
	makeNotes(t, main, 5)
	wantHeard(t, other, 15)

	// And both come home, while events come in.
	if err := main.Apply(t.Context(), places{"beta": here}); err != nil {
		t.Fatal(err)
	}
	makeNotes(t, main, 5)
	if err := main.Apply(t.Context(), places{"alpha": here}); err != nil {
		t.Fatal(err)
	}
	stop(t, third) // what it did not publish any more, main does
	stop(t, other)
	wantHeard(t, main, 20)
}

func TestThingsGoOnWhenTheProcessWithTheBrokerIsStartedAgain(t *testing.T) {
	h := newHouse(t)
	h.repaired.Store(true)
	address := freeAddress(t)
	listen := func(o *Options) { o.Listen = address }
	main := h.start("main", places{}, listen)
	other := h.start("other", places{"alpha": here, "beta": here}, peerOf(main))
	if err := main.Apply(t.Context(), places{"alpha": at(other), "beta": at(other)}); err != nil {
		t.Fatal(err)
	}
	edge := h.start("edge", nil, peerOf(main))
	makeNotes(t, edge, 3)
	wantHeard(t, other, 3)

	stop(t, main)
	wantAnswerFrom(t, edge, "other") // what runs elsewhere does not need it
	makeNotes(t, edge, 3)
	eventually(t, "the broker's absence is seen", false, other.EventsConnected)
	if backlog, err := events.Backlog(t.Context(), other.Running("alpha").DB); err != nil || backlog == 0 {
		t.Errorf("got %d events in the outbox and error %v, want them to wait there", backlog, err)
	}

	main = h.start("main again", places{"alpha": at(other), "beta": at(other)}, listen)
	wantHeard(t, other, 6)
	wantAnswerFrom(t, edge, "other")
	// The peer is followed again.
	if err := main.Apply(t.Context(), places{"alpha": here}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "alpha's process", "main again", func() string { got, _ := ask(t, edge); return got })
}

// TestABrokerThatCannotWriteIsNotConnected, whether it is in this process or in another
// one: the connection is open, and events are not kept.
func TestABrokerThatCannotWriteIsNotConnected(t *testing.T) {
	durabletest.OnSmallDisk(t, func(t *testing.T, disk string) {
		h := newHouse(t)
		h.repaired.Store(true)
		if err := os.Symlink(disk, filepath.Join(h.dir, "events")); err != nil {
			t.Fatal(err)
		}
		main := h.start("main", nil)
		other := h.start("other", nil, peerOf(main))
		connected := func() [2]bool { return [2]bool{main.EventsConnected(), other.EventsConnected()} }
		eventually(t, "both are connected", [2]bool{true, true}, connected)
		free := durabletest.Fill(t, disk)
		eventually(t, "neither is connected", [2]bool{false, false}, func() [2]bool {
			makeNotes(t, main, 1)
			return connected()
		})
		if err := main.EventsProblem(); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("got %v, want the reason", err)
		}
		free()
		eventually(t, "both are connected", [2]bool{true, true}, connected)
	})
}

func TestWithoutEventsTheBrokerIsLeftAlone(t *testing.T) {
	h := newHouse(t)
	h.repaired.Store(true)
	quiet := h.start("quiet", nil, func(o *Options) { o.NoEvents = true })
	if quiet.EventsConnected() {
		t.Error("connected to a broker it was told to leave alone")
	}
	makeNotes(t, quiet, 3)
	loud := h.start("loud", nil) // the broker's directory is free
	wantHeard(t, loud, 3)
}

func TestAProcessWhosePeersHaveNoBrokerSaysSo(t *testing.T) {
	h := newHouse(t)
	quiet := h.start("quiet", nil, func(o *Options) { o.NoEvents = true })
	p := h.start("beside", nil, peerOf(quiet))
	if p.EventsConnected() {
		t.Error("connected to a broker that is not there")
	}
	stop(t, p) // while it goes on trying
}

func TestAQuestionIsPassedOnButNotInACircle(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	other := h.start("other", places{"beta": here}, peerOf(main))
	if err := main.Apply(t.Context(), places{"beta": at(other)}); err != nil {
		t.Fatal(err)
	}
	for hops, want := range map[string]codes.Code{"0": codes.OK, "2": codes.OK, "3": codes.Unavailable, "many": codes.Unavailable, "-1": codes.Unavailable} {
		ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("x-hops", hops))
		_, err := service{process: main}.ListDeadLetters(ctx, &processv1.ListDeadLettersRequest{Module: "beta"})
		if status.Code(err) != want {
			t.Errorf("passed on %s times: got %v, want %s", hops, err, want)
		}
	}
}
