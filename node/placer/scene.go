package placer

import (
	"cmp"
	"maps"
	"slices"

	"roster"
	"roster/fleet"
	"roster/fsm"
	"roster/node/loads"
	"roster/placement"
	"roster/shard"
)

// scene is a shard's fleets and the cluster's nodes at one moment.
type scene struct {
	shard    roster.ShardID
	now      roster.LogTime
	nodes    map[roster.NodeID]placement.Node
	fleets   map[fleet.ID]*crew
	members  []member
	homeless []int // members that wait for a node, or whose node is down
	leaving  int   // members on their way off their nodes
}

// crew is a fleet with what its members ask for.
type crew struct {
	fleet.State
	need  placement.Need
	fault error // what of the need makes no sense here
	away  int   // members that do not run
}

type member struct {
	*roster.Record
	fleet.Run
	crew *crew
}

// look reads the fleets of a shard.
func look(g *shard.Group, nodes map[roster.NodeID]placement.Node) (*scene, error) {
	s := &scene{shard: g.ID(), nodes: nodes, fleets: map[fleet.ID]*crew{}}
	_, err := g.View(func(v *fsm.View) error {
		s.now = v.Now()
		for r, run := range v.Fleets().Members {
			s.add(v, r, run)
		}
		return nil
	})
	return s, err
}

func (s *scene) add(v *fsm.View, r *roster.Record, run fleet.Run) {
	id, _, _ := fleet.Of(r.ID)
	c := s.fleets[id]
	if c == nil {
		state, _ := v.Fleets().Fleet(id)
		c = &crew{State: state, need: NeedOf(&state.Spec)}
		c.fault = c.need.Check()
		s.fleets[id] = c
	}
	if r.Status != roster.StatusRunning && r.Status != roster.StatusRetiring {
		c.away++
	}
	if r.Status == roster.StatusStopping || r.Status == roster.StatusRetiring {
		s.leaving++
	}
	if r.Status == roster.StatusRegistered || s.lost(r) && r.Status != roster.StatusRetiring {
		s.homeless = append(s.homeless, len(s.members))
	}
	s.members = append(s.members, member{r, run, c})
}

// NeedOf returns what a member asks of a node.
func NeedOf(s *fleet.Spec) placement.Need {
	return placement.Need{Resources: s.Resources, Driver: s.Driver, Entry: s.Entry, Where: s.Where, Priority: s.Priority}
}

// lost reports whether a member is on a node that is down, or is not there any more.
func (s *scene) lost(r *roster.Record) bool {
	if r.Node == "" {
		return false
	}
	n, ok := s.nodes[r.Node]
	return !ok || n.State == placement.Down
}

// idle reports whether there is nothing to do.
func (s *scene) idle() bool {
	if len(s.homeless) > 0 {
		return false
	}
	return !slices.ContainsFunc(s.members, func(m member) bool {
		return s.lost(m.Record) || s.drained(m) || s.outdated(m)
	})
}

// drained reports whether a member runs on a node that is to be empty.
func (s *scene) drained(m member) bool {
	return m.Status == roster.StatusRunning && s.nodes[m.Node].State == placement.Draining
}

// outdated reports whether an older spec placed a member that runs.
func (s *scene) outdated(m member) bool {
	return m.Status == roster.StatusRunning && m.Generation < m.crew.Generation
}

// alive lists the nodes that can take members.
func (s *scene) alive() []roster.NodeID {
	var out []roster.NodeID
	for _, id := range slices.Sorted(maps.Keys(s.nodes)) {
		if s.nodes[id].State == placement.Ready {
			out = append(out, id)
		}
	}
	return out
}

// upkeep releases members that were to go and whose node is down, and recalls a few of those
// whose node is drained or that an older spec placed.
func (s *scene) upkeep() []roster.Command {
	var out []roster.Command
	room := DrainMax - s.leaving
	for _, m := range s.members {
		switch {
		case s.lost(m.Record) && m.Status == roster.StatusRetiring:
			out = append(out, fleet.Place{Agent: m.ID, If: m.Epoch, Reason: "its node is down"})
		case s.drained(m) && room > 0:
			room--
			out = append(out, fleet.Recall{Agent: m.ID, If: m.Epoch, Reason: "its node is drained"})
		case s.outdated(m) && m.crew.away < m.crew.Away():
			m.crew.away++
			out = append(out, fleet.Recall{Agent: m.ID, If: m.Epoch, Reason: "its fleet has a new spec"})
		}
	}
	return out
}

// plan finds nodes for the homeless, those of one policy after the other, and returns what
// to propose and how many found none.
func (s *scene) plan(known map[roster.NodeID]loads.Load) (out []roster.Command, unplaced int, err error) {
	w := s.world(known)
	at := map[roster.AgentID]member{}
	waiting := map[placement.Policy][]placement.Agent{}
	for _, i := range s.homeless {
		m := s.members[i]
		if m.crew.fault != nil {
			unplaced++
			out = append(out, unplace(m, cut(m.crew.fault.Error()))...)
			continue
		}
		at[m.ID] = m
		waiting[m.crew.Rule()] = append(waiting[m.crew.Rule()], s.agent(m, known))
	}
	for _, policy := range placement.Policies {
		decisions, err := s.fit(&w, policy, waiting[policy], at)
		if err != nil {
			return nil, 0, err
		}
		for _, d := range decisions {
			commands, placed := s.decide(at[d.Agent], d)
			if !placed {
				unplaced++
			}
			out = append(out, commands...)
		}
	}
	return out, unplaced, nil
}

