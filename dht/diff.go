package dht

import (
	"cmp"
	"roster"
	"slices"
)

// Move is what changes in one shard. Every list is sorted.
type Move struct {
	Shard  roster.ShardID
	Add    []roster.NodeID // vote from now on
	Remove []roster.NodeID // vote no longer
	// Leader is the preferred leader if it is another than before, else "".
	Leader roster.NodeID
}

// Diff returns what has to happen so that the voters old become the voters next,
// sorted by shard, without the shards in which nothing changes. A shard that one
// side lacks has no voters there. The order of voters after the first is no change.
func Diff(old, next []roster.ShardVoters) []Move {
	ids := make([]roster.ShardID, 0, len(old)+len(next))
	for _, v := range slices.Concat(old, next) {
		ids = append(ids, v.ID)
	}
	var moves []Move
	for _, id := range sortedSet(ids) {
		before, after := votersOf(old, id), votersOf(next, id)
		m := Move{Shard: id, Add: without(after, before), Remove: without(before, after)}
		if len(after) > 0 && (len(before) == 0 || before[0] != after[0]) {
			m.Leader = after[0]
		}
		if len(m.Add)+len(m.Remove) > 0 || m.Leader != "" {
			moves = append(moves, m)
		}
	}
	return moves
}

func votersOf(all []roster.ShardVoters, id roster.ShardID) []roster.NodeID {
	for _, v := range all {
		if v.ID == id {
			return v.Voters
		}
	}
	return nil
}

// without returns the members of a that are not in b, sorted.
func without(a, b []roster.NodeID) []roster.NodeID {
	var rest []roster.NodeID
	for _, id := range a {
		if !slices.Contains(b, id) {
			rest = append(rest, id)
		}
	}
	slices.SortFunc(rest, cmp.Compare)
	return rest
}
