package post_test

import (
	"context"
	"fmt"

	"roster"
	"roster/acting"
	"roster/mailbox"
	"roster/node/post"
)

// Example is a cluster of one node, on which one agent runs.
func Example() {
	agent := roster.Record{Agent: roster.Agent{ID: "demo/x~0"}, Owner: roster.Owner{Kind: roster.OwnedByPlacement}, Status: roster.StatusRunning, Node: "n1", Epoch: 7}
	p := post.New(post.Config{Self: "n1",
		Look: func(context.Context, roster.AgentID, roster.Read) (*roster.Record, roster.Stamp, error) {
			return &agent, roster.Stamp{}, nil
		},
		Limits: func(roster.AgentID) mailbox.Limits { return mailbox.Limits{} },
		Proves: func(a roster.Actor, secret string) bool { return a.Epoch == 7 && secret == "its secret" },
		Held:   func() bool { return true }})
	defer p.Close()
	receipt, err := p.Send(context.Background(), mailbox.Message{ID: "m", To: agent.ID, Topic: "hello"}, 0)
	fmt.Println(receipt, err)
	as := acting.With(context.Background(), acting.Claim{Actor: roster.Actor{Agent: agent.ID, Epoch: 7}, Secret: "its secret"})
	got, err := p.Receive(as, mailbox.Receive{Agent: agent.ID})
	fmt.Println(got[0].Topic, got[0].Number, err)
	// Output:
	// {m demo/x~0 n1 false []  } <nil>
	// hello 1 <nil>
}
