package meter

import (
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Meter is what is measured beside routes. Make one with New.
type Meter struct {
	Watchers prometheus.Gauge   // watches that are open
	Holds    prometheus.Gauge   // sessions that a connection holds
	Panics   prometheus.Counter // caught in handlers
	Refused  prometheus.Counter // requests refused before routing
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// New returns the meter that shows itself at r; nil: nowhere. Two may share one r.
func New(r prometheus.Registerer) *Meter {
	return &Meter{
		requests: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "roster_http_requests_total",
			Help: "Requests answered, by route and HTTP status."}, []string{"route", "code"})),
		seconds: register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "roster_http_request_duration_seconds",
			Help:    "Time from a request's first byte to its answer's last, by route.",
			Buckets: prometheus.ExponentialBuckets(0.00005, 2.5, 14)}, []string{"route"})),
		Watchers: register(r, prometheus.NewGauge(prometheus.GaugeOpts{Name: "roster_http_watchers", Help: "Watches that are open."})),
		Holds:    register(r, prometheus.NewGauge(prometheus.GaugeOpts{Name: "roster_http_holds", Help: "Sessions that a connection holds."})),
		Panics:   register(r, prometheus.NewCounter(prometheus.CounterOpts{Name: "roster_http_panics_total", Help: "Panics caught in handlers."})),
		Refused:  register(r, prometheus.NewCounter(prometheus.CounterOpts{Name: "roster_http_refused_total", Help: "Requests refused before routing."})),
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

// usual are the statuses whose counters a route remembers.
var usual = [...]int{200, 201, 204, 304, 404, 409, 429, 503}

// Route measures one route.
type Route struct {
	meter   *Meter
	name    string
	seconds prometheus.Observer
	counts  [len(usual)]atomic.Pointer[prometheus.Counter]
}

// Route returns what measures the route of a name.
func (m *Meter) Route(name string) *Route {
	return &Route{meter: m, name: name, seconds: m.seconds.WithLabelValues(name)}
}

// Answered counts an answer and how long it took.
func (r *Route) Answered(status int, took time.Duration) {
	r.seconds.Observe(took.Seconds())
	i := slices.Index(usual[:], status)
	if i >= 0 {
		if known := r.counts[i].Load(); known != nil {
			(*known).Inc()
			return
		}
	}
	counter := r.meter.requests.WithLabelValues(r.name, strconv.Itoa(status))
	counter.Inc()
	if i >= 0 {
		r.counts[i].Store(&counter)
	}
}
