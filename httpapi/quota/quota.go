package quota

import (
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/access"
)

// CallersMax is how many callers are known at one time; beyond, who is new is refused until
// somebody has been quiet.
const CallersMax = 16384

// The most that a limit may be.
const (
	RateMax       = 1_000_000
	BurstMax      = 1_000_000
	ConcurrentMax = 1_000_000
)

// Limits are those of each caller. 0 is no limit.
type Limits struct {
	Rate       int // requests a second
	Burst      int // requests at once after a pause; 0: Rate
	Concurrent int // requests under way, open streams among them
}

// Validate returns what is wrong with l.
func (l Limits) Validate() error {
	switch {
	case l.Rate < 0 || l.Rate > RateMax:
		return fmt.Errorf("%d requests a second: want 0 to %d", l.Rate, RateMax)
	case l.Burst < 0 || l.Burst > BurstMax:
		return fmt.Errorf("a burst of %d: want 0 to %d", l.Burst, BurstMax)
	case l.Burst > 0 && l.Rate == 0:
		return fmt.Errorf("a burst of %d has no effect without a rate", l.Burst)
	case l.Concurrent < 0 || l.Concurrent > ConcurrentMax:
		return fmt.Errorf("%d requests under way: want 0 to %d", l.Concurrent, ConcurrentMax)
	}
	return nil
}

// caller is what is remembered of one.
type caller struct {
	due  time.Time // when all that was let in so far would have come at the steady rate
	busy int
}

// Quota counts. It is safe for concurrent use.
type Quota struct {
	limits  Limits
	gap     time.Duration // between two requests at the steady rate
	now     func() time.Time
	refused *prometheus.CounterVec
	mu      struct {
		sync.Mutex
		callers map[roster.Principal]*caller
	}
}

// New returns a quota with valid limits. now reads a clock that does not turn back; metrics
// may be nil.
func New(l Limits, now func() time.Time, metrics prometheus.Registerer) *Quota {
	q := &Quota{limits: l, now: now, refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "roster_http_limited_total",
		Help: "Requests refused because their token had asked too much of this node, by limit."}, []string{"limit"})}
	if l.Rate > 0 {
		q.gap = max(time.Second/time.Duration(l.Rate), 1)
	}
	if l.Burst == 0 {
		q.limits.Burst = l.Rate
	}
	q.mu.callers = make(map[roster.Principal]*caller)
	if metrics != nil {
		metrics.MustRegister(q.refused)
	}
	return q
}

// Enter lets a request of a caller in; leave is called once when it has ended. The error is
// Overloaded and says when to come back.
func (q *Quota) Enter(p roster.Principal) (leave func(), err error) {
	if p == access.RootPrincipal {
		return func() {}, nil
	}
	q.mu.Lock()
	limit, wait := q.enter(p, q.now())
	q.mu.Unlock()
	if limit == "" {
		return func() { q.leave(p) }, nil
	}
	q.refused.WithLabelValues(limit).Inc()
	return nil, &roster.Error{Code: roster.CodeOverloaded, RetryAfter: wait, Detail: details[limit]}
}

// details say which limit it was.
var details = map[string]string{
	"rate":       "this token has asked this node too often: come back when Retry-After says",
	"concurrent": "this token has too many requests under way at this node",
	"callers":    "too many tokens are in use at this node at one time",
}

// enter counts a request, or returns which limit forbids it; q.mu is held.
func (q *Quota) enter(p roster.Principal, now time.Time) (limit string, wait time.Duration) {
	c := q.mu.callers[p]
	if c == nil {
		if len(q.mu.callers) >= CallersMax && !q.forget(now) {
			return "callers", time.Second
		}
		c = &caller{}
		q.mu.callers[p] = c
	}
	if q.limits.Concurrent > 0 && c.busy >= q.limits.Concurrent {
		return "concurrent", time.Second
	}
	if q.gap > 0 {
		if c.due.Before(now) {
			c.due = now
		}
		if early := c.due.Sub(now) - time.Duration(q.limits.Burst-1)*q.gap; early > 0 {
			return "rate", early
		}
		c.due = c.due.Add(q.gap)
	}
	c.busy++
	return "", 0
}

// forget takes out whoever is owed nothing; q.mu is held.
func (q *Quota) forget(now time.Time) (some bool) {
	for p, c := range q.mu.callers { // order-free: all that are idle go
		if c.busy == 0 && !c.due.After(now) {
			delete(q.mu.callers, p)
			some = true
		}
	}
	return some
}

func (q *Quota) leave(p roster.Principal) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.mu.callers[p]; c != nil {
		c.busy--
	}
}
