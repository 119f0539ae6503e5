package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"galleria/app/edge"
	"galleria/platform/config"
	"galleria/platform/process"
	"galleria/platform/route"
)

// Reloader applies changes of the configuration file while the shop runs: of places, and of
// what one client may do.
type Reloader struct {
	start   Start
	process *process.Process
	edge    *edge.Edge
	log     *slog.Logger
	// previousLoaded is the configuration that was read last and made sense; previous is
	// what it means.
	previousLoaded *config.Loaded
	previous       Config

	// supersede ends the change that is under way: what the file says later counts.
	supersede context.CancelFunc
	applying  sync.WaitGroup
}

// NewReloader makes the reloader; App.Run runs it.
func NewReloader(s Start, p *process.Process, e *edge.Edge, log *slog.Logger) *Reloader {
	return &Reloader{start: s, process: p, edge: e, log: log, previousLoaded: s.Loaded, previous: s.Config, supersede: func() {}}
}

// moveTimeout bounds a reload: handshakes, starts and draining of all modules.
const moveTimeout = 2 * time.Minute

// Run watches the file until ctx ends.
func (r *Reloader) Run(ctx context.Context) error {
	watcher := config.Watcher{
		File: r.start.Sources.File, Seen: r.start.Loaded.Digest(),
		Changed: func() { r.reload(ctx) },
		Failed: func(err error) {
			r.log.Error("the configuration file can't be followed; nothing is changed", "error", err)
		},
	}
	defer r.applying.Wait()
	return watcher.Run(ctx)
}

// reload reads everything again and moves the modules that are to move. What
// does not parse or make sense changes nothing and is reported.
func (r *Reloader) reload(ctx context.Context) {
	c, loaded, err := Load(r.start.Sources)
	if err != nil {
		r.log.Error("the configuration has mistakes; nothing is changed", "error", err)
		return
	}
	if err := checkWhole(r.previousLoaded, loaded, r.previous); err != nil {
		r.log.Error("the configuration file may be half written; nothing is changed", "file", r.start.Sources.File, "error", err)
		return
	}
	placements, err := placeable(c)
	if err != nil {
		r.log.Error("the configuration can't be applied; nothing is changed", "error", err)
		return
	}
	waiting := r.reportUnapplied(loaded)
	if c.HTTP.Limits != r.previous.HTTP.Limits {
		r.edge.Clients.SetLimits(edge.Limits(c.HTTP.Limits))
		r.log.Info("clients have other limits now", "limits", fmt.Sprintf("%+v", c.HTTP.Limits))
	}
	r.previousLoaded, r.previous = loaded, c
	if len(placements) == 0 {
		return // the peer says where modules are
	}
	r.supersede()
	r.applying.Wait()
	ctx, cancel := context.WithTimeout(ctx, moveTimeout)
	r.supersede = cancel
	r.applying.Go(func() {
		defer cancel()
		if err := r.process.Apply(ctx, placements); err != nil {
			r.log.Error("not all of the configuration was applied", "error", err)
			return
		}
		if len(waiting) > 0 {
			r.log.Warn("the configuration is applied, except for what needs a restart", "keys", strings.Join(waiting, ", "))
			return
		}
		r.log.Info("the configuration is applied")
	})
}

// checkWhole refuses a file that has lost what it said before: an editor empties it
// before it writes, a full disk cuts it off, a command may make one anew that was deleted,
// and the defaults would move the modules home that are not in it. previous is what before
// means.
func checkWhole(before, now *config.Loaded, previous Config) error {
	switch {
	case !now.Written("") && before.Written(""):
		return errors.New("it says nothing any more")
	case !now.Written("modules") && before.Written("modules"):
		return errors.New("it says nothing of modules any more; to bring them home, give them mode local")
	}
	for _, row := range Table(previous.Modules) {
		name, place := row.Definition.Name, row.Placed.place()
		if place.Mode != route.ModeLocal && before.Written("modules."+name) && !now.Written("modules."+name) {
			return fmt.Errorf("it says nothing of %s any more, which is %s; to bring it home, give it mode local", name, place)
		}
	}
	return nil
}

// reportUnapplied names the keys that changed just now and wait for a restart, and returns
// all that do.
func (r *Reloader) reportUnapplied(loaded *config.Loaded) (waiting []string) {
	waiting = slices.DeleteFunc(loaded.Changed(r.start.Loaded), Live)
	for _, key := range loaded.Changed(r.previousLoaded) {
		if slices.Contains(waiting, key) {
			r.log.Warn("this change of the configuration needs a restart", "key", key)
		}
	}
	return waiting
}
