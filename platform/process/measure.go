package process

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"galleria/platform/events"
	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// measureTimeout bounds how long one process is waited for that is asked what it
// measured.
const measureTimeout = time.Second

// undeclared counts calls from other processes whose caller does not declare the
// need. Only names of callers that a certificate speaks for come here. Safe for
// concurrent use.
type undeclared struct {
	mu sync.Mutex
	of map[[2]string]int64 // by caller and module
}

func (u *undeclared) note(caller, module string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.of == nil {
		u.of = map[[2]string]int64{}
	}
	u.of[[2]string{caller, module}]++
}

func (u *undeclared) read() []*processv1.Measured_Refused {
	u.mu.Lock()
	defer u.mu.Unlock()
	var all []*processv1.Measured_Refused
	for of, n := range u.of {
		all = append(all, &processv1.Measured_Refused{Caller: of[0], Module: of[1], Calls: n})
	}
	return all
}

func (s service) Measure(ctx context.Context, in *processv1.MeasureRequest) (*processv1.MeasureResponse, error) {
	if in.GetOthers() {
		return &processv1.MeasureResponse{Processes: s.process.MeasureAll(ctx)}, nil
	}
	return &processv1.MeasureResponse{Processes: []*processv1.Measured{s.process.Measure(ctx)}}, nil
}

// MeasureAll is what this process measured, first, and the others that it knows and
// that are not gone.
func (p *Process) MeasureAll(ctx context.Context) []*processv1.Measured {
	members := p.Processes()[1:]
	all := make([]*processv1.Measured, 1+len(members))
	var asked sync.WaitGroup
	for i, m := range members {
		if m.GetState() == processv1.Member_STATE_GONE {
			continue
		}
		asked.Go(func() { all[1+i] = p.measureOther(ctx, m) })
	}
	all[0] = p.Measure(ctx)
	asked.Wait()
	measured := all[:0]
	for _, one := range all {
		if one != nil {
			measured = append(measured, one)
		}
	}
	return measured
}

func (p *Process) measureOther(ctx context.Context, m *processv1.Member) *processv1.Measured {
	if m.GetAddress() == "" {
		return &processv1.Measured{Process: m.GetProcess(), Problem: "its address is not known here"}
	}
	ctx, cancel := context.WithTimeout(ctx, measureTimeout)
	defer cancel()
	said, err := askAt(ctx, p, m.GetAddress(), func(ctx context.Context, c processv1.ProcessServiceClient) (*processv1.MeasureResponse, error) {
		return c.Measure(ctx, &processv1.MeasureRequest{})
	})
	switch {
	case err != nil:
		return &processv1.Measured{Process: m.GetProcess(), Problem: route.Why(err)}
	case len(said.GetProcesses()) != 1 || said.GetProcesses()[0].GetProcess() != m.GetProcess():
		return &processv1.Measured{Process: m.GetProcess(), Problem: "another process answers at " + m.GetAddress()}
	}
	return said.GetProcesses()[0]
}

// Measure is what this process measured of itself.
func (p *Process) Measure(ctx context.Context) *processv1.Measured {
	ctx, cancel := context.WithTimeout(ctx, measureTimeout)
	defer cancel()
	m := &processv1.Measured{
		Process: p.name, Uptime: durationpb.New(p.o.Now().Sub(p.began)), MemoryBytes: memory(), Goroutines: int64(runtime.NumGoroutine()),
		Refused: p.undeclared.read(), Waiting: map[string]int64{},
	}
	for _, d := range p.ordered {
		for _, l := range p.routes[d.Name].Lines() {
			m.Lines = append(m.Lines, lineOf(d.Name, l))
		}
		if running := p.Running(d.Name); running != nil && running.DB != nil {
			m.Events = append(m.Events, eventsOf(ctx, d.Name, running))
			m.Databases = append(m.Databases, databaseOf(ctx, d.Name, running))
		}
	}
	if p.events != nil {
		if use, err := p.events.StreamUse(ctx); err == nil { // else another process has the broker
			m.StreamBytes = int64(use.Bytes)
			for subscriber, n := range use.Waiting {
				m.Waiting[subscriber] = int64(n)
			}
		}
	}
	return m
}

func lineOf(name string, l route.Line) *processv1.Measured_Line {
	out := &processv1.Measured_Line{
		Caller: l.Caller, Module: name, Method: l.Method, Calls: l.Calls, Errors: l.Errors, Undeclared: l.Undeclared, Reasons: l.Reasons,
	}
	for _, b := range l.Buckets {
		out.Buckets = append(out.Buckets, &processv1.Measured_Bucket{UpTo: durationpb.New(b.UpTo), Calls: b.Calls})
	}
	return out
}

func eventsOf(ctx context.Context, name string, running *module.Running) *processv1.Measured_Events {
	out := &processv1.Measured_Events{Module: name, Published: signed(running.Published())}
	if running.Subscriber != nil {
		out.Handled = signed(running.Subscriber.Types())
	}
	// What can't be counted is said by the database's problem.
	out.Outbox, _ = events.Backlog(ctx, running.DB)
	out.DeadLetters, _ = events.CountDeadLetters(ctx, running.DB)
	return out
}

func signed(counts map[string]uint64) map[string]int64 {
	out := map[string]int64{}
	for name, n := range counts {
		out[name] = int64(n)
	}
	return out
}

func databaseOf(ctx context.Context, name string, running *module.Running) *processv1.Measured_Database {
	out := &processv1.Measured_Database{Module: name, Dialect: running.DB.Dialect(), StoreId: running.DB.StoreID()}
	commits, writes := running.DB.Commits()
	out.Commits, out.Writes = int64(commits), int64(writes)
	size, err := running.DB.Size(ctx)
	if err == nil {
		out.Bytes, out.Schema = size.Bytes, size.Schema
		out.Generation, err = running.DB.Generation(ctx)
	}
	if err != nil {
		out.Problem = err.Error()
	}
	return out
}

// memory is what the process takes of the machine's memory, or, where the system does
// not tell, what the Go runtime has taken from it.
func memory() int64 {
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			if pages, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				return pages * int64(os.Getpagesize())
			}
		}
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.Sys)
}
