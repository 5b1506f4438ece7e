package shard

import (
	"roster/shard/metrics"
	"roster/shard/replica"
)

func (h *Host) samples() []metrics.Sample {
	groups := h.Groups()
	out := make([]metrics.Sample, len(groups))
	for i, g := range groups {
		out[i] = g.sample()
	}
	return out
}

func (g *Group) sample() metrics.Sample {
	age := g.age()
	if age == replica.Never {
		age = -1
	}
	p, snapshots := g.proposer, g.trail.Figures()
	return metrics.Sample{
		Shard: g.id, Index: g.replica.Index(), Term: g.raft.CurrentTerm(), Leading: g.reign.Load() != nil, Age: age,
		Stalled: g.store.Stalled(), Queue: p.queue.Len(), Ops: p.ops.Load(), Entries: p.entries.Load(), Refused: p.refused.Load(),
		Stopped: g.fault() != nil, Installs: snapshots.Installs, Looping: snapshots.Looping, Held: snapshots.Held,
	}
}
