package route

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"galleria/platform/certs"
	probev1 "galleria/platform/route/probe/v1"
)

func TestWhyAProcessIsNotReachedIsSaidPlainly(t *testing.T) {
	identity := func() *certs.Identity {
		authority, err := certs.OpenAuthority(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		id, err := certs.FromAuthority(authority, certs.Rights{Speaks: []string{"tester"}})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	ours, theirs := identity(), identity()
	listen := func() net.Listener {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		return listener
	}
	serving := func(creds credentials.TransportCredentials) string {
		listener, server := listen(), grpc.NewServer(grpc.Creds(creds))
		go server.Serve(listener)
		t.Cleanup(server.Stop)
		return listener.Addr().String()
	}
	closed := listen()
	closed.Close()
	// A server that wants a certificate of its callers, and a client without one.
	plain := httptest.NewUnstartedServer(nil)
	plain.StartTLS()
	t.Cleanup(plain.Close)
	strict := serving(credentials.NewTLS(&tls.Config{Certificates: plain.TLS.Certificates, ClientAuth: tls.RequireAnyClientCert}))
	for name, c := range map[string]struct {
		address string
		creds   credentials.TransportCredentials
		want    string
	}{
		"nothing":           {closed.Addr().String(), ours.Client(), "nothing listens there (connection refused)"},
		"no host":           {"nowhere.invalid:1", ours.Client(), "there is no such host"},
		"another authority": {serving(theirs.Server()), ours.Client(), "its certificate is of an authority that is not trusted here"},
		"no TLS there":      {serving(insecure.NewCredentials()), ours.Client(), "what listens there does not speak TLS"},
		"no TLS here":       {serving(ours.Server()), insecure.NewCredentials(), "what listens there ended the connection at once: it is stopping, speaks another protocol, or wants TLS"},
		"no certificate":    {strict, credentials.NewTLS(&tls.Config{InsecureSkipVerify: true}), "it does not trust the certificate shown to it"},
		"another protocol":  {brief(t, "220 mail.example.org ESMTP\r\n"), insecure.NewCredentials(), "what listens there speaks another protocol, or wants TLS"},
		"ended at once":     {brief(t, ""), insecure.NewCredentials(), "what listens there ended the connection at once: it is stopping, speaks another protocol, or wants TLS"},
		"another module's":  {serving(ours.Server()), ours.ClientFor("letters"), "its certificate, of spiffe://"},
		"silence":           {listen().Addr().String(), ours.Client(), "it did not answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := Dial(c.address, c.creds)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			// Long enough for a host that is looked up, too.
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, err = probev1.NewProbeServiceClient(conn).Echo(ctx, &probev1.EchoRequest{}, grpc.WaitForReady(true))
			if got := Why(err); !strings.HasPrefix(got, c.want) {
				t.Errorf("got %q, want %q, from %v", got, c.want, err)
			}
		})
	}
}

func TestWhyKeepsWhatItDoesNotKnowOnOneLine(t *testing.T) {
	for text, want := range map[string]string{
		`there is no module "paymints"`: `there is no module "paymints"`,
		"one\n\ttwo":                    "one two",
		// A text says nothing: what it seems to mean may be about something else.
		"the provider: connection refused": "the provider: connection refused",
	} {
		if got := Why(status.Error(codes.Unavailable, text)); got != want || strings.Contains(got, "\n") {
			t.Errorf("of %q: got %q, want %q", text, got, want)
		}
	}
}

// brief serves connections that end after a few words.
func brief(t *testing.T, words string) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Write([]byte(words))
			conn.(*net.TCPConn).CloseWrite()
			t.Cleanup(func() { conn.Close() })
		}
	}()
	return listener.Addr().String()
}
