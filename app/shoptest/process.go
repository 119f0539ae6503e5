package shoptest

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Process is a galleria process.
type Process struct {
	shop  *Shop
	name  string
	cmd   *exec.Cmd
	stdin io.Closer
	out   *record
	log   *record
	ended chan struct{}
}

func (p *Process) awaitServing(t testing.TB) {
	t.Helper()
	began := time.Now()
	p.shop.Await(t, p.name+" serves", func() bool { return p.serves() || p.Dead() })
	if took := time.Since(began); took > slowStart {
		t.Logf("%s took %s until it served", p.name, took.Round(time.Second))
	}
	if !p.serves() {
		t.Fatalf("%s ended instead of serving: %v\n%s", p.name, p.cmd.ProcessState, p.log.tail())
	}
}

// slowStart is worth a line where the test fails: what it did meanwhile was done to a shop
// without that process.
const slowStart = 10 * time.Second

// serves tells whether the process has said where it can be reached.
func (p *Process) serves() bool { return strings.Contains(p.out.String(), "  rpc  ") }

// program is the test binary, or the one that is quicker, where that is given.
func (s *Shop) program() (string, error) {
	if given := os.Getenv(programVariable); given != "" && !s.layout.Raced {
		return given, nil
	}
	return os.Executable()
}

// launch runs galleria with these arguments.
func (s *Shop) launch(t testing.TB, name string, args ...string) *Process {
	t.Helper()
	executable, err := s.program()
	if err != nil {
		t.Fatal(err)
	}
	if s.layout.Files > 0 {
		limited := fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, s.layout.Files)
		executable, args = "sh", append([]string{"-c", limited, executable}, args...)
	}
	p := &Process{shop: s, name: name, cmd: exec.Command(executable, args...), out: &record{}, log: &record{}, ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), childVariable+"=1", trapsVariable+"="+s.traps)
	p.cmd.Dir = s.dir
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.log
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.cmd.Wait() // how it ended is in ProcessState
	}()
	// With the shop, not with the subtest that started it.
	s.owner.Cleanup(func() {
		p.kill()
		p.examine(s.owner)
	})
	return p
}

// examine looks for what must never be in a log.
func (p *Process) examine(t testing.TB) {
	for _, never := range []string{"WARNING: DATA RACE", "panic:", "panic="} {
		if log := p.log.String(); strings.Contains(log, never) {
			at := strings.Index(log, never)
			t.Errorf("the log of %s says %q:\n%s", p.name, never, log[at:min(at+4000, len(log))])
		}
	}
	if t.Failed() {
		t.Logf("the end of the log of %s:\n%s", p.name, p.log.tail())
	}
}

// kill ends the process by SIGKILL and waits for its end.
func (p *Process) kill() {
	p.cmd.Process.Kill() // fails only if it has ended
	<-p.ended
	p.stdin.Close()
}

// Kill ends the process by SIGKILL and waits for its end.
func (p *Process) Kill(t testing.TB) {
	t.Helper()
	p.kill()
}

// Freeze stops the process in the middle of whatever it does, without ending it.
func (p *Process) Freeze(t testing.TB) {
	t.Helper()
	p.signal(t, syscall.SIGSTOP)
}

// FreezeBetweenWrites freezes a module's process while it does not write to its SQLite
// file. Frozen in the middle of a write it keeps the file's lock until it goes on or
// is killed: then no process can write, and none is to blame but that one.
func (s *Shop) FreezeBetweenWrites(t testing.TB, process string) {
	t.Helper()
	p := s.Module(process)
	module, _, _ := strings.Cut(process, " ")
	if s.dsn[module] != "" {
		p.Freeze(t)
		return
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(s.Data(), module+".db")+"?_txlock=immediate&_busy_timeout=1000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s.Await(t, process+" is frozen between two writes", func() bool {
		p.Freeze(t)
		tx, err := db.Begin()
		if err != nil {
			p.Thaw(t)
			return false
		}
		return tx.Rollback() == nil
	})
}

// Thaw lets a frozen process go on.
func (p *Process) Thaw(t testing.TB) {
	t.Helper()
	p.signal(t, syscall.SIGCONT)
}

// Stop ends the process as operators do and wants it to end well.
func (p *Process) Stop(t testing.TB) {
	t.Helper()
	p.terminate(t)
	p.awaitEnd(t)
}

func (p *Process) terminate(t testing.TB) {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
}

func (p *Process) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatalf("send %s to %s: %v", s, p.name, err)
	}
}

func (p *Process) awaitEnd(t testing.TB) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("%s does not stop\n%s", p.name, p.log.tail())
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("%s was stopped and ended with %v\n%s", p.name, p.cmd.ProcessState, p.log.tail())
	}
}

// AwaitDeath waits for a process that fell into a trap.
func (p *Process) AwaitDeath(t testing.TB) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("%s did not die\n%s", p.name, p.log.tail())
	}
}

// Dead tells whether the process has ended.
func (p *Process) Dead() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Log is what the process has logged.
func (p *Process) Log() string { return p.log.String() }

// record is output that can be read while it is written.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// tail is the end of it, enough to see what went wrong.
func (r *record) tail() string {
	const most = 40
	lines := strings.Split(strings.TrimSpace(r.String()), "\n")
	if len(lines) > most {
		lines = append([]string{fmt.Sprintf("… %d lines before", len(lines)-most)}, lines[len(lines)-most:]...)
	}
	return strings.Join(lines, "\n")
}

// Printed is what the process has printed on standard output so far.
func (p *Process) Printed() string { return p.out.String() }
