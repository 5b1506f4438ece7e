package placement

import (
	"cmp"
	"slices"

	"roster"
)

// spot is a node with what the plan has put there.
type spot struct {
	Node
	used Usage
	hash uint64 // of its id
}

// planner is a World while it is being planned.
type planner struct {
	policy Policy
	seed   uint64
	nodes  []spot
	number map[roster.NodeID]int
	rules  map[*Need]*rules
	fleets map[roster.Key][]int // members on each node
	tally  [SpreadMax]spread
	seen   []Verdict // of the agent at hand, by node
}

// spread is how the fleet of the agent at hand stands over the values of one label.
type spread struct {
	members []int // by value
	fewest  int   // over the values that have a node on which the agent could run at all
}

func newPlanner(w World, policy Policy) (*planner, error) {
	if !slices.Contains(Policies, policy) {
		return nil, roster.Invalid("policy", "%q is none: want one of %v", string(policy), Policies)
	}
	p := &planner{policy: policy, seed: w.Seed, number: make(map[roster.NodeID]int, len(w.Nodes)),
		rules: make(map[*Need]*rules), fleets: make(map[roster.Key][]int)}
	for _, n := range w.Nodes {
		p.nodes = append(p.nodes, spot{Node: n, used: n.Others, hash: hash(string(n.ID))})
	}
	slices.SortFunc(p.nodes, func(a, b spot) int { return cmp.Compare(a.ID, b.ID) })
	for i := range p.nodes {
		if _, twice := p.number[p.nodes[i].ID]; twice {
			return nil, roster.Invalid("nodes", "node %s is there twice", p.nodes[i].ID)
		}
		p.number[p.nodes[i].ID] = i
	}
	p.seen = make([]Verdict, len(p.nodes))
	for i := range w.Agents {
		if err := p.enter(&w.Agents[i]); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// enter compiles what an agent needs, and puts it where it runs.
func (p *planner) enter(a *Agent) (err error) {
	if p.rules[a.Need] == nil {
		if p.rules[a.Need], err = rulesOf(p.nodes, a.Need); err != nil {
			return err
		}
	}
	if i, ok := p.number[a.Node]; ok && p.nodes[i].State != Down {
		p.put(a, i, 1)
	}
	return nil
}

// fleet returns how many members of the fleet of an agent each node runs.
func (p *planner) fleet(id roster.AgentID) []int {
	key := id.Key()
	if p.fleets[key] == nil {
		p.fleets[key] = make([]int, len(p.nodes))
	}
	return p.fleets[key]
}

// put adds an agent to node i, or, with -1, takes it away.
func (p *planner) put(a *Agent, i, sign int) {
	n := &p.nodes[i]
	n.used.Agents += sign
	n.used.CPU += int64(sign) * a.Need.Resources.CPU
	n.used.Memory += int64(sign) * a.Need.Resources.Memory
	p.fleet(a.ID)[i] += sign
}

// choose judges every node for an agent, which must not stand on any, and returns the
// number of the best; -1 if none fits. The verdicts are in p.seen.
func (p *planner) choose(a *Agent) int {
	r, members := p.rules[a.Need], p.fleet(a.ID)
	p.count(a, r, members)
	best, agent := -1, hash(string(a.ID))
	for i := range p.nodes {
		v := &p.seen[i]
		*v = Verdict{Node: p.nodes[i].ID, Why: p.fits(a, r, members, i), tie: mix(agent ^ p.seed ^ p.nodes[i].hash)}
		if v.Why == Fits {
			p.score(v, a, r, members, i)
		}
	}
	if p.policy == Two {
		p.leaveTwo()
	}
	for i := range p.seen {
		if v := &p.seen[i]; v.Why == Fits && (best < 0 || v.better(&p.seen[best])) {
			best = i
		}
	}
	return best
}

// count sees how the fleet stands over the values of each spread.
func (p *planner) count(a *Agent, r *rules, members []int) {
	for k := range a.Need.Where.Spread {
		s := &p.tally[k]
		s.members = slices.Grow(s.members[:0], r.counts[k])[:r.counts[k]]
		clear(s.members)
		for i, value := range r.values[k] {
			s.members[value] += members[i]
		}
		s.fewest = -1
		for i, value := range r.values[k] {
			if r.verdicts[i] == Fits && (s.fewest < 0 || s.members[value] < s.fewest) {
				s.fewest = s.members[value]
			}
		}
	}
}

// fits says why node i cannot take an agent now, or that it can.
func (p *planner) fits(a *Agent, r *rules, members []int, i int) Why {
	if r.verdicts[i] != Fits {
		return r.verdicts[i]
	}
	if slices.Contains(a.Shun, p.nodes[i].ID) {
		return Shunned
	}
	where := &a.Need.Where
	if where.PerNodeMax > 0 && members[i] >= where.PerNodeMax {
		return FleetFull
	}
	for k, s := range where.Spread {
		if t := &p.tally[k]; s.SkewMax > 0 && t.members[r.values[k][i]]+1-t.fewest > s.SkewMax {
			return Skewed
		}
	}
	if why := p.nodes[i].room(a.Need.Resources); why != TooBusy || !a.Urgent {
		return why
	}
	return Fits
}

// room says whether a node has room for as much more.
func (n *spot) room(more Resources) Why {
	switch {
	case n.used.CPU+more.CPU > n.Total.CPU:
		return NoCPU
	case n.used.Memory+more.Memory > n.Total.Memory:
		return NoMemory
	case n.AgentsMax > 0 && n.used.Agents >= n.AgentsMax:
		return NoSeat
	case n.Busy >= BusyMax:
		return TooBusy
	}
	return Fits
}
