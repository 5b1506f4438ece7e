package placement

import (
	"roster"
)

// Verdict is what speaks for or against one node.
type Verdict struct {
	Node roster.NodeID
	Why  Why
	// Points are those of the policy, 0 to 1000, with wishes and spreads added. Warm nodes,
	// at BusyGood or beyond, come after all others.
	Points int64
	Warm   bool

	tie uint64
}

func (v *Verdict) better(than *Verdict) bool {
	switch {
	case v.Warm != than.Warm:
		return than.Warm
	case v.Points != than.Points:
		return v.Points > than.Points
	case v.tie != than.tie:
		return v.tie > than.tie
	}
	return v.Node < than.Node
}

// spreadPoints is what each member costs by which a value exceeds the one with the fewest.
const spreadPoints = 100

// score gives node i, on which an agent fits, its points.
func (p *planner) score(v *Verdict, a *Agent, r *rules, members []int, i int) {
	cpu, memory, seats := p.nodes[i].shares(a.Need.Resources, 1)
	full := max(cpu, memory, seats)
	v.Warm = max(cpu, p.nodes[i].Busy) >= BusyGood
	switch p.policy {
	case Hash:
		v.Points = int64(mix(hash(string(a.ID))^p.nodes[i].hash) % 1001)
	case Least, Two:
		v.Points = 1000 - max(full, min(p.nodes[i].Busy, 1000))
	case Balanced:
		v.Points = 1000 - (full+max(cpu, memory)-min(cpu, memory))/2
	case Apart:
		v.Points = 1000 - full - 1000*int64(members[i])
	case Pack:
		v.Points = full
	}
	v.Points += r.wishes[i]
	for k, s := range a.Need.Where.Spread {
		if t := &p.tally[k]; s.SkewMax == 0 {
			v.Points -= spreadPoints * int64(t.members[r.values[k][i]]-t.fewest)
		}
	}
}

// shares is how full a node is with so much more, in thousandths of what it has.
func (n *spot) shares(more Resources, agents int) (cpu, memory, seats int64) {
	return share(n.used.CPU+more.CPU, n.Total.CPU), share(n.used.Memory+more.Memory, n.Total.Memory),
		share(int64(n.used.Agents+agents), int64(n.AgentsMax))
}

// share is part of whole in thousandths; of nothing it is none.
func share(part, whole int64) int64 {
	if whole <= 0 {
		return 0
	}
	return part * 1000 / whole
}

// full is how full a node is: the fullest of what it has.
func (n *spot) full() int64 {
	cpu, memory, seats := n.shares(Resources{}, 0)
	return max(cpu, memory, seats)
}

// leaveTwo leaves of the nodes that fit the two that the hash names.
func (p *planner) leaveTwo() {
	first, second := -1, -1
	for i, v := range p.seen {
		switch {
		case v.Why != Fits:
		case first < 0 || v.tie > p.seen[first].tie:
			first, second = i, first
		case second < 0 || v.tie > p.seen[second].tie:
			second = i
		}
	}
	for i := range p.seen {
		if p.seen[i].Why == Fits && i != first && i != second {
			p.seen[i].Why = NotDrawn
		}
	}
}

// hash is FNV-1a, mixed.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// mix spreads every bit over all (MurmurHash3's finalizer).
func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
