package warm

// Stats is what a pool has and has done.
type Stats struct {
	Ready, Claimed, Making, Resetting int // now

	Hits    uint64 // claims that a ready instance answered
	Reused  uint64 // of these, by one that had been used before
	Cold    uint64 // claims that made one: the overflow
	Refused uint64 // claims when there were Max

	Made, MakeFailed    uint64
	Resets, ResetFailed uint64 // the failed ones are among the resets
	Closed              uint64
}

// Reuse is the share of answered claims, 0 to 1, by an instance that had been used before;
// 1 without a claim.
func (s Stats) Reuse() float64 {
	if s.Hits+s.Cold == 0 {
		return 1
	}
	return float64(s.Reused) / float64(s.Hits+s.Cold)
}

// Stats tells what the pool has and has done.
func (p *Pool[T]) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.mu.stats
	s.Ready, s.Making = len(p.mu.ready), p.mu.making
	return s
}
