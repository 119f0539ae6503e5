package app

import (
	"fmt"
	"log/slog"

	"galleria/platform/certs"
	"galleria/platform/process"
	"galleria/platform/route"
)

// Backstage is a process for work on a closed shop: its modules run on the
// shop's data, they are not reached from outside, and their events wait in the
// outbox until the shop opens. It fails when a module is placed elsewhere.
func Backstage(c Config, log *slog.Logger) (*process.Process, map[string]route.Place, error) {
	c.Target, c.Peer = []string{TargetAll}, ""
	placements, err := c.Placements()
	if err != nil {
		return nil, nil, err
	}
	for name, placement := range placements {
		if !placement.IsHere() {
			return nil, nil, fmt.Errorf("the shop does not answer at %s, and modules.%s is %s: start the shop first", c.Main, name, placement)
		}
	}
	id, err := IdentityFor(c, certs.Everything)
	if err != nil {
		return nil, nil, err
	}
	p, err := process.New(process.Options{
		Definitions: Definitions(c.Modules), Outside: Outside, Dir: c.Data, DSN: c.dsn,
		Listen: "127.0.0.1:0", Identity: id, NoEvents: true, AllOrNothing: true, Log: log,
	})
	return p, placements, err
}
