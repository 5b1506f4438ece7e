package workload

import (
	"sync"
	"time"

	"roster"
	"roster/loadgen/report"
)

// pauses counts what is acknowledged of the load's writes, and measures how long each shard
// acknowledged none.
type pauses struct {
	mu struct {
		sync.Mutex
		last    map[roster.ShardID]time.Time
		longest time.Duration
		writes  uint64
	}
}

func newPauses() *pauses {
	p := &pauses{}
	p.mu.last = map[roster.ShardID]time.Time{}
	return p
}

// wrote tells that a shard has acknowledged a write now.
func (p *pauses) wrote(shard roster.ShardID) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if last, ok := p.mu.last[shard]; ok {
		p.mu.longest = max(p.mu.longest, now.Sub(last))
	}
	p.mu.last[shard] = now
	p.mu.writes++
}

// count tells of n acknowledged writes of whatever shards.
func (p *pauses) count(n uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.writes += n
}

// end counts the pauses that go on still, and returns how many writes were acknowledged, by
// how many shards, and the longest pause of any.
func (p *pauses) end() (writes uint64, shards int, longest time.Duration) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, last := range p.mu.last { // order-free: a maximum
		p.mu.longest = max(p.mu.longest, now.Sub(last))
	}
	return p.mu.writes, len(p.mu.last), p.mu.longest
}

// pauseFigures is what the profile chaos measures beside the rest.
func (s *stage) pauseFigures() []report.Figure {
	writes, shards, longest := s.pauses.end()
	return []report.Figure{
		{Name: "chaos.longest_pause", Value: longest.Seconds(), Unit: "s"},
		{Name: "chaos.writes", Value: float64(writes), More: true},
		{Name: "chaos.shards", Value: float64(shards), More: true},
	}
}
