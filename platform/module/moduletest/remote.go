package moduletest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"galleria/platform/route"
)

// childVariable tells a re-executed test binary which world to serve.
const childVariable = "MODULETEST_WORLD"

// addressLine is what the child prints when it serves.
const addressLine = "moduletest: serving at "

var registered Worlds

// Main runs the tests of a binary, or, in a process started by Run, serves one
// of its worlds.
func Main(m *testing.M, worlds Worlds) {
	registered = worlds
	name := os.Getenv(childVariable)
	if name == "" {
		os.Exit(m.Run())
	}
	if err := serve(worlds[name], os.Getenv(childVariable+"_DIR")); err != nil {
		fmt.Fprintln(os.Stderr, "moduletest:", err)
		os.Exit(1)
	}
}

// serve runs a world until standard input ends: with the parent, however that
// dies.
func serve(w World, dir string) error {
	alive, err := w.start(context.Background(), place{dir: dir, mode: route.ModeLocal})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(route.ServerOptions()...)
	checks := health.NewServer()
	healthv1.RegisterHealthServer(server, checks)
	for _, r := range alive.routes {
		r.Register(server, "", func(context.Context, string, string) error { return nil })
		checks.SetServingStatus(string(r.Service().FullName()), healthv1.HealthCheckResponse_SERVING)
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		// A call that never ends must not keep this process, and the test
		// that waits for it, alive.
		cut := time.AfterFunc(stopTimeout, server.Stop)
		defer cut.Stop()
		server.GracefulStop()
	}()
	fmt.Println(addressLine + listener.Addr().String())
	if err := server.Serve(listener); err != nil {
		return err
	}
	return alive.stop()
}

// remote starts a world in a process of its own and connects to it.
func remote(t *testing.T, world string) Connect {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+world, childVariable+"_DIR="+t.TempDir())
	child.Stderr = os.Stderr
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatalf("start a process for world %s: %v", world, err)
	}
	lines := bufio.NewReader(stdout)
	t.Cleanup(func() {
		stdin.Close()
		io.Copy(io.Discard, lines)
		if err := child.Wait(); err != nil {
			t.Errorf("the process of world %s ended with %v", world, err)
		}
	})
	address := ""
	for address == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("the process of world %s did not start: %v", world, err)
		}
		_, address, _ = strings.Cut(strings.TrimSpace(line), addressLine)
	}
	return connectTo(t, registered[world], address)
}

func connectTo(t *testing.T, w World, address string) Connect {
	t.Helper()
	routes := &alive{routes: map[string]*route.Route{}}
	for _, d := range w {
		r, err := route.New(d.Name, d.Contract, testLog(t))
		if err != nil {
			t.Fatal(err)
		}
		target, err := r.NewRemote(route.RemoteOptions{Addresses: []string{address}, Credentials: insecure.NewCredentials()})
		if err != nil {
			t.Fatal(err)
		}
		r.Point(target)
		t.Cleanup(func() { target.Close() })
		routes.routes[d.Name] = r
	}
	return routes.connect(caller)
}
