package placement

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"roster"
)

// Decision is where one agent goes.
type Decision struct {
	Agent roster.AgentID
	From  roster.NodeID // where it runs, or ran; "" for a new one
	Node  roster.NodeID // "": nowhere fits now
	Reason
}

// Reason says why in numbers. [Explain] has the verdict on each node.
type Reason struct {
	Policy  Policy
	Points  int64
	Fit     int           // how many nodes fitted
	Refused [whys]int     // how many did not, for each Why
	Next    roster.NodeID // the best of the others that fitted; "" if there was none
}

// String is a sentence for people.
func (r Reason) String() string {
	var parts []string
	if r.Fit > 0 {
		parts = append(parts, fmt.Sprintf("best of %d by %s with %d points", r.Fit, r.Policy, r.Points))
	}
	for why, n := range r.Refused {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d × %s", n, Why(why)))
		}
	}
	if len(parts) == 0 {
		return "there is no node"
	}
	return strings.Join(parts, "; ")
}

// Planned is what Plan comes to.
type Planned struct {
	Decisions []Decision // by priority and id
	// More asks for more nodes: all that take agents are beyond BusyMore.
	More bool
}

// Plan decides about every agent that has no node, or whose node is down or not there. An
// Invalid error says what of a Need, a node or the policy makes no sense.
func Plan(w World, policy Policy) (Planned, error) {
	p, err := newPlanner(w, policy)
	if err != nil {
		return Planned{}, err
	}
	var out Planned
	for _, a := range p.homeless(w.Agents) {
		out.Decisions = append(out.Decisions, p.decide(a))
	}
	out.More = p.crowded()
	return out, nil
}

// homeless lists the agents without a node that lives, the most urgent first.
func (p *planner) homeless(agents []Agent) []*Agent {
	var out []*Agent
	for i := range agents {
		if n, ok := p.number[agents[i].Node]; !ok || p.nodes[n].State == Down {
			out = append(out, &agents[i])
		}
	}
	slices.SortFunc(out, func(a, b *Agent) int {
		return cmp.Or(cmp.Compare(b.Need.Priority, a.Need.Priority), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// decide places an agent, if it fits anywhere.
func (p *planner) decide(a *Agent) Decision {
	d := Decision{Agent: a.ID, From: a.Node}
	best := p.choose(a)
	d.Reason = p.reason(best)
	if best >= 0 {
		d.Node = p.nodes[best].ID
		p.put(a, best, 1)
	}
	return d
}

// reason sums the verdicts up.
func (p *planner) reason(best int) Reason {
	r := Reason{Policy: p.policy}
	next := -1
	for i := range p.seen {
		if why := p.seen[i].Why; why != Fits {
			r.Refused[why]++
			continue
		}
		r.Fit++
		if i != best && (next < 0 || p.seen[i].better(&p.seen[next])) {
			next = i
		}
	}
	if best >= 0 {
		r.Points = p.seen[best].Points
	}
	if next >= 0 {
		r.Next = p.nodes[next].ID
	}
	return r
}

// crowded reports whether all nodes that take agents are beyond BusyMore.
func (p *planner) crowded() bool {
	ready := 0
	for i := range p.nodes {
		n := &p.nodes[i]
		if n.State != Ready {
			continue
		}
		ready++
		if cpu, _, _ := n.shares(Resources{}, 0); max(cpu, n.Busy) <= BusyMore {
			return false
		}
	}
	return ready > 0
}

// Explain says, for one agent of the World, what speaks for and against every node, in the
// order of their ids, as if it had none now. NotFound for one that is not there.
func Explain(w World, policy Policy, id roster.AgentID) (Decision, []Verdict, error) {
	p, err := newPlanner(w, policy)
	if err != nil {
		return Decision{}, nil, err
	}
	at := slices.IndexFunc(w.Agents, func(a Agent) bool { return a.ID == id })
	if at < 0 {
		return Decision{}, nil, roster.Errorf(roster.CodeNotFound, "no agent %s is placed here", id)
	}
	a := &w.Agents[at]
	if i, ok := p.number[a.Node]; ok && p.nodes[i].State != Down {
		p.put(a, i, -1)
	}
	d := p.decide(a)
	return d, slices.Clone(p.seen), nil
}
