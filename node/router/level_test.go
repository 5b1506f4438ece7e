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
