package testcluster_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"roster"
	"roster/internal/simnet"
	"roster/internal/testcluster"
)

// homeOf returns the shard that keeps a session, and the node that leads it.
func homeOf(c *testcluster.Cluster, id roster.SessionID) (home roster.ShardID, leader int) {
	c.Helper()
	by := c.Running()[0]
	c.Await("a leader of the session's home", func() error {
		_, stamp, _ := c.Node(by).Session(context.Background(), id) // not there is an answer too
		home = stamp.Shard
		shards, err := c.Node(by).Shards(context.Background())
		for _, s := range shards {
			if s.ID == home {
				leader = c.Number(s.Leader)
			}
		}
		if err == nil && (home == 0 || leader < 0) {
			err = fmt.Errorf("shard %v, node %d", home, leader)
		}
		return err
	})
	return home, leader
}

func openSession(c *testcluster.Cluster, by int, id roster.SessionID, ttl time.Duration) {
	c.Helper()
	if _, _, err := c.Node(by).Do(context.Background(), roster.OpenSession{ID: id, TTL: roster.Duration(ttl)}); err != nil {
		c.Fatalf("open session %s: %v", id, err)
	}
}

func lives(c *testcluster.Cluster, by int, id roster.SessionID) error {
	_, _, err := c.Node(by).Session(context.Background(), id)
	return err
}

// foreign returns an agent whose shard is not home.
func foreign(c *testcluster.Cluster, home roster.ShardID) roster.AgentID {
	for i := 0; ; i++ {
		id := roster.AgentID(fmt.Sprintf("away/a%d", i))
		if _, stamp, _ := c.Node(c.Running()[0]).Lookup(context.Background(), id, roster.Read{}); stamp.Shard != home {
			return id
		}
	}
}

// Who opens a session and goes away before the answer leaves one that ends.
func TestSessionOpenedAndForgotten(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1}, func(c *testcluster.Cluster) {
		c.Net.SetLinks(simnet.Link{DelayMin: 20 * time.Millisecond, DelayMax: 20 * time.Millisecond})
		_, leader := homeOf(c, "left-alone")
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		_, _, err := c.Node(leader).Do(ctx, roster.OpenSession{ID: "left-alone", TTL: roster.Duration(time.Second)})
		if roster.CodeOf(err) != roster.CodeUnknown {
			t.Fatalf("open: %v, want Unknown", err)
		}
		c.Await("the session begins", func() error { return lives(c, leader, "left-alone") })
		after(3 * time.Second)
		if err := lives(c, leader, "left-alone"); roster.CodeOf(err) != roster.CodeGone {
			t.Errorf("two seconds after its TTL: %v, want Gone", err)
		}
	})
}

// Who ends a session and goes away before the answer leaves no agent behind.
func TestSessionEndedAndForgotten(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1}, func(c *testcluster.Cluster) {
		home, leader := homeOf(c, "cut-short")
		openSession(c, leader, "cut-short", time.Hour)
		agent := foreign(c, home)
		if _, _, err := c.Node(leader).Register(context.Background(), roster.Register{Agent: roster.Agent{ID: agent, Session: "cut-short", OnEnd: roster.OnEndDeregister}}); err != nil {
			t.Fatal(err)
		}
		c.Net.SetLinks(simnet.Link{DelayMin: 20 * time.Millisecond, DelayMax: 20 * time.Millisecond})
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		if _, _, err := c.Node(leader).Do(ctx, roster.EndSession{ID: "cut-short"}); roster.CodeOf(err) != roster.CodeUnknown {
			t.Fatalf("end: %v, want Unknown", err)
		}
		after(5 * time.Second)
		if _, _, err := c.Node(leader).Lookup(context.Background(), agent, roster.Read{Level: roster.ReadLinearizable}); roster.CodeOf(err) != roster.CodeNotFound {
			t.Errorf("an agent of an ended session: %v, want NotFound", err)
		}
	})
}

// A session whose connection is broken and made again at the same node lives on.
func TestHoldAgain(t *testing.T) {
	eachSeed(t, testcluster.Options{}, func(c *testcluster.Cluster) {
		c.Net.SetLinks(simnet.Link{DelayMin: time.Millisecond, DelayMax: 30 * time.Millisecond})
		_, leader := homeOf(c, "held")
		by := (leader + 1) % 3
		openSession(c, by, "held", 20*time.Second)
		hold := func() (end func() error) {
			ctx, cancel := context.WithCancel(context.Background())
			held, done := make(chan struct{}), make(chan error, 1)
			go func() { done <- c.Node(by).HoldSession(ctx, "held", func() { close(held) }) }()
			select {
			case <-held:
			case err := <-done:
				t.Fatalf("hold: %v", err)
			}
			return func() error { cancel(); return <-done }
		}
		end := hold()
		for i := range 25 {
			old := end
			ended := make(chan error, 1)
			go func() { // while the new connection is being made
				after(time.Duration(4*i) * time.Millisecond)
				ended <- old()
			}()
			end = hold()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			after(time.Second)
			if err := lives(c, by, "held"); err != nil {
				t.Errorf("held again, but: %v", err)
				break
			}
		}
		if err := end(); err != nil && !t.Failed() {
			t.Error(err)
		}
		after(time.Second)
		if err := lives(c, by, "held"); roster.CodeOf(err) != roster.CodeGone {
			t.Errorf("a second after the last let go: %v, want Gone", err)
		}
	})
}

// A watch that is cut off after every single event repeats none, also where one entry
// of one shard made many of them while other shards went on.
func TestWatchCutAtEveryEvent(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Nodes: 1, Seed: 1}, func(c *testcluster.Cluster) {
		ctx, n := context.Background(), c.Node(0)
		openSession(c, 0, "many", time.Minute)
		home, _ := homeOf(c, "many")
		enter := func(id roster.AgentID, session roster.SessionID) {
			if _, _, err := n.Register(ctx, roster.Register{Agent: roster.Agent{ID: id, Session: session, OnEnd: roster.OnEndDeregister}}); err != nil {
				t.Fatal(err)
			}
		}
		const agents = 20
		left := foreign(c, home) // of one fleet, so of one shard, which ends them in one entry
		for i := range agents {
			enter(roster.AgentID(fmt.Sprintf("%s~%d", left, i)), "many")
		}
		var start roster.Cursor
		for event := range n.Watch(ctx, roster.Query{Initial: true}, "") {
			if event.Type == roster.EventSynced {
				start = event.Cursor
				break
			}
		}
		if _, _, err := n.Do(ctx, roster.EndSession{ID: "many"}); err != nil {
			t.Fatal(err)
		}
		after(5 * time.Second)
		seen := make(map[string]int)
		for cursor, i := start, 0; len(seen) < 2*agents; i++ {
			if i < agents {
				enter(roster.AgentID(fmt.Sprintf("other%d/a", i)), "")
			}
			for event, err := range n.Watch(ctx, roster.Query{}, cursor) {
				if err != nil {
					t.Fatal(err)
				}
				record := event.After
				if record == nil {
					record = event.Before
				}
				seen[string(event.Type)+" "+string(record.ID)]++
				cursor = event.Cursor
				break
			}
		}
		for what, times := range seen {
			if times > 1 {
				t.Errorf("%s: %d times", what, times)
			}
		}
	})
}
