package transport

import (
	"errors"
	"net"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the transport's counters; packets count as the lane "packet".
type metrics struct {
	bytesIn, bytesOut   map[Lane]prometheus.Counter
	framesIn, framesOut prometheus.Counter // calls
	packetBytesIn       prometheus.Counter
	packetBytesOut      prometheus.Counter
	packetsIn           prometheus.Counter
	packetsOut          prometheus.Counter
	inFlight            prometheus.Gauge
	conns               prometheus.Gauge
	refused             *prometheus.CounterVec
	registered          []prometheus.Collector
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "roster", Subsystem: "transport", Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "roster", Subsystem: "transport", Name: name, Help: help})
	}
	bytes := counter("bytes_total", "Bytes between nodes, after the handshake.", "lane", "direction")
	frames := counter("frames_total", "Calls, answers and packets between nodes.", "lane", "direction")
	m := &metrics{
		bytesIn: make(map[Lane]prometheus.Counter), bytesOut: make(map[Lane]prometheus.Counter),
		framesIn: frames.WithLabelValues("call", "in"), framesOut: frames.WithLabelValues("call", "out"),
		packetsIn: frames.WithLabelValues("packet", "in"), packetsOut: frames.WithLabelValues("packet", "out"),
		packetBytesIn: bytes.WithLabelValues("packet", "in"), packetBytesOut: bytes.WithLabelValues("packet", "out"),
		inFlight: gauge("calls_in_flight", "Calls that wait for their answer."),
		conns:    gauge("connections", "Open connections, dialled and accepted."),
		refused:  counter("refused_total", "Connections and calls turned away, by reason.", "reason"),
	}
	for lane, name := range laneNames {
		m.bytesIn[lane] = bytes.WithLabelValues(name, "in")
		m.bytesOut[lane] = bytes.WithLabelValues(name, "out")
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{bytes, frames, m.inFlight, m.conns, m.refused} {
		if err := r.Register(c); err != nil {
			m.unregister(r)
			return nil, errors.Join(errors.New("register transport metrics"), err)
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

// countedPackets counts what passes through a packet connection.
type countedPackets struct {
	net.PacketConn
	m *metrics
}

// ReadFrom implements net.PacketConn.
func (p countedPackets) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := p.PacketConn.ReadFrom(b)
	if err == nil {
		p.m.packetsIn.Inc()
		p.m.packetBytesIn.Add(float64(n))
	}
	return n, from, err
}

// WriteTo implements net.PacketConn.
func (p countedPackets) WriteTo(b []byte, to net.Addr) (int, error) {
	n, err := p.PacketConn.WriteTo(b, to)
	if err == nil {
		p.m.packetsOut.Inc()
		p.m.packetBytesOut.Add(float64(n))
	}
	return n, err
}
