package process

import (
	"crypto/ed25519"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/platform/identity"
	"galleria/platform/module"
	"galleria/platform/route"
)

// vouching makes a module one that makes statements, with a key of its own.
func vouching(t *testing.T, name string, declared bool) func(*Options) {
	return func(o *Options) {
		for i, d := range o.Definitions {
			if d.Name != name {
				continue
			}
			o.Definitions[i].Vouches = declared
			o.Definitions[i].New = func(h module.Host) (*module.Instance, error) {
				instance, err := d.New(h)
				if err == nil && declared {
					instance.Vouches = []ed25519.PublicKey{maker(t).Public()}
				}
				return instance, err
			}
		}
	}
}

func maker(t *testing.T) *identity.Signer {
	t.Helper()
	s, err := identity.NewSigner([]byte(strings.Repeat("k", ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func believes(p *Process, statement string) string {
	who, err := p.Identities().Verify(statement)
	if err != nil {
		return err.Error()
	}
	return who.Subject
}

func TestEveryProcessBelievesTheModuleThatVouches(t *testing.T) {
	h := newHouse(t)
	declare := vouching(t, "alpha", true)
	address := freeAddress(t)
	main := h.start("main", places{"beta": here, "alpha": route.Remote(address)}, declare)
	early := h.start("early", places{"beta": here}, peerOf(main), declare)
	h.start("maker", places{"alpha": here}, peerOf(main), declare, func(o *Options) { o.Listen = address })
	late := h.start("late", places{"beta": here}, peerOf(main), declare)
	statement, err := maker(t).Sign(identity.Identity{Subject: "ana", Expires: time.Now().Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*Process{main, early, late} {
		eventually(t, "whose statement it is", "ana", func() string { return believes(p, statement) })
	}
}

func TestKeysOfAModuleThatDoesNotVouchAreNotBelieved(t *testing.T) {
	h := newHouse(t)
	address := freeAddress(t)
	main := h.start("main", places{"beta": here, "alpha": route.Remote(address)})
	h.start("liar", places{"alpha": here}, peerOf(main), vouching(t, "alpha", true), func(o *Options) { o.Listen = address })
	eventually(t, "main knows the process", "true", func() string {
		for _, m := range main.Processes() {
			for _, served := range m.GetModules() {
				if served.GetModule() == "alpha" && len(served.GetVouches()) > 0 {
					return "true"
				}
			}
		}
		return "false"
	})
	if known := main.Identities().Known(); len(known) != 0 {
		t.Errorf("got keys %v, want none: alpha is not the module that vouches", slices.Clone(known))
	}
}
