package digests

import (
	"testing"

	"roster"
	"roster/shard/digest"
)

// A snapshot can take a replica's place between the look at what is due and the
// comparison, while others have spoken of their windows: then there is nothing to settle.
func TestSettleAfterASnapshot(t *testing.T) {
	d := New(Config{Self: "a"})
	voters := []roster.NodeID{"a", "b"}
	theirs := []digest.Window{{Last: 256}}
	d.settle(1, voters, map[roster.NodeID][]digest.Window{"a": nil, "b": theirs})
	if _, ok := d.settled[1]; ok {
		t.Error("settled without a window of its own")
	}
	d.settle(1, voters, map[roster.NodeID][]digest.Window{"a": theirs, "b": theirs})
	if d.settled[1] != 256 {
		t.Errorf("settled %d, want 256: both have spoken of it", d.settled[1])
	}
}
