package route

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"

	"galleria/platform/identity"
	probev1 "galleria/platform/route/probe/v1"
)

func TestAnIdentityCrossesInEveryMode(t *testing.T) {
	maker, err := identity.NewSigner([]byte(strings.Repeat("a", ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	statement, err := maker.Sign(identity.Identity{Subject: "ana", Expires: time.Now().Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	keys := identity.NewKeys(slog.New(slog.DiscardHandler), time.Now)
	keys.Learn("maker", []ed25519.PublicKey{maker.Public()})
	arrived := make(chan string, 10)
	server := &probe{echo: func(ctx context.Context, _ *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		who, _ := identity.From(identity.WithKeys(ctx, keys))
		if md, _ := metadata.FromIncomingContext(ctx); len(md.Get(identityHeader)) > 0 {
			who.Subject = "a header that the module sees"
		}
		arrived <- who.Subject
		return &probev1.EchoResponse{}, nil
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		for what, c := range map[string]struct {
			ctx  context.Context
			want string
		}{
			"on behalf of a person": {identity.With(t.Context(), statement), "ana"},
			"on nobody's behalf":    {t.Context(), ""},
			"a header of its own":   {metadata.AppendToOutgoingContext(t.Context(), identityHeader, statement), ""},
			"a forged one":          {identity.With(t.Context(), statement[1:]), ""},
		} {
			if _, err := s.client.Echo(c.ctx, &probev1.EchoRequest{}); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if got := <-arrived; got != c.want {
				t.Errorf("%s: the module sees %q, want %q", what, got, c.want)
			}
		}
	})
}

func TestAModuleBelievesByTheKeysOfItsRoute(t *testing.T) {
	maker, err := identity.NewSigner([]byte(strings.Repeat("a", ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	statement, err := maker.Sign(identity.Identity{Subject: "ana", Expires: time.Now().Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	for known, want := range map[bool]string{true: "ana", false: ""} {
		log := slog.New(slog.DiscardHandler)
		keys := identity.NewKeys(log, time.Now)
		if known {
			keys.Learn("maker", []ed25519.PublicKey{maker.Public()})
		}
		got := ""
		server := &probe{echo: func(ctx context.Context, _ *probev1.EchoRequest) (*probev1.EchoResponse, error) {
			who, _ := identity.From(ctx)
			got = who.Subject
			return &probev1.EchoResponse{}, nil
		}}
		r := newRoute(t, log)
		r.Believe(keys)
		r.Point(targetIn(t, r, ModeLocal, server, log))
		if _, err := probev1.NewProbeServiceClient(r.For("tester")).Echo(identity.With(t.Context(), statement), &probev1.EchoRequest{}); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("with the key known %v: the module sees %q, want %q", known, got, want)
		}
	}
}
