package pace

import "time"

const (
	// Max is how long a batch gathers at the most.
	Max = time.Millisecond
	// busyFor is how long after a batch of several others are expected to come.
	busyFor = 5 * time.Millisecond
)

// Pace is what the last batches were like. The zero value is the beginning.
type Pace struct {
	took   time.Duration // by the last sync
	shared time.Time     // when a batch held several operations
}

// Wait returns how long the next batch is to gather, from now.
func (p *Pace) Wait(now time.Time) time.Duration {
	if now.Sub(p.shared) >= busyFor {
		return 0
	}
	return min(p.took, Max)
}

// Synced notes a batch of so many operations, whose sync took that long.
func (p *Pace) Synced(now time.Time, took time.Duration, ops int) {
	p.took = took
	if ops > 1 {
		p.shared = now
	}
}
