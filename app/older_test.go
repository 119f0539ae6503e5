//go:build older

package app_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/platform/lifecycle"
)

// The variables of TestAnOlderProgramIsRefused: this program, and one of a release
// whose certificates did not say yet what a process may serve.
const (
	thisVariable  = "GALLERIA_TEST_PROGRAM"
	olderVariable = "GALLERIA_TEST_OLDER_PROGRAM"
)

// TestAnOlderProgramIsRefused joins each of the two programs to the other one's
// process. make test-older builds both; the usual run has no history to build from.
func TestAnOlderProgramIsRefused(t *testing.T) {
	this, older := os.Getenv(thisVariable), os.Getenv(olderVariable)
	if this == "" || older == "" {
		t.Fatalf("%s and %s must name two programs; make test-older does that", thisVariable, olderVariable)
	}
	const reason = "its certificate has no SPIFFE id, so it is of an earlier release"
	for name, c := range map[string]struct{ main, joins string }{
		"the older one joins": {this, older},
		"the newer one joins": {older, this},
	} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			main := begin(t, c.main, "serve", "--data", data, "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--rpc", "127.0.0.1:0")
			address := main.rpc(t)
			joining := begin(t, c.joins, "serve", "--target", "payments", "--data", data, "--peer", address, "--rpc", "127.0.0.1:0", "--admin", "127.0.0.1:0")
			select {
			case <-joining.ended:
			case <-time.After(time.Minute):
				t.Fatalf("it has not ended after a minute:\n%s", joining.said())
			}
			if joining.cmd.ProcessState.Success() {
				t.Errorf("it ended as if all were well:\n%s", joining.said())
			}
			if !strings.Contains(joining.said()+main.said(), reason) {
				t.Errorf("neither process says %q:\n%s\n%s", reason, joining.said(), main.said())
			}
			if main.hasEnded() {
				t.Errorf("the main process ended as well:\n%s", main.said())
			}
		})
	}
}

// begun is a process of a program that is not the test itself.
type begun struct {
	cmd   *exec.Cmd
	ended chan struct{}

	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *begun) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func begin(t *testing.T, program string, args ...string) *begun {
	t.Helper()
	b := &begun{cmd: exec.Command(program, args...), ended: make(chan struct{})}
	b.cmd.Stdout, b.cmd.Stderr = b, b
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(b.ended)
		b.cmd.Wait() // how it ended is in ProcessState
	}()
	t.Cleanup(func() {
		b.cmd.Process.Kill() // fails only if it has ended
		<-b.ended
	})
	return b
}

func (b *begun) said() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *begun) hasEnded() bool {
	select {
	case <-b.ended:
		return true
	default:
		return false
	}
}

// rpc waits for the address the process prints.
func (b *begun) rpc(t *testing.T) string {
	t.Helper()
	for !b.hasEnded() {
		if _, rest, found := strings.Cut(b.said(), "  rpc    "); found {
			if address, _, whole := strings.Cut(rest, "\n"); whole {
				return strings.Fields(address)[0]
			}
		}
		lifecycle.Pause(t.Context(), 20*time.Millisecond)
	}
	t.Fatalf("it ended instead of serving:\n%s", b.said())
	return ""
}
