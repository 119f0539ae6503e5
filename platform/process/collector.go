package process

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"galleria/platform/events"
)

var (
	backlogDesc   = prometheus.NewDesc("events_outbox_backlog", "Events written down and not yet published.", []string{"module"}, nil)
	lettersDesc   = prometheus.NewDesc("events_dead_letters", "Events parked because their subscriber failed.", []string{"module"}, nil)
	handledDesc   = prometheus.NewDesc("events_handled_total", "Events handled by the subscriber in this process.", []string{"module"}, nil)
	connectedDesc = prometheus.NewDesc("events_broker_connected", "Whether the event broker can be reached.", nil, nil)
)

// scrapeTimeout bounds the database queries of one scrape.
const scrapeTimeout = 2 * time.Second

// NewCollector exports what the process knows of its modules' events.
func NewCollector(p *Process) prometheus.Collector { return collector{p} }

type collector struct{ process *Process }

func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{backlogDesc, lettersDesc, handledDesc, connectedDesc} {
		to <- d
	}
}

func (c collector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	connected := 0.0
	if c.process.EventsConnected() {
		connected = 1
	}
	to <- prometheus.MustNewConstMetric(connectedDesc, prometheus.GaugeValue, connected)
	for _, d := range c.process.ordered {
		running := c.process.Running(d.Name)
		if running == nil || running.DB == nil {
			continue
		}
		if n, err := events.Backlog(ctx, running.DB); err == nil {
			to <- prometheus.MustNewConstMetric(backlogDesc, prometheus.GaugeValue, float64(n), d.Name)
		}
		if n, err := events.CountDeadLetters(ctx, running.DB); err == nil {
			to <- prometheus.MustNewConstMetric(lettersDesc, prometheus.GaugeValue, float64(n), d.Name)
		}
		if running.Subscriber != nil {
			to <- prometheus.MustNewConstMetric(handledDesc, prometheus.CounterValue, float64(running.Subscriber.Stats().Handled), d.Name)
		}
	}
}
