package route

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// exported are the bounds of the histogram buckets shown to Prometheus, in
// seconds. The route measures finer; a scrape does not need it.
var exported = []float64{1e-6, 5e-6, 25e-6, 100e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1, 2.5, 5, 10}

var (
	callsDesc = prometheus.NewDesc("route_calls_seconds", "Time calls took at their caller's route.", []string{"module", "method", "mode"}, nil)
	errorDesc = prometheus.NewDesc("route_errors_total", "Calls that failed by timeout, outage, panic or refusal.", []string{"module", "method", "mode"}, nil)
	upDesc    = prometheus.NewDesc("route_healthy", "Whether calls to the module have somewhere to go that is well.", []string{"module", "mode"}, nil)
)

// NewCollector exports what routes measure.
func NewCollector(routes func() []*Route) prometheus.Collector { return collector{routes} }

type collector struct{ routes func() []*Route }

func (c collector) Describe(to chan<- *prometheus.Desc) {
	to <- callsDesc
	to <- errorDesc
	to <- upDesc
}

func (c collector) Collect(to chan<- prometheus.Metric) {
	for _, r := range c.routes() {
		mode, healthy := modeNone, 0.0
		if target := r.Target(); target != nil {
			mode = target.Mode()
			if target.Healthy() == nil {
				healthy = 1
			}
		}
		to <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, healthy, r.module, string(mode))
		for _, m := range r.methods {
			for i, mode := range measured {
				m.meters[i].collect(to, r.module, m.Name, string(mode))
			}
		}
	}
}

// collect exports a mode's calls from the first one on.
func (m *meter) collect(to chan<- prometheus.Metric, labels ...string) {
	calls, buckets := m.cumulative()
	if calls == 0 {
		return
	}
	sum := time.Duration(m.nanos.Load()).Seconds()
	to <- prometheus.MustNewConstHistogram(callsDesc, calls, sum, buckets, labels...)
	to <- prometheus.MustNewConstMetric(errorDesc, prometheus.CounterValue, float64(m.errors.Load()), labels...)
}

// cumulative counts calls up to each exported bound.
func (m *meter) cumulative() (calls uint64, buckets map[float64]uint64) {
	buckets = make(map[float64]uint64, len(exported))
	next := 0
	for i := range m.buckets {
		for next < len(exported) && upperBound(i).Seconds() > exported[next] {
			buckets[exported[next]] = calls
			next++
		}
		calls += uint64(m.buckets[i].Load())
	}
	for ; next < len(exported); next++ {
		buckets[exported[next]] = calls
	}
	return calls, buckets
}
