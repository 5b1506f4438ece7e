package placement_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"roster"
	"roster/placement"
)

var size = placement.Resources{CPU: 1000, Memory: 1000}

func labels(pairs ...string) roster.Map {
	m := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return roster.MapOf(m)
}

// Every verdict has a node that earns it.
func TestWhy(t *testing.T) {
	need := &placement.Need{Resources: placement.Resources{CPU: 100, Memory: 100}, Driver: "exec", Entry: "ocr",
		Where: placement.Where{Filter: `labels.disk == "ssd"`, PerNodeMax: 1, Spread: []placement.Spread{{Label: "zone", SkewMax: 1}}}}
	able := placement.Node{Total: size, Drivers: []string{"exec"}, Entries: []string{"ocr"}, Labels: labels("disk", "ssd", "zone", "b")}
	for why, change := range map[placement.Why]func(n *placement.Node, w *placement.World){
		placement.Fits:       func(*placement.Node, *placement.World) {},
		placement.IsDown:     func(n *placement.Node, _ *placement.World) { n.State = placement.Down },
		placement.IsDraining: func(n *placement.Node, _ *placement.World) { n.State = placement.Draining },
		placement.NoDriver:   func(n *placement.Node, _ *placement.World) { n.Drivers = []string{"inproc"} },
		placement.NoEntry:    func(n *placement.Node, _ *placement.World) { n.Entries = nil },
		placement.Filtered:   func(n *placement.Node, _ *placement.World) { n.Labels = labels("zone", "b") },
		placement.Shunned:    func(_ *placement.Node, w *placement.World) { w.Agents[0].Shun = []roster.NodeID{"it"} },
		placement.FleetFull:  func(_ *placement.Node, w *placement.World) { w.Agents[1].Node = "it" },
		placement.Skewed: func(n *placement.Node, w *placement.World) {
			n.Labels, w.Agents[1].Node = labels("disk", "ssd", "zone", "a"), "other"
			empty := able
			empty.ID = "empty"
			w.Nodes = append(w.Nodes, empty)
		},
		placement.NoCPU:    func(n *placement.Node, _ *placement.World) { n.Others.CPU = 901 },
		placement.NoMemory: func(n *placement.Node, _ *placement.World) { n.Others.Memory = 901 },
		placement.NoSeat:   func(n *placement.Node, _ *placement.World) { n.AgentsMax, n.Others.Agents = 1, 1 },
		placement.TooBusy:  func(n *placement.Node, _ *placement.World) { n.Busy = placement.BusyMax },
	} {
		it, other := able, able
		it.ID, other.ID, other.Labels = "it", "other", labels("disk", "ssd", "zone", "a")
		w := placement.World{Nodes: []placement.Node{it, other},
			Agents: []placement.Agent{{ID: "a/f~0", Need: need}, {ID: "a/f~1", Need: need}}}
		change(&w.Nodes[0], &w)
		_, verdicts, err := placement.Explain(w, placement.Least, "a/f~0")
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(verdicts, func(v placement.Verdict) bool { return v.Node == "it" })
		if got := verdicts[at].Why; got != why {
			t.Errorf("the node %v; want one that %v", got, why)
		}
	}
}

