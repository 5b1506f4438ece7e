package placement

import (
	"cmp"
	"slices"
)

// When a node is worth relieving, in thousandths of how full the mean node is.
const (
	// EvenEnough is how full the fullest node may be.
	EvenEnough = 1100
	// worthwhile is by how much, of what a node has, a move must make the fuller of two
	// nodes emptier: agents that wander for less cost more than they bring.
	worthwhile = 10
)

// Rebalance returns at most budget moves: first off nodes that drain, then, under Hash, to
// the nodes that the hash names, or else from the fullest nodes to others, as long as that
// makes the fullest emptier; Pack wants them full. Agents without a node are left to Plan.
func Rebalance(w World, policy Policy, budget int) ([]Decision, error) {
	p, err := newPlanner(w, policy)
	if err != nil {
		return nil, err
	}
	on := p.residents(w.Agents)
	out := p.vacate(on, budget)
	switch policy {
	case Hash:
		out = append(out, p.rehash(on, budget-len(out))...)
	case Pack:
	default:
		out = append(out, p.level(on, budget-len(out))...)
	}
	return out, nil
}

// residents lists the agents of each node, the largest first.
func (p *planner) residents(agents []Agent) [][]*Agent {
	on := make([][]*Agent, len(p.nodes))
	for i := range agents {
		if n, ok := p.number[agents[i].Node]; ok && p.nodes[n].State != Down {
			on[n] = append(on[n], &agents[i])
		}
	}
	for _, list := range on {
		slices.SortFunc(list, func(a, b *Agent) int {
			return cmp.Or(cmp.Compare(b.Need.Resources.CPU, a.Need.Resources.CPU),
				cmp.Compare(b.Need.Resources.Memory, a.Need.Resources.Memory), cmp.Compare(a.ID, b.ID))
		})
	}
	return on
}

// vacate moves agents off the nodes that drain, as far as they fit elsewhere.
func (p *planner) vacate(on [][]*Agent, budget int) (out []Decision) {
	for i := range p.nodes {
		if p.nodes[i].State != Draining {
			continue
		}
		for _, a := range on[i] {
			if len(out) >= budget {
				return out
			}
			if d, ok := p.move(a, i, func(int) bool { return true }); ok {
				out = append(out, d)
			}
		}
	}
	return out
}

// rehash moves agents to the nodes that the hash names for them.
func (p *planner) rehash(on [][]*Agent, budget int) (out []Decision) {
	for i := range p.nodes {
		for _, a := range on[i] {
			if p.nodes[i].State != Ready || len(out) >= budget {
				break
			}
			if d, ok := p.move(a, i, func(to int) bool { return to != i }); ok {
				out = append(out, d)
			}
		}
	}
	return out
}

// level relieves the fullest node again and again.
func (p *planner) level(on [][]*Agent, budget int) (out []Decision) {
	stuck := make([]bool, len(p.nodes))
	for len(out) < budget {
		from := p.fullest(stuck)
		if from < 0 {
			return out
		}
		d, at, ok := p.relieve(on[from], from)
		if !ok {
			stuck[from] = true
			continue
		}
		to := p.number[d.Node]
		on[to] = append(on[to], on[from][at])
		on[from] = slices.Delete(on[from], at, at+1)
		out = append(out, d)
	}
	return out
}

// fullest returns the number of the fullest node that is fuller than is even enough; -1
// if there is none.
func (p *planner) fullest(stuck []bool) int {
	best, sum, ready := -1, int64(0), int64(0)
	for i := range p.nodes {
		if p.nodes[i].State != Ready {
			continue
		}
		full := p.nodes[i].full()
		sum, ready = sum+full, ready+1
		if !stuck[i] && (best < 0 || full > p.nodes[best].full()) {
			best = i
		}
	}
	if best < 0 || p.nodes[best].full()*1000*ready <= sum*EvenEnough {
		return -1
	}
	return best
}

// relieve moves the first agent of a node for which that is worthwhile.
func (p *planner) relieve(residents []*Agent, from int) (Decision, int, bool) {
	before := p.nodes[from].full()
	for at, a := range residents {
		d, ok := p.move(a, from, func(to int) bool {
			cpu, memory, seats := p.nodes[to].shares(a.Need.Resources, 1)
			return max(cpu, memory, seats)+worthwhile <= before
		})
		if ok {
			return d, at, true
		}
	}
	return Decision{}, 0, false
}

// move takes an agent from a node to the best one, if that is another and good enough;
// otherwise it stays.
func (p *planner) move(a *Agent, from int, good func(to int) bool) (Decision, bool) {
	p.put(a, from, -1)
	to := p.choose(a)
	if to < 0 || to == from || !good(to) {
		p.put(a, from, 1)
		return Decision{}, false
	}
	p.put(a, to, 1)
	return Decision{Agent: a.ID, From: p.nodes[from].ID, Node: p.nodes[to].ID, Reason: p.reason(to)}, true
}
