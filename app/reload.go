package app

import (
	"context"
	"log/slog"
	"time"

	"galleria/platform/config"
	"galleria/platform/process"
)

// Reloader applies changes of the configuration file while the shop runs.
type Reloader struct {
	start   Start
	process *process.Process
	log     *slog.Logger
	values  map[string]string // as last reported
}

// NewReloader makes the reloader; App.Run runs it.
func NewReloader(s Start, p *process.Process, log *slog.Logger) *Reloader {
	r := &Reloader{start: s, process: p, log: log}
	r.values = valuesOf(s.Loaded)
	return r
}

// moveTimeout bounds a reload: handshakes, starts and draining of six modules.
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
	placements, err := placeable(c)
	if err != nil {
		r.log.Error("the configuration can't be applied; nothing is changed", "error", err)
		return
	}
	r.reportUnapplied(loaded)
	if len(placements) == 0 {
		return // the peer says where modules are
	}
	ctx, cancel := context.WithTimeout(ctx, moveTimeout)
	defer cancel()
	if err := r.process.Apply(ctx, placements); err != nil {
		r.log.Error("not all of the configuration was applied", "error", err)
		return
	}
	r.log.Info("the configuration is applied")
}

// reportUnapplied names the keys that changed and wait for a restart.
func (r *Reloader) reportUnapplied(loaded *config.Loaded) {
	now := valuesOf(loaded)
	for key, text := range now {
		if text != r.values[key] && !Live(key) {
			r.log.Warn("this change of the configuration needs a restart", "key", key)
		}
	}
	r.values = now
}

func valuesOf(loaded *config.Loaded) map[string]string {
	values := map[string]string{}
	for _, v := range loaded.Values() {
		values[v.Key] = v.Text
	}
	return values
}
