package codec

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster"
	"roster/fleet"
	"roster/placement"
	"roster/scaling"
)

// crew is a fleet with something in every field.
func crew() fleet.Fleet {
	a := agent()
	return fleet.Fleet{ID: "demo/crew", Count: 3, Policy: placement.Pack, AwayMax: 2, Spec: fleet.Spec{
		Driver: fleet.Exec, Entry: "e", Command: []string{"/bin/x", "-y"}, Env: roster.Map{{Key: "A", Value: "b"}},
		Resources: placement.Resources{CPU: 500, Memory: 1 << 20},
		Where: placement.Where{Filter: "labels.zone == \"a\"", Prefer: []placement.Preference{{Filter: "node == \"n\"", Weight: -3}},
			Spread: []placement.Spread{{Label: "zone", SkewMax: 1}}, PerNodeMax: 4},
		Priority: -5, Restart: fleet.Restart{When: fleet.OnFailure, Most: 7, Within: 8e9, Pause: 9e6}, StopGrace: 3e9,
		Capabilities: a.Capabilities, Labels: a.Labels, Endpoints: a.Endpoints, Description: a.Description, Metadata: a.Metadata}}
}

// fleetCommands has one of every kind that came with level 3.
func fleetCommands() []roster.Command {
	return []roster.Command{
		fleet.Set{Fleet: crew(), IfMatch: 3, IfAbsent: true},
		fleet.Scale{ID: "demo/crew", Count: 9, IfMatch: 4},
		fleet.Drop{ID: "demo/crew", IfMatch: 5},
		fleet.Recall{Agent: "demo/crew~1", If: 6, Node: "n1-0a0b0c0d", Leave: true, Reason: "tired"},
		fleet.Place{Agent: "demo/crew~1", If: 7, Node: "n1-0a0b0c0d", Reason: "best of 3"},
		fleet.Report{Agent: "demo/crew~1", Epoch: 8, Node: "n1-0a0b0c0d", Status: roster.StatusFailed, Reason: "exit 1"},
	}
}

// watchedCrew is a fleet with something in every field that came with level 4.
func watchedCrew() fleet.Fleet {
	f := crew()
	f.Scaling = scaling.Policy{Min: 1, Max: 9, Queue: 5, Busy: 70, Wait: 2e9, Tolerance: 20, Up: 1e9, Down: 30e9, Idle: 60e9}
	f.Spec.Announces = true
	f.Spec.Probe = fleet.Probe{Kind: fleet.ProbeHTTP, Path: "/healthz", Every: 3e9, Timeout: 1e9, Slow: 5e8, Failures: 4}
	f.Spec.Limit = fleet.Limit{Memory: 64 << 20, Soft: 75}
	return f
}

// watchedCommands has each kind, or form of a kind, that came with level 4.
func watchedCommands() []roster.Command {
	scaled, announces, probed, limited := crew(), crew(), crew(), crew()
	scaled.Scaling, announces.Spec.Announces = watchedCrew().Scaling, true
	probed.Spec.Probe, limited.Spec.Limit = watchedCrew().Spec.Probe, watchedCrew().Spec.Limit
	return []roster.Command{
		fleet.Save{Agent: "demo/crew~1", Epoch: 8, State: []byte{0, 255, 3}},
		fleet.Scale{ID: "demo/crew", Count: 9, IfMatch: 4, Reason: "busy 95 %"},
		fleet.Set{Fleet: watchedCrew()}, fleet.Set{Fleet: scaled}, fleet.Set{Fleet: announces}, fleet.Set{Fleet: probed}, fleet.Set{Fleet: limited},
	}
}

// TestWatchedFleet: what came with level 4 is written as it was the first time, comes back
// and asks for that level, also after another node wrote it.
func TestWatchedFleet(t *testing.T) {
	w := NewWriter(nil)
	s := state()
	s.Fleet, s.Scaled = watchedCrew(), fleet.Scaled{At: 5, From: 3, To: 9, Reason: "busy 95 %"}
	saved := fleet.Saved{Agent: "demo/crew~1", Epoch: 8, Revision: 9, At: 10, State: []byte{0, 255, 3}}
	w.FleetState(&s)
	w.Saved(&saved)
	golden(t, "watched", w.Bytes())
	r := NewReader(w.Bytes())
	if diff := cmp.Diff(s, r.FleetState()) + cmp.Diff(saved, r.Saved()); diff != "" || r.Finish() != nil {
		t.Errorf("%v: (-written +read)\n%s", r.Finish(), diff)
	}
	for _, c := range watchedCommands() {
		e, err := Encode(op(c))
		if err != nil {
			t.Fatal(err)
		}
		back, err := e.Op()
		if diff := cmp.Diff(c, back.Command); err != nil || diff != "" {
			t.Errorf("%v: (-written +read)\n%s", err, diff)
		}
		if checked, err := Check(e.Bytes()); err != nil || e.Level() != 4 || checked.Level() != 4 {
			t.Errorf("%T: level %d, checked %d, want 4; %v", c, e.Level(), checked.Level(), err)
		}
	}
}

func state() fleet.State {
	return fleet.State{Fleet: crew(), Revision: 9, Generation: 8, Dropped: true, CreatedAt: 5, UpdatedAt: -6, Shard: 3, Made: 2}
}

func TestGoldenFleet(t *testing.T) {
	id, run := roster.AgentID("demo/crew~1"), fleet.Run{Generation: 4, Since: 5, Reason: "r", Failures: 2, Again: 7, Wish: "n2", Shun: []fleet.Shunned{{Node: "n3", Until: 8}}}
	w := NewWriter(nil)
	s := state()
	w.FleetState(&s)
	w.Run(id, &run)
	golden(t, "fleet", w.Bytes())
	r := NewReader(w.Bytes())
	gotState := r.FleetState()
	gotID, gotRun := r.Run()
	if diff := cmp.Diff(s, gotState) + cmp.Diff(run, gotRun); diff != "" || gotID != id || r.Finish() != nil {
		t.Errorf("%v, %s: (-written +read)\n%s", r.Finish(), gotID, diff)
	}
}

func TestFleetLevel(t *testing.T) {
	for _, c := range fleetCommands() {
		if level := LevelOf(c); level != 3 {
			t.Errorf("%v needs level %d, want 3", c.Kind(), level)
		}
	}
}
