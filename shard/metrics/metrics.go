package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
)

// Sample is what one shard's replica on this node is at one moment.
type Sample struct {
	Shard   roster.ShardID
	Index   roster.Index  // of the last command applied here
	Term    uint64        // Raft's
	Leading bool          // this node leads
	Age     time.Duration // since the replica was up to date; negative while it never was
	Stalled time.Duration // how long the oldest log write has been under way
	Queue   int           // operations that wait for an entry
	Ops     uint64        // proposed here
	Entries uint64        // proposed here
	Refused uint64        // operations, because the queue was full
	Stopped bool          // because of a fault
	// Of a leader: snapshots that it began to send, followers that get one after the
	// other and do not catch up, and what is kept of the log for who installs one.
	Installs uint64
	Looping  int
	Held     int64 // bytes
}

// Collector is the prometheus.Collector of one node's shards. Make one with New.
type Collector struct {
	samples func() []Sample
	writes  *prometheus.HistogramVec
	columns []column
}

// column is one figure of a sample.
type column struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(*Sample) float64
}

var _ prometheus.Collector = (*Collector)(nil)

// New returns a collector of what samples returns.
func New(samples func() []Sample) *Collector {
	return &Collector{
		samples: samples,
		writes: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "roster_shard_store_write_seconds", Help: "Time of a write to the log store, synced.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16),
		}, []string{"shard", "op"}),
		columns: []column{
			gauge("index", "Number of the last command applied here.", func(s *Sample) float64 { return float64(s.Index) }),
			gauge("term", "Raft term.", func(s *Sample) float64 { return float64(s.Term) }),
			gauge("leading", "1 while this node leads the shard.", func(s *Sample) float64 { return flag(s.Leading) }),
			gauge("age_seconds", "Time since this replica was up to date; -1 while it never was.", age),
			gauge("store_stalled_seconds", "How long the oldest write to the log store has been under way.", func(s *Sample) float64 { return s.Stalled.Seconds() }),
			gauge("queue_operations", "Operations that wait for an entry.", func(s *Sample) float64 { return float64(s.Queue) }),
			counter("operations_total", "Operations proposed here.", func(s *Sample) float64 { return float64(s.Ops) }),
			counter("entries_total", "Log entries proposed here.", func(s *Sample) float64 { return float64(s.Entries) }),
			counter("overloaded_total", "Operations refused because the queue was full.", func(s *Sample) float64 { return float64(s.Refused) }),
			counter("snapshots_sent_total", "Snapshots of the state that this leader began to send to followers.", func(s *Sample) float64 { return float64(s.Installs) }),
			gauge("followers_looping", "Followers that get snapshot after snapshot and do not catch up.", func(s *Sample) float64 { return float64(s.Looping) }),
			gauge("log_held_bytes", "Written to the log while compaction waits for a follower that installs a snapshot.", func(s *Sample) float64 { return float64(s.Held) }),
			gauge("stopped", "1 when this replica has stopped because of a fault.", func(s *Sample) float64 { return flag(s.Stopped) }),
		},
	}
}

func gauge(name, help string, of func(*Sample) float64) column {
	return column{prometheus.NewDesc("roster_shard_"+name, help, []string{"shard"}, nil), prometheus.GaugeValue, of}
}

func counter(name, help string, of func(*Sample) float64) column {
	c := gauge(name, help, of)
	c.kind = prometheus.CounterValue
	return c
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

func age(s *Sample) float64 {
	if s.Age < 0 {
		return -1
	}
	return s.Age.Seconds()
}

// Register registers the collector; a nil registerer takes none.
func (c *Collector) Register(r prometheus.Registerer) error {
	if r == nil {
		return nil
	}
	return r.Register(c)
}

// Unregister takes the collector back.
func (c *Collector) Unregister(r prometheus.Registerer) {
	if r != nil {
		r.Unregister(c)
	}
}

// Wrote counts one write to a shard's log store.
func (c *Collector) Wrote(id roster.ShardID, op string, took time.Duration) {
	c.writes.WithLabelValues(id.String(), op).Observe(took.Seconds())
}

// Describe lists the figures.
func (c *Collector) Describe(out chan<- *prometheus.Desc) {
	c.writes.Describe(out)
	for _, col := range c.columns {
		out <- col.desc
	}
}

// Collect takes the samples.
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	c.writes.Collect(out)
	for _, s := range c.samples() {
		for _, col := range c.columns {
			out <- prometheus.MustNewConstMetric(col.desc, col.kind, col.of(&s), s.Shard.String())
		}
	}
}
