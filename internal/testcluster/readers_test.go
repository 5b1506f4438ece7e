package testcluster_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/dht"
	"roster/internal/testcluster"
)

// held wants every shard of agents to have three voters and, by their groups' own
// configurations, as many readers as are wanted, and the system shard to be everywhere,
// as node by sees it.
func held(c *testcluster.Cluster, by, size int, want roster.Readers) error {
	shards, err := c.Node(by).Shards(context.Background())
	if err != nil {
		return err
	}
	if len(shards) != 5 {
		return fmt.Errorf("%d shards", len(shards))
	}
	for _, s := range shards {
		readers := dht.ReaderCount(want, size-3)
		if s.ID == roster.SystemShard {
			readers = size - 3
		}
		if len(s.Voters) != 3 || len(s.Readers) != readers {
			return fmt.Errorf("shard %v has voters %v and readers %v, want %d of these", s.ID, s.Voters, s.Readers, readers)
		}
	}
	return nil
}

// forgotten wants node i to hold what it should and no more: what it does not hold shows
// by the name of a holder.
func forgotten(c *testcluster.Cluster, i int) error {
	shards, err := c.Node(i).Shards(context.Background())
	if err != nil {
		return err
	}
	for _, s := range shards {
		id := c.Node(i).ID()
		member := slices.Contains(s.Voters, id) || slices.Contains(s.Readers, id)
		if member != (s.Holder == "") {
			return fmt.Errorf("shard %v has voters %v and readers %v, and %s shows the replica of %q", s.ID, s.Voters, s.Readers, id, s.Holder)
		}
	}
	checks, err := c.Node(i).Ready(context.Background())
	for _, check := range checks {
		if !check.OK {
			return fmt.Errorf("%s: %s", check.Name, check.Detail)
		}
	}
	return err
}

// settled waits until every running node has what it should.
func settled(c *testcluster.Cluster, size int, want roster.Readers) {
	c.Helper()
	for _, i := range c.Running() {
		c.Await(fmt.Sprintf("node %d sees %v readers", i, want), func() error { return held(c, i, size, want) })
		c.Await(fmt.Sprintf("node %d holds what it should", i), func() error { return forgotten(c, i) })
	}
}

// TestReadersByCount runs five nodes of which not all hold everything: every node answers
// every call, histories are linearizable, also while one node is dead, and a watch at any
// node sees every change.
func TestReadersByCount(t *testing.T) {
	for _, readers := range []roster.Readers{roster.ReadersNone, 1} {
		t.Run(readers.String(), func(t *testing.T) {
			testcluster.Run(t, testcluster.Options{Seed: 1, Nodes: 5, Durable: true, Readers: readers}, func(c *testcluster.Cluster) {
				settled(c, 5, readers)
				v := newViewer()
				ctx, stop := context.WithCancel(c.Over())
				defer stop()
				watched := spawn(func() { v.run(ctx, c) })
				traffic := c.StartTraffic(8)
				through(c)
				after(5 * time.Second)
				dead := c.MostLeading(0)
				c.Kill(dead)
				after(10 * time.Second)
				through(c)
				c.Restart(dead)
				c.AwaitReady()
				settled(c, 5, readers)
				traffic.StopAndCheck(1000)
				everywhere(c)
				now := roll(c)
				after(5 * time.Second)
				stop()
				<-watched
				if err := v.behind(now); err != nil || len(v.faults) > 0 || v.events == 0 {
					t.Errorf("a watcher saw %d events: %v %v", v.events, err, v.faults)
				}
			})
		})
	}
}

// through calls everything that reads at every node, about agents of every shard.
func through(c *testcluster.Cluster) {
	c.Helper()
	ctx := context.Background()
	var ids []roster.AgentID
	for shard := range roster.ShardID(4) {
		ids = append(ids, agentOf(c, shard+1))
	}
	for _, i := range c.Running() {
		n := c.Node(i)
		var token roster.Token
		for _, id := range ids {
			c.Await("a write through every node", func() error {
				_, stamp, err := n.Register(ctx, roster.Register{Agent: roster.Agent{ID: id, Description: string(n.ID())}, Mode: roster.ModePut})
				token = stamp.Token
				return err
			})
			for _, read := range []roster.Read{{Level: roster.ReadLinearizable}, {After: token}, {Level: roster.ReadFresh, After: token, MaxAge: time.Second}} {
				record, stamp, err := n.Lookup(ctx, id, read)
				if err != nil || record.Description != string(n.ID()) || stamp.Index == 0 || stamp.Age > time.Minute {
					c.Errorf("node %d, %+v: %+v, %+v, %v", i, read, record, stamp, err)
				}
			}
			if _, stamp, err := n.Lookup(ctx, id+"-nobody", roster.Read{}); roster.CodeOf(err) != roster.CodeNotFound || stamp.Index == 0 {
				c.Errorf("node %d: nobody is %v, %+v", i, err, stamp)
			}
		}
		batch, _, err := n.LookupBatch(ctx, append([]roster.AgentID{"load/nobody"}, ids...), roster.Read{Level: roster.ReadLinearizable})
		if err != nil || len(batch) != len(ids)+1 || batch[0].Agent != nil || batch[1].Agent == nil || batch[1].Agent.Description != string(n.ID()) {
			c.Errorf("node %d: a batch is %+v, %v", i, batch, err)
		}
		pages(c, i, ids)
		sessionThrough(c, i, ids[i%len(ids)])
	}
}

