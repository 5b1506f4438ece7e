package shard

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm"
	"roster/internal/bubble"
	"roster/shard/logstore"
)

// durable are the stores that keep what they are given.
var durable = []logstore.Kind{logstore.Bolt, logstore.Shared}

// eachKind runs a scenario on memory under virtual time and on the others under real
// time.
func eachKind(t *testing.T, scenario func(*testing.T, logstore.Kind)) {
	t.Run("memory", func(t *testing.T) {
		bubble.Test(t, func(t *testing.T) { scenario(t, logstore.Memory) })
	})
	for _, kind := range durable {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			scenario(t, kind)
		})
	}
}

func TestSingleNode(t *testing.T) {
	eachKind(t, func(t *testing.T, kind logstore.Kind) {
		c := muster(t, kind, 1, nil)
		defer c.disband()
		g := c.leader()
		r := propose(t, g, 1)
		record, ok, seen := g.Lookup(agentID(1))
		if !ok || record.Revision != r.Index || seen.Index < r.Index {
			t.Fatalf("after index %d: %+v, %v, seen %+v", r.Index, record, ok, seen)
		}
		ctx, cancel := deadline(5 * time.Second)
		defer cancel()
		if i, err := g.ReadIndex(ctx); err != nil || i < r.Index {
			t.Fatalf("read index %d, %v; want at least %d", i, err, r.Index)
		}
		if leader, term := g.Leader(); leader != "n1" || term == 0 {
			t.Errorf("leader %q, term %d", leader, term)
		}
		status := g.Status()
		if status.Agents != 1 || status.Index != seen.Index || len(status.Voters) != 1 || status.AgeMS < 0 {
			t.Errorf("status %+v", status)
		}
	})
}

func TestThreeNodesAgreeAndFailOver(t *testing.T) {
	eachKind(t, func(t *testing.T, kind logstore.Kind) {
		c := muster(t, kind, 3, nil)
		defer c.disband()
		old := c.leader()
		last := flood(t, old, 0, 1000)
		for _, g := range c.others(old) {
			caughtUp(t, g, last)
			wantAgents(t, g, 0, 1000)
		}
		if n := old.proposer.entries.Load(); n > 500 {
			t.Errorf("1000 concurrent operations took %d entries", n)
		}
		gone := old.config.Node
		c.stop(gone)
		next := c.leader(gone)
		wantAgents(t, next, 0, 1000)
		last = flood(t, next, 1000, 1100)
		back := c.start(gone, nil)
		if kind != logstore.Memory {
			caughtUp(t, back, last)
			wantAgents(t, back, 0, 1100)
			wantSameState(t, next, back)
		}
	})
}

func wantSameState(t *testing.T, a, b *Group) {
	t.Helper()
	caughtUp(t, b, a.replica.Index())
	caughtUp(t, a, b.replica.Index())
	digest := func(g *Group) (out [32]byte, at roster.Index) {
		seen, err := g.View(func(v *fsm.View) error { out = v.Digest(); return nil })
		if err != nil {
			t.Fatal(err)
		}
		return out, seen.Index
	}
	x, i := digest(a)
	y, j := digest(b)
	if i != j || x != y {
		t.Errorf("node %s at %d: %x; node %s at %d: %x", a.config.Node, i, x, b.config.Node, j, y)
	}
}

func TestCatchUpBySnapshot(t *testing.T) {
	eachKind(t, func(t *testing.T, kind logstore.Kind) {
		c := muster(t, kind, 3, func(_ roster.NodeID, c *Config) {
			c.Compaction.Trailing, c.Compaction.Threshold = 8, 4
		})
		defer c.disband()
		leader := c.leader()
		flood(t, leader, 0, 50)
		lost := c.others(leader)[0]
		// What the leader had begun to send before it lost a follower may still arrive, and
		// be enough: then no snapshot is needed.
		for round := 1; !overSnapshot(t, c, leader, lost, 50*round); round++ {
			if round == 20 {
				t.Fatal("the follower never needed a snapshot")
			}
		}
	})
}