// agent is a member that waits, as package placement sees it. Where an operator wants it, it
// shuns all other nodes.
func (s *scene) agent(m member, known map[roster.NodeID]loads.Load) placement.Agent {
	a := placement.Agent{ID: m.ID, Need: &m.crew.need, Node: m.Node, Urgent: m.Generation != 0}
	a.Shun, _ = m.Shuns(s.now)
	if _, there := known[m.Wish]; there {
		a.Shun = others(s.alive(), m.Wish)
	}
	return a
}

// fit plans for agents of one policy, puts those that found a node into the world, and plans
// once more, with fewer nodes shunned, for those that did not: a node where one failed is
// better than none.
func (s *scene) fit(w *placement.World, policy placement.Policy, waiting []placement.Agent, members map[roster.AgentID]member) (all []placement.Decision, err error) {
	for pass := 0; len(waiting) > 0 && pass < 2; pass++ {
		settled := len(w.Agents)
		w.Agents = append(w.Agents, waiting...)
		planned, err := placement.Plan(*w, policy)
		if err != nil {
			return nil, err
		}
		byID := map[roster.AgentID]placement.Agent{}
		for _, a := range waiting {
			byID[a.ID] = a
		}
		w.Agents, waiting = w.Agents[:settled], nil
		for _, d := range planned.Decisions {
			a := byID[d.Agent]
			if d.Node != "" {
				a.Node = d.Node
				w.Agents = append(w.Agents, a)
			} else if again, ok := s.relent(a, members[a.ID]); ok && pass == 0 {
				waiting = append(waiting, again)
				continue
			}
			all = append(all, d)
		}
	}
	return all, nil
}

// relent lets an agent shun fewer nodes, if it can.
func (s *scene) relent(a placement.Agent, m member) (placement.Agent, bool) {
	all, hard := m.Shuns(s.now)
	a.Shun = hard
	return a, m.Wish == "" && len(hard) < len(all)
}

// decide turns a decision into commands. Who finds no node is told why once; one whose wish
// cannot be met forgets it.
func (s *scene) decide(m member, d placement.Decision) (commands []roster.Command, placed bool) {
	reason := cut(d.Reason.String())
	switch {
	case d.Node != "":
		if s.lost(m.Record) {
			reason = cut("node " + string(m.Node) + " is down; " + reason)
		}
		return []roster.Command{fleet.Place{Agent: m.ID, If: m.Epoch, Node: d.Node, Reason: reason}}, true
	case m.Wish != "":
		return []roster.Command{fleet.Recall{Agent: m.ID, If: m.Epoch, Reason: cut("node " + string(m.Wish) + " does not take it; " + reason)}}, false
	}
	return unplace(m, reason), false
}

// unplace says that a member has no node, and why, unless that is known.
func unplace(m member, reason string) []roster.Command {
	if m.Node == "" && m.Reason == reason {
		return nil
	}
	return []roster.Command{fleet.Place{Agent: m.ID, If: m.Epoch, Reason: reason}}
}

func cut(reason string) string { return reason[:min(len(reason), fleet.ReasonMax)] }

func others(all []roster.NodeID, but roster.NodeID) []roster.NodeID {
	return slices.DeleteFunc(slices.Clone(all), func(id roster.NodeID) bool { return id == but })
}

// world is the scene as package placement sees it, the homeless left out. A node that does
// not say what it has takes nothing.
func (s *scene) world(known map[roster.NodeID]loads.Load) placement.World {
	w := placement.World{Seed: uint64(s.shard)}
	for _, id := range slices.Sorted(maps.Keys(s.nodes)) {
		n := s.nodes[id]
		load, answered := known[id]
		switch {
		case n.State == placement.Ready && !answered:
			n.State = placement.Silent
		case answered:
			n.Drivers, n.Entries, n.Total, n.AgentsMax = load.Drivers, load.Entries, load.Total, load.AgentsMax
			n.Others, n.Busy = load.Others(s.shard), load.Busy
		}
		w.Nodes = append(w.Nodes, n)
	}
	for _, m := range s.members {
		if m.Node != "" && !s.lost(m.Record) {
			w.Agents = append(w.Agents, placement.Agent{ID: m.ID, Need: &m.crew.need, Node: m.Node})
		}
	}
	return w
}

// explain says what a plan would decide about one member.
func (s *scene) explain(known map[roster.NodeID]loads.Load, id roster.AgentID) (fleet.Explanation, error) {
	i := slices.IndexFunc(s.members, func(m member) bool { return m.ID == id })
	if i < 0 {
		return fleet.Explanation{}, roster.Errorf(roster.CodeNotFound, "no fleet runs %s", id)
	}
	m := s.members[i]
	w := s.world(known)
	w.Agents = slices.DeleteFunc(w.Agents, func(a placement.Agent) bool { return a.ID == id })
	shun, _ := m.Shuns(s.now)
	w.Agents = append(w.Agents, placement.Agent{ID: id, Need: &m.crew.need, Shun: shun})
	d, verdicts, err := placement.Explain(w, m.crew.Rule(), id)
	if err != nil {
		return fleet.Explanation{}, err
	}
	x := fleet.Explanation{Agent: id, Node: m.Node, Status: m.Status, Epoch: m.Epoch, Policy: m.crew.Rule(), Run: m.Run, Now: d.Node, Nodes: []fleet.Verdict{}}
	for _, v := range verdicts {
		x.Nodes = append(x.Nodes, fleet.Verdict{Node: v.Node, Fits: v.Why == placement.Fits, Why: v.Why.String(), Points: v.Points})
	}
	slices.SortStableFunc(x.Nodes, func(a, b fleet.Verdict) int {
		return cmp.Or(compareBool(b.Fits, a.Fits), cmp.Compare(b.Points, a.Points))
	})
	return x, nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
