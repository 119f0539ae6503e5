package process

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"galleria/platform/certs"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
	probev1 "galleria/platform/route/probe/v1"
)

func TestEveryMethodHasADoor(t *testing.T) {
	h := newHouse(t)
	p := h.start("main", nil)
	contracts := map[string]bool{}
	for _, r := range p.routes {
		contracts[string(r.Service().FullName())] = true
	}
	served := map[string]bool{}
	for name, service := range p.server.GetServiceInfo() {
		for _, m := range service.Methods {
			if method := "/" + name + "/" + m.Name; !contracts[name] {
				served[method] = true
				if _, known := doors[method]; !known {
					t.Errorf("%s is refused to all: say in doors whom it is open to", method)
				}
			}
		}
	}
	for method := range doors {
		if !served[method] {
			t.Errorf("there is a door for %s, and no such method", method)
		}
	}
}

// knock asks any method for anything, and tells whether the door was open.
func knock(t *testing.T, address, method, caller string, creds credentials.TransportCredentials) error {
	t.Helper()
	conn, err := route.Dial(address, creds)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(route.WithCaller(t.Context(), caller), patience)
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
	if err != nil {
		return err
	}
	if err := errors.Join(stream.SendMsg(&emptypb.Empty{}), stream.CloseSend()); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	err = stream.RecvMsg(&emptypb.Empty{})
	switch status.Code(err) {
	case codes.PermissionDenied, codes.Unauthenticated, codes.Unavailable, codes.Unimplemented:
		return err
	}
	return nil // it was let in, and asked for nothing that is there
}

func TestEachDoorIsOpenToThoseWithTheCertificateForIt(t *testing.T) {
	h := newHouse(t)
	var log book
	p := h.start("main", places{"alpha": here, "beta": here}, logTo(&log))
	h.repaired.Store(true)
	const echo, missing = "/platform.route.probe.v1.ProbeService/Echo", "/platform.process.v1.ProcessService/Forge"
	guests := map[string]struct {
		creds  credentials.TransportCredentials
		caller string // as whom it calls a contract
		is     []string
	}{
		"main":                   {h.everything().Client(), tester, []string{"process", "server", "operator", "caller"}},
		"operator":               {h.identity(certs.Operator).Client(), certs.Operator, []string{"process", "operator"}},
		"serves beta":            {h.identity("beta").Client(), "beta", []string{"process", "server", "caller"}},
		"serves beta, poses":     {h.identity("beta").Client(), tester, []string{"process", "server"}},
		"edge":                   {h.identity(tester).Client(), tester, []string{"process", "caller"}},
		"edge, without the need": {h.identity(stranger).Client(), stranger, []string{"process"}},
		"speaks for none":        {h.identity().Client(), tester, []string{"process"}},
		"another installation":   {credentials.NewTLS(newHouse(t).earlier("beta")), "beta", nil},
		"revoked":                {h.revoked().Client(), tester, nil},
		"expired":                {credentials.NewTLS(h.expired()), tester, nil},
		"no certificate":         {credentials.NewTLS(h.anyServer()), tester, nil},
		"plaintext":              {insecure.NewCredentials(), tester, nil},
		"of the earlier release": {credentials.NewTLS(h.earlier("beta")), "beta", nil},
	}
	// What is not named here is for operators: a door that is opened to more
	// wants a line.
	methods := map[string]string{
		echo: "caller", missing: "none",
		processv1.ProcessService_Describe_FullMethodName: "process",
		processv1.ProcessService_Join_FullMethodName:     "process",
		processv1.ProcessService_Tunnel_FullMethodName:   "server",
		healthv1.Health_Check_FullMethodName:             "process",
		healthv1.Health_List_FullMethodName:              "process",
		healthv1.Health_Watch_FullMethodName:             "process",
	}
	for method := range doors {
		if methods[method] == "" {
			methods[method] = "operator"
		}
	}
	for name, g := range guests {
		t.Run(name, func(t *testing.T) {
			for _, method := range slices.Sorted(maps.Keys(methods)) {
				want := slices.Contains(g.is, methods[method])
				err := knock(t, p.Address(), method, g.caller, g.creds)
				if (err == nil) != want {
					t.Errorf("%s: got %v, want it open: %t", method, err, want)
				}
				if err == nil || g.is == nil && status.Code(err) == codes.Unavailable {
					continue
				}
				if !log.has("refused at the door", method) {
					t.Errorf("the log does not say that %s was refused", method)
				}
			}
		})
	}
	for who, parts := range map[string][]string{
		"the process":         {"/process/beta", "method=" + echo, "caller=" + tester, "address=127.0.0.1:"},
		"a missing method":    {"/process/" + tester, "method=" + missing},
		"a foreign authority": {"refused at the door", "address=127.0.0.1:", "unknown authority"},
		"a revoked one":       {"refused at the door", "was revoked"},
		"an expired one":      {"refused at the door", "expired"},
		"no certificate":      {"refused at the door", "didn't provide a certificate"},
		"an earlier release":  {"refused at the door", "of an earlier release: run its process with this release"},
	} {
		if !log.has(parts...) {
			t.Errorf("%s: no line of the log has %q", who, parts)
		}
	}
}

