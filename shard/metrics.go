package shard

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/shard/replica"
)

// metrics are the collectors of one host. Most are read from the groups when asked.
type metrics struct {
	host   *Host
	writes *prometheus.HistogramVec
	undo   func()

	index, term, leading, age, stalled, queue, ops, entries, refused, stopped *prometheus.Desc
}

var _ prometheus.Collector = (*metrics)(nil)

func newMetrics(h *Host) *metrics {
	desc := func(name, text string) *prometheus.Desc {
		return prometheus.NewDesc("roster_shard_"+name, text, []string{"shard"}, nil)
	}
	return &metrics{
		host: h, undo: func() {},
		writes: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "roster_shard_store_write_seconds", Help: "Time of a write to the log store, synced.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16),
		}, []string{"shard", "op"}),
		index:   desc("index", "Number of the last command applied here."),
		term:    desc("term", "Raft term."),
		leading: desc("leading", "1 while this node leads the shard."),
		age:     desc("age_seconds", "Time since this replica was up to date; -1 while it never was."),
		stalled: desc("store_stalled_seconds", "How long the oldest write to the log store has been under way."),
		queue:   desc("queue_operations", "Operations that wait for an entry."),
		ops:     desc("operations_total", "Operations proposed here."),
		entries: desc("entries_total", "Log entries proposed here."),
		refused: desc("overloaded_total", "Operations refused because the queue was full."),
		stopped: desc("stopped", "1 when this replica has stopped because of a fault."),
	}
}

func (m *metrics) register(to prometheus.Registerer) error {
	if err := to.Register(m); err != nil {
		return err
	}
	m.undo = func() { to.Unregister(m) }
	return nil
}

func (m *metrics) unregister() { m.undo() }

func (m *metrics) wrote(id roster.ShardID, op string, took time.Duration) {
	m.writes.WithLabelValues(id.String(), op).Observe(took.Seconds())
}

// Describe lists the collectors.
func (m *metrics) Describe(out chan<- *prometheus.Desc) {
	m.writes.Describe(out)
	for _, d := range []*prometheus.Desc{m.index, m.term, m.leading, m.age, m.stalled, m.queue, m.ops, m.entries, m.refused, m.stopped} {
		out <- d
	}
}

// Collect reads the groups.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	m.writes.Collect(out)
	for _, g := range m.host.Groups() {
		m.collect(out, g)
	}
}

func (m *metrics) collect(out chan<- prometheus.Metric, g *Group) {
	shard := strconv.FormatUint(uint64(g.id), 10)
	send := func(d *prometheus.Desc, kind prometheus.ValueType, value float64) {
		out <- prometheus.MustNewConstMetric(d, kind, value, shard)
	}
	flag := func(on bool) float64 {
		if on {
			return 1
		}
		return 0
	}
	age := g.age()
	seconds := age.Seconds()
	if age == replica.Never {
		seconds = -1
	}
	send(m.index, prometheus.GaugeValue, float64(g.replica.Index()))
	send(m.term, prometheus.GaugeValue, float64(g.raft.CurrentTerm()))
	send(m.leading, prometheus.GaugeValue, flag(g.reign.Load() != nil))
	send(m.age, prometheus.GaugeValue, seconds)
	send(m.stalled, prometheus.GaugeValue, g.store.Stalled().Seconds())
	send(m.queue, prometheus.GaugeValue, float64(len(g.proposer.queue)))
	send(m.ops, prometheus.CounterValue, float64(g.proposer.ops.Load()))
	send(m.entries, prometheus.CounterValue, float64(g.proposer.entries.Load()))
	send(m.refused, prometheus.CounterValue, float64(g.proposer.refused.Load()))
	send(m.stopped, prometheus.GaugeValue, flag(g.fault() != nil))
}
