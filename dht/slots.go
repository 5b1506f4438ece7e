package dht

import (
	"cmp"
	"roster"
	"slices"
)

// AssignSlots returns the shard of each slot: roster.SlotCount entries, every shard
// as often as any other, give or take one. The order and repetition of shards do not
// matter; without shards it returns nil.
func AssignSlots(shards []roster.ShardID) []roster.ShardID {
	shards = sortedSet(shards)
	if len(shards) == 0 {
		return nil
	}
	slots := make([]roster.ShardID, roster.SlotCount)
	for i := range slots {
		slots[i] = shards[i%len(shards)]
	}
	return slots
}

// sortedSet returns a sorted copy of ids, each once.
func sortedSet[T cmp.Ordered](ids []T) []T {
	set := slices.Clone(ids)
	slices.Sort(set)
	return slices.Compact(set)
}
