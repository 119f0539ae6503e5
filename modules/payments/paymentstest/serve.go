package paymentstest

import (
	"context"
	"log/slog"
	"testing"

	"galleria/platform/module"
)

// Serve gives the fake a database of its own until the test ends, for tests that
// put no module into a world.
func (f *Fake) Serve(t testing.TB, log *slog.Logger) {
	t.Helper()
	running, err := module.Start(context.Background(), f.Definition(), module.Environment{Dir: t.TempDir(), Log: log, Now: f.Now})
	if err != nil {
		t.Fatalf("start payments: %v", err)
	}
	t.Cleanup(func() {
		if err := running.Stop(context.Background()); err != nil {
			t.Errorf("stop payments: %v", err)
		}
	})
}
