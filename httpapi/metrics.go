package httpapi

import (
	"errors"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// observer is where a route's durations go.
type observer = prometheus.Observer

// metrics is what the package measures. Label values are bounded: routes come from
// the table, codes are HTTP statuses.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	watchers prometheus.Gauge
	holds    prometheus.Gauge
	panics   prometheus.Counter
	refused  prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	return &metrics{
		requests: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "roster_http_requests_total",
			Help: "Requests answered, by route and HTTP status."}, []string{"route", "code"})),
		seconds: register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "roster_http_request_duration_seconds",
			Help:    "Time from a request's first byte to its answer's last, by route.",
			Buckets: prometheus.ExponentialBuckets(0.00005, 2.5, 14)}, []string{"route"})),
		watchers: register(r, prometheus.NewGauge(prometheus.GaugeOpts{Name: "roster_http_watchers", Help: "Watches that are open."})),
		holds:    register(r, prometheus.NewGauge(prometheus.GaugeOpts{Name: "roster_http_holds", Help: "Sessions that a connection holds."})),
		panics:   register(r, prometheus.NewCounter(prometheus.CounterOpts{Name: "roster_http_panics_total", Help: "Panics caught in handlers."})),
		refused:  register(r, prometheus.NewCounter(prometheus.CounterOpts{Name: "roster_http_refused_total", Help: "Requests refused before routing."})),
	}
}

// register enters c, or returns the collector that is already there, so that two
// handlers may share a registry.
func register[C prometheus.Collector](r prometheus.Registerer, c C) C {
	if r == nil {
		return c
	}
	if there, ok := errors.AsType[prometheus.AlreadyRegisteredError](r.Register(c)); ok {
		if same, ok := there.ExistingCollector.(C); ok {
			return same
		}
	}
	return c
}

func (m *metrics) count(route string, status int) {
	m.requests.WithLabelValues(route, statusText(status)).Inc()
}

// statusText spares the common statuses an allocation.
func statusText(status int) string {
	switch status {
	case 200:
		return "200"
	case 404:
		return "404"
	}
	return strconv.Itoa(status)
}