// overSnapshot has a follower miss what happens from agent low on, until the leader has a
// snapshot instead, and reports whether it caught up by that.
func overSnapshot(t *testing.T, c *crew, leader, lost *Group, low int) bool {
	t.Helper()
	feed, err := lost.Feed(lost.replica.Index())
	if err != nil {
		t.Fatal(err)
	}
	c.mesh.isolate(lost.config.Node)
	flood(t, leader, low, low+30)
	for i := range 20 { // a log that no longer reaches back to where lost stands
		propose(t, leader, low+30+i)
	}
	if err := leader.raft.Snapshot().Error(); err != nil {
		t.Fatal(err)
	}
	if first, err := leader.store.FirstIndex(); err != nil || first < 10 {
		t.Fatalf("the log still begins at %d, %v", first, err)
	}
	c.mesh.heal(lost.config.Node)
	caughtUp(t, lost, leader.replica.Index())
	wantSameState(t, leader, lost)
	ctx, cancel := deadline(5 * time.Second)
	defer cancel()
	_, _, err = feed.Next(ctx)
	if err != nil && roster.CodeOf(err) != roster.CodeGone {
		t.Fatalf("feed over a snapshot: %v, want Gone", err)
	}
	return err != nil
}

func TestFollowerAnswers(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 3, nil)
		defer c.disband()
		leader := c.leader()
		r := propose(t, leader, 1)
		ctx, cancel := deadline(5 * time.Second)
		defer cancel()
		i, err := leader.ReadIndex(ctx)
		if err != nil || i < r.Index {
			t.Fatalf("read index %d, %v", i, err)
		}
		for _, g := range c.others(leader) {
			caughtUp(t, g, i)
			wantAgents(t, g, 1, 2)
			if _, err := g.ReadIndex(ctx); roster.CodeOf(err) != roster.CodeMoved {
				t.Errorf("ReadIndex of a follower: %v", err)
			}
			_, err := g.Propose(ctx, register(2))
			if moved, ok := err.(*roster.Error); !ok || moved.Code != roster.CodeMoved || moved.Leader != leader.config.Node {
				t.Errorf("Propose to a follower: %#v", err)
			}
		}
	})
}

func TestAge(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 3, nil)
		defer c.disband()
		leader := c.leader()
		propose(t, leader, 1)
		follower := c.others(leader)[0]
		ctx, cancel := deadline(5 * time.Second)
		defer cancel()
		for _, g := range []*Group{leader, follower} {
			if err := g.WaitFresh(ctx, 200*time.Millisecond); err != nil {
				t.Fatalf("node %s: %v", g.config.Node, err)
			}
		}
		c.mesh.isolate(follower.config.Node)
		<-time.After(3 * time.Second)
		if _, _, seen := follower.Lookup(agentID(1)); seen.Age < 2900*time.Millisecond || seen.Age > 4*time.Second {
			t.Errorf("cut off for 3s, age %v", seen.Age)
		}
		if _, _, seen := leader.Lookup(agentID(1)); seen.Age > 200*time.Millisecond {
			t.Errorf("the leader with a quorum has age %v", seen.Age)
		}
		if err := follower.WaitFresh(ctx, time.Second); roster.CodeOf(err) != roster.CodeUnavailable {
			t.Errorf("WaitFresh while cut off: %v", err)
		}
	})
}

// TestIsolatedLeader: a leader without a quorum neither confirms reads nor writes,
// and what it took is Unknown, not Unavailable.
func TestIsolatedLeader(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 3, nil)
		defer c.disband()
		old := c.leader()
		propose(t, old, 1)
		c.mesh.isolate(old.config.Node)
		ctx, cancel := deadline(5 * time.Second)
		defer cancel()
		if _, err := old.Propose(ctx, register(2)); roster.CodeOf(err) != roster.CodeUnknown {
			t.Errorf("write without a quorum: %v, want Unknown", err)
		}
		if _, err := old.ReadIndex(ctx); roster.CodeOf(err) != roster.CodeMoved {
			t.Errorf("read without a quorum: %v, want Moved", err)
		}
		next := c.leader(old.config.Node)
		propose(t, next, 3)
		c.mesh.heal(old.config.Node)
		caughtUp(t, old, next.replica.Index())
		if _, ok, _ := old.Lookup(agentID(2)); ok {
			t.Error("an entry that no quorum had is applied")
		}
	})
}

