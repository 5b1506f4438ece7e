package shard

import (
	"context"
	"slices"
	"time"

	"github.com/hashicorp/raft"

	"roster"
)

// succeedAfter is the time between one voter's turn to succeed a dead leader and the
// next one's: an election takes far less, so that two hardly ever stand together.
const succeedAfter = 100 * time.Millisecond

// gone passes on that nobody listens any more where a node was reached, so that its
// process has ended. To wait for a leader's silence takes twice an election time-out;
// this takes a moment. It only makes a voter stand for election sooner: who votes for
// whom is decided as ever, so that news that is wrong costs an election and nothing
// else. It never waits.
func (g *Group) gone(node raft.ServerID) {
	if _, leader := g.raft.LeaderWithID(); leader != node {
		return
	}
	select {
	case g.deaths <- node:
	default: // it is being dealt with
	}
}

// succeed stands for election in place of leaders whose process has ended.
func (g *Group) succeed(ctx context.Context) {
	for {
		select {
		case dead := <-g.deaths:
			if turn, votes := g.turn(dead); votes {
				g.stand(ctx, dead, turn*succeedAfter)
			}
		case <-ctx.Done():
			return
		}
	}
}

// turn returns this node's place among the voters that may follow a dead one, and
// whether it has any. Shards begin with different voters, so that leaders stay spread.
func (g *Group) turn(dead raft.ServerID) (place time.Duration, votes bool) {
	voters, _ := g.Servers()
	voters = slices.DeleteFunc(voters, func(id roster.NodeID) bool { return string(id) == string(dead) })
	at := slices.Index(voters, g.config.Node)
	if at < 0 {
		return 0, false
	}
	return time.Duration((at + int(g.id)) % len(voters)), true
}

// stand waits for this node's turn and stands, unless somebody leads by then.
func (g *Group) stand(ctx context.Context, dead raft.ServerID, wait time.Duration) {
	select {
	case <-time.After(wait):
	case <-ctx.Done():
		return
	}
	if _, leader := g.raft.LeaderWithID(); leader != dead || g.raft.State() != raft.Follower || g.fault() != nil {
		return
	}
	g.logger.Info("the leader's process has ended: standing for election", "leader", string(dead))
	g.link.Stand()
}
