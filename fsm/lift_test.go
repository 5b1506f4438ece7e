package fsm

import (
	"testing"

	"roster"
)

// lifted applies operations to a machine of shard 3 and lifts it.
func lifted(t *testing.T, ops ...roster.Command) *Machine {
	t.Helper()
	m := New(3)
	for _, c := range ops {
		if r := m.Apply(roster.Entry{Shard: 3, At: 5, Ops: []roster.Op{{Command: c}}})[0]; r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	if err := m.Lift(7); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestLiftPassesWhatTheOldLifeGaveOut: also a state that was lifted before.
func TestLiftPassesWhatTheOldLifeGaveOut(t *testing.T) {
	m := lifted(t, roster.Register{Agent: roster.Agent{ID: "demo/a"}})
	if m.Index() != LiftStep || m.View().Index() != LiftStep {
		t.Errorf("lifted to %d", m.Index())
	}
	again := restored(t, m)
	if err := again.Lift(7); err != nil || again.Index() != 2*LiftStep {
		t.Errorf("lifted again to %d, %v", again.Index(), err)
	}
	r := m.Apply(roster.Entry{Shard: 3, Ops: []roster.Op{{Command: roster.Register{Agent: roster.Agent{ID: "demo/b"}}}}})[0]
	if change := r.Value.(roster.Change); change.Record.Epoch <= roster.Epoch(LiftStep) || change.Record.Revision <= LiftStep {
		t.Errorf("drawn after it: %+v", change.Record)
	}
	if a, _ := m.Lookup("demo/a"); a.Revision != 1 {
		t.Errorf("a record changed: %+v", a)
	}
}

// TestLiftEndsSessions: those at home here, with what they hold, and those that an agent
// names although their home is elsewhere; and it leaves alone who has none.
func TestLiftEndsSessions(t *testing.T) {
	m := lifted(t,
		roster.OpenSession{ID: "home", TTL: 15e9}, roster.AttachSession{ID: "home", Shard: 2},
		roster.Register{Agent: roster.Agent{ID: "demo/home", Session: "home"}},
		roster.Register{Agent: roster.Agent{ID: "demo/far", Session: "far"}},
		roster.Register{Agent: roster.Agent{ID: "demo/kept", Session: "far", OnEnd: roster.OnEndCritical}},
		roster.Register{Agent: roster.Agent{ID: "demo/free"}})
	for id, there := range map[roster.AgentID]bool{"demo/home": false, "demo/far": false, "demo/kept": true, "demo/free": true} {
		if _, ok := m.Lookup(id); ok != there {
			t.Errorf("%s is there: %v, want %v", id, ok, there)
		}
	}
	if kept, _ := m.Lookup("demo/kept"); kept.Health.State != roster.Critical || kept.Revision <= LiftStep {
		t.Errorf("kept %+v", kept)
	}
	if s, ok := m.View().Session("home"); !ok || !s.Ended || len(m.View().Sessions()) != 1 {
		t.Errorf("home is %+v, %v; still to be told elsewhere are %+v", s, ok, m.View().Sessions())
	}
	if restored(t, m).View().Digest() != m.View().Digest() {
		t.Error("a snapshot of it is another state")
	}
}
