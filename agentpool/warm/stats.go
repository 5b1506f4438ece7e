package warm

// Stats is what a pool has and has done.
type Stats struct {
	Ready, Claimed, Making, Resetting int // now

	Hits    uint64 // claims that a ready instance answered
	Cold    uint64 // claims that made one: the overflow
	Waited  uint64 // claims that waited for one that was on its way
	Reused  uint64 // of all these, by an instance that had been used before
	Refused uint64 // claims when there were Max, and none on its way

	Made, MakeFailed    uint64
	Resets, ResetFailed uint64 // the failed ones are among the resets
	Closed              uint64

	MakeError, ResetError error // why the last one failed; nil when it did not
}

// Reuse is the share of answered claims, 0 to 1, by an instance that had been used before;
// 1 without a claim.
func (s Stats) Reuse() float64 {
	all := s.Hits + s.Cold + s.Waited
	if all == 0 {
		return 1
	}
	return float64(s.Reused) / float64(all)
}

// Stats tells what the pool has and has done.
func (p *Pool[T]) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.mu.stats
	s.Ready, s.Making = len(p.mu.ready), p.mu.making
	return s
}
