package process

import (
	"crypto/ed25519"
	"slices"
	"strings"
	"sync/atomic"
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
					instance.Vouches = func() []ed25519.PublicKey { return []ed25519.PublicKey{maker(t).Public()} }
				}
				return instance, err
			}
		}
	}
}

func maker(t *testing.T) *identity.Signer { return makerOf(t, "k") }

func makerOf(t *testing.T, seed string) *identity.Signer {
	t.Helper()
	s, err := identity.NewSigner([]byte(strings.Repeat(seed, ed25519.SeedSize)))
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

// TestKeysThatChangeAreBelievedInEveryProcess, also in that of the module, and those that
// it tells no more are believed no more. Of copies, the keys of each are believed; one that
// is gone has none.
func TestKeysThatChangeAreBelievedInEveryProcess(t *testing.T) {
	h := newHouse(t)
	var told [2]atomic.Pointer[[]ed25519.PublicKey]
	tell := func(copy int, seeds ...string) {
		var keys []ed25519.PublicKey
		for _, seed := range seeds {
			keys = append(keys, makerOf(t, seed).Public())
		}
		told[copy].Store(&keys)
	}
	telling := func(copy int) func(*Options) {
		return func(o *Options) {
			for i, d := range o.Definitions {
				if d.Name != "alpha" {
					continue
				}
				o.Definitions[i].Vouches = true
				o.Definitions[i].New = func(host module.Host) (*module.Instance, error) {
					instance, err := d.New(host)
					if err == nil {
						instance.Vouches = func() []ed25519.PublicKey { return *told[copy].Load() }
					}
					return instance, err
				}
			}
		}
	}
	tell(0, "a")
	tell(1, "a")
	main := h.start("main", places{"beta": here, "alpha": here}, telling(0))
	other := h.start("other", places{"beta": here}, peerOf(main), telling(0))
	want := func(seeds ...string) {
		t.Helper()
		var names []string
		for _, seed := range seeds {
			names = append(names, makerOf(t, seed).Name())
		}
		slices.Sort(names)
		for _, p := range []*Process{main, other} {
			eventually(t, "the keys of "+p.name, strings.Join(names, " "), func() string { return strings.Join(p.Identities().Known(), " ") })
		}
	}
	want("a")
	tell(0, "a", "b")
	want("a", "b")
	tell(0, "b")
	want("b")
	copied := h.create("copy", peerOf(main), telling(1))
	if err := copied.Start(t.Context(), places{"alpha": here, "beta": here}); err != nil {
		t.Fatal(err)
	}
	want("a", "b")
	stop(t, copied)
	want("b")
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