func TestInvalid(t *testing.T) {
	agent := func(w placement.Where) []placement.Agent {
		return []placement.Agent{{ID: "a/b", Need: &placement.Need{Where: w}}}
	}
	for name, w := range map[string]placement.World{
		"filter":  {Agents: agent(placement.Where{Filter: "labels.x =="})},
		"wish":    {Agents: agent(placement.Where{Prefer: []placement.Preference{{Filter: "labels.x ==", Weight: 1}}})},
		"weight":  {Agents: agent(placement.Where{Prefer: []placement.Preference{{Weight: placement.WeightMax + 1}}})},
		"spreads": {Agents: agent(placement.Where{Spread: make([]placement.Spread, placement.SpreadMax+1)})},
		"twice":   {Nodes: []placement.Node{{ID: "n"}, {ID: "n"}}},
	} {
		if _, err := placement.Plan(w, placement.Least); roster.CodeOf(err) != roster.CodeInvalid {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
	if _, err := placement.Plan(placement.World{}, "luck"); roster.CodeOf(err) != roster.CodeInvalid {
		t.Errorf("a policy that is none: %v", err)
	}
	if _, _, err := placement.Explain(placement.World{}, placement.Least, "a/b"); roster.CodeOf(err) != roster.CodeNotFound {
		t.Errorf("an agent that is not there: %v", err)
	}
}

// Each policy takes the node that it is named after.
func TestPolicies(t *testing.T) {
	small := &placement.Need{Resources: placement.Resources{CPU: 50, Memory: 50}}
	w := placement.World{Nodes: []placement.Node{
		{ID: "empty", Total: size, Others: placement.Usage{Resources: placement.Resources{CPU: 100, Memory: 0}}},
		{ID: "even", Total: size, Others: placement.Usage{Resources: placement.Resources{CPU: 150, Memory: 150}}},
		{ID: "full", Total: size, Others: placement.Usage{Resources: placement.Resources{CPU: 600, Memory: 300}}},
	}, Agents: []placement.Agent{{ID: "a/f~0", Need: small, Node: "empty"}, {ID: "a/f~1", Need: small}}}
	for policy, want := range map[placement.Policy]roster.NodeID{
		placement.Least: "even", placement.Apart: "even", placement.Pack: "full", placement.Balanced: "even",
	} {
		if policy == placement.Least {
			w.Nodes[0].Others.CPU = 90
			want = "empty"
		}
		plan, err := placement.Plan(w, policy)
		if err != nil || plan.Decisions[0].Node != want {
			t.Errorf("%s takes %q (%v), want %q: %v", policy, plan.Decisions[0].Node, plan.Decisions[0].Reason, want, err)
		}
	}
}

// A node below BusyGood comes before all others, and beyond BusyMore of all more are asked
// for.
func TestBusyNodes(t *testing.T) {
	w := placement.World{Nodes: []placement.Node{{ID: "warm", Total: size, Busy: placement.BusyGood},
		{ID: "cool", Total: size, Others: placement.Usage{Resources: placement.Resources{Memory: 900}}, Busy: placement.BusyGood - 1}},
		Agents: []placement.Agent{{ID: "a/b", Need: &placement.Need{}}}}
	plan, _ := placement.Plan(w, placement.Least)
	if plan.Decisions[0].Node != "cool" || plan.More {
		t.Errorf("%+v: want the node below %d, and no others asked for", plan, placement.BusyGood)
	}
	for i := range w.Nodes {
		w.Nodes[i].Busy = placement.BusyMore + 1
	}
	if plan, _ = placement.Plan(w, placement.Least); !plan.More || plan.Decisions[0].Node == "" {
		t.Errorf("%+v: want a node and more of them", plan)
	}
	for i := range w.Nodes {
		w.Nodes[i].Busy = placement.BusyMax
	}
	if plan, _ = placement.Plan(w, placement.Least); !plan.More || plan.Decisions[0].Node != "" || plan.Decisions[0].Refused[placement.TooBusy] != 2 {
		t.Errorf("%+v: want the agent to wait", plan)
	}
}

// drawn is a World of all kinds of nodes and fleets.
func drawn(t *rapid.T) placement.World {
	var w placement.World
	w.Seed = rapid.Uint64().Draw(t, "seed")
	zones := []string{"a", "b", "c", ""}
	for i := range rapid.IntRange(0, 8).Draw(t, "nodes") {
		n := placement.Node{ID: roster.NodeID(fmt.Sprintf("n%d", i)), Total: placement.Resources{CPU: rapid.Int64Range(0, 1000).Draw(t, "cpu"), Memory: rapid.Int64Range(0, 1000).Draw(t, "memory")},
			State: placement.State(rapid.IntRange(0, 9).Draw(t, "state") / 8), AgentsMax: rapid.IntRange(0, 6).Draw(t, "seats"),
			Busy: rapid.Int64Range(0, 900).Draw(t, "busy")}
		if zone := rapid.SampledFrom(zones).Draw(t, "zone"); zone != "" {
			n.Labels = labels("zone", zone)
		}
		w.Nodes = append(w.Nodes, n)
	}
	for f := range rapid.IntRange(0, 4).Draw(t, "fleets") {
		need := &placement.Need{Priority: rapid.IntRange(0, 2).Draw(t, "priority"),
			Resources: placement.Resources{CPU: rapid.Int64Range(0, 300).Draw(t, "wants"), Memory: rapid.Int64Range(0, 300).Draw(t, "wants memory")},
			Where:     placement.Where{PerNodeMax: rapid.IntRange(0, 2).Draw(t, "a node")}}
		if rapid.Bool().Draw(t, "filtered") {
			need.Where.Filter = `labels.zone is not empty`
		}
		if skew := rapid.IntRange(0, 3).Draw(t, "skew"); skew < 3 {
			need.Where.Spread = []placement.Spread{{Label: "zone", SkewMax: skew}}
		}
		if rapid.Bool().Draw(t, "wish") {
			need.Where.Prefer = []placement.Preference{{Filter: `labels.zone == "a"`, Weight: rapid.IntRange(1, 100).Draw(t, "weight")}}
		}
		for i := range rapid.IntRange(0, 8).Draw(t, "members") {
			a := placement.Agent{ID: roster.AgentID(fmt.Sprintf("a/f%d~%d", f, i)), Need: need}
			if len(w.Nodes) > 0 && rapid.IntRange(0, 3).Draw(t, "placed") == 0 {
				a.Node = w.Nodes[rapid.IntRange(0, len(w.Nodes)-1).Draw(t, "node")].ID
			}
			w.Agents = append(w.Agents, a)
		}
	}
	return w
}

// carry puts decisions into a world, one by one, and holds each against the rules: written
// again here, from what a Where promises.
func carry(t *rapid.T, w placement.World, decisions []placement.Decision) placement.World {
	w.Agents = slices.Clone(w.Agents)
	for _, d := range decisions {
		at := slices.IndexFunc(w.Agents, func(a placement.Agent) bool { return a.ID == d.Agent })
		w.Agents[at].Node = ""
		for _, n := range w.Nodes {
			if fault := breaks(w, w.Agents[at], n); n.ID == d.Node && fault != "" {
				t.Fatalf("%s goes to %s: %s", d.Agent, n.ID, fault)
			} else if d.Node == "" && fault == "" {
				t.Fatalf("%s waits although %s takes it: %v", d.Agent, n.ID, d.Reason)
			}
		}
		w.Agents[at].Node = d.Node
	}
	return w
}

// breaks says what an agent would break on a node.
func breaks(w placement.World, a placement.Agent, n placement.Node) string {
	usage, zones, fleet := n.Others, map[string]int{}, 0
	zoneOf := map[roster.NodeID]string{}
	zone, _ := n.Labels.Get("zone")
	able := map[string]bool{}
	for _, other := range w.Nodes {
		z, has := other.Labels.Get("zone")
		zoneOf[other.ID] = z
		if other.State == placement.Ready && (a.Need.Where.Filter == "" || has) {
			able[z] = true
		}
	}
	down := func(id roster.NodeID) bool {
		i := slices.IndexFunc(w.Nodes, func(n placement.Node) bool { return n.ID == id })
		return i < 0 || w.Nodes[i].State == placement.Down
	}
	for _, other := range w.Agents {
		if down(other.Node) {
			continue
		}
		if other.ID.Key() == a.ID.Key() {
			zones[zoneOf[other.Node]]++
		}
		if other.Node == n.ID {
			usage.Agents++
			usage.Resources = usage.Resources.Add(other.Need.Resources)
			if other.ID.Key() == a.ID.Key() {
				fleet++
			}
		}
	}
	where, after := a.Need.Where, usage.Resources.Add(a.Need.Resources)
	fewest := -1
	for z := range able {
		if fewest < 0 || zones[z] < fewest {
			fewest = zones[z]
		}
	}
	_, labelled := n.Labels.Get("zone")
	switch {
	case n.State != placement.Ready:
		return "it takes none"
	case where.Filter != "" && !labelled:
		return "the filter"
	case after.CPU > n.Total.CPU || after.Memory > n.Total.Memory || n.AgentsMax > 0 && usage.Agents >= n.AgentsMax || n.Busy >= placement.BusyMax:
		return "room"
	case where.PerNodeMax > 0 && fleet >= where.PerNodeMax:
		return "per_node_max"
	case len(where.Spread) > 0 && where.Spread[0].SkewMax > 0 && zones[zone]+1-fewest > where.Spread[0].SkewMax:
		return "skew_max"
	}
	return ""
}

func TestPlanKeepsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawn(t)
		policy := rapid.SampledFrom(placement.Policies).Draw(t, "policy")
		plan, err := placement.Plan(w, policy)
		if err != nil {
			t.Fatal(err)
		}
		carry(t, w, plan.Decisions)
	})
}