// pages wants a find in steps of three to show each agent once.
func pages(c *testcluster.Cluster, i int, ids []roster.AgentID) {
	c.Helper()
	seen := map[roster.AgentID]int{}
	q := roster.Query{Limit: 3, AnyHealth: true, Explain: true, Read: roster.Read{Level: roster.ReadLinearizable}}
	for {
		page, err := c.Node(i).Find(context.Background(), q)
		if err != nil || len(page.Plan) != 4 {
			c.Errorf("node %d: a page is %+v, %v", i, page, err)
			return
		}
		for _, r := range page.Agents {
			seen[r.ID]++
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			break
		}
	}
	for _, id := range ids {
		if seen[id] != 1 {
			c.Errorf("node %d: %s is on %d pages", i, id, seen[id])
		}
	}
}

// sessionThrough opens a session at a node, binds an agent to it, renews it, and ends it.
func sessionThrough(c *testcluster.Cluster, i int, _ roster.AgentID) {
	c.Helper()
	ctx, n := context.Background(), c.Node(i)
	var opened roster.Session
	c.Await("a session through every node", func() error {
		result, _, err := n.Do(ctx, roster.OpenSession{})
		opened, _ = result.Value.(roster.Session)
		return err
	})
	agent := roster.Agent{ID: roster.AgentID(fmt.Sprintf("held/%s", opened.ID)), Session: opened.ID, OnEnd: roster.OnEndDeregister}
	if _, _, err := n.Register(ctx, roster.Register{Agent: agent}); err != nil {
		c.Errorf("node %d: an agent of a session: %v", i, err)
	}
	if faults, err := n.RenewSessions(ctx, []roster.SessionID{opened.ID}); err != nil || faults[0] != nil {
		c.Errorf("node %d: renewed: %v, %v", i, faults, err)
	}
	if s, _, err := n.Session(ctx, opened.ID); err != nil || s.Generation != opened.Generation {
		c.Errorf("node %d: the session is %+v, %v", i, s, err)
	}
	if _, _, err := n.Do(ctx, roster.EndSession{ID: opened.ID}); err != nil {
		c.Errorf("node %d: ended: %v", i, err)
	}
	c.Await("the agent goes with its session", func() error {
		_, _, err := n.Lookup(ctx, agent.ID, roster.Read{Level: roster.ReadLinearizable})
		if roster.CodeOf(err) != roster.CodeNotFound {
			return fmt.Errorf("it is still there: %w", err)
		}
		return nil
	})
}

// TestReadersChange goes from all to none and back under traffic: nothing is lost, no vote
// moves, and the files of what is not held are gone.
func TestReadersChange(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 2, Nodes: 5, Durable: true}, func(c *testcluster.Cluster) {
		settled(c, 5, roster.ReadersAll)
		traffic := c.StartTraffic(8)
		for _, readers := range []roster.Readers{roster.ReadersNone, 1, roster.ReadersAll} {
			must(t, c.Node(3).SetLayout(context.Background(), roster.Layout{Readers: &readers}))
			settled(c, 5, readers)
			through(c)
			plan, err := c.Node(4).Moves(context.Background())
			if err != nil || plan.Readers != readers || len(plan.Moves) > 0 {
				t.Errorf("the plan is %+v, %v", plan, err)
			}
		}
		traffic.StopAndCheck(500)
		if gap := traffic.Gap(); gap > 2*time.Second {
			t.Errorf("writes paused for %v although nothing failed", gap)
		}
		everywhere(c)
	})
}

// TestGrowAndShrinkWithoutReaders takes three nodes to five and back to three where nobody
// reads: newcomers read before they vote, and who leaves holds nothing any more.
func TestGrowAndShrinkWithoutReaders(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 3, Nodes: 5, Expect: 3, Cold: true, Readers: roster.ReadersNone}, func(c *testcluster.Cluster) {
		for i := range 3 {
			c.Start(i)
		}
		c.AwaitReady()
		traffic := c.StartTraffic(6)
		for i := 3; i < 5; i++ {
			c.Start(i)
			c.Await("balance", func() error { return balanced(c, 3, i+1) })
			settled(c, i+1, roster.ReadersNone)
		}
		for _, gone := range []int{0, 3} {
			id := c.Node(gone).ID()
			must(t, c.Node(4).Drain(context.Background(), id, true))
			c.Await("drained", func() error { return votes(c, 4, id, 0) })
			retire(t, c, gone)
		}
		c.Await("balance", func() error { return balanced(c, 4, 3) })
		traffic.StopAndCheck(1000)
		if gap := traffic.Gap(); gap > 2*time.Second {
			t.Errorf("writes paused for %v although nothing failed", gap)
		}
		everywhere(c)
	})
}

// TestBackupWithoutReplicas makes an archive at a node that does not hold all shards.
func TestBackupWithoutReplicas(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 4, Nodes: 5, Readers: roster.ReadersNone}, func(c *testcluster.Cluster) {
		settled(c, 5, roster.ReadersNone)
		through(c)
		var out strings.Builder
		must(t, c.Node(4).Backup(context.Background(), &out))
		if out.Len() == 0 {
			t.Error("the archive is empty")
		}
	})
}
