package route

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"galleria/platform/contract"
)

// Endpoint is one process that serves a module.
type Endpoint struct {
	// Process names the process; it is another one after each start. "": not
	// known yet.
	Process string
	// Address is where it is reached, host:port; "" for this process.
	Address string
	// Module and Contract are what it serves there: the module, and the full
	// name of its service.
	Module, Contract string
	// Store is what the module works on.
	Store Store
}

// Store is a module's database: which one, and its generation, which is raised when it is
// taken from processes.
type Store struct {
	ID         string
	Generation int64
}

// EndpointState is an endpoint and how it does.
type EndpointState struct {
	Endpoint
	// Problem says why calls to it are likely to fail; "": they are not.
	Problem string
	// Calls is how many are in it just now.
	Calls int
}

// Meet asks the process on a connection who it is and whether it serves the
// module as this one needs it. An error that wraps ErrAway says that there was
// no answer; any other is a refusal.
type Meet func(ctx context.Context, conn *grpc.ClientConn) (Endpoint, error)

// ErrAway marks a process that did not answer, as opposed to one that does not
// fit.
var ErrAway = errors.New("it does not answer")

// meetPause is how long a process that could not be met is left alone.
const meetPause = 200 * time.Millisecond

// endpoint is the connection to one process, and what its calls say of it:
//
//	unmet ──meet──> met ──another process answers there──> unmet
//	  └─────meet refused──> unmet, and the reason is kept
//
// Only one that is met gets calls. With each call goes the name of the process
// that was met; another one refuses the call before it is run, so what was
// learned of the first never counts for the second.
type endpoint struct {
	module  string
	address string
	conn    *grpc.ClientConn
	meets   Meet // nil: everything is taken for met

	calls    atomic.Int64
	heard    atomic.Int64 // when a call was answered last, in ticks
	breakers []*breaker   // of each method, in the contract's order
	methods  []*method

	known   atomic.Pointer[Endpoint] // nil: unmet
	mu      sync.Mutex
	refused error         // why the last meeting failed
	meeting chan struct{} // closed when the meeting under way ends; nil: none is
	nextTry time.Time
}

func newEndpoint(module, address string, conn *grpc.ClientConn, methods []*method, meets Meet) *endpoint {
	e := &endpoint{module: module, address: address, conn: conn, meets: meets, methods: methods}
	for range methods {
		e.breakers = append(e.breakers, newBreaker())
	}
	if meets == nil {
		e.known.Store(&Endpoint{Address: address, Module: module})
	}
	return e
}

// meet waits until the process is met or can't be. Calls at the same moment
// share one meeting.
func (e *endpoint) meet(ctx context.Context) (*Endpoint, error) {
	e.mu.Lock()
	if met := e.known.Load(); met != nil {
		e.mu.Unlock()
		return met, nil
	}
	if e.refused != nil && e.meeting == nil && time.Now().Before(e.nextTry) {
		defer e.mu.Unlock()
		return nil, e.refused
	}
	if e.meeting == nil {
		e.meeting = make(chan struct{})
		go e.ask(e.meeting)
	}
	meeting := e.meeting
	e.mu.Unlock()
	select {
	case <-meeting:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if met := e.known.Load(); met != nil {
		return met, nil
	}
	return nil, e.reason()
}

// meetTimeout bounds how long a process may take to say who it is.
const meetTimeout = 3 * time.Second

func (e *endpoint) ask(done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), meetTimeout)
	defer cancel()
	said, err := e.meets(ctx, e.conn)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.refused = err; err == nil {
		said.Address, said.Module = e.address, e.module
		e.known.Store(&said)
	}
	e.nextTry = time.Now().Add(meetPause)
	e.meeting = nil
	close(done)
}

// meetSoon begins a meeting unless the last one failed a moment ago.
func (e *endpoint) meetSoon() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.meeting == nil && e.known.Load() == nil && time.Now().After(e.nextTry) {
		e.meeting = make(chan struct{})
		go e.ask(e.meeting)
	}
}

// forget is for when another process answered than the one that was met.
func (e *endpoint) forget(met *Endpoint) {
	if e.meets != nil {
		e.known.CompareAndSwap(met, nil)
	}
}

func (e *endpoint) reason() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.refused != nil {
		return e.refused
	}
	return errors.New("it has not answered yet")
}

// state is the endpoint as others see it.
func (e *endpoint) state() EndpointState {
	s := EndpointState{Endpoint: Endpoint{Address: e.address, Module: e.module}, Calls: int(e.calls.Load())}
	if known := e.known.Load(); known != nil {
		s.Endpoint = *known
	}
	if err := e.problem(); err != nil {
		s.Problem = err.Error()
	}
	return s
}

