package steering

import (
	"context"
	"slices"
	"time"

	"roster"
	"roster/node/router"
	"roster/shard"
)

const (
	// hearWithin is how long a node that is drained waits to hear that it votes no more: of
	// all replicas its own hears it last.
	hearWithin = 2 * time.Second
	hearEvery  = 20 * time.Millisecond
)

// Votes lists the shards in which a node votes, as its own replicas know it. One that is
// drained is given a moment to hear of the end of its last vote.
func Votes(ctx context.Context, groups func() []*shard.Group, self roster.NodeID, drained bool) []string {
	ctx, cancel := context.WithTimeout(ctx, hearWithin)
	defer cancel()
	for {
		votes := votesOf(groups(), self)
		if len(votes) == 0 || !drained || !router.Wait(ctx, hearEvery) {
			return votes
		}
	}
}

func votesOf(groups []*shard.Group, self roster.NodeID) (votes []string) {
	for _, g := range groups {
		if voters, _ := g.Servers(); slices.Contains(voters, self) {
			votes = append(votes, g.ID().String())
		}
	}
	return votes
}
