package moduletest

import (
	"context"
	"testing"

	"galleria/platform/database/databasetest"
	"galleria/platform/route"
)

// caller is the name suites call under.
const caller = "suite"

// Suite tests a contract through connections to a world.
type Suite func(t *testing.T, connect Connect)

// Run runs the suite over a world in every mode the real module can be in:
// local, loopback, in a remote process, and local on PostgreSQL.
func Run(t *testing.T, world string, suite Suite) {
	t.Helper()
	w, ok := registered[world]
	if !ok {
		t.Fatalf("no world %q: TestMain must call moduletest.Main with it", world)
	}
	for _, mode := range []route.Mode{route.ModeLocal, route.ModeLoopback} {
		t.Run(string(mode), func(t *testing.T) { Local(t, w, mode, suite) })
	}
	t.Run("remote", func(t *testing.T) { suite(t, remote(t, world)) })
	if w[0].Migrations != nil {
		t.Run("postgres", func(t *testing.T) { inProcess(t, w, place{mode: route.ModeLocal, dsn: databasetest.DSN(t)}, suite) })
	}
}

// Local runs the suite over a world in this process: for a fake, or for a
// world that is not registered.
func Local(t *testing.T, w World, mode route.Mode, suite Suite) {
	t.Helper()
	inProcess(t, w, place{mode: mode}, suite)
}

func inProcess(t *testing.T, w World, p place, suite Suite) {
	t.Helper()
	p.dir = t.TempDir()
	alive, err := w.start(context.Background(), p)
	if err != nil {
		t.Fatalf("start the world: %v", err)
	}
	t.Cleanup(func() {
		if err := alive.stop(); err != nil {
			t.Errorf("stop the world: %v", err)
		}
	})
	suite(t, alive.connect(caller))
}
