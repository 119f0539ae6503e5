package process

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/route"
)

// TestADismissalThatNobodyHeardIsRepeated: a module is held while its process hangs, so
// there is none that could take the store from it, until the module is elsewhere.
func TestADismissalThatNobodyHeardIsRepeated(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	hung := h.start("hung", places{"alpha": here}, peerOf(main))
	other := h.start("other", places{"alpha": here}, peerOf(main))
	if err := main.Apply(t.Context(), places{"alpha": at(hung)}); err != nil {
		t.Fatal(err)
	}
	db := hung.Running("alpha").DB
	late := func() error {
		return db.Write(t.Context(), func(tx *gorm.DB) error { return note(tx, "late") })
	}
	hung.server.Stop() // it cannot be reached any more, and does not know
	if err := main.Apply(t.Context(), places{"alpha": route.Held()}); err != nil {
		t.Fatal(err)
	}
	if err := late(); err != nil {
		t.Fatalf("nobody could be asked to take the store from a process, and it was refused: %v", err)
	}
	if err := main.Apply(t.Context(), places{"alpha": at(other)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the process that was left is refused", true, func() bool { return errors.Is(late(), database.ErrFenced) })
}

// TestADismissalIsGivenUp once it is not wished any more, and when the process stops.
func TestADismissalIsGivenUp(t *testing.T) {
	for name, change := range map[string]func(h *house, main *Process, address string){
		"when the process answers": func(h *house, main *Process, address string) {
			h.start("lost", places{"alpha": here}, peerOf(main), func(o *Options) { o.Listen = address })
		},
		"when its module's calls go there again": func(h *house, main *Process, address string) {
			target, err := main.routes["alpha"].NewRemote(route.RemoteOptions{Addresses: []string{address}, Credentials: main.o.Identity.ClientFor("alpha")})
			if err != nil {
				h.t.Fatal(err)
			}
			main.point("alpha", target, route.Remote(address))
		},
		"when this process stops": func(h *house, main *Process, address string) { stop(h.t, main) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			main := h.start("main", nil)
			other := h.start("other", places{"alpha": here}, peerOf(main))
			if err := main.Apply(t.Context(), places{"alpha": route.Held()}); err != nil {
				t.Fatal(err)
			}
			address := freeAddress(t)
			lost := route.EndpointState{Endpoint: route.Endpoint{Process: "lost", Address: address}}
			err := main.dismissOnce("alpha", lost)
			wantError(t, err, "no process answers")
			ended := make(chan struct{})
			go func() {
				main.keepDismissing("alpha", lost, err)
				close(ended)
			}()
			change(h, main, address)
			eventually(t, "it is given up", true, func() bool {
				select {
				case <-ended:
					return true
				default:
					return false
				}
			})
			if generation, err := other.Running("alpha").DB.Generation(t.Context()); generation != 1 || err != nil {
				t.Errorf("got the store's generation %d and error %v, want 1: the store was taken from nobody", generation, err)
			}
		})
	}
}
