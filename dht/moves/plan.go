package moves

import (
	"cmp"
	"fmt"
	"slices"

	"roster"
	"roster/dht"
)

// MovingMax is how many shards change their voters at once.
const MovingMax = 2

// World is what a plan is made of.
type World struct {
	Map   roster.ClusterMap
	Nodes []roster.NodeInfo
	Now   roster.LogTime // of the system shard
	// After is how long a node may be down before others take over its votes.
	After roster.LogTime
	// Voters are those of each shard in fact: by the group's own configuration. A shard of
	// which nobody says who votes is left as it is, and counts as moving.
	Voters map[roster.ShardID][]roster.NodeID
}

// Plan says what is moving, what is to move and why, and returns the map to store next;
// its version is that of the present one while nothing is to be stored.
func Plan(w World) (roster.MovePlan, roster.ClusterMap) {
	plan := roster.MovePlan{Paused: w.Map.Still(w.Now), Readers: w.Map.Readers, Moves: []roster.Move{}}
	plan.Moves = append(plan.Moves, w.underWay()...)
	unknown := w.unknown()
	moving := len(plan.Moves) + len(unknown)
	if len(unknown) > 0 {
		plan.Held = fmt.Sprintf("nobody says who votes in shards %v: their holders do not answer", unknown)
	}
	fit := w.Fit()
	if len(fit) < roster.VotersDefault && w.several() {
		plan.Held = w.shortage(fit)
		return plan, w.settled(w.Map)
	}
	target := dht.NewRing(fit, dht.Options{Shards: shards(w.Map), Zones: w.zones(), Current: w.Map.Shards}).Assignment()
	waiting := w.waiting(target, plan.Moves)
	plan.Moves = append(plan.Moves, waiting...)
	if plan.Paused || len(fit) == 0 {
		return plan, w.Map
	}
	return plan, w.settled(w.next(target, waiting, moving))
}

// settled gives a map that is to be stored next the readers that go with its voters.
func (w World) settled(next roster.ClusterMap) roster.ClusterMap {
	if w.Map.Still(w.Now) {
		return next
	}
	read := w.read(next)
	same := slices.EqualFunc(read, next.Shards, func(a, b roster.ShardVoters) bool { return slices.Equal(a.Readers, b.Readers) })
	if same {
		return next
	}
	next.Shards, next.Version = read, w.Map.Version+1
	return next
}

// unknown lists the shards of which nobody says who votes in them.
func (w World) unknown() []roster.ShardID {
	var out []roster.ShardID
	for _, s := range w.Map.Shards {
		if _, known := w.Voters[s.ID]; !known {
			out = append(out, s.ID)
		}
	}
	return out
}

// underWay lists what the groups have still to follow. What can never be done, because a
// newcomer is not fit any more, is not among it: it is planned again.
func (w World) underWay() []roster.Move {
	var out []roster.Move
	for _, s := range w.Map.Shards {
		now, known := w.Voters[s.ID]
		m := w.move(s.ID, now, s.Voters)
		hopeless := slices.ContainsFunc(m.Add, func(id roster.NodeID) bool { return w.unfit(id) != "" })
		if known && !hopeless && len(m.Add)+len(m.Remove) > 0 {
			m.State = roster.MoveUnderWay
			out = append(out, m)
		}
	}
	return out
}

// Fit lists the nodes that can hold voters, sorted.
func (w World) Fit() []roster.NodeID {
	var fit []roster.NodeID
	for _, n := range w.Nodes {
		if w.unfit(n.ID) == "" {
			fit = append(fit, n.ID)
		}
	}
	slices.Sort(fit)
	return fit
}

// unfit says why a node cannot hold voters; "" if it can.
func (w World) unfit(id roster.NodeID) string {
	i := slices.IndexFunc(w.Nodes, func(n roster.NodeInfo) bool { return n.ID == id })
	switch {
	case i < 0:
		return "is not known any more"
	case w.Nodes[i].State == roster.NodeLeft:
		return "has left"
	case slices.Contains(w.Map.Draining, id):
		return "is draining"
	case w.gone(w.Nodes[i]):
		return "is down"
	}
	return ""
}

// several reports whether any shard has more than one voter.
func (w World) several() bool {
	return slices.ContainsFunc(w.Map.Shards, func(s roster.ShardVoters) bool { return len(s.Voters) > 1 })
}

