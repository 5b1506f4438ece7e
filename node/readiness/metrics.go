package readiness

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Collector is the prometheus.Collector of one node's readiness. Make one with
// NewCollector.
type Collector struct {
	facts  func() Facts
	check  *prometheus.Desc
	gauges []gauge
}

// gauge is one figure of the facts.
type gauge struct {
	desc *prometheus.Desc
	of   func(Facts) float64
}

var _ prometheus.Collector = (*Collector)(nil)

// NewCollector returns a collector of what facts returns.
func NewCollector(facts func() Facts) *Collector {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("roster_node_"+name, help, labels, nil)
	}
	return &Collector{facts: facts, check: describe("check_ok", "1 while a check of /readyz holds.", "check"), gauges: []gauge{
		{describe("map_version", "Version of the cluster map in use; 0: none."), func(f Facts) float64 { return float64(f.Map) }},
		{describe("map_age_seconds", "Time since the cluster map was looked at in a replica that was up to date; -1: never."), func(f Facts) float64 { return seconds(f.MapAge) }},
		{describe("lease_age_seconds", "Time since the last acknowledged renewal of the lease was sent; -1: there was none."), func(f Facts) float64 { return seconds(f.LeaseAge) }},
		{describe("clock_seconds", "The node's clock, in seconds since 1970."), func(Facts) float64 { return float64(time.Now().UnixMilli()) / 1000 }},
		{describe("votes", "Shards in which this node votes."), votes},
		{describe("draining", "1 while this node is to vote nowhere."), func(f Facts) float64 { return flag(f.Draining) }},
		{describe("moves_paused", "1 while no voter is moved."), func(f Facts) float64 { return flag(f.Paused) }},
	}}
}

// Describe lists the figures.
func (c *Collector) Describe(out chan<- *prometheus.Desc) {
	out <- c.check
	for _, g := range c.gauges {
		out <- g.desc
	}
}

// Collect gathers the facts.
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	f := c.facts()
	for _, check := range Checks(f) {
		out <- prometheus.MustNewConstMetric(c.check, prometheus.GaugeValue, flag(check.OK), check.Name)
	}
	for _, g := range c.gauges {
		out <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, g.of(f))
	}
}

func votes(f Facts) float64 {
	n := 0
	for _, r := range f.Replicas {
		if r.Voter {
			n++
		}
	}
	return float64(n)
}

func seconds(d time.Duration) float64 {
	if d < 0 {
		return -1
	}
	return d.Seconds()
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
