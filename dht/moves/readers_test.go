package moves

import (
	"slices"
	"testing"

	"roster"
)

// TestReaders: with all, who lives enters and who has left goes; with a count, who is
// listed or is to vote; and nobody goes while somebody enters.
func TestReaders(t *testing.T) {
	w := World{Map: roster.ClusterMap{Shards: []roster.ShardVoters{{ID: 1, Voters: []roster.NodeID{"voter", "newcomer"}}}}, Nodes: []roster.NodeInfo{
		{ID: "voter", State: roster.NodeAlive}, {ID: "newcomer", State: roster.NodeAlive}, {ID: "other", State: roster.NodeAlive},
		{ID: "reader", State: roster.NodeAlive}, {ID: "resting", State: roster.NodeDown}, {ID: "gone", State: roster.NodeLeft}, {ID: "unborn", State: roster.NodeDown}}}
	voters, readers := []roster.NodeID{"voter"}, []roster.NodeID{"reader", "resting", "gone"}
	for _, test := range []struct {
		shard        roster.ShardID
		policy       roster.Readers
		listed       []roster.NodeID
		readers      []roster.NodeID
		enter, leave []roster.NodeID
	}{
		{1, roster.ReadersAll, nil, readers, []roster.NodeID{"newcomer", "other"}, nil},
		{1, roster.ReadersAll, nil, append(readers, "newcomer", "other"), nil, []roster.NodeID{"gone"}},
		{1, roster.ReadersNone, nil, readers, []roster.NodeID{"newcomer"}, nil},
		{1, roster.ReadersNone, nil, append(readers, "newcomer"), nil, []roster.NodeID{"reader", "resting", "gone"}},
		{1, 1, []roster.NodeID{"resting"}, append(readers, "newcomer"), nil, []roster.NodeID{"reader", "gone"}},
		{1, 2, []roster.NodeID{"unborn", "other"}, append(readers, "newcomer"), []roster.NodeID{"other"}, nil},
		{0, roster.ReadersNone, nil, append(readers, "newcomer", "other"), nil, []roster.NodeID{"gone"}},
	} {
		w.Map.Readers, w.Map.Shards[0].Readers = test.policy, test.listed
		enter, leave := Readers(w, test.shard, voters, test.readers)
		if !slices.Equal(enter, test.enter) || !slices.Equal(leave, test.leave) {
			t.Errorf("shard %v, %v %v: enter %v, leave %v; want %v, %v", test.shard, test.policy, test.listed, enter, leave, test.enter, test.leave)
		}
	}
}
