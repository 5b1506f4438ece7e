package replica

import (
	"sync"
	"time"

	"roster"
)

// Clock gives log time during a reign: it goes on from the last applied entry and
// runs with the monotonic clock, but no entry is further than StampStepMax ahead of
// the one before; the rest of a long silence is dropped.
type Clock struct {
	mu struct {
		sync.Mutex
		base  roster.LogTime
		since time.Time
		last  roster.LogTime
	}
}

// NewClock begins at base, the log time of the last applied entry.
func NewClock(base roster.LogTime, now time.Time) *Clock {
	c := &Clock{}
	c.mu.base, c.mu.last, c.mu.since = base, base, now
	return c
}

// Read returns the log time at now.
func (c *Clock) Read(now time.Time) roster.LogTime {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.mu.base + roster.LogTime(max(0, now.Sub(c.mu.since)))
	return min(max(at, c.mu.last), c.mu.last+roster.StampStepMax)
}

// Stamp returns the log time for the next entry.
func (c *Clock) Stamp(now time.Time) roster.LogTime {
	at := c.Read(now)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.base, c.mu.since, c.mu.last = at, now, at
	return at
}
