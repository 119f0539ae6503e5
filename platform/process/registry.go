package process

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	grpcpeer "google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/platform/certs"
	"galleria/platform/lifecycle"
	processv1 "galleria/platform/process/v1"
)

const (
	// heartbeat is how often a process says who it is when nothing changes.
	heartbeat = 2 * time.Second
	// silentAfter is how long a process may say nothing and count as answering.
	silentAfter = 5 * time.Second
	// goneAfter is how long a process may have no stream: one that is renewed is
	// there again before.
	goneAfter = 2 * time.Second
	// A process that is gone is remembered for rememberGone, the last maxGone are.
	rememberGone = time.Hour
	maxGone      = 32
	// maxMembers bounds what all certificates together can fill the registry with.
	maxMembers = 1000
)

// registry knows the other processes of the installation: each says who it is for
// as long as it is there. The main process knows all; one beside it knows what the
// main one tells it. Safe for concurrent use.
//
//	joins ──> answering ──5 s without a word──> silent ──a word──> answering
//	              └───────2 s without a stream──> gone ──an hour, or 32 later ones──> forgotten
//
// A process that takes the address of one that is gone replaces it. A name belongs
// to the certificate that claimed it first.
type registry struct {
	now func() time.Time

	mu      sync.Mutex
	entries map[string]*entry // by process
	changed chan struct{}     // closed and replaced at each change
}

// entry is what is known of one process.
type entry struct {
	said  *processv1.Member // never changed, but replaced
	by    *source
	heard time.Time
	state processv1.Member_State
}

// source is a stream on which a process says who it is and who joined through it;
// or that to the peer, which tells of all others.
type source struct {
	id string // of the certificate
	// sameHost says that the process runs on this machine: it reaches what listens
	// here only, and is reached there.
	sameHost bool
	remote   netip.Addr // where it is seen
	// mayServe tells what its certificate lets it serve, and tell the keys of.
	mayServe func(module string) bool
	// isPeer says that it speaks only when something changes.
	isPeer bool
	left   time.Time // zero: the stream is open
	events *eventContracts
}

func newRegistry(now func() time.Time) *registry {
	return &registry{now: now, entries: map[string]*entry{}, changed: make(chan struct{})}
}

// hear takes down what a source says of processes. Those it does not name any more
// have left it.
func (r *registry) hear(from *source, members ...*processv1.Member) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !from.left.IsZero() {
		return nil // a word that was on its way when the stream ended
	}
	if from.isPeer { // what a process says of itself counts for more
		members = slices.DeleteFunc(members, func(m *processv1.Member) bool {
			old := r.entries[m.GetProcess()]
			return old != nil && !old.by.isPeer && old.state != processv1.Member_STATE_GONE
		})
	}
	members = r.withoutOthersLocked(from, members)
	if err := r.checkLocked(from, members); err != nil {
		return err
	}
	now, news := r.now(), false
	named := map[string]bool{}
	for _, m := range members {
		state := cmp.Or(m.GetState(), processv1.Member_STATE_ANSWERING)
		old := r.entries[m.GetProcess()]
		news = news || old == nil || old.state != state || !proto.Equal(old.said, m)
		r.entries[m.GetProcess()] = &entry{said: m, by: from, heard: now, state: state}
		named[m.GetProcess()] = true
		if old == nil {
			r.replaceLocked(m)
		}
	}
	for name, e := range r.entries {
		if e.by == from && !named[name] {
			news = r.leftLocked(e) || news
		}
	}
	if news {
		r.wakeLocked()
	}
	return nil
}

// withoutOthersLocked leaves out of what a source says those behind the first, itself,
// that speak here with a certificate of their own: what they say of themselves counts, and
// that another one knows them too is no reason to turn that one away.
func (r *registry) withoutOthersLocked(from *source, members []*processv1.Member) []*processv1.Member {
	if len(members) < 2 {
		return members
	}
	others := slices.DeleteFunc(slices.Clone(members[1:]), func(m *processv1.Member) bool { return r.isOthersLocked(from, m) })
	return append(members[:1:1], others...)
}

// isOthersLocked tells whether a name belongs to another certificate.
func (r *registry) isOthersLocked(from *source, m *processv1.Member) bool {
	old := r.entries[m.GetProcess()]
	return old != nil && old.by.id != from.id && old.state != processv1.Member_STATE_GONE
}

