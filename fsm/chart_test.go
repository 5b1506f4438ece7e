package fsm

import (
	"slices"
	"testing"

	"roster"
)

// TestLevelNeverFalls: not by a map that says less, and not by one that says nothing.
func TestLevelNeverFalls(t *testing.T) {
	m := New(roster.SystemShard)
	chart := roster.ClusterMap{Slots: slices.Repeat([]roster.ShardID{1}, roster.SlotCount), Shards: []roster.ShardVoters{{ID: 1}}}
	for i, step := range []struct {
		level int
		ok    bool
	}{{0, true}, {2, true}, {1, false}, {0, false}, {2, true}, {3, true}} {
		chart.Level = step.level
		r := m.Apply(roster.Entry{Ops: []roster.Op{{Command: roster.SetMap{If: m.View().Map().Version, Map: chart}}}})[0]
		if (r.Err == nil) != step.ok {
			t.Errorf("step %d, level %d: %v", i, step.level, r.Err)
		}
	}
	if got := m.View().Map().Level; got != 3 {
		t.Errorf("level %d", got)
	}
}