// TestAServerIsRefusedWithoutTheCertificateForItsModule also when everything else
// about it is as it should be.
func TestAServerIsRefusedWithoutTheCertificateForItsModule(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	for name, c := range map[string]struct {
		identity *certs.Identity
		reason   string // empty: it serves
	}{
		"the module's":         {h.identity("alpha"), ""},
		"all modules'":         {h.everything(), ""},
		"another module's":     {h.identity("beta"), "/process/beta, lets it serve [beta] and not alpha"},
		"an operator's":        {h.identity(certs.Operator), "lets it serve [] and not alpha"},
		"a caller's":           {h.identity(tester), "lets it serve [] and not alpha"},
		"another installation": {newHouse(t).identity("alpha"), "authority"},
		"a revoked one":        {h.revoked(), "was revoked"},
		"plaintext":            {certs.Plaintext(), "does not speak TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			impostor := h.start(name, places{"alpha": here}, peerOf(main), func(o *Options) {
				o.Identity, o.Peer, o.NoEvents = c.identity, "", true
			})
			err := main.Apply(t.Context(), places{"alpha": at(impostor)})
			if c.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				wantAnswerFrom(t, main, name)
				if err := main.Apply(t.Context(), places{"alpha": here}); err != nil {
					t.Fatal(err)
				}
				return
			}
			wantError(t, err, "alpha stays local", c.reason)
			wantAnswerFrom(t, main, "main")
		})
	}
}

func TestCallsDoNotFailWhenTheirConnectionIsRenewed(t *testing.T) {
	h := newHouse(t)
	h.repaired.Store(true)
	young := func(o *Options) { o.ConnectionAge = 200 * time.Millisecond }
	var log book
	main := h.start("main", nil, young)
	other := h.start("other", places{"alpha": here, "beta": here}, peerOf(main), young, logTo(&log))
	if err := main.Apply(t.Context(), places{"alpha": at(other), "beta": at(other)}); err != nil {
		t.Fatal(err)
	}
	conn, err := route.Dial(other.Address(), h.identity(tester).ClientFor("alpha"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	connections := map[string]bool{}
	for calls, began := 0, time.Now(); len(connections) < 8; calls++ {
		if time.Since(began) > patience {
			t.Fatalf("%d calls used %d connections, want more", calls, len(connections))
		}
		var from peerInfo
		if _, err := probev1.NewProbeServiceClient(conn).Echo(route.WithCaller(t.Context(), tester), &probev1.EchoRequest{}, from.option()); err != nil {
			t.Fatalf("call %d, on connection %d: %v", calls, len(connections), err)
		}
		connections[from.local()] = true
		wantAnswerFrom(t, main, "other")
	}
	// Streams are renewed, too: events and places are followed all the time.
	makeNotes(t, main, 3)
	wantHeard(t, other, 3)
	if log.has("can't follow the peer") {
		t.Error("the renewal of a stream is told as a failure")
	}
}

func TestARevokedProcessIsCutOff(t *testing.T) {
	h := newHouse(t)
	var log book
	main := h.start("main", nil, logTo(&log))
	identity, number := h.issued("alpha")
	conn, err := route.Dial(main.Address(), identity.Client())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stream, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, "/grpc.health.v1.Health/Watch")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(stream.SendMsg(&emptypb.Empty{}), stream.CloseSend(), stream.RecvMsg(&emptypb.Empty{})); err != nil {
		t.Fatal(err)
	}
	if _, err := h.authority.Revoke(number); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		err = stream.RecvMsg(&emptypb.Empty{})
	}
	if status.Code(err) != codes.Unavailable || !log.has("not trusted any more", "/process/alpha", "was revoked") {
		t.Errorf("got %v, and want the stream to be cut and the log to say why", strings.TrimSpace(err.Error()))
	}
}