func TestReadersAndTransfer(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 3, nil)
		defer c.disband()
		leader := c.leader()
		last := propose(t, leader, 1).Index
		c.nodes = append(c.nodes, "n4")
		reader := c.start("n4", nil)
		ctx, cancel := deadline(20 * time.Second)
		defer cancel()
		for range 2 { // the second time changes nothing
			if err := leader.AddReader(ctx, "n4"); err != nil {
				t.Fatal(err)
			}
		}
		caughtUp(t, reader, last)
		if voters, readers := reader.Servers(); len(voters) != 3 || len(readers) != 1 || readers[0] != "n4" {
			t.Errorf("voters %v, readers %v", voters, readers)
		}
		target := c.others(leader)[0].config.Node
		if err := leader.TransferLeadership(ctx, "n4"); roster.CodeOf(err) != roster.CodeRefused {
			t.Errorf("transfer to a reader: %v", err)
		}
		if err := leader.RemoveReader(ctx, target); roster.CodeOf(err) != roster.CodeRefused {
			t.Errorf("removing a voter: %v", err)
		}
		if err := leader.TransferLeadership(ctx, target); err != nil {
			t.Fatal(err)
		}
		next := c.leader(leader.config.Node)
		if next.config.Node != target {
			t.Fatalf("%s leads, want %s", next.config.Node, target)
		}
		if err := next.RemoveReader(ctx, "n4"); err != nil {
			t.Fatal(err)
		}
		if _, readers := next.Servers(); len(readers) != 0 {
			t.Errorf("readers %v", readers)
		}
		propose(t, next, 2)
	})
}

func TestLeadingEndsWithLeadership(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 3, nil)
		defer c.disband()
		leader := c.leader()
		reign := <-leader.Leading()
		if reign.Err() != nil {
			t.Fatal("the context of a leader has ended")
		}
		c.mesh.isolate(leader.config.Node)
		<-reign.Done()
		if context.Cause(reign) != context.Canceled {
			t.Errorf("cause %v", context.Cause(reign))
		}
	})
}

// TestLogTime: log time runs while somebody leads, goes on with the next leader, and
// stands still in between.
func TestLogTime(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 3, nil)
		defer c.disband()
		leader := c.leader()
		propose(t, leader, 1)
		begin := leader.Now()
		<-time.After(time.Second)
		propose(t, leader, 2)
		if step := leader.Now() - begin; step < roster.LogTime(time.Second) || step > roster.LogTime(1100*time.Millisecond) {
			t.Errorf("one second moved log time by %v", time.Duration(step))
		}
		<-time.After(2 * time.Minute)
		begin = leader.Now()
		propose(t, leader, 3)
		if step := leader.Now() - begin; step != roster.StampStepMax {
			t.Errorf("two minutes moved log time by %v, want %v", time.Duration(step), time.Duration(roster.StampStepMax))
		}
		before := leader.Now()
		c.stop(leader.config.Node)
		next := c.leader(leader.config.Node)
		caughtUp(t, next, 0)
		if now := next.Now(); now < before || now > before+roster.LogTime(100*time.Millisecond) {
			t.Errorf("log time went from %v to %v over a fail-over", time.Duration(before), time.Duration(now))
		}
	})
}

// TestStuckTransfer: a leader that Raft keeps refusing entries leads no more.
func TestStuckTransfer(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 3, nil)
		defer c.disband()
		old := c.leader()
		for range 10 {
			old.watchTransfer(raft.ErrLeadershipTransferInProgress)
			<-time.After(100 * time.Millisecond)
		}
		if !errors.Is(old.Fault(), errStuckTransfer) {
			t.Errorf("fault %v", old.Fault())
		}
		next := c.leader(old.config.Node)
		caughtUp(t, old, propose(t, next, 1).Index)
	})
}

// TestTransferToTheDying: a leader that hands over to a node that dies in that moment
// takes writes again at once, and goes on leading.
func TestTransferToTheDying(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 3, nil)
		defer c.disband()
		leader := c.leader()
		propose(t, leader, 1)
		target := c.others(leader)[0].config.Node
		for _, id := range c.nodes {
			c.mesh.lose(id, target)
			c.mesh.lose(target, id)
		}
		ctx, cancel := deadline(5 * time.Second)
		defer cancel()
		if err := leader.TransferLeadership(ctx, target); err == nil {
			t.Error("a node that hears nothing took the leadership")
		}
		began := time.Now()
		for i := range 100 {
			attempt, cancel := deadline(50 * time.Millisecond)
			_, err := leader.Propose(attempt, register(i))
			cancel()
			if err == nil {
				break
			}
			<-time.After(20 * time.Millisecond)
		}
		if took := time.Since(began); took > 500*time.Millisecond || leader.Fault() != nil {
			t.Errorf("writes were refused for %v after the transfer; fault: %v", took, leader.Fault())
		}
	})
}
