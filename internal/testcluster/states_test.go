package testcluster_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"roster"
	"roster/acting"
	"roster/agentpool"
	"roster/fleet"
	"roster/internal/testcluster"
	"roster/mailbox"
	"roster/node"
	"roster/node/fleets"
	"roster/placement"
)

// counters lets nodes run the agents that count their messages.
func counters(_ *testing.T, config *node.Config) {
	config.Agents = fleets.Agents{Drivers: []agentpool.Driver{agentpool.NewInproc(agentpool.Entries())},
		Room: placement.Resources{CPU: 64000}, Busy: func() int64 { return 0 }}
}

func tallies(id fleet.ID, count int) fleet.Fleet {
	return fleet.Fleet{ID: id, Count: count, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "tally"}}
}

// allRun wants all members of a fleet to run, as each node sees them.
func allRun(c *testcluster.Cluster, id fleet.ID, count int) error {
	for _, i := range c.Running() {
		state, _, err := c.Node(i).Fleet(context.Background(), id, roster.Read{})
		if err != nil || state.Members[roster.StatusRunning] != count || len(state.Members) > 1 {
			return fmt.Errorf("node %d: members %v, %w", i, state.Members, err)
		}
	}
	return nil
}

// counted waits until a member says that it has had so many messages, beside those that ask.
// One that asks may overtake others that are still on their way to where the member is now.
func counted(c *testcluster.Cluster, id roster.AgentID, want int) {
	c.Helper()
	asked := 0
	c.Await(fmt.Sprintf("%s has counted %d", id, want), func() error {
		r, err := c.Node(0).Send(context.Background(), mailbox.Message{To: id, Topic: "ask"}, 5*time.Second)
		if err != nil {
			return err
		}
		if asked++; string(r.Answer) != strconv.Itoa(want+asked) {
			return fmt.Errorf("it has counted %s, with %d that asked", r.Answer, asked)
		}
		return nil
	})
}

// TestStateMoves: agents that count their messages are moved again and again under messages
// from all sides, with what they have counted; each message is counted once.
func TestStateMoves(t *testing.T) {
	const members, each = 4, 60
	for seed := uint64(1); seed <= 3; seed++ {
		testcluster.Run(t, testcluster.Options{Seed: seed, Configure: counters}, func(c *testcluster.Cluster) {
			do(c, 0, fleet.Set{Fleet: tallies("demo/tally", members)})
			c.Await("all run", func() error { return allRun(c, "demo/tally", members) })
			var senders sync.WaitGroup
			for m := range members {
				senders.Go(func() {
					for n := range each {
						to := fleet.ID("demo/tally").Member(m)
						c.Await("sent", func() error {
							_, err := c.Node(n%3).Send(context.Background(), mailbox.Message{To: to, Topic: "count", ID: fmt.Sprint(m, ".", n)}, 0)
							return err
						})
					}
				})
			}
			for n := range 3 * members {
				id := fleet.ID("demo/tally").Member(n % members)
				do(c, n%3, fleet.Recall{Agent: id, Leave: true, Reason: "a move"})
				c.Await("all run again", func() error { return allRun(c, "demo/tally", members) })
			}
			senders.Wait()
			for m := range members {
				counted(c, fleet.ID("demo/tally").Member(m), each)
			}
		})
	}
}

// TestStateOutlivesItsNode: what a member kept is there on another node when its own has died,
// and after the cluster was stopped and started; an activation that was replaced keeps nothing.
func TestStateOutlivesItsNode(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 7, Durable: true, Kept: true, Configure: counters}, func(c *testcluster.Cluster) {
		const id = roster.AgentID("demo/tally~0")
		do(c, 0, fleet.Set{Fleet: tallies("demo/tally", 1)})
		c.Await("it runs", func() error { return allRun(c, "demo/tally", 1) })
		if _, _, err := c.Node(1).State(context.Background(), id, roster.Read{}); roster.CodeOf(err) != roster.CodeNotFound {
			t.Errorf("it keeps something already: %v", err)
		}
		counted(c, id, 0)
		do(c, 0, fleet.Recall{Agent: id, Leave: true})
		c.Await("it runs elsewhere", func() error { return allRun(c, "demo/tally", 1) })
		r, _, err := c.Node(0).Lookup(context.Background(), id, roster.Read{Level: roster.ReadLinearizable})
		must(t, err)
		saved, _, err := c.Node(2).State(context.Background(), id, roster.Read{Level: roster.ReadLinearizable})
		if err != nil || string(saved.State) != "1" || saved.Epoch >= r.Epoch {
			t.Errorf("%+v under epoch %d, %v", saved, r.Epoch, err)
		}
		killed := c.Number(r.Node)
		c.Kill(killed)
		c.Await("it runs on another node", func() error {
			if now, _, err := c.Node((killed+1)%3).Lookup(context.Background(), id, roster.Read{}); err != nil || now.Node == r.Node {
				return fmt.Errorf("on %s, %w", now.Node, err)
			}
			return allRun(c, "demo/tally", 1)
		})
		receipt, err := c.Node((killed+2)%3).Send(context.Background(), mailbox.Message{To: id, Topic: "count"}, 5*time.Second)
		if err != nil || string(receipt.Answer) != "2" {
			t.Errorf("it goes on at %s, %v", receipt.Answer, err)
		}
		old := acting.With(context.Background(), acting.Claim{Actor: roster.Actor{Agent: id, Epoch: r.Epoch}, Secret: strings.Repeat("s", 20)})
		if _, err := c.Node((killed+1)%3).Save(old, id, []byte("9")); roster.CodeOf(err) != roster.CodeConflict {
			t.Errorf("an old activation keeps something: %v", err)
		}
	})
}
