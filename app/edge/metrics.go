package edge

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts requests by route and class of status, and how long they
// took by route. The series are made once, so that a request only adds.
type Metrics struct {
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	byRoute  map[string]*routeMetrics
}

type routeMetrics struct {
	byClass [6]prometheus.Counter // [2] is 2xx
	took    prometheus.Observer
}

// Unmatched are all addresses that lead nowhere, together: what strangers ask
// for must not make series.
const Unmatched = "unmatched"

// NewMetrics are those of a part of the edge, such as "storefront", with its routes.
func NewMetrics(part string, routes []string) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "galleria_" + part + "_requests_total",
			Help: "Requests answered by the " + part + ".",
		}, []string{"route", "code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "galleria_" + part + "_request_duration_seconds",
			Help:    "Time from the request's header to the last byte handed over.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		byRoute: map[string]*routeMetrics{},
	}
	m.add(Unmatched)
	for _, r := range routes {
		m.add(r)
	}
	return m
}

func (m *Metrics) add(route string) {
	if m.byRoute[route] != nil {
		return
	}
	rm := &routeMetrics{took: m.took.WithLabelValues(route)}
	for class, code := range []string{"other", "1xx", "2xx", "3xx", "4xx", "5xx"} {
		if class != 1 {
			rm.byClass[class] = m.requests.WithLabelValues(route, code)
		}
	}
	rm.byClass[1] = rm.byClass[0]
	m.byRoute[route] = rm
}

// Observe counts a request that was answered.
func (m *Metrics) Observe(route string, status int, took time.Duration) {
	rm := m.byRoute[route]
	if rm == nil {
		rm = m.byRoute[Unmatched]
	}
	class := status / 100
	if class < 0 || class >= len(rm.byClass) {
		class = 0
	}
	rm.byClass[class].Inc()
	rm.took.Observe(took.Seconds())
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(to chan<- *prometheus.Desc) {
	m.requests.Describe(to)
	m.took.Describe(to)
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(to chan<- prometheus.Metric) {
	m.requests.Collect(to)
	m.took.Collect(to)
}