// shortage says why nothing can move where too few nodes are left; "" if nothing wants to.
func (w World) shortage(fit []roster.NodeID) string {
	for _, s := range w.Map.Shards {
		for _, id := range s.Voters {
			if why := w.unfit(id); why != "" {
				return fmt.Sprintf("%s %s, and its votes stay where they are: %d nodes can hold voters and each shard wants %d. Add a node", id, why, len(fit), roster.VotersDefault)
			}
		}
	}
	return ""
}

// move compares the voters that a shard has with those that it is to have.
func (w World) move(id roster.ShardID, from, to []roster.NodeID) roster.Move {
	m := roster.Move{Shard: id, Add: without(to, from), Remove: without(from, to), Reason: cmp.Or(w.crowded(from, to), balance)}
	for _, node := range m.Remove {
		if why := w.unfit(node); why != "" {
			m.Reason = fmt.Sprintf("%s %s", node, why)
			break
		}
	}
	return m
}

// balance is the reason of a move that nothing but even loads asks for.
const balance = "balance"

// zones are those of the nodes that have one.
func (w World) zones() map[roster.NodeID]string {
	zones := map[roster.NodeID]string{}
	for _, n := range w.Nodes {
		if zone, ok := n.Labels.Get(cmp.Or(w.Map.Spread, roster.SpreadDefault)); ok {
			zones[n.ID] = zone
		}
	}
	return zones
}

// crowded says which zone has more voters of a shard than it is to have; "" if none has.
func (w World) crowded(from, to []roster.NodeID) string {
	zones := w.zones()
	in := func(voters []roster.NodeID) map[string]int {
		count := map[string]int{}
		for _, id := range voters {
			count[zones[id]]++
		}
		return count
	}
	before, after := in(from), in(to)
	most := 0
	for _, n := range after { // order-free: the greatest
		most = max(most, n)
	}
	label := cmp.Or(w.Map.Spread, roster.SpreadDefault)
	for _, id := range from {
		if zone := zones[id]; before[zone] > most {
			return fmt.Sprintf("%s %s has %d of %d votes", label, cmp.Or(zone, "of the unlabelled"), before[zone], len(from))
		}
	}
	return ""
}

// waiting lists the moves that the map does not want yet, the most urgent first.
func (w World) waiting(target []roster.ShardVoters, underWay []roster.Move) []roster.Move {
	var out []roster.Move
	for i, s := range w.Map.Shards {
		_, known := w.Voters[s.ID]
		if !known || slices.ContainsFunc(underWay, func(m roster.Move) bool { return m.Shard == s.ID }) {
			continue
		}
		if m := w.move(s.ID, s.Voters, voters(target, w.Map.Shards[i].ID)); len(m.Add)+len(m.Remove) > 0 {
			m.State = roster.MoveWaiting
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b roster.Move) int { return cmp.Compare(urgency(a), urgency(b)) })
	return out
}

// urgency puts what has a reason before what only balances.
func urgency(m roster.Move) int {
	if m.Reason == balance {
		return 1
	}
	return 0
}

// next is the map with as many of the waiting moves as may go on beside those under
// way; and, once nothing moves, with the preferred leaders of the target.
func (w World) next(target []roster.ShardVoters, waiting []roster.Move, moving int) roster.ClusterMap {
	next := w.Map
	next.Shards = slices.Clone(w.Map.Shards)
	changed := false
	for _, m := range waiting[:min(len(waiting), max(0, MovingMax-moving))] {
		changed = true
		set(next.Shards, m.Shard, voters(target, m.Shard))
	}
	if len(waiting) == 0 && moving == 0 {
		for _, s := range w.Map.Shards {
			if !slices.Equal(s.Voters, voters(target, s.ID)) {
				changed = true
				set(next.Shards, s.ID, voters(target, s.ID))
			}
		}
	}
	if changed {
		next.Version++
	}
	return next
}

func shards(m roster.ClusterMap) []roster.ShardID {
	var ids []roster.ShardID
	for _, s := range m.Shards {
		ids = append(ids, s.ID)
	}
	return ids
}

func voters(all []roster.ShardVoters, id roster.ShardID) []roster.NodeID {
	i := slices.IndexFunc(all, func(s roster.ShardVoters) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return all[i].Voters
}

func set(all []roster.ShardVoters, id roster.ShardID, voters []roster.NodeID) {
	i := slices.IndexFunc(all, func(s roster.ShardVoters) bool { return s.ID == id })
	all[i].Voters = voters
}
