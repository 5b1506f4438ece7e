package shard

import (
	"testing"
	"time"

	"roster/internal/bubble"
	"roster/shard/logstore"
)

// TestReadIndexAsksVoters: a leader that was replaced, and does not know it yet, must
// not be told by a reader that it leads: what the new leader acknowledged would be
// missing from the answer.
func TestReadIndexAsksVoters(t *testing.T) {
	for range 20 {
		shown := false
		bubble.Test(t, func(t *testing.T) { shown = readOfReplacedLeader(t) })
		if shown {
			return
		}
	}
	t.Error("the old leader always knew already: the test showed nothing")
}

// readOfReplacedLeader reports whether the old leader was asked before it knew.
func readOfReplacedLeader(t *testing.T) bool {
	c := muster(t, logstore.Memory, 3, nil)
	defer c.disband()
	old := c.leader()
	c.nodes = append(c.nodes, "n4")
	reader := c.start("n4", nil)
	ctx, cancel := deadline(20 * time.Second)
	defer cancel()
	if err := old.AddReader(ctx, "n4"); err != nil {
		t.Fatal(err)
	}
	caughtUp(t, reader, propose(t, old, 1).Index)
	voters := c.others(old)[:2]
	for _, voter := range voters { // the reader hears the old leader alone, which hears no voter
		c.mesh.lose(voter.config.Node, old.config.Node)
		c.mesh.lose(voter.config.Node, "n4")
	}
	<-time.After(10 * time.Millisecond)
	target := voters[0].config.Node
	moved := make(chan error, 1)
	go func() { moved <- old.TransferLeadership(ctx, target) }()
	next := c.leader(old.config.Node)
	acknowledged := propose(t, next, 2).Index
	shown := old.reign.Load() != nil
	if index, err := old.ReadIndex(ctx); err == nil && index < acknowledged {
		t.Errorf("a linearizable read may answer at %d after index %d was acknowledged", index, acknowledged)
	}
	<-moved
	return shown
}