func (r *registry) checkLocked(from *source, members []*processv1.Member) error {
	for _, m := range members {
		old := r.entries[m.GetProcess()]
		switch {
		case m.GetProcess() == "":
			return status.Error(codes.InvalidArgument, "a process has to say its name")
		case r.isOthersLocked(from, m):
			return status.Errorf(codes.PermissionDenied, "the name %s belongs to the process with the certificate of %s", m.GetProcess(), old.by.id)
		case old == nil && len(r.entries) >= maxMembers:
			return status.Errorf(codes.ResourceExhausted, "%d processes are known already", len(r.entries))
		}
	}
	return nil
}

// leftLocked is about a process that its source does not name any more. What the
// peer has forgotten is forgotten here, too.
func (r *registry) leftLocked(e *entry) (news bool) {
	if e.by.isPeer {
		delete(r.entries, e.said.GetProcess())
		return true
	}
	news = e.state != processv1.Member_STATE_GONE
	e.state = processv1.Member_STATE_GONE
	return news
}

// replaceLocked forgets the processes that are gone and whose address a new one has.
func (r *registry) replaceLocked(m *processv1.Member) {
	for name, e := range r.entries {
		if name != m.GetProcess() && e.state == processv1.Member_STATE_GONE && m.GetAddress() != "" && e.said.GetAddress() == m.GetAddress() {
			delete(r.entries, name)
		}
	}
}

// leave notes that a source's stream has ended.
func (r *registry) leave(from *source) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from.left = r.now()
}

// tend notes who has fallen silent or gone since, and forgets who is gone for long.
func (r *registry) tend() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, news := r.now(), false
	var gone []*entry
	for _, e := range r.entries {
		state := e.state
		switch {
		case state == processv1.Member_STATE_GONE:
		case !e.by.left.IsZero() && now.Sub(e.by.left) > goneAfter:
			state = processv1.Member_STATE_GONE
		case !e.by.isPeer && now.Sub(e.heard) > silentAfter:
			state = processv1.Member_STATE_SILENT
		}
		news = news || state != e.state
		if e.state = state; state == processv1.Member_STATE_GONE {
			gone = append(gone, e)
		}
	}
	slices.SortFunc(gone, func(a, b *entry) int { return b.heard.Compare(a.heard) })
	for i, e := range gone {
		if i >= maxGone || now.Sub(e.heard) > rememberGone {
			delete(r.entries, e.said.GetProcess())
			news = true
		}
	}
	if news {
		r.wakeLocked()
	}
}

// wake lets those look again who wait for a change.
func (r *registry) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wakeLocked()
}

func (r *registry) wakeLocked() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// silent tells whether a process is there and says nothing.
func (r *registry) silent(process string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.entries[process]
	return e != nil && e.state == processv1.Member_STATE_SILENT
}

// list is what is known of all processes but those that one source tells of, in
// order of their start; and a channel that closes at the next change.
func (r *registry) list(but *source) ([]*processv1.Member, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.listLocked(func(by *source) bool { return by != but }), r.changed
}

// joined is what is known of the processes that joined this one, or through them.
func (r *registry) joined() []*processv1.Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.listLocked(func(by *source) bool { return !by.isPeer })
}

func (r *registry) listLocked(wanted func(by *source) bool) []*processv1.Member {
	var all []*processv1.Member
	for _, e := range r.entries {
		if !wanted(e.by) {
			continue
		}
		m := proto.CloneOf(e.said)
		m.State = e.state
		if !e.by.isPeer {
			m.Heard = timestamppb.New(e.heard)
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *processv1.Member) int {
		return cmp.Or(a.GetStarted().AsTime().Compare(b.GetStarted().AsTime()), cmp.Compare(a.GetProcess(), b.GetProcess()))
	})
	return all
}

// eventContracts are those of the processes that joined and are there.
func (r *registry) eventContracts() []*eventContracts {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*eventContracts
	for _, e := range r.entries {
		if e.by.events != nil && e.by.events.process == e.said.GetProcess() && e.state != processv1.Member_STATE_GONE {
			all = append(all, e.by.events)
		}
	}
	return all
}

