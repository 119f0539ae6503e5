package route

import (
	"context"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	probev1 "galleria/platform/route/probe/v1"
)

// A move must not turn the calls made before it into calls of the new mode.
func TestCallsStayCountedInTheModeTheyWereMadeIn(t *testing.T) {
	server := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		return &probev1.EchoResponse{}, nil
	}}
	r := newRoute(t, slog.Default())
	client := probev1.NewProbeServiceClient(r.For("tester"))
	client.Echo(t.Context(), &probev1.EchoRequest{}) // is served nowhere: an error
	for i, mode := range []Mode{ModeLocal, ModeRemote} {
		r.Point(targetIn(t, r, mode, server, slog.Default()))
		for range i + 1 {
			if _, err := client.Echo(t.Context(), &probev1.EchoRequest{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	collector := NewCollector(func() []*Route { return []*Route{r} })
	if got := countOf(t, collector); got["local"] != 1 || got["remote"] != 2 || got["none"] != 1 {
		t.Errorf("got calls %v, want 1 local, 2 remote, 1 none", got)
	}
	if got := r.Stats()[0]; got.Calls != 4 || got.Errors != 1 {
		t.Errorf("got %+v, want 4 calls and 1 error in all", got)
	}
}

// countOf adds up the exported calls by mode.
func countOf(t *testing.T, c prometheus.Collector) map[string]uint64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]uint64{}
	for _, family := range families {
		if family.GetName() != "route_calls_seconds" {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				if label.GetName() == "mode" {
					counts[label.GetValue()] += m.GetHistogram().GetSampleCount()
				}
			}
		}
	}
	return counts
}