func TestRebalanceKeepsTheRulesAndItsBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawn(t)
		policy := rapid.SampledFrom(placement.Policies).Draw(t, "policy")
		budget := rapid.IntRange(0, 5).Draw(t, "budget")
		moves, err := placement.Rebalance(w, policy, budget)
		if err != nil {
			t.Fatal(err)
		}
		if len(moves) > budget {
			t.Fatalf("%d moves with a budget of %d", len(moves), budget)
		}
		for _, m := range moves {
			if m.Node == "" || m.Node == m.From {
				t.Fatalf("%+v is no move", m)
			}
		}
		carry(t, w, moves)
	})
}

// The order in which nodes and agents are listed decides nothing.
func TestPlanIsTheSameInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawn(t)
		policy := rapid.SampledFrom(placement.Policies).Draw(t, "policy")
		want, err := placement.Plan(w, policy)
		if err != nil {
			t.Fatal(err)
		}
		w.Nodes = rapid.Permutation(w.Nodes).Draw(t, "nodes")
		w.Agents = rapid.Permutation(w.Agents).Draw(t, "agents")
		got, err := placement.Plan(w, policy)
		if err != nil || !slices.Equal(got.Decisions, want.Decisions) || got.More != want.More {
			t.Fatalf("%+v, then %+v: %v", want, got, err)
		}
	})
}
