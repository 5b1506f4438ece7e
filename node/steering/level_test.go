package steering

import (
	"slices"
	"testing"

	"roster"
)

func TestAgreeable(t *testing.T) {
	alive := []roster.NodeInfo{{ID: "a", State: roster.NodeAlive}, {ID: "b", State: roster.NodeAlive}}
	with := func(state roster.NodeState) []roster.NodeInfo {
		return append(slices.Clone(alive), roster.NodeInfo{ID: "c", State: state})
	}
	for name, c := range map[string]struct {
		nodes []roster.NodeInfo
		seen  map[roster.NodeID]int
		level int
		below []roster.NodeID
	}{
		"all can":         {alive, map[roster.NodeID]int{"a": 3, "b": 4}, 3, nil},
		"one is older":    {alive, map[roster.NodeID]int{"a": 3, "b": 2}, 2, []roster.NodeID{"b"}},
		"one is down":     {with(roster.NodeDown), map[roster.NodeID]int{"a": 3, "b": 3}, 0, []roster.NodeID{"c"}},
		"one has left":    {with(roster.NodeLeft), map[roster.NodeID]int{"a": 3, "b": 3}, 3, nil},
		"one is not seen": {with(roster.NodeAlive), map[roster.NodeID]int{"a": 3, "b": 3}, 0, []roster.NodeID{"c"}},
		"one just comes":  {alive, map[roster.NodeID]int{"a": 3, "b": 3, "new": 1}, 1, []roster.NodeID{"new"}},
	} {
		if level, below := agreeable(c.nodes, c.seen, 3); level != c.level || !slices.Equal(below, c.below) {
			t.Errorf("%s: level %d, below %v; want %d, %v", name, level, below, c.level, c.below)
		}
	}
}
