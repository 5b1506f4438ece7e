package sessions_test

import (
	"context"
	"fmt"

	"roster"
	"roster/node/router"
	"roster/node/sessions"
	"roster/shard"
)

// Before the cluster is met nothing is known of any session.
func Example() {
	r := router.New(router.Config{Groups: func(roster.ShardID) (*shard.Group, bool) { return nil, false }})
	s := sessions.New(sessions.Config{Router: r})
	_, err := s.Renew(context.Background(), []roster.SessionID{"worker-7"})
	fmt.Println(roster.CodeOf(err))
	// Output: Unavailable
}
