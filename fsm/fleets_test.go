package fsm

import (
	"testing"

	"pgregory.net/rapid"

	"roster"
	"roster/fleet"
	"roster/scaling"
)

func drawFleetCommand(t *rapid.T, m *Machine) roster.Command {
	id := pick[fleet.ID]("demo/crew", "demo/fleet").Draw(t, "fleet")
	member := id.Member(rapid.IntRange(0, 3).Draw(t, "member"))
	var epoch roster.Epoch
	if r, ok := m.Lookup(member); ok {
		epoch = r.Epoch - roster.Epoch(pick(0, 0, 0, 1).Draw(t, "behind"))
	}
	node := pick[roster.NodeID]("n1", "n2").Draw(t, "node")
	switch rapid.IntRange(0, 10).Draw(t, "kind") {
	case 10:
		return fleet.Save{Agent: member, Epoch: epoch, State: rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "state")}
	case 0:
		return fleet.Set{Fleet: fleet.Fleet{ID: id, Count: rapid.IntRange(0, 4).Draw(t, "count"), Spec: fleet.Spec{Driver: fleet.Inproc,
			Entry: pick("a", "b").Draw(t, "entry"), Restart: fleet.Restart{When: pick(fleet.Always, fleet.Never).Draw(t, "restart")}}}}
	case 1:
		return fleet.Scale{ID: id, Count: rapid.IntRange(0, 4).Draw(t, "count")}
	case 2:
		return fleet.Drop{ID: id}
	case 3:
		return fleet.Recall{Agent: member, If: epoch, Node: node, Leave: rapid.Bool().Draw(t, "leave")}
	case 4, 5, 6:
		return fleet.Place{Agent: member, If: epoch, Node: pick(node, node, "").Draw(t, "where"), Reason: "r"}
	}
	return fleet.Report{Agent: member, Epoch: epoch, Node: node, Reason: "r",
		Status: pick(roster.StatusRunning, roster.StatusRunning, roster.StatusStarting, roster.StatusStopped, roster.StatusFailed, roster.StatusRegistered).Draw(t, "status")}
}

// Whatever is asked of fleets: an epoch never falls, nobody acts under two, who has no node
// does not run, members stay as many as they are to be, and a replica that was restarted
// goes on alike.
func TestFleetsKeepTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(1)
		highest := map[roster.AgentID]roster.Epoch{}
		var at roster.LogTime
		for range rapid.IntRange(1, 60).Draw(t, "entries") {
			at += roster.LogTime(rapid.Int64Range(0, 5e9).Draw(t, "step"))
			c := drawFleetCommand(t, m)
			other := restored(t, m)
			e := coded(t, roster.Entry{Shard: 1, At: at, Ops: []roster.Op{{Command: c}}})
			sameResults(t, m.Apply(e), other.Apply(e))
			if m.View().Digest() != other.View().Digest() {
				t.Fatalf("a restart makes a difference after %T", c)
			}
			for r, run := range m.View().Fleets().Members {
				if r.Epoch < highest[r.ID] {
					t.Fatalf("%s fell from epoch %d to %d", r.ID, highest[r.ID], r.Epoch)
				}
				highest[r.ID] = r.Epoch
				placed := r.Status == roster.StatusStarting || r.Status == roster.StatusRunning || r.Status == roster.StatusStopping || r.Status == roster.StatusRetiring
				if placed != (r.Node != "") || (r.Health.State == roster.Passing) != (r.Status == roster.StatusRunning) {
					t.Fatalf("%s is %s, %s on %q", r.ID, r.Status, r.Health.State, r.Node)
				}
				if run.Again != 0 && r.Status != roster.StatusFailed {
					t.Fatalf("%s is %s and waits to be placed", r.ID, r.Status)
				}
			}
			for id, s := range m.View().Fleets().States {
				if r, there := m.Lookup(id); !there || s.Epoch > r.Epoch || len(s.State) == 0 {
					t.Fatalf("%+v is kept for %+v", s, r)
				}
				if same, _ := other.View().Fleets().Saved(id); same.Epoch != s.Epoch || string(same.State) != string(s.State) {
					t.Fatalf("%+v is kept, and %+v after a restart", s, same)
				}
			}
			for _, f := range m.View().Fleets().List("*") {
				if want := f.Count; !f.Dropped && f.Made != want || f.Dropped && f.Made != 0 {
					t.Fatalf("%+v has entered %d members", f.Fleet, f.Made)
				}
				if all := total(f.Members); all < f.Made || all-f.Members[roster.StatusRetiring] > f.Made {
					t.Fatalf("%s: %v of %d", f.ID, f.Members, f.Made)
				}
			}
		}
	})
}

