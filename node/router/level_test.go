package router

import (
	"testing"

	"roster"
)

// TestAboveTheLevel: what not every node could apply is refused before anything is sent,
// and on the leader too.
func TestAboveTheLevel(t *testing.T) {
	r := New(Config{})
	defer r.Close()
	held := roster.SetMap{If: 1, Map: roster.ClusterMap{Paused: true, PausedUntil: 5}}
	for version, c := range []struct {
		level int
		want  roster.Code
	}{{0, roster.CodeRefused}, {1, roster.CodeRefused}, {2, ""}} {
		r.SetMap(roster.ClusterMap{Version: uint64(version) + 1, Level: c.level})
		_, done, err := r.Op(t.Context(), roster.SystemShard, held)
		if roster.CodeOf(err) != c.want {
			t.Errorf("at level %d: %v", c.level, err)
		}
		if err == nil {
			done()
		}
		op := encoded(t, roster.Op{Command: held})
		if err := r.above(op); roster.CodeOf(err) != c.want {
			t.Errorf("on the leader, at level %d: %v", c.level, err)
		}
	}
}

// TestTheLevelHasRisen: a map that is newer than the one that the router goes by is looked
// at before anything is refused.
func TestTheLevelHasRisen(t *testing.T) {
	newest := roster.ClusterMap{Version: 1, Level: 1}
	r := New(Config{Look: func() (roster.ClusterMap, error) { return newest, nil }})
	defer r.Close()
	r.SetMap(newest)
	op := encoded(t, roster.Op{Command: roster.SetMap{If: 1, Map: roster.ClusterMap{Paused: true, PausedUntil: 5}}})
	if err := r.above(op); roster.CodeOf(err) != roster.CodeRefused {
		t.Errorf("at level 1: %v", err)
	}
	newest = roster.ClusterMap{Version: 2, Level: 2}
	if err := r.above(op); err != nil {
		t.Errorf("the level has risen: %v", err)
	}
}
