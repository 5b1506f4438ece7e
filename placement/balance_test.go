package placement_test

import (
	"fmt"
	"testing"

	"roster"
	"roster/placement"
)

// fleetOf is a world of so many alike nodes, and agents of a few sizes in fleets of 100.
func fleetOf(nodes, agents int) placement.World {
	var w placement.World
	for i := range nodes {
		w.Nodes = append(w.Nodes, node(i, agents/nodes))
	}
	needs := make([]*placement.Need, 1+agents/100)
	for i := range needs {
		needs[i] = &placement.Need{Resources: placement.Resources{CPU: int64(5 + i%7), Memory: int64(5 + i%5)},
			Where: placement.Where{Spread: []placement.Spread{{Label: "zone"}}}}
	}
	for i := range agents {
		w.Agents = append(w.Agents, placement.Agent{ID: roster.AgentID(fmt.Sprintf("a/f%d~%d", i/100, i%100)), Need: needs[i/100]})
	}
	return w
}

func node(i, agents int) placement.Node {
	return placement.Node{ID: roster.NodeID(fmt.Sprintf("n%03d", i)), Labels: labels("zone", fmt.Sprint(i%3)),
		Total: placement.Resources{CPU: int64(16 * agents), Memory: int64(16 * agents)}}
}

// place carries a plan, or moves, out.
func place(t testing.TB, w *placement.World, decisions []placement.Decision) {
	t.Helper()
	at := make(map[roster.AgentID]int)
	for i, a := range w.Agents {
		at[a.ID] = i
	}
	for _, d := range decisions {
		if d.Node == "" {
			t.Fatalf("%s waits: %v", d.Agent, d.Reason)
		}
		w.Agents[at[d.Agent]].Node = d.Node
	}
}

// uneven is the CPU of the fullest node over that of the mean one, in thousandths.
func uneven(w placement.World) int64 {
	used, sum, most := make(map[roster.NodeID]int64), int64(0), int64(0)
	for _, a := range w.Agents {
		used[a.Node] += a.Need.Resources.CPU
		sum += a.Need.Resources.CPU
		most = max(most, used[a.Node])
	}
	return most * 1000 * int64(len(w.Nodes)) / sum
}

// A node that joins draws from the others what makes it even, and not much more than its
// share of the agents moves.
func TestNodeJoins(t *testing.T) {
	for _, policy := range []placement.Policy{placement.Least, placement.Balanced, placement.Apart, placement.Two, placement.Hash} {
		w := fleetOf(20, 4000)
		if policy == placement.Hash { // by that alone: wishes would move others after those that move
			for _, a := range w.Agents {
				a.Need.Where.Spread = nil
			}
		}
		plan, err := placement.Plan(w, policy)
		if err != nil {
			t.Fatal(err)
		}
		place(t, &w, plan.Decisions)
		w.Nodes = append(w.Nodes, node(20, 200))
		moves, err := placement.Rebalance(w, policy, len(w.Agents))
		if err != nil {
			t.Fatal(err)
		}
		place(t, &w, moves)
		share, evenness := len(moves)*1000*len(w.Nodes)/len(w.Agents), uneven(w)
		t.Logf("%s: moved %d of %d, %.3f/N; fullest over mean %.3f", policy, len(moves), len(w.Agents), float64(share)/1000, float64(evenness)/1000)
		if share > 1100 {
			t.Errorf("%s: %d of %d agents moved, more than 1.1/N", policy, len(moves), len(w.Agents))
		}
		if evenness > 1250 && policy != placement.Hash { // which goes by no load
			t.Errorf("%s: the fullest node is at %d thousandths of the mean", policy, evenness)
		}
	}
}

// A node that drains is left by all, within the budget of each round.
func TestNodeDrains(t *testing.T) {
	w := fleetOf(5, 500)
	plan, err := placement.Plan(w, placement.Least)
	if err != nil {
		t.Fatal(err)
	}
	place(t, &w, plan.Decisions)
	w.Nodes[2].State = placement.Draining
	for range 30 {
		moves, err := placement.Rebalance(w, placement.Least, 10)
		if err != nil {
			t.Fatal(err)
		}
		place(t, &w, moves)
	}
	for _, a := range w.Agents {
		if a.Node == w.Nodes[2].ID {
			t.Fatalf("%s is still on the node that drains", a.ID)
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	w := fleetOf(100, 10_000)
	for _, policy := range placement.Policies {
		b.Run(string(policy), func(b *testing.B) {
			for b.Loop() {
				if plan, err := placement.Plan(w, policy); err != nil || len(plan.Decisions) != 10_000 {
					b.Fatal(err)
				}
			}
		})
	}
}
