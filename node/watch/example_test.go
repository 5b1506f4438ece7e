package watch_test

import (
	"context"
	"fmt"

	"roster"
	"roster/node/watch"
	"roster/shard"
)

// nowhere is a node that holds no shard yet.
type nowhere struct{}

func (nowhere) AgentShards() ([]roster.ShardID, error) {
	return nil, roster.Errorf(roster.CodeUnavailable, "no cluster yet")
}
func (nowhere) Group(roster.ShardID) (*shard.Group, error) { return nil, nil }
func (nowhere) WaitIndex(context.Context, *shard.Group, roster.Index) error {
	return nil
}

// An error is the last thing that a watch yields.
func Example() {
	for _, err := range watch.Events(context.Background(), nowhere{}, roster.Query{}, "") {
		fmt.Println(err)
	}
	// Output: no cluster yet
}
