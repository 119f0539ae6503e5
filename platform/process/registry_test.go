package process

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// introduced joins by hand, as member, and gives the first answer.
func introduced(t *testing.T, way *peer, member *processv1.Member) (processv1.ProcessService_JoinClient, *processv1.JoinResponse, error) {
	t.Helper()
	return introducedAs(t, way, &processv1.JoinRequest{Self: member})
}

func introducedAs(t *testing.T, way *peer, said *processv1.JoinRequest) (processv1.ProcessService_JoinClient, *processv1.JoinResponse, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	stream, err := processv1.NewProcessServiceClient(way.conn).Join(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(said); err != nil {
		t.Fatal(err)
	}
	told, err := stream.Recv()
	return stream, told, err
}

// memberOf is what p says of the process other; nil when it does not know it.
func memberOf(p *Process, other string) *processv1.Member {
	for _, m := range p.Processes() {
		if m.GetProcess() == other {
			return m
		}
	}
	return nil
}

func modulesOf(m *processv1.Member) string {
	var all []string
	for _, module := range m.GetModules() {
		all = append(all, strings.TrimSuffix(module.GetModule()+" "+module.GetProblem(), " "))
	}
	return strings.Join(all, ", ")
}

func TestEveryProcessLearnsWhoTheOthersAre(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil, func(o *Options) { o.Targets, o.Version = []string{"all"}, "v1" })
	between := h.start("between", places{"alpha": here}, peerOf(main))
	far := h.start("far", places{"beta": here}, peerOf(between), func(o *Options) { o.Targets, o.Version = []string{"beta"}, "v2" })
	for _, p := range []*Process{main, between, far} {
		for _, want := range []struct {
			of      *Process
			modules string
		}{{main, "alpha, beta"}, {between, "alpha"}, {far, "beta"}} {
			eventually(t, "what "+p.name+" knows of "+want.of.name, want.modules+" at "+want.of.Address(), func() string {
				m := memberOf(p, want.of.name)
				return modulesOf(m) + " at " + m.GetAddress()
			})
		}
	}
	said, err := h.client(main).Processes(t.Context(), &processv1.ProcessesRequest{})
	if err != nil || len(said.GetProcesses()) != 3 {
		t.Fatalf("got %v and error %v, want three processes", said, err)
	}
	first := said.GetProcesses()[0]
	if first.GetProcess() != main.name || !first.GetMain() || first.GetVersion() != "v1" || !slices.Equal(first.GetTargets(), []string{"all"}) || !first.GetStarted().IsValid() {
		t.Errorf("got %v first, want the main process and what it runs", first)
	}
	if m := memberOf(main, far.name); m.GetMain() || m.GetVersion() != "v2" || m.GetState() != processv1.Member_STATE_ANSWERING {
		t.Errorf("got %v of a process beside it, want all that it said", m)
	}

	// What it runs is told when it changes.
	if err := between.Apply(t.Context(), places{"alpha": at(main)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what between runs", "", func() string { return modulesOf(memberOf(far, between.name)) })

	stop(t, far)
	for _, p := range []*Process{main, between} {
		eventually(t, "the state of a process that ended", processv1.Member_STATE_GONE, func() processv1.Member_State { return memberOf(p, far.name).GetState() })
	}
	// One that takes its address takes its row.
	h.start("again", places{"beta": here}, peerOf(between), func(o *Options) { o.Listen = far.Address() })
	eventually(t, "the row of its predecessor", true, func() bool { return memberOf(main, far.name) == nil })
}

func TestAProcessClaimsOnlyWhatItsCertificateAllows(t *testing.T) {
	h := newHouse(t)
	var log book
	main := h.start("main", nil, logTo(&log))
	p := h.create("greedy", peerOf(main), func(o *Options) { o.Identity = h.identity("beta") })
	wantError(t, p.Start(t.Context(), places{"alpha": here, "beta": here}), "can't be joined", "says that it runs alpha", "lets it serve [beta]")
	if !log.has("refused at the door", "Join", "/process/beta") {
		t.Error("the log does not have the refusal")
	}

	// Nor is it what calls modules and is none.
	for _, target := range []string{tester, "alpha", "all"} {
		member := &processv1.Member{Process: "greedy", Address: "127.0.0.1:1", Targets: []string{"beta", target}}
		_, _, err := introduced(t, h.foreignPeer(main, "beta"), member)
		if want := "says that it runs " + target + ", and its certificate"; status.Code(err) != codes.PermissionDenied || !log.has("refused at the door", want) {
			t.Errorf("target %s: got %v, want it refused, and the log to say so", target, err)
		}
		p := h.create("greedy "+target, peerOf(main), func(o *Options) { o.Identity, o.Targets = h.identity("beta"), []string{"beta", target} })
		wantError(t, p.Start(t.Context(), places{"beta": here}), "is to run "+target, "it needs one for all its targets")
	}
	h.start("modest", places{"beta": here}, peerOf(main), func(o *Options) { o.Identity, o.Targets = h.identity("beta", tester), []string{tester, "beta"} })

	// Nor does it take the name of another one.
	other := h.start("other", nil, peerOf(main))
	_, _, err := introduced(t, h.foreignPeer(main, "beta"), &processv1.Member{Process: other.name, Address: "127.0.0.1:1"})
	if status.Code(err) != codes.PermissionDenied || memberOf(main, other.name).GetAddress() != other.Address() {
		t.Errorf("got error %v, want the name to stay with its process", err)
	}
	if _, _, err := introduced(t, h.foreignPeer(main, "beta"), nil); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a process without a name: got %v, want InvalidArgument", err)
	}
}

// TestAddressesAreHandedOnWhereTheyAreGood looks at a process that is seen on
// another machine: it is given no address that is good on this one only.
func TestAddressesAreHandedOnWhereTheyAreGood(t *testing.T) {
	h := newHouse(t)
	main := h.create("main")
	var away atomic.Bool // whether those that connect are seen on another machine
	main.ends = func(ctx context.Context) (remote, local netip.Addr) {
		if away.Load() {
			return netip.MustParseAddr("10.0.0.7"), netip.MustParseAddr("10.0.0.1")
		}
		return endsOf(ctx)
	}
	if err := main.Start(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	other := h.start("other", places{"alpha": here}, peerOf(main))
	if err := main.Apply(t.Context(), places{"alpha": at(other)}); err != nil {
		t.Fatal(err)
	}
	for _, elsewhere := range []bool{false, true} {
		away.Store(elsewhere)
		want := []string{other.Address()}
		if elsewhere {
			want = nil
		}
		_, said, err := introduced(t, h.foreignPeer(main, "beta"), &processv1.Member{Process: fmt.Sprint(elsewhere), Address: "0.0.0.0:7071"})
		if err != nil {
			t.Fatal(err)
		}
		if got := said.GetPlaces()[0]; got.GetModule() != "alpha" || !slices.Equal(got.GetAddresses(), want) {
			t.Errorf("on another machine %t: alpha is said to be at %v, want %v", elsewhere, got, want)
		}
		for _, m := range said.GetProcesses() {
			if m.GetProcess() == other.name && (m.GetAddress() == "") != elsewhere {
				t.Errorf("on another machine %t: a process is said to be at %q", elsewhere, m.GetAddress())
			}
		}
	}
	for name, want := range map[string]string{"false": "127.0.0.1:7071", "true": "10.0.0.7:7071"} {
		if got := memberOf(main, name).GetAddress(); got != want {
			t.Errorf("one that listens at all addresses: got %s, want it where it is seen, %s", got, want)
		}
	}
	if _, _, err := introduced(t, h.foreignPeer(main, "beta"), &processv1.Member{Process: "shy", Address: "127.0.0.1:7071"}); err != nil {
		t.Fatal(err)
	}
	if m := memberOf(main, "shy"); m.GetAddress() != "" || !strings.Contains(m.GetProblem(), "rpc.advertise") {
		t.Errorf("got %v of one that others don't reach, want no address and what to do", m)
	}

	// A process over there calls through the main one.
	far := h.start("far", nil, peerOf(main))
	wantAnswerFrom(t, far, "other")
	if got := far.Place("alpha"); !got.Equal(at(main)) {
		t.Errorf("alpha is %s there, want it at the main process, which passes calls on", got)
	}
}

func TestAnAddressIsAdvertised(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	other := h.start("other", nil, peerOf(main), func(o *Options) { o.Advertise = "pay.internal:7071" })
	if got := memberOf(main, other.name).GetAddress(); got != "pay.internal:7071" {
		t.Errorf("got %q, want what was advertised", got)
	}
}

// TestARevocationReachesAProcessThatReadsNoList which is told of it by the main
// process, and not believed of others.
func TestARevocationReachesAProcessThatReadsNoList(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	elsewhere, _ := h.issued("alpha")
	if _, err := h.authority.Revoke(func() string { _, number := h.issued("beta"); return number }()); err != nil {
		t.Fatal(err)
	}
	guest, number := h.issued("beta")
	var log book
	other := h.start("other", places{"alpha": here}, peerOf(main), logTo(&log), func(o *Options) { o.Identity = elsewhere })
	if got := elsewhere.Revoked(); len(got) != 1 {
		t.Errorf("got %v at the start, want the one that was revoked before", got)
	}
	if err := callAs(t, "beta", guest, other.Address()); err != nil {
		t.Fatal(err)
	}
	for range 3 { // connections that stay
		conn, err := route.Dial(other.Address(), guest.ClientFor("alpha"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.authority.Revoke(number); err != nil {
		t.Fatal(err)
	}
	eventually(t, "lines about the connections that were cut", 1, func() int { return log.lines("cut the connections") })
	eventually(t, "calls with a revoked certificate", codes.Unavailable, func() codes.Code {
		return status.Code(callAs(t, "beta", guest, other.Address()))
	})

	if got := log.lines("cut the connections"); got != 1 {
		t.Errorf("got %d lines about them, want one", got)
	}

	// A process without the main one's rights can't revoke: this one only passes on.
	blind, _ := h.issued("beta")
	h.start("blind", nil, peerOf(other), func(o *Options) { o.Identity, o.NoEvents = blind, true })
	if got := blind.Revoked(); len(got) != 0 {
		t.Errorf("got %v from a process that serves alpha only, want nothing", got)
	}
}

func TestAPeerOfAnotherReleaseIsRefusedWithTheReason(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	// What a process of the release before asks.
	err := knock(t, main.Address(), "/platform.process.v1.ProcessService/Directory", tester, h.everything().Client())
	if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), "another release") {
		t.Errorf("got %v, want Unimplemented and why", err)
	}
	// What it answers one of this release.
	if got := whyNotJoined(status.Error(codes.Unimplemented, "unknown method Join")); !strings.Contains(got, "earlier release") {
		t.Errorf("got %q, want it to say what to do", got)
	}
}

func TestTheRegistryForgetsWhoIsGone(t *testing.T) {
	now := time.Unix(0, 0)
	r := newRegistry(func() time.Time { return now })
	state := func(name string) (state processv1.Member_State) {
		r.tend()
		members, _ := r.list(nil)
		for _, m := range members {
			if m.GetProcess() == name {
				return m.GetState()
			}
		}
		return state
	}
	wantState := func(name string, want processv1.Member_State) {
		t.Helper()
		if got := state(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	join := func(name string) *source {
		t.Helper()
		from := &source{id: "an id"}
		if err := r.hear(from, &processv1.Member{Process: name, Address: name + ":1"}); err != nil {
			t.Fatal(err)
		}
		return from
	}
	a := join("a")
	wantState("a", processv1.Member_STATE_ANSWERING)
	now = now.Add(silentAfter + 1)
	wantState("a", processv1.Member_STATE_SILENT)
	_, changed := r.list(nil)
	if err := r.hear(a, &processv1.Member{Process: "a", Address: "a:1"}); err != nil {
		t.Fatal(err)
	}
	wantState("a", processv1.Member_STATE_ANSWERING)
	select {
	case <-changed:
	default:
		t.Error("it was not told that it answers again")
	}

	// A stream that is renewed is no leaving.
	r.leave(a)
	again := join("a")
	now = now.Add(goneAfter + 1)
	wantState("a", processv1.Member_STATE_ANSWERING)
	r.leave(again)
	wantState("a", processv1.Member_STATE_ANSWERING)
	now = now.Add(goneAfter + 1)
	wantState("a", processv1.Member_STATE_GONE)
	if err := r.hear(again, &processv1.Member{Process: "a"}); err != nil || state("a") != processv1.Member_STATE_GONE {
		t.Errorf("a late word made it %s, error %v", state("a"), err)
	}

	for i := range 2 * maxGone {
		r.leave(join(fmt.Sprint(i)))
	}
	now = now.Add(goneAfter + 1)
	r.tend()
	if members, _ := r.list(nil); len(members) != maxGone {
		t.Errorf("%d that are gone are remembered, want %d", len(members), maxGone)
	}
	now = now.Add(rememberGone)
	r.tend()
	if members, _ := r.list(nil); len(members) != 0 {
		t.Errorf("%d that are gone for long are remembered", len(members))
	}

	many := make([]*processv1.Member, maxMembers)
	for i := range many {
		many[i] = &processv1.Member{Process: fmt.Sprint("m", i)}
	}
	if err := r.hear(&source{id: "x"}, many...); err != nil {
		t.Fatal(err)
	}
	if err := r.hear(&source{id: "y"}, &processv1.Member{Process: "one more"}); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("got %v, want ResourceExhausted", err)
	}
}

// TestWhoNamesAnotherIsNotTurnedAwayForIt: a process that knows one with a certificate of
// its own is heard all the same, and that one's row stays as it says itself.
func TestWhoNamesAnotherIsNotTurnedAwayForIt(t *testing.T) {
	r := newRegistry(time.Now)
	if err := r.hear(&source{id: "beta"}, &processv1.Member{Process: "b", Address: "10.0.0.1:1"}); err != nil {
		t.Fatal(err)
	}
	err := r.hear(&source{id: "alpha"}, &processv1.Member{Process: "a"}, &processv1.Member{Process: "b", Address: "10.0.0.2:2"})
	if err != nil {
		t.Fatalf("got %v, want it heard", err)
	}
	if r.entries["a"] == nil || r.entries["b"].by.id != "beta" || r.entries["b"].said.GetAddress() != "10.0.0.1:1" {
		t.Errorf("got %+v, want both, and b as it says itself", r.entries)
	}
}

// TestAProcessIntroducesThoseThatJoinedIt and not those it knows from its peer, which
// speak there for themselves, with certificates of their own.
func TestAProcessIntroducesThoseThatJoinedIt(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	as := func(callers ...string) func(*Options) {
		return func(o *Options) { o.Identity = h.identity(callers...) }
	}
	between := h.start("between", places{"beta": here}, peerOf(main), as("beta"))
	far := h.start("far", nil, peerOf(between), as("beta"))
	edge := h.start("edge", nil, peerOf(main), as(tester))
	eventually(t, "what between knows of the edge", true, func() bool { return memberOf(between, edge.name) != nil })
	eventually(t, "what between knows of far", true, func() bool { return memberOf(between, far.name) != nil })
	if got := between.introductions().GetOthers(); len(got) != 1 || got[0].GetProcess() != far.name {
		t.Errorf("got %v, want far alone", got)
	}
}
