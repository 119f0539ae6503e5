package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

func TestNoCertificateOutlivesItsAuthority(t *testing.T) {
	a := open(t)
	_, _, _, err := a.Issue(Rights{Speaks: []string{"ana"}}, 36500*24*time.Hour)
	if err == nil || !strings.Contains(err.Error(), "it would outlive its authority, which ends in 3649 days") {
		t.Errorf("got error %v, want one that says when the authority ends", err)
	}
	if issued, err := a.Issued(); err != nil || len(issued) != 0 {
		t.Errorf("got %v and error %v, want no certificate", issued, err)
	}
}

func TestAConnectionEndsWithTheCertificateItRestsOn(t *testing.T) {
	for _, whose := range []string{"the client's", "the server's"} {
		t.Run(whose, func(t *testing.T) {
			t.Parallel()
			a := open(t)
			files := issue(t, a, t.TempDir(), 2*time.Second, "ana")
			short, err := FromFiles(files.files())
			if err != nil {
				t.Fatal(err)
			}
			end := leafOf(t, short).NotAfter
			client, server := short, identity(t, a)
			if whose == "the server's" {
				client, server = server, short
			}
			conn, err := grpc.NewClient(serve(t, server), grpc.WithTransportCredentials(client.Client()))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			watch, err := healthv1.NewHealthClient(conn).Watch(t.Context(), &healthv1.HealthCheckRequest{})
			for err == nil { // it has no other end
				_, err = watch.Recv()
			}
			if status.Code(err) != codes.Unavailable || time.Now().Before(end) {
				t.Errorf("got %v, want the connection to be cut when the certificate ends", err)
			}
		})
	}
}

func leafOf(t *testing.T, i *Identity) *x509.Certificate {
	t.Helper()
	shown, err := i.own()
	if err != nil {
		t.Fatal(err)
	}
	return shown.Leaf
}

// TestTheAuthorityIsRotatedWhileProcessesRun among processes that read the data
// directory and one elsewhere, which is told of the new authority in time.
func TestTheAuthorityIsRotatedWhileProcessesRun(t *testing.T) {
	a := open(t)
	files := issue(t, a, t.TempDir(), time.Hour, "ana")
	elsewhere, err := FromFiles(files.files())
	if err != nil {
		t.Fatal(err)
	}
	server, beside := identity(t, a), identity(t, a, "bob")
	address, there := serve(t, server), serve(t, elsewhere)
	all := func(when string, want codes.Code) {
		t.Helper()
		if err := call(t, address, "bob", beside.Client()); err != nil {
			t.Errorf("%s: a process that reads the authority: %v", when, err)
		}
		if err := call(t, address, "ana", elsewhere.Client()); status.Code(err) != want {
			t.Errorf("%s: a process elsewhere: got %v, want %s", when, err, want)
		}
		if err := call(t, there, "bob", beside.Client()); status.Code(err) != want {
			t.Errorf("%s: to a process elsewhere: got %v, want %s", when, err, want)
		}
	}
	step := func(take func() (string, error)) []byte {
		t.Helper()
		path, err := take()
		if err != nil {
			t.Fatal(err)
		}
		trusted, err := os.ReadFile(path)
		if err != nil || bytes.Contains(trusted, []byte("PRIVATE")) {
			t.Fatalf("what is to be trusted can't be read or holds a key: %v", err)
		}
		return trusted
	}
	all("before", codes.OK)
	id := peerID(t, server)
	if _, err := a.SwitchRotation(); err == nil || !strings.Contains(err.Error(), "is settled, not begun") {
		t.Errorf("got error %v, want steps in their order only", err)
	}
	first := leafOf(t, beside)
	write(t, files.authority, step(a.BeginRotation))
	if !leafOf(t, beside).Equal(first) {
		t.Error("the new authority signs before all know it")
	}
	all("begun", codes.OK)
	step(a.SwitchRotation)
	if leafOf(t, beside).Equal(first) {
		t.Error("a process keeps to the certificate of the old authority")
	}
	all("switched", codes.OK)
	if _, err := a.EndRotation(false); err == nil || !strings.Contains(err.Error(), "connections from before the switch may last until") {
		t.Errorf("got error %v, want to be told to wait for connections of the old authority", err)
	}
	renewed := issue(t, a, t.TempDir(), time.Hour, "ana")
	left := identity(t, a, "eve")
	step(func() (string, error) { return a.EndRotation(true) })
	all("ended, with the old certificate", codes.Unavailable)
	for from, to := range map[string]string{renewed.certificate: files.certificate, renewed.key: files.key} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		write(t, to, data)
	}
	all("ended, with a new certificate", codes.OK)
	if got := peerID(t, left); !strings.HasPrefix(got, strings.TrimSuffix(id, "/process")+"/") {
		t.Errorf("after the rotation %s is in another trust domain than %s", got, id)
	}
	if is, ends, err := a.Rotation(); is != Settled || err != nil || time.Until(ends) < authorityValid-time.Hour {
		t.Errorf("got %s, until %v, error %v, want a settled new authority", is, ends, err)
	}
}

