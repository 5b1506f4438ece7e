package steering

import (
	"slices"
	"testing"

	"roster"
)

func TestReaderChanges(t *testing.T) {
	nodes := []roster.NodeInfo{
		{ID: "voter", State: roster.NodeAlive},
		{ID: "new", State: roster.NodeAlive},
		{ID: "reader", State: roster.NodeAlive},
		{ID: "resting", State: roster.NodeDown},
		{ID: "gone", State: roster.NodeLeft},
		{ID: "unborn", State: roster.NodeDown},
	}
	enter, leave := readerChanges(nodes, []roster.NodeID{"voter"}, []roster.NodeID{"reader", "resting", "gone"})
	if !slices.Equal(enter, []roster.NodeID{"new"}) || !slices.Equal(leave, []roster.NodeID{"gone"}) {
		t.Errorf("enter %v, leave %v: want new in, gone out; a node that is down stays a reader", enter, leave)
	}
}
