package certs

import (
	"bytes"
	"context"
	"crypto/x509"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// childVariable makes the test binary open an authority and print it.
const childVariable = "CERTS_TEST_DIR"

func TestMain(m *testing.M) {
	dir := os.Getenv(childVariable)
	if dir == "" {
		os.Exit(m.Run())
	}
	os.Stdin.Read(make([]byte, 1)) // until all are let go
	a, err := OpenAuthority(dir)
	if err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
	os.Stdout.Write(trustedBy(a))
}

func open(t *testing.T) *Authority {
	t.Helper()
	a, err := OpenAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func trustedBy(a *Authority) []byte {
	now, err := a.current()
	if err != nil {
		panic(err)
	}
	return now.trusted()
}

func identity(t *testing.T, a *Authority, callers ...string) *Identity {
	t.Helper()
	i, err := FromAuthority(a, Rights{Speaks: callers})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// server answers health checks of those that may speak for "ana".
type server struct {
	healthv1.UnimplementedHealthServer
	identity *Identity
}

func (s server) Check(ctx context.Context, in *healthv1.HealthCheckRequest) (*healthv1.HealthCheckResponse, error) {
	return &healthv1.HealthCheckResponse{}, s.identity.CheckCaller(ctx, in.GetService())
}

// Watch says that all is well, and then nothing, for as long as there is a caller.
func (s server) Watch(_ *healthv1.HealthCheckRequest, out healthv1.Health_WatchServer) error {
	if err := out.Send(&healthv1.HealthCheckResponse{}); err != nil {
		return err
	}
	<-out.Context().Done()
	return out.Context().Err()
}

func serve(t *testing.T, i *Identity) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(grpc.Creds(i.Server()))
	healthv1.RegisterHealthServer(s, server{identity: i})
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	t.Cleanup(func() {
		s.Stop()
		<-served
	})
	return listener.Addr().String()
}

// call calls as a caller over a connection of its own.
func call(t *testing.T, address, caller string, creds credentials.TransportCredentials) error {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(creds))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{Service: caller})
	return err
}

func TestTheAuthorityIsMadeOnceByManyGoroutines(t *testing.T) {
	for range 5 {
		dir := filepath.Join(t.TempDir(), "certs")
		var all sync.WaitGroup
		made := make([][]byte, 8)
		begin := make(chan struct{})
		for i := range made {
			all.Go(func() {
				<-begin
				a, err := OpenAuthority(dir)
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				made[i] = trustedBy(a)
			})
		}
		close(begin)
		all.Wait()
		wantOne(t, dir, made)
	}
}

func TestTheAuthorityIsMadeOnceByManyProcesses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	made := make([]bytes.Buffer, 4)
	said := make([]bytes.Buffer, len(made))
	children, pipes := make([]*exec.Cmd, len(made)), make([]interface{ Close() error }, len(made))
	for i := range made {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childVariable+"="+dir)
		child.Stdout, child.Stderr = &made[i], &said[i]
		pipe, err := child.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		children[i], pipes[i] = child, pipe
	}
	for _, pipe := range pipes {
		pipe.Close()
	}
	var all [][]byte
	for i, child := range children {
		if err := child.Wait(); err != nil {
			t.Errorf("process %d: %v: %s", i, err, &said[i])
		}
		all = append(all, made[i].Bytes())
	}
	wantOne(t, dir, all)
}

func wantOne(t *testing.T, dir string, made [][]byte) {
	t.Helper()
	for i := range made {
		if len(made[i]) == 0 || !bytes.Equal(made[i], made[0]) {
			t.Errorf("opener %d has another authority than opener 0", i)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Errorf("got files %v and error %v, want the authority and the list of revoked certificates alone", files, err)
	}
}

func TestTheAuthoritysKeyIsForItsOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	if _, err := OpenAuthority(dir); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{filepath.Join(dir, "authority.pem"): 0o600, dir: 0o700} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v (error %v), want %v", filepath.Base(path), info.Mode().Perm(), err, want)
		}
	}
}

func TestAnAuthorityThatCannotBeReadIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(path, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenAuthority(filepath.Dir(path)); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got error %v, want one that names the file", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "half a file" {
		t.Error("the file was replaced")
	}
}

func TestConnectionsAreForHoldersOfThisAuthoritysCertificates(t *testing.T) {
	a := open(t)
	address := serve(t, identity(t, a, "server"))
	other := identity(t, open(t), "ana")
	// Trusts the server, and shows nothing itself.
	silent, err := newIdentity(other.own, identity(t, a).trust)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(trustedBy(a))
	nameless := credentials.NewClientTLSFromCert(pool, processName)
	for name, c := range map[string]struct {
		creds credentials.TransportCredentials
		want  codes.Code
	}{
		"own authority":                         {identity(t, a, "ana").Client(), codes.OK},
		"another authority":                     {other.Client(), codes.Unavailable},
		"another authority, trusting this one":  {silent.Client(), codes.Unavailable},
		"no certificate":                        {nameless, codes.Unavailable},
		"plaintext":                             {insecure.NewCredentials(), codes.Unavailable},
		"a certificate for none of the callers": {identity(t, a).Client(), codes.PermissionDenied},
	} {
		t.Run(name, func(t *testing.T) {
			if err := call(t, address, "ana", c.creds); status.Code(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	// The other way round: a client does not talk to just any server.
	foreign := serve(t, silent) // lets us in, and is not known here
	if err := call(t, foreign, "ana", identity(t, a, "ana").Client()); status.Code(err) != codes.Unavailable {
		t.Errorf("a server of another authority: got %v, want Unavailable", err)
	}
	open := serve(t, Plaintext())
	if err := call(t, open, "ana", identity(t, a, "ana").Client()); status.Code(err) != codes.Unavailable {
		t.Errorf("a server in plaintext: got %v, want Unavailable", err)
	}
	if err := call(t, open, "anybody", Plaintext().Client()); err != nil || !Plaintext().IsPlaintext() {
		t.Errorf("plaintext to plaintext: %v", err)
	}
}

func TestACertificateSpeaksForItsCallersOnly(t *testing.T) {
	a := open(t)
	address := serve(t, identity(t, a, "server"))
	creds := identity(t, a, "ana", "bob").Client()
	for caller, want := range map[string]codes.Code{"ana": codes.OK, "bob": codes.OK, "an": codes.PermissionDenied, "eve": codes.PermissionDenied, "": codes.PermissionDenied} {
		if err := call(t, address, caller, creds); status.Code(err) != want {
			t.Errorf("as %q: got %v, want %s", caller, err, want)
		}
	}
	if err := identity(t, a).CheckCaller(t.Context(), "ana"); status.Code(err) != codes.Unauthenticated {
		t.Errorf("without a connection: got %v, want Unauthenticated", err)
	}
}

func TestWhatNoCertificateCanSayIsNotIssued(t *testing.T) {
	a := open(t)
	for _, caller := range []string{"", "two words", "a?b", "a/b", "a#b", "ü", "A", "a.b", "-a", "a_b", strings.Repeat("a", 64)} {
		if _, _, _, err := a.Issue(Rights{Speaks: []string{caller}}, time.Hour); err == nil {
			t.Errorf("a certificate for %q was issued", caller)
		}
	}
	if _, _, _, err := a.Issue(Rights{Speaks: []string{"ana"}}, 0); err == nil {
		t.Error("a certificate that is valid for no time was issued")
	}
}

func TestACertificateEndsWhenItSays(t *testing.T) {
	a := open(t)
	files := issue(t, a, t.TempDir(), time.Second, "ana")
	i, err := FromFiles(files.files())
	if err != nil {
		t.Fatal(err)
	}
	address := serve(t, identity(t, a, "server"))
	deadline := time.Now().Add(time.Minute)
	for call(t, address, "ana", i.Client()) == nil {
		if time.Now().After(deadline) {
			t.Fatal("a certificate is accepted long after it ended")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

type paths struct{ certificate, key, authority string }

func (p paths) files() Files {
	return Files{Certificate: p.certificate, Key: p.key, Authority: p.authority}
}

func issue(t *testing.T, a *Authority, dir string, valid time.Duration, callers ...string) paths {
	t.Helper()
	certificate, key, authority, err := a.Issue(Rights{Speaks: callers}, valid)
	if err != nil {
		t.Fatal(err)
	}
	p := paths{filepath.Join(dir, "process.pem"), filepath.Join(dir, "process.key"), filepath.Join(dir, "trusted.pem")}
	write(t, p.certificate, certificate)
	write(t, p.key, key)
	write(t, p.authority, authority)
	return p
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCertificateFilesAreReplacedWithoutARestart(t *testing.T) {
	a := open(t)
	address := serve(t, identity(t, a, "server"))
	dir := t.TempDir()
	files := issue(t, a, dir, time.Hour, "ana")
	i, err := FromFiles(files.files())
	if err != nil {
		t.Fatal(err)
	}
	as := func(caller string, want codes.Code) {
		t.Helper()
		if err := call(t, address, caller, i.Client()); status.Code(err) != want {
			t.Errorf("as %s: got %v, want %s", caller, err, want)
		}
	}
	as("ana", codes.OK)
	as("bob", codes.PermissionDenied)

	certificate, key, _, err := a.Issue(Rights{Speaks: []string{"bob"}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	write(t, files.certificate, certificate)
	as("ana", codes.OK) // half replaced: the old pair goes on
	write(t, files.key, key)
	as("bob", codes.OK)
	as("ana", codes.PermissionDenied)
	if err := os.Remove(files.certificate); err != nil {
		t.Fatal(err)
	}
	as("bob", codes.OK)

	if _, err := FromFiles(files.files()); err == nil {
		t.Error("an identity was made of a certificate that is not there")
	}
	if _, err := FromFiles(Files{Certificate: files.key, Key: files.key, Authority: files.key}); err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Errorf("got error %v, want one that says that the authority's file holds no certificate", err)
	}
}

func TestAProcessRenewsItsOwnCertificateInTime(t *testing.T) {
	a := open(t)
	i := identity(t, a, "ana")
	first, err := i.own()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := i.own(); err != nil || again != first {
		t.Error("a new certificate is made for each connection")
	}
	first.Leaf.NotAfter = time.Now().Add(ownValid/2 - time.Minute)
	renewed, err := i.own()
	if err != nil || renewed == first || time.Until(renewed.Leaf.NotAfter) < ownValid-time.Hour {
		t.Errorf("got a certificate valid until %v (error %v), want a new one", renewed.Leaf.NotAfter, err)
	}
}

func TestAServerServesTheModulesOfItsCertificateOnly(t *testing.T) {
	a := open(t)
	with := func(r Rights) *Identity {
		t.Helper()
		i, err := FromAuthority(a, r)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	caller := with(Rights{Speaks: []string{"ana"}})
	for name, c := range map[string]struct {
		server Rights
		module string
		reason string // empty: served
	}{
		"the module":   {Rights{Serves: []string{"alpha"}}, "alpha", ""},
		"one of two":   {Rights{Serves: []string{"beta", "alpha"}}, "alpha", ""},
		"all":          {Everything, "alpha", ""},
		"another":      {Rights{Speaks: []string{"alpha"}, Serves: []string{"beta"}}, "alpha", "/process/alpha, lets it serve [beta] and not alpha"},
		"none":         {Rights{Speaks: []string{"alpha"}}, "alpha", "lets it serve [] and not alpha"},
		"a part of it": {Rights{Serves: []string{"alpha"}}, "alph", "lets it serve [alpha] and not alph"},
		"every module": {Rights{Serves: []string{"alpha"}}, All, "and not *"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serve(t, with(c.server))
			err := call(t, address, "ana", caller.ClientFor(c.module))
			if c.reason == "" && status.Code(err) == codes.Unavailable || c.reason != "" && (err == nil || !strings.Contains(err.Error(), c.reason)) {
				t.Errorf("got %v, want a refusal that says %q", err, c.reason)
			}
			if err := call(t, address, "ana", caller.Client()); err != nil {
				t.Errorf("asked for no module: %v", err)
			}
		})
	}
}
