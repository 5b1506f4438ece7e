package steering_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"roster"
	"roster/node/steering"
	"roster/shard"
)

// A node that has not met its cluster has nothing to steer, and says so.
func Example() {
	s := steering.New(steering.Config{Self: "n1-00000000", After: time.Minute, Logger: slog.New(slog.DiscardHandler),
		System:   func() (*shard.Group, error) { return nil, roster.Errorf(roster.CodeUnavailable, "no cluster yet") },
		Statuses: func(context.Context) ([]roster.ShardStatus, error) { return nil, nil },
		Alive:    func() []roster.NodeID { return nil },
		Propose:  func(context.Context, roster.Command) error { return nil }})
	_, err := s.Plan(context.Background())
	fmt.Println(err)
	// Output: no cluster yet
}
