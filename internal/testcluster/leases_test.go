package testcluster_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"roster"
	"roster/internal/simnet"
	"roster/internal/testcluster"
	"roster/node"
)

const (
	keptTTL    = 3 * time.Second
	keptAgents = 4
)

// kept is one session under test, with agents in several shards, and the client that
// keeps it: by renewing it or by holding it open.
type kept struct {
	cluster *testcluster.Cluster
	id      roster.SessionID
	agents  []roster.AgentID
	held    bool
	random  *rand.Rand
	stop    context.CancelFunc
	done    chan struct{}
	early   error     // the session ended although its client kept it
	alive   time.Time // when the last renewal was sent that was acknowledged
}

// keep opens a session, enters its agents and begins to keep it.
func keep(c *testcluster.Cluster, n int, held bool) *kept {
	c.Helper()
	k := &kept{cluster: c, id: roster.SessionID(fmt.Sprintf("kept-%d", n)), held: held,
		random: rand.New(rand.NewPCG(uint64(n), 11)), done: make(chan struct{}), alive: time.Now()}
	openSession(c, n%3, k.id, keptTTL)
	for i := range keptAgents {
		k.agents = append(k.agents, roster.AgentID(fmt.Sprintf("kept%d-%d/a", n, i)))
		if err := k.enter(n%3, k.agents[i]); err != nil {
			c.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(c.Over())
	k.stop = stop
	go func() {
		defer close(k.done)
		if held {
			k.hold(ctx)
		} else {
			k.renew(ctx)
		}
	}()
	return k
}

func (k *kept) enter(by int, id roster.AgentID) error {
	_, _, err := k.cluster.Node(by).Register(context.Background(), roster.Register{Agent: roster.Agent{ID: id, Session: k.id, OnEnd: roster.OnEndDeregister}})
	return err
}

func (k *kept) renew(ctx context.Context) {
	for ctx.Err() == nil {
		if n, _ := k.somewhere(); n != nil {
			sent := time.Now()
			attempt, cancel := context.WithTimeout(ctx, time.Second)
			faults, err := n.RenewSessions(attempt, []roster.SessionID{k.id})
			cancel()
			if err == nil {
				err = faults[0]
			}
			if k.heard(sent, err) {
				return
			}
		}
		after(200 * time.Millisecond)
	}
}

// hold holds the session open at one node after another: it moves on when its node
// dies, and now and then without a reason.
func (k *kept) hold(ctx context.Context) {
	for ctx.Err() == nil {
		n, at := k.somewhere()
		if n == nil {
			after(20 * time.Millisecond)
			continue
		}
		place, leave := context.WithTimeout(ctx, time.Duration(1+k.random.IntN(4))*time.Second)
		watcher := make(chan struct{})
		go func() {
			defer close(watcher)
			for place.Err() == nil {
				if k.cluster.Node(at) == nil {
					leave()
				}
				after(20 * time.Millisecond)
			}
		}()
		sent := time.Now()
		err := n.HoldSession(place, k.id, func() { k.heard(sent, nil) })
		leave()
		<-watcher
		if ctx.Err() == nil && roster.CodeOf(err) == roster.CodeGone && k.heard(sent, err) {
			return
		}
	}
}

// somewhere draws one of the running nodes; nil while there is none.
func (k *kept) somewhere() (n *node.Node, at int) {
	up := k.cluster.Running()
	if len(up) == 0 {
		return nil, 0
	}
	at = up[k.random.IntN(len(up))]
	return k.cluster.Node(at), at
}

// heard notes what a renewal came to and reports whether the session is over. A held
// session may also end when nobody holds it for longer than the grace.
func (k *kept) heard(sent time.Time, err error) (over bool) {
	switch roster.CodeOf(err) {
	case "":
		k.alive = sent
	case roster.CodeGone, roster.CodeNotFound:
		if lapse := time.Since(k.alive); lapse < keptTTL {
			k.early = fmt.Errorf("%s ended %v after it was renewed: %w", k.id, lapse, err)
		}
		return true
	}
	return false
}

// present returns which of the agents are on the roll.
func (k *kept) present() (there []roster.AgentID, err error) {
	for _, id := range k.agents {
		_, _, err := k.cluster.Node(k.cluster.Running()[0]).Lookup(context.Background(), id, roster.Read{Level: roster.ReadLinearizable})
		switch roster.CodeOf(err) {
		case "":
			there = append(there, id)
		case roster.CodeNotFound:
		default:
			return nil, err
		}
	}
	return there, nil
}

// wantLive checks that the session and all its agents are there.
func (k *kept) wantLive() error {
	if k.early != nil {
		return k.early
	}
	if err := lives(k.cluster, k.cluster.Running()[0], k.id); err != nil {
		return fmt.Errorf("%s was kept, but: %w", k.id, err)
	}
	if there, err := k.present(); err != nil || len(there) != keptAgents {
		return fmt.Errorf("%s lives, but of its agents only %v are there: %w", k.id, there, err)
	}
	return nil
}

// wantOver checks that the session has ended, that no agent of it is left, and that
// none can be entered any more.
func (k *kept) wantOver() error {
	by := k.cluster.Running()[0]
	if err := lives(k.cluster, by, k.id); roster.CodeOf(err) != roster.CodeGone {
		return fmt.Errorf("%s was left alone, and answers %w, not Gone", k.id, err)
	}
	if there, err := k.present(); err != nil || len(there) != 0 {
		return fmt.Errorf("%s has ended, and left %v behind: %w", k.id, there, err)
	}
	for _, id := range append(k.agents, roster.AgentID("late/"+k.id)) {
		if err := k.enter(by, id); roster.CodeOf(err) != roster.CodeGone {
			return fmt.Errorf("%s has ended, and %s was entered under it: %w", k.id, id, err)
		}
	}
	return nil
}

// leaderOf returns the running node that leads a shard.
func leaderOf(c *testcluster.Cluster, shard roster.ShardID) (leader int) {
	c.Helper()
	by := c.Running()[0]
	c.Await("a leader", func() error {
		shards, err := c.Node(by).Shards(context.Background())
		leader = -1
		for _, s := range shards {
			if s.ID == shard {
				leader = c.Number(s.Leader)
			}
		}
		if err == nil && leader < 0 {
			err = fmt.Errorf("nobody leads shard %v", shard)
		}
		return err
	})
	return leader
}

// Sessions that are kept outlive the leaders of their own and of other shards; those
// that are left alone end meanwhile, and nothing of them stays.
func TestSessionsOutliveLeaders(t *testing.T) {
	eachSeed(t, testcluster.Options{Durable: true}, func(c *testcluster.Cluster) {
		c.Net.SetLinks(simnet.Link{DelayMin: time.Millisecond, DelayMax: 10 * time.Millisecond})
		var sessions []*kept
		for n := range 24 {
			sessions = append(sessions, keep(c, n, n%4 == 3))
		}
		left := make(map[int]bool)
		leave := func(from, to int) {
			for n := from; n < to; n++ {
				left[n] = true
				sessions[n].stop()
			}
		}
		home, first := homeOf(c, sessions[0].id)
		_, stamp, _ := c.Node(first).Lookup(context.Background(), foreign(c, home), roster.Read{})
		leave(1, 5) // they run out just when their leader dies
		after(keptTTL - 200*time.Millisecond)
		c.Kill(first)
		leave(5, 9)
		after(6 * time.Second)
		c.Restart(first)
		c.AwaitReady()
		leave(9, 12)
		after(keptTTL)
		c.Kill(leaderOf(c, stamp.Shard)) // while it is told of those that ended
		after(20 * time.Second)
		var all sync.WaitGroup
		for n, k := range sessions {
			check := k.wantLive
			if left[n] {
				check = k.wantOver
			}
			all.Go(func() {
				if err := check(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, k := range sessions {
			k.stop()
			<-k.done
		}
	})
}

// The checks themselves must be able to fail: a session that is ended behind its
// client's back, and one that is said to be over and is not.
func TestSessionChecksCanFail(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1}, func(c *testcluster.Cluster) {
		ended, going := keep(c, 0, false), keep(c, 1, false)
		after(time.Second)
		if err := going.wantOver(); err == nil {
			t.Error("a live session was called over")
		}
		if _, _, err := c.Node(0).Do(context.Background(), roster.EndSession{ID: ended.id}); err != nil {
			t.Fatal(err)
		}
		<-ended.done
		if err := ended.wantLive(); err == nil || ended.early == nil {
			t.Errorf("a session that ended early was called live: %v", err)
		}
		for _, k := range []*kept{ended, going} {
			k.stop()
			<-k.done
		}
	})
}

// A leader whose disk hangs does not notice that it is replaced: whom it tells that a
// session lives on must not lose it within the TTL.
func TestHungLeaderRenewsNothing(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1, Shards: 1}, func(c *testcluster.Cluster) {
		hung := leaderOf(c, 1)
		k := &kept{cluster: c, id: "kept-hung"}
		openSession(c, hung, k.id, keptTTL)
		must(t, k.enter(hung, "hung/a"))
		by := c.Node((hung + 1) % 3)
		c.Await("the agent is seen elsewhere", func() error {
			_, _, err := by.Lookup(context.Background(), "hung/a", roster.Read{})
			return err
		})
		c.StallDisk(hung)
		hangs, renewed := time.Now(), time.Now()
		for ended := false; !ended; after(100 * time.Millisecond) {
			if faults, err := c.Node(hung).RenewSessions(context.Background(), []roster.SessionID{k.id}); err == nil && faults[0] == nil {
				renewed = time.Now()
			}
			_, _, err := by.Lookup(context.Background(), "hung/a", roster.Read{})
			ended = roster.CodeOf(err) == roster.CodeNotFound
		}
		if lived := time.Since(renewed); lived < keptTTL {
			t.Errorf("the session ended %v after it was renewed for %v, %v after the disk hung", lived, keptTTL, time.Since(hangs))
		}
		c.PowerOff(hung)
		c.Kill(hung)
	})
}
