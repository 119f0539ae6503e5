package stripe

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// mockBinary is stripe-mock: from the environment, or built by go tool.
func mockBinary(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("GALLERIA_TEST_STRIPE_MOCK"); path != "" {
		return path
	}
	root, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(root, "tools", "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			t.Fatal("tools/go.mod is in no folder above this one")
		}
		root = filepath.Dir(root)
	}
	build := exec.Command("go", "tool", "-n", "-modfile=tools/go.mod", "stripe-mock")
	build.Dir, build.Stderr = root, os.Stderr
	path, err := build.Output()
	if err != nil {
		t.Fatalf("build stripe-mock: %v", err)
	}
	return strings.TrimSpace(string(path))
}

// startMock runs stripe-mock, which checks each request against Stripe's own
// OpenAPI description, until the test ends.
func startMock(t *testing.T) (address string) {
	t.Helper()
	mock := exec.Command(mockBinary(t), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	out, err := mock.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := mock.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	var reading sync.WaitGroup
	t.Cleanup(func() {
		mock.Process.Kill()
		reading.Wait()
		mock.Wait() // says only that it was killed
	})
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("stripe-mock did not start: %v", err)
		}
		if _, address, ok := strings.Cut(strings.TrimSpace(line), "Listening for HTTP at address: "); ok {
			reading.Go(func() { io.Copy(io.Discard, lines) })
			return address
		}
	}
}

// sent is a request as it left.
type sent struct {
	line   string // method and path
	header http.Header
}

// recorder passes requests on and remembers them.
type recorder struct {
	mu   sync.Mutex
	sent []sent
}

func (r *recorder) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		r.sent = append(r.sent, sent{q.Method + " " + q.URL.Path, q.Header.Clone()})
		r.mu.Unlock()
		next.ServeHTTP(w, q)
	})
}
