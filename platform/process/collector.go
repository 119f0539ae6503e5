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
	commitsDesc   = prometheus.NewDesc("database_commits_total", "Transactions that this process made durable.", []string{"module"}, nil)
	writesDesc    = prometheus.NewDesc("database_writes_total", "Writes in them: those that wait at the same time share one.", []string{"module"}, nil)
	problemDesc   = prometheus.NewDesc("module_problem", "Whether work of the module does not go on here: it can't start, or writes fail, or events wait to be published or handled.", []string{"module"}, nil)
	brokerDesc    = prometheus.NewDesc("events_broker_problem", "Whether the event broker of this process can't do its work, or soon won't.", nil, nil)
	bytesDesc     = prometheus.NewDesc("events_stream_bytes", "Size of the event stream on disk.", nil, nil)
	maxBytesDesc  = prometheus.NewDesc("events_stream_max_bytes", "Most the event stream may take on disk.", nil, nil)
	waitingDesc   = prometheus.NewDesc("events_waiting", "Events in the stream that a subscriber has still to handle. One that is no module any more is named, too.", []string{"subscriber"}, nil)
	connectedDesc = prometheus.NewDesc("events_broker_connected", "Whether events get from this process to the broker and are kept there.", nil, nil)
)

// scrapeTimeout bounds the database queries of one scrape.
const scrapeTimeout = 2 * time.Second

// NewCollector exports what the process knows of its modules' events.
func NewCollector(p *Process) prometheus.Collector { return collector{p} }

type collector struct{ process *Process }

func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{backlogDesc, lettersDesc, handledDesc, commitsDesc, writesDesc, problemDesc, brokerDesc, bytesDesc, maxBytesDesc, waitingDesc, connectedDesc} {
		to <- d
	}
}

func (c collector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	count := func(d *prometheus.Desc, value uint64, module string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), module)
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	gauge(connectedDesc, oneIf(c.process.EventsConnected()))
	gauge(brokerDesc, oneIf(c.process.BrokerProblem(ctx) != nil))
	if c.process.events != nil {
		if use, err := c.process.events.StreamUse(ctx); err == nil {
			gauge(bytesDesc, float64(use.Bytes))
			gauge(maxBytesDesc, float64(use.MaxBytes))
			for name, n := range use.Waiting {
				gauge(waitingDesc, float64(n), name)
			}
		}
	}
	for _, d := range c.process.ordered {
		running := c.process.Running(d.Name)
		if running == nil && c.process.AnswersFor(d.Name) {
			gauge(problemDesc, 1, d.Name)
		}
		if running == nil || running.DB == nil {
			continue
		}
		commits, writes := running.DB.Commits()
		count(commitsDesc, commits, d.Name)
		count(writesDesc, writes, d.Name)
		gauge(problemDesc, oneIf(running.Problem() != nil), d.Name)
		if n, err := events.Backlog(ctx, running.DB); err == nil {
			to <- prometheus.MustNewConstMetric(backlogDesc, prometheus.GaugeValue, float64(n), d.Name)
		}
		if n, err := events.CountDeadLetters(ctx, running.DB); err == nil {
			to <- prometheus.MustNewConstMetric(lettersDesc, prometheus.GaugeValue, float64(n), d.Name)
		}
		if running.Subscriber != nil {
			count(handledDesc, uint64(running.Subscriber.Stats().Handled), d.Name)
		}
	}
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