func total(members map[roster.Status]int) (n int) {
	for _, of := range members {
		n += of
	}
	return n
}

// An old epoch, another node or a fleet that is not there changes nothing.
func TestOldReportsChangeNothing(t *testing.T) {
	m := New(1)
	apply := func(c roster.Command) roster.Result {
		return m.Apply(roster.Entry{Shard: 1, Ops: []roster.Op{{Command: c}}})[0]
	}
	apply(fleet.Set{Fleet: fleet.Fleet{ID: "demo/crew", Count: 1, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "e"}}})
	apply(fleet.Place{Agent: "demo/crew~0", If: 1, Node: "n1"}) // epoch 2
	apply(fleet.Place{Agent: "demo/crew~0", If: 2, Node: "n2"}) // epoch 3
	before, _ := m.Lookup("demo/crew~0")
	for _, status := range []roster.Status{roster.StatusStarting, roster.StatusRunning, roster.StatusStopped, roster.StatusFailed, roster.StatusRegistered} {
		for _, c := range []fleet.Report{{Epoch: 2, Node: "n1"}, {Epoch: 2, Node: "n2"}, {Epoch: 3, Node: "n1"}, {Epoch: 4, Node: "n2"}, {Epoch: 0, Node: "n2"}} {
			c.Agent, c.Status = "demo/crew~0", status
			if r := apply(c); roster.CodeOf(r.Err) != roster.CodeConflict || len(r.Events) > 0 {
				t.Errorf("%+v: %v, %d events", c, r.Err, len(r.Events))
			}
		}
	}
	if after, _ := m.Lookup("demo/crew~0"); after != before {
		t.Errorf("%+v became %+v", before, after)
	}
}

// TestRunningMemberIsRefused: a node that is short of memory refuses one that runs there,
// which then waits to be placed, and not there for a moment.
func TestRunningMemberIsRefused(t *testing.T) {
	m := New(1)
	apply := func(c roster.Command) roster.Result {
		return m.Apply(roster.Entry{Shard: 1, Ops: []roster.Op{{Command: c}}})[0]
	}
	const id, why = "demo/crew~0", "the node is short of memory"
	apply(fleet.Set{Fleet: fleet.Fleet{ID: "demo/crew", Count: 1, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "e"}}})
	apply(fleet.Place{Agent: id, If: 1, Node: "n1"}) // epoch 2
	apply(fleet.Report{Agent: id, Epoch: 2, Node: "n1", Status: roster.StatusRunning})
	if err := apply(fleet.Report{Agent: id, Epoch: 2, Node: "n1", Status: roster.StatusRegistered, Reason: why}).Err; err != nil {
		t.Fatal(err)
	}
	r, _ := m.Lookup(id)
	if r.Status != roster.StatusRegistered || r.Node != "" || r.Epoch <= 2 || r.Health.State != roster.Critical {
		t.Errorf("%+v", r)
	}
	for r, run := range m.View().Fleets().Members {
		all, hard := run.Shuns(0)
		if later, _ := run.Shuns(fleet.ShunFull); r.ID == id && (run.Reason != why || len(all) != 1 || len(hard) != 1 || hard[0] != "n1" || len(later) != 0 || run.Failures != 0) {
			t.Errorf("%+v", run)
		}
	}
}

// TestMembersKeepState: an activation keeps bytes for the next one; who does not run or
// acts under an old epoch keeps nothing, and what is kept goes with the member.
func TestMembersKeepState(t *testing.T) {
	m := New(1)
	apply := func(c roster.Command) roster.Result {
		return m.Apply(roster.Entry{Shard: 1, Ops: []roster.Op{{Command: c}}})[0]
	}
	apply(fleet.Set{Fleet: fleet.Fleet{ID: "demo/crew", Count: 1, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "e"}}})
	const id = "demo/crew~0"
	if err := apply(fleet.Save{Agent: id, Epoch: 1, State: []byte("early")}).Err; roster.CodeOf(err) != roster.CodeConflict {
		t.Errorf("one that runs nowhere keeps something: %v", err)
	}
	apply(fleet.Place{Agent: id, If: 1, Node: "n1"}) // epoch 3
	if err := apply(fleet.Save{Agent: id, Epoch: 3, State: []byte("first")}).Err; err != nil {
		t.Fatal(err)
	}
	apply(fleet.Place{Agent: id, If: 3, Node: "n2"}) // epoch 5
	for code, c := range map[roster.Code]fleet.Save{
		roster.CodeConflict: {Agent: id, Epoch: 3, State: []byte("late")},
		roster.CodeNotFound: {Agent: "demo/crew~9", Epoch: 1, State: []byte("x")},
		roster.CodeTooLarge: {Agent: id, Epoch: 5, State: make([]byte, fleet.PackedMax+1)},
	} {
		if err := apply(c).Err; roster.CodeOf(err) != code {
			t.Errorf("want %s: %v", code, err)
		}
	}
	if s, _ := m.View().Fleets().Saved(id); string(s.State) != "first" || s.Epoch != 3 {
		t.Errorf("kept is %+v", s)
	}
	apply(fleet.Scale{ID: "demo/crew", Count: 0})
	apply(fleet.Report{Agent: id, Epoch: 5, Node: "n2", Status: roster.StatusStopped})
	if s, there := m.View().Fleets().Saved(id); there {
		t.Errorf("it outlived its member: %+v", s)
	}
}