// problem says why calls are likely to fail; nil: they are not.
func (e *endpoint) problem() error {
	if e.known.Load() == nil {
		e.meetSoon()
		return e.reason()
	}
	switch e.conn.GetState() {
	case connectivity.TransientFailure, connectivity.Shutdown:
		return errors.New("cannot be reached")
	case connectivity.Idle:
		e.conn.Connect()
	}
	for i, b := range e.breakers {
		if b.refuses() {
			return fmt.Errorf("calls of %s fail; it is tried again shortly", e.methods[i].shortName)
		}
	}
	return nil
}

// answer is what became of one attempt.
type answer int

const (
	// answered: the module's implementation said so; nothing is to be repeated.
	answered answer = iota
	// neverRan: the process refused the call before it reached the module.
	neverRan
	// unanswered: nothing tells whether it ran.
	unanswered
)

// attempt makes the call there once. limited ends with the time the attempt may
// take, the caller's with what it was ready to wait.
func (e *endpoint) attempt(callers, limited context.Context, c call, met *Endpoint, probe uint64) (answer, error) {
	said := silent
	b := e.breakers[c.method.index]
	e.calls.Add(1)
	defer func() {
		e.calls.Add(-1)
		if said == answers {
			e.heard.Store(int64(ticks()))
		}
		b.leave(probe, said)
	}()
	e.wake(limited)
	began := ticks()
	var header, trailer metadata.MD
	err := e.conn.Invoke(outgoing(limited, c, met.Process), c.method.Name, c.request, c.reply,
		grpc.StaticMethod(), grpc.Header(&header), grpc.Trailer(&trailer))
	c.giveMetadata(header, trailer)
	if err == nil {
		said = answers
		return answered, nil
	}
	if status.Code(err) == codes.Canceled && context.Cause(limited) == errSilent {
		err = errSilent
	}
	_, reasoned := contract.Info(err)
	switch {
	case reasoned || trailer.Get(answeredHeader) != nil:
		said = answers
		c.wasAnswered()
		return answered, err
	case trailer.Get(neverRanHeader) != nil:
		e.forget(met)
		return neverRan, err
	}
	said = judge(callers, err, ticks()-began, c.method)
	if code := status.Code(err); code != codes.Unavailable && code != codes.DeadlineExceeded {
		return answered, err // a refusal of the platform's own: repeated, it stays
	}
	return unanswered, err
}

// errSilent is why a call is not waited for any longer at a process that hangs.
var errSilent = status.Error(codes.DeadlineExceeded, "the process has answered no call for most of the time there is")

// unlessSilent ends after the time if the process has answered no call since: one that is
// busy answers some, and one that hangs none.
func (e *endpoint) unlessSilent(ctx context.Context, within time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	began := int64(ticks())
	looking := time.AfterFunc(within, func() {
		if e.heard.Load() < began {
			cancel(errSilent)
		}
	})
	return ctx, func() {
		looking.Stop()
		cancel(nil)
	}
}

// isTrial tells whether calls of a method only try the endpoint just now.
func (e *endpoint) isTrial(m *method) bool { return e.breakers[m.index].condition() != well }

// wakeTimeout is how long a call waits for a connection that is tried again for
// it.
const wakeTimeout = 100 * time.Millisecond

// wake has a lost connection tried again at once: grpc-go waits up to a second
// between its tries, and the process may have come back meanwhile.
func (e *endpoint) wake(ctx context.Context) {
	if e.conn.GetState() != connectivity.TransientFailure {
		return
	}
	e.conn.ResetConnectBackoff()
	ctx, cancel := context.WithTimeout(ctx, wakeTimeout)
	defer cancel()
	e.conn.WaitForStateChange(ctx, connectivity.TransientFailure)
}

// judge is what an attempt that the module did not answer says about the process
// it went to.
func judge(callers context.Context, err error, took time.Duration, m *method) verdict {
	switch status.Code(err) {
	case codes.Unavailable:
		return fails
	case codes.DeadlineExceeded:
		// A caller may have less time than the contract promises. That nothing
		// came is the process's fault as soon as it took far longer than usual.
		if took >= m.patience() {
			return fails
		}
		return silent
	case codes.Canceled:
		if callers.Err() != nil {
			return silent
		}
	}
	return answers
}

// patience is how long a process may leave a call unanswered until that speaks
// against it: ten times what it promises for all but the slowest calls.
func (m *method) patience() time.Duration {
	most := m.Deadline * 9 / 20
	if m.P99 == 0 {
		return most
	}
	return min(most, max(10*m.P99, 100*time.Millisecond))
}
