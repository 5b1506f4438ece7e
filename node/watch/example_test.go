package watch_test

import (
	"context"
	"fmt"

	"roster"
	"roster/node/watch"
	"roster/query"
)

// nowhere is a node that holds no shard yet.
type nowhere struct{}

func (nowhere) AgentShards() ([]roster.ShardID, error) {
	return nil, roster.Errorf(roster.CodeUnavailable, "no cluster yet")
}
func (nowhere) Newest(context.Context, roster.ShardID) (roster.Index, error) { return 0, nil }
func (nowhere) Reach(context.Context, roster.ShardID, roster.Index) error    { return nil }
func (nowhere) Feed(context.Context, roster.ShardID, roster.Index) (watch.Feed, error) {
	return nil, nil
}
func (nowhere) Matches(context.Context, roster.ShardID, roster.Query, *query.Compiled) ([]*roster.Record, roster.Index, error) {
	return nil, 0, nil
}

// An error is the last thing that a watch yields.
func Example() {
	for _, err := range watch.Events(context.Background(), nowhere{}, roster.Query{}, "") {
		fmt.Println(err)
	}
	// Output: no cluster yet
}