// sourceOf is the process at the other end of a stream.
func (p *Process) sourceOf(ctx context.Context) *source {
	from, _ := p.o.Identity.PeerOf(ctx)
	remote, local := p.ends(ctx)
	return &source{id: from.ID, mayServe: from.MayServe, remote: remote, sameHost: remote.IsLoopback() || remote.IsValid() && remote == local}
}

// endsOf are the addresses of a connection, the other's and this process's.
func endsOf(ctx context.Context) (remote, local netip.Addr) {
	known, ok := grpcpeer.FromContext(ctx)
	if !ok {
		return remote, local
	}
	return addrOf(known.Addr), addrOf(known.LocalAddr)
}

func addrOf(address net.Addr) netip.Addr {
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	ip, _ := netip.AddrFromSlice(tcp.IP)
	return ip.Unmap()
}

// reachedAt is where other processes reach one that says it is at address, and is
// seen at another one: it may listen at all addresses of its machine.
func reachedAt(address string, seen netip.Addr) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip, err := netip.ParseAddr(host); (host == "" || err == nil && ip.IsUnspecified()) && seen.IsValid() {
		return net.JoinHostPort(seen.String(), port)
	}
	return address
}

// handedOn is a process's entry as another one is told: an address that is good on
// one machine only is not for those on others.
func handedOn(m *processv1.Member, sameHost bool) *processv1.Member {
	if !sameHost && OnLoopback(m.GetAddress()) {
		m = proto.CloneOf(m)
		m.Address = ""
	}
	return m
}

// handedOnAddresses are those of a place that the process at the other end reaches;
// none means that this process passes its calls on.
func handedOnAddresses(addresses []string, sameHost bool) []string {
	if sameHost {
		return addresses
	}
	return slices.DeleteFunc(slices.Clone(addresses), OnLoopback)
}

// checkClaims refuses a process that says it runs what its certificate does not let it run.
func (p *Process) checkClaims(ctx context.Context, members []*processv1.Member) error {
	from, _ := p.o.Identity.PeerOf(ctx)
	for _, m := range members {
		if claimed, ok := p.mayRun(from, m); !ok {
			return status.Errorf(codes.PermissionDenied, "process %s says that it runs %s, and its certificate, of %s, speaks for %v and lets it serve %v: it needs one for all that it runs",
				m.GetProcess(), claimed, from.ID, from.Speaks, from.Serves)
		}
	}
	return nil
}

// mayRun tells whether a certificate lets a process run all that it says, and if not,
// what it does not: modules need the right to serve them, and other targets, such as an
// edge, that to speak for them.
func (p *Process) mayRun(from certs.Peer, m *processv1.Member) (claimed string, ok bool) {
	for _, claimed := range m.GetModules() {
		if !from.MayServe(claimed.GetModule()) {
			return claimed.GetModule(), false
		}
	}
	for _, target := range m.GetTargets() {
		may := from.MaySpeakFor
		if p.routes[target] != nil {
			may = from.MayServe
		}
		if !may(target) {
			return target, false
		}
	}
	return "", true
}

// checkTargets refuses to start what the process's own certificate does not let it run:
// others would turn it away, or its calls one by one.
func (p *Process) checkTargets() error {
	own, err := p.o.Identity.Own()
	if err != nil {
		return err
	}
	if target, ok := p.mayRun(own, &processv1.Member{Targets: p.o.Targets}); !ok {
		return fmt.Errorf("this process is to run %s, and its certificate, of %s, speaks for %v and lets it serve %v: it needs one for all its targets",
			target, own.ID, own.Speaks, own.Serves)
	}
	return nil
}

// tendRegistry notices what changes by time, such as keys, and tells those that joined when this
// process itself, or the list of revoked certificates, is another one.
func (p *Process) tendRegistry() {
	var self *processv1.Member
	var revoked []string
	for p.life.Err() == nil {
		p.registry.tend()
		p.believe()
		now, taken := p.introduction(), p.o.Identity.Revoked()
		if !proto.Equal(now, self) || !slices.Equal(taken, revoked) {
			self, revoked = now, taken
			p.registry.wake()
		}
		lifecycle.Pause(p.life, lifecycle.Together(healthEvery))
	}
}

// Processes are the processes of the installation as far as this one knows, itself
// first.
func (p *Process) Processes() []*processv1.Member {
	others, _ := p.registry.list(nil)
	self := p.introduction()
	self.State = processv1.Member_STATE_ANSWERING
	return append([]*processv1.Member{self}, others...)
}
