package router

import (
	"slices"
	"time"

	"roster"
	"roster/shard"
)

// askAfter is how long a replica has heard no leader when others are asked for one.
// Elections end well within it.
const askAfter = 2 * time.Second

// leaderOf returns who leads a shard as its local replica knows it. One that has heard no
// leader for long may be no member any more, having been replaced while it was down, or
// none yet; no leader will find it before its node is heard in the system shard. So
// somebody who may know better is asked then.
func (r *Router) leaderOf(g *shard.Group) roster.NodeID {
	if leader, _ := g.Leader(); leader != "" || time.Since(g.Heard()) < askAfter {
		return leader
	}
	asked := r.mayKnow(g.ID())
	if len(asked) == 0 {
		return ""
	}
	return asked[int(r.guesses.Add(1))%len(asked)]
}

// mayKnow lists the nodes that live and may know who leads a shard: who votes by the
// map, and without any of those, all.
func (r *Router) mayKnow(id roster.ShardID) []roster.NodeID {
	m := r.Map()
	if m == nil || r.config.Alive == nil {
		return nil
	}
	alive := slices.DeleteFunc(r.config.Alive(), func(n roster.NodeID) bool { return n == r.config.Self })
	var voters []roster.NodeID
	for _, s := range m.Shards {
		if s.ID == id {
			voters = s.Voters
		}
	}
	voters = slices.DeleteFunc(slices.Clone(voters), func(n roster.NodeID) bool { return !slices.Contains(alive, n) })
	if len(voters) == 0 {
		return alive
	}
	return voters
}
