package process

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/certs"
	"galleria/platform/contract"
	"galleria/platform/module"
	"galleria/platform/route"
	probev1 "galleria/platform/route/probe/v1"
)

// callAs calls alpha at address over the network, as caller, with whatever
// identity.
func callAs(t *testing.T, caller string, identity *certs.Identity, address string) error {
	t.Helper()
	conn, err := route.Dial(address, identity.Client())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx := route.WithCaller(t.Context(), caller)
	_, err = probev1.NewProbeServiceClient(conn).Echo(ctx, &probev1.EchoRequest{})
	return err
}

func TestOnlyCallersThatDeclareTheNeedAreLetInOverTheNetwork(t *testing.T) {
	h := newHouse(t)
	p := h.start("main", nil)
	everybody := h.identity("alpha", "beta", tester, stranger)
	for name, c := range map[string]struct {
		caller   string
		identity *certs.Identity
		want     codes.Code
		reason   string
	}{
		"a module that needs it":              {"beta", everybody, codes.OK, ""},
		"an outside caller that needs it":     {tester, everybody, codes.OK, ""},
		"an outside caller that does not":     {stranger, everybody, codes.PermissionDenied, "does not declare that it needs alpha"},
		"no caller":                           {"", everybody, codes.PermissionDenied, "speaks for"},
		"a process that speaks for beta only": {"beta", h.identity("beta"), codes.OK, ""},
		"and poses as the outside caller":     {tester, h.identity("beta"), codes.PermissionDenied, "speaks for [beta], not for"},
		"another installation":                {"beta", newHouse(t).identity("beta"), codes.Unavailable, "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			err := callAs(t, c.caller, c.identity, p.Address())
			if status.Code(err) != c.want || err != nil && !strings.Contains(err.Error(), c.reason) {
				t.Errorf("got %v, want %s: %s", err, c.want, c.reason)
			}
		})
	}
}

func TestOnlyDeclaredNeedsGetAConnectionInTheProcess(t *testing.T) {
	h := newHouse(t)
	p := h.start("main", nil)
	defer func() {
		if said, _ := recover().(string); !strings.Contains(said, "stranger asks for alpha, which it does not list among its needs [beta]") {
			t.Errorf("got panic %q, want one that says who asked for what", said)
		}
	}()
	p.Connect(stranger, "alpha")
}

func TestACallKeepsItsFirstCallerWhenItIsPassedOn(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	other := h.start("other", places{"alpha": here}, peerOf(main))
	if err := main.Apply(t.Context(), places{"alpha": at(other)}); err != nil {
		t.Fatal(err)
	}
	if err := callAs(t, tester, h.identity(tester), main.Address()); err != nil {
		t.Errorf("passed on by a process that speaks for the caller: %v", err)
	}
	if err := callAs(t, stranger, h.identity(stranger), main.Address()); status.Code(err) != codes.PermissionDenied {
		t.Errorf("got %v, want PermissionDenied", err)
	}
	if h.trace("other", "alpha").calls.Load() != 1 {
		t.Errorf("alpha was called %d times, want once", h.trace("other", "alpha").calls.Load())
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	h := newHouse(t)
	plain := certs.Plaintext()
	for name, c := range map[string]struct {
		change func(*Options)
		reason string
	}{
		"plaintext on all addresses":  {func(o *Options) { o.Identity, o.Listen = plain, ":0" }, "allowed on a loopback address only"},
		"plaintext to another host":   {func(o *Options) { o.Identity, o.Peer = plain, "192.0.2.1:7070" }, "allowed on a loopback address only"},
		"no identity":                 {func(o *Options) { o.Identity = nil }, "no identity"},
		"no directory":                {func(o *Options) { o.Dir = "" }, "no data directory"},
		"an unknown need":             {func(o *Options) { o.Outside = map[string][]string{tester: {"gamma"}} }, "tester needs gamma, which is no module"},
		"a caller named as a module":  {func(o *Options) { o.Outside = map[string][]string{"alpha": nil} }, "name of a module"},
		"a module twice":              {func(o *Options) { o.Definitions = append(o.Definitions, o.Definitions[0]) }, "two modules are named beta"},
		"a contract twice":            {func(o *Options) { o.Definitions[0].Contract = o.Definitions[1].Contract }, "have the same contract"},
		"no contract":                 {func(o *Options) { o.Definitions[0].Contract = nil }, "has no contract"},
		"needs that lead in a circle": {func(o *Options) { o.Definitions[1].Needs = []string{"beta"} }, "need each other in a circle"},
	} {
		t.Run(name, func(t *testing.T) {
			o := h.options("wrong")
			c.change(&o)
			_, err := New(o)
			wantError(t, err, c.reason)
		})
	}
}

func TestPlaintextIsForLoopback(t *testing.T) {
	h := newHouse(t)
	plain := func(o *Options) { o.Identity = certs.Plaintext() }
	main := h.start("main", nil, plain)
	other := h.start("other", places{"alpha": here}, plain, peerOf(main))
	if err := main.Apply(t.Context(), places{"alpha": at(other)}); err != nil {
		t.Fatal(err)
	}
	wantAnswerFrom(t, main, "other")
	err := main.Apply(t.Context(), places{"alpha": route.Remote("192.0.2.1:7070")})
	wantError(t, err, "192.0.2.1:7070 in plaintext", "loopback address only")
	for address, want := range map[string]bool{
		"127.0.0.1:1": true, "127.8.9.10:1": true, "[::1]:1": true, "localhost:1": true,
		":1": false, "0.0.0.0:1": false, "192.0.2.1:1": false, "example.com:1": false, "127.0.0.1": false, "": false,
	} {
		if got := OnLoopback(address); got != want {
			t.Errorf("OnLoopback(%q) = %t, want %t", address, got, want)
		}
	}
}

func TestAModuleCallsWhatItNeedsWhereverThatIs(t *testing.T) {
	h := newHouse(t)
	var caller string
	spy := func(o *Options) {
		for i := range o.Definitions {
			if o.Definitions[i].Name == "alpha" {
				o.Definitions[i].New = func(module.Host) (*module.Instance, error) {
					return &module.Instance{Server: spying{caller: &caller}}, nil
				}
			}
		}
	}
	main := h.start("main", nil)
	other := h.start("other", places{"alpha": here}, peerOf(main), spy)
	if err := main.Apply(t.Context(), places{"alpha": at(other)}); err != nil {
		t.Fatal(err)
	}
	_, err := probev1.NewRelayServiceClient(main.Connect(tester, "beta")).Pass(t.Context(), &probev1.PassRequest{})
	if !contract.Is(err, probev1.Reason_REASON_ASKED_TO) || caller != "beta" {
		t.Errorf("got caller %q and error %v, want beta's call to arrive and alpha's reason back", caller, err)
	}
}

type spying struct {
	probev1.UnimplementedProbeServiceServer
	caller *string
}

func (s spying) Echo(ctx context.Context, _ *probev1.EchoRequest) (*probev1.EchoResponse, error) {
	*s.caller = route.Caller(ctx)
	return nil, contract.Error(codes.NotFound, probev1.Reason_REASON_ASKED_TO, "no echo")
}
