package dht

import (
	"roster"
	"strconv"
	"testing"
)

func TestSlotIsTheSameForEver(t *testing.T) {
	golden := map[roster.Key]int{
		"":                   2342,
		"a/":                 2910,
		"a/demo/planner":     1649,
		"a/demo/planner-1":   1929,
		"s/0123456789abcdef": 2651,
		"a/größe/x":          1468,
	}
	for key, want := range golden {
		if got := Slot(key); got != want {
			t.Errorf("Slot(%q) = %d, want %d: stored data would be lost", key, got, want)
		}
	}
}

func TestAgentSlotIsThatOfTheKey(t *testing.T) {
	for _, id := range []roster.AgentID{"demo/planner", "demo/fleet~7", "demo/fleet~7~8", "a~b/c", "a~b/c~d", "demo/", "/x", "demo", "~", ""} {
		if got, want := AgentSlot(id), Slot(id.Key()); got != want {
			t.Errorf("AgentSlot(%q) = %d, its key's slot is %d", id, got, want)
		}
	}
}

// With 100 keys a slot, Poisson's spread is 10: no slot may be 6 of them away, and
// keys that differ in their last byte alone must not fall together.
func TestSlotSpreadsKeys(t *testing.T) {
	const each = 100
	var counts [roster.SlotCount]int
	for i := range each * roster.SlotCount {
		counts[Slot(roster.AgentID("demo/agent-"+strconv.Itoa(i)).Key())]++
	}
	for slot, n := range counts {
		if n < each-60 || n > each+60 {
			t.Errorf("slot %d has %d keys, want about %d", slot, n, each)
		}
	}
}

func TestAssignSlotsIsEven(t *testing.T) {
	for n := 1; n <= roster.ShardsMax; n++ {
		var shards []roster.ShardID
		for i := n; i > 0; i-- {
			shards = append(shards, roster.ShardID(i), roster.ShardID(i))
		}
		slots := AssignSlots(shards)
		counts := make([]int, n+1)
		for _, s := range slots {
			counts[s]++
		}
		most, least := extremes(counts[1:])
		if len(slots) != roster.SlotCount || counts[0] != 0 || counts[1+most]-counts[1+least] > 1 {
			t.Errorf("%d shards: %d slots, counts %v", n, len(slots), counts)
		}
	}
	if got := AssignSlots(nil); got != nil {
		t.Errorf("without shards: %d slots", len(got))
	}
}