func peerID(t *testing.T, i *Identity) string {
	t.Helper()
	p, err := i.Own()
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

func TestARevokedCertificateIsRefusedAndItsConnectionsAreCut(t *testing.T) {
	a := open(t)
	address := serve(t, watched(t, identity(t, a)))
	files := issue(t, a, t.TempDir(), time.Hour, "ana")
	other := issue(t, a, t.TempDir(), time.Hour, "ana")
	bob := issue(t, a, t.TempDir(), time.Hour, "bob")
	by := func(p paths) *Identity {
		t.Helper()
		i, err := FromFiles(p.files())
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(by(files).Client()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	watch, err := healthv1.NewHealthClient(conn).Watch(t.Context(), &healthv1.HealthCheckRequest{})
	if err == nil {
		_, err = watch.Recv()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Revoke(strings.Repeat("0", 32)); !errors.Is(err, ErrNotIssued) {
		t.Errorf("got error %v, want ErrNotIssued", err)
	}
	if taken, err := a.Revoke(number(leafOf(t, by(files)))); err != nil || len(taken) != 1 {
		t.Fatalf("revoked %v, error %v, want the one certificate", taken, err)
	}
	for err == nil {
		_, err = watch.Recv()
	}
	for name, c := range map[string]struct {
		files paths
		want  codes.Code
	}{"the revoked one": {files, codes.Unavailable}, "another with its id": {other, codes.OK}} {
		if err := call(t, address, "ana", by(c.files).Client()); status.Code(err) != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	// By id, all of them; and a process elsewhere reads a copy of the list.
	if taken, err := a.Revoke(peerID(t, by(other))); err != nil || len(taken) != 2 {
		t.Fatalf("revoked %v, error %v, want both certificates", taken, err)
	}
	elsewhere := bob.files()
	elsewhere.Revoked = filepath.Join(t.TempDir(), "revoked")
	list, err := os.ReadFile(a.Revoked())
	if err != nil {
		t.Fatal(err)
	}
	write(t, elsewhere.Revoked, list)
	there, err := FromFiles(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	for where, address := range map[string]string{"here": address, "elsewhere": serve(t, there)} {
		if err := call(t, address, "ana", by(other).Client()); status.Code(err) != codes.Unavailable {
			t.Errorf("%s: got %v, want it refused", where, err)
		}
		if err := call(t, address, "bob", by(bob).Client()); err != nil {
			t.Errorf("%s: one that was not revoked: %v", where, err)
		}
	}
	issued, err := a.Issued()
	revoked := 0
	for _, c := range issued {
		if c.Revoked {
			revoked++
		}
	}
	if err != nil || len(issued) != 3 || revoked != 2 {
		t.Errorf("got %+v and error %v, want three, two of them revoked", issued, err)
	}
	// A list that makes no sense any more is not taken for an empty one.
	write(t, elsewhere.Revoked, []byte("oops\n"))
	if err := call(t, serve(t, there), "ana", by(other).Client()); status.Code(err) != codes.Unavailable {
		t.Errorf("with a damaged list: got %v, want it refused as before", err)
	}
	if _, err := FromFiles(elsewhere); err == nil || !strings.Contains(err.Error(), `"oops" is no number`) {
		t.Errorf("got error %v, want one that says what is wrong with the list", err)
	}
}

// TestTrustThatEndsDuringAHandshakeIsNotConnected, with nothing that cuts connections
// afterwards: drawing a handshake out is of no use to a process.
func TestTrustThatEndsDuringAHandshakeIsNotConnected(t *testing.T) {
	revoke := func(t *testing.T, a *Authority, i *Identity) {
		if taken, err := a.Revoke(number(leafOf(t, i))); err != nil || len(taken) != 1 {
			t.Errorf("revoked %v, error %v, want the one certificate", taken, err)
		}
	}
	drop := func(t *testing.T, a *Authority, _ *Identity) {
		if _, err := a.EndRotation(true); err != nil {
			t.Error(err)
		}
	}
	for name, end := range map[string]func(*testing.T, *Authority, *Identity){"revoked": revoke, "its authority dropped": drop} {
		for _, whose := range []string{"the client's", "the server's"} {
			t.Run(whose+", "+name, func(t *testing.T) {
				a := open(t)
				if _, err := a.BeginRotation(); err != nil {
					t.Fatal(err)
				}
				loses, err := FromFiles(issue(t, a, t.TempDir(), time.Hour, "ana").files())
				if err != nil {
					t.Fatal(err)
				}
				if _, err := a.SwitchRotation(); err != nil {
					t.Fatal(err)
				}
				judges := identity(t, a, "ana")
				// The certificate is asked for when the other side has begun.
				shown := loses.own
				var once sync.Once
				late := &Identity{open: loses.open, trust: loses.trust, own: func() (*tls.Certificate, error) {
					once.Do(func() { end(t, a, loses) })
					return shown()
				}}
				client, server := late, judges
				if whose == "the server's" {
					client, server = judges, late
				}
				if err := call(t, serve(t, server), "ana", client.Client()); status.Code(err) != codes.Unavailable {
					t.Errorf("got %v, want it refused", err)
				}
				judges.mu.Lock()
				defer judges.mu.Unlock()
				if len(judges.open) != 0 {
					t.Errorf("%d connections are open, want none", len(judges.open))
				}
			})
		}
	}
}

// watched cuts connections until the test ends.
func watched(t *testing.T, i *Identity) *Identity {
	ctx, end := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		i.Watch(ctx, func(id string, why error) { t.Logf("cut %s: %v", id, why) })
		close(done)
	}()
	t.Cleanup(func() { end(); <-done })
	return i
}
