package shard

import (
	"testing"
	"time"

	"roster"
	"roster/internal/bubble"
	"roster/shard/logstore"
	"roster/shard/pledge"
)

// TestForgottenReplica: one voter is cut off while the group replaces another, which then
// deletes its replica and comes back blank. The first still counts on the second; when the
// two meet alone, the second must not make it the leader of a past in which acknowledged
// writes are missing. Without its pledge it does.
func TestForgottenReplica(t *testing.T) {
	for name, kept := range map[string]bool{"pledge kept": true, "pledge forgotten": false} {
		t.Run(name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) { forgottenReplica(t, kept) })
		})
	}
}

func forgottenReplica(t *testing.T, kept bool) {
	const fourth = roster.NodeID("n4")
	pledges := map[roster.NodeID]pledge.Pledge{}
	c := muster(t, logstore.Memory, 3, func(id roster.NodeID, config *Config) {
		config.Pledge = func(roster.ShardID) pledge.Pledge { return pledges[id] }
	})
	c.nodes = append(c.nodes, fourth)
	defer c.disband()
	leader := c.leader()
	others := c.others(leader)
	away, gone := others[0].config.Node, others[1].config.Node
	flood(t, leader, 0, 20)
	c.mesh.isolate(away)

	c.start(fourth, nil)
	ctx, cancel := deadline(time.Minute)
	defer cancel()
	for _, step := range []func() error{
		func() error { return leader.AddReader(ctx, fourth) },
		func() error { return leader.bell.Wait(ctx, func() bool { return leader.Ready(fourth) }) },
		func() error { return leader.Promote(ctx, fourth) },
		func() error { return leader.Demote(ctx, gone) },
		func() error { return leader.RemoveReader(ctx, gone) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	flood(t, leader, 20, 40) // acknowledged by the leader and the fourth
	p, err := c.mu.hosts[gone].Shut(ctx, testShard)
	if err != nil || p.Term == 0 || p.Index == 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	if kept {
		pledges[gone] = p
	}

	c.mesh.isolate(leader.config.Node)
	c.mesh.isolate(fourth)
	back, err := c.mu.hosts[gone].Open(ctx, testShard, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.mesh.heal(away)
	<-time.After(20 * time.Second)
	past := c.group(away)
	if led := past.reign.Load() != nil; led == kept {
		t.Fatalf("a server that missed acknowledged writes leads: %v; the pledge was kept: %v", led, kept)
	}
	if !kept {
		return
	}
	c.mesh.heal(leader.config.Node)
	c.mesh.heal(fourth)
	now := c.leader(away)
	wantAgents(t, now, 0, 40)
	if err := now.AddReader(ctx, gone); err != nil {
		t.Fatal(err)
	}
	if err := back.bell.Wait(ctx, back.elector.Votes); err != nil {
		t.Errorf("what has caught up does not vote: %v", err)
	}
}
