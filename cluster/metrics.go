package cluster

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
)

type metrics struct {
	dropped, refused, rejoins, twins prometheus.Counter
	registered                       []prometheus.Collector
}

func newMetrics(r prometheus.Registerer, members *roll) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "roster", Subsystem: "cluster", Name: name, Help: help})
	}
	m := &metrics{
		dropped: counter("packets_dropped_total", "Gossip packets dropped because too many were waiting."),
		refused: counter("members_refused_total", "Gossip about members that was refused: unreadable, or a name or id that is taken."),
		rejoins: counter("rejoins_total", "Rounds in which missing members were looked for."),
		twins:   counter("twins_total", "Other nodes found under this node's id or name."),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.dropped, m.refused, m.rejoins, m.twins, memberGauge{members, memberDesc()}} {
		if err := r.Register(c); err != nil {
			m.unregister(r)
			return nil, errors.Join(errors.New("register cluster metrics"), err)
		}
		m.registered = append(m.registered, c)
	}
	return m, nil
}

func (m *metrics) unregister(r prometheus.Registerer) {
	for _, c := range m.registered {
		r.Unregister(c)
	}
}

// memberGauge counts members by state when it is asked.
type memberGauge struct {
	members *roll
	desc    *prometheus.Desc
}

func memberDesc() *prometheus.Desc {
	return prometheus.NewDesc("roster_cluster_members", "Members by state, as gossip sees them from here.", []string{"state"}, nil)
}

// Describe implements prometheus.Collector.
func (g memberGauge) Describe(out chan<- *prometheus.Desc) { out <- g.desc }

// Collect implements prometheus.Collector.
func (g memberGauge) Collect(out chan<- prometheus.Metric) {
	counts := make(map[roster.NodeState]int)
	for _, m := range g.members.list() {
		counts[m.State]++
	}
	for _, state := range []roster.NodeState{roster.NodeAlive, roster.NodeSuspect, roster.NodeDown, roster.NodeLeft} {
		out <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, float64(counts[state]), string(state))
	}
}