// Nobody judges the health of a member that does not run.
func TestHealthOfMembers(t *testing.T) {
	m := New(1)
	apply := func(c roster.Command) roster.Result {
		return m.Apply(roster.Entry{Shard: 1, Ops: []roster.Op{{Command: c}}})[0]
	}
	apply(fleet.Set{Fleet: fleet.Fleet{ID: "demo/crew", Count: 1, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "e"}}})
	well := roster.SetHealth{ID: "demo/crew~0", Health: roster.Health{State: roster.Passing}}
	if err := apply(well).Err; roster.CodeOf(err) != roster.CodeRefused {
		t.Errorf("one without a node is well: %v", err)
	}
	apply(fleet.Place{Agent: "demo/crew~0", If: 1, Node: "n1"}) // epoch 3
	apply(fleet.Report{Agent: "demo/crew~0", Epoch: 3, Node: "n1", Status: roster.StatusRunning})
	slow := roster.SetHealth{ID: "demo/crew~0", Health: roster.Health{State: roster.Warning, Reason: "slow"}}
	if err := apply(slow).Err; err != nil {
		t.Error(err)
	}
	if r, _ := m.Lookup("demo/crew~0"); r.Health != slow.Health {
		t.Errorf("%+v", r.Health)
	}
}

// A fleet of many is entered a thousand members an entry.
func TestLargeFleet(t *testing.T) {
	m := New(1)
	m.Apply(roster.Entry{Shard: 1, Ops: []roster.Op{{Command: fleet.Set{Fleet: fleet.Fleet{ID: "demo/many", Count: 2500, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "e"}}}}}})
	var made []int
	for {
		f, _ := m.View().Fleets().Counted("demo/many")
		made = append(made, f.Members[roster.StatusRegistered])
		if at, pending := m.View().NextDeadline(); !pending || at > m.Now() {
			break
		}
		m.Apply(roster.Entry{Shard: 1, Ops: []roster.Op{{Command: roster.Tick{Shard: 1}}}})
	}
	if len(made) != 3 || made[0] != roster.ExpiriesMax || made[2] != 2500 {
		t.Errorf("entered %v", made)
	}
}

// TestSetLeavesWhatWasScaled: a fleet that follows its load keeps the count that was decided
// when its file is applied again, within its bounds; one that no longer does has the file's.
func TestSetLeavesWhatWasScaled(t *testing.T) {
	m := New(1)
	apply := func(c roster.Command) fleet.Change {
		r := m.Apply(roster.Entry{Shard: 1, Ops: []roster.Op{{Command: c}}})[0]
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		return r.Value.(fleet.Change)
	}
	f := fleet.Fleet{ID: "demo/crew", Count: 3, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "e"}}
	apply(fleet.Set{Fleet: f})
	f.Count, f.Scaling = 2, scaling.Policy{Min: 1, Max: 20, Busy: 70}
	if c := apply(fleet.Set{Fleet: f}); c.Fleet.Count != 2 {
		t.Errorf("%d members where scaling begins, want those of the file", c.Fleet.Count)
	}
	if c := apply(fleet.Scale{ID: f.ID, Count: 14, Reason: "busy"}); c.Fleet.Scaled.To != 14 || c.Fleet.Scaled.From != 2 || c.Fleet.Scaled.Reason != "busy" {
		t.Errorf("%+v", c.Fleet.Scaled)
	}
	if c := apply(fleet.Set{Fleet: f}); c.Outcome != roster.OutcomeUnchanged || c.Fleet.Count != 14 {
		t.Errorf("applied again: %s, %d members", c.Outcome, c.Fleet.Count)
	}
	f.Scaling.Max = 12
	if c := apply(fleet.Set{Fleet: f}); c.Fleet.Count != 12 {
		t.Errorf("%d members within 12", c.Fleet.Count)
	}
	f.Scaling = scaling.Policy{}
	if c := apply(fleet.Set{Fleet: f}); c.Fleet.Count != 2 {
		t.Errorf("%d members without scaling, want those of the file", c.Fleet.Count)
	}
}
