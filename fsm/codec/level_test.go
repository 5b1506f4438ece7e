package codec

import (
	"testing"

	"roster"
)

// TestLevelOf: what older builds can read needs level 1, also after another node wrote it.
func TestLevelOf(t *testing.T) {
	for _, c := range commands() {
		if level := LevelOf(c); level != 1 {
			t.Errorf("%v needs level %d", c.Kind(), level)
		}
	}
	held, raising, read, zoned := clusterMap(), clusterMap(), clusterMap(), clusterMap()
	held.Paused, held.PausedUntil, raising.Level, read.Readers, zoned.Spread = true, 9, Level, roster.ReadersNone, "rack"
	for _, c := range []struct {
		want int
		set  roster.Command
	}{{2, roster.SetMap{If: 1, Map: held}}, {1, roster.SetMap{If: 1, Map: raising}}, {2, roster.SetMap{If: 1, Map: read}}, {1, roster.SetMap{Map: read}},
		{2, roster.SetMap{If: 1, Map: zoned}}, {2, roster.JoinNode{Node: roster.NodeInfo{ID: "n1", Labels: roster.Map{{Key: "zone", Value: "a"}}}}}} {
		want := c.want
		e, err := Encode(op(c.set))
		if err != nil {
			t.Fatal(err)
		}
		checked, err := Check(e.Bytes())
		if err != nil || e.Level() != want || checked.Level() != want {
			t.Errorf("level %d, checked %d, want %d; %v", e.Level(), checked.Level(), want, err)
		}
	}
}
