package memservice

import (
	"context"

	"roster"
	"roster/mailbox"
	"roster/node/post"
)

var _ mailbox.Service = (*Service)(nil)

// mail is the part about messages.
type mail = mailbox.Service

// newPost returns the post of a cluster of one node, which runs no members.
func (s *Service) newPost() *post.Post {
	return post.New(post.Config{Self: Node, Look: s.Lookup, Find: s.Find,
		Leader: func(roster.ShardID) roster.NodeID { return Node },
		Call: func(context.Context, roster.NodeID, uint8, []byte) ([]byte, error) {
			return nil, roster.Errorf(roster.CodeUnavailable, "there is no other node")
		},
		Limits: func(roster.AgentID) mailbox.Limits { return mailbox.Limits{} },
		Proves: func(roster.Actor, string) bool { return false },
		Held:   func() bool { return true }})
}
