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
	held, raising := clusterMap(), clusterMap()
	held.Paused, held.PausedUntil, raising.Level = true, 9, Level
	for want, m := range map[int]roster.ClusterMap{2: held, 1: raising} {
		e, err := Encode(op(roster.SetMap{Map: m}))
		if err != nil {
			t.Fatal(err)
		}
		checked, err := Check(e.Bytes())
		if err != nil || e.Level() != want || checked.Level() != want {
			t.Errorf("level %d, checked %d, want %d; %v", e.Level(), checked.Level(), want, err)
		}
	}
}
