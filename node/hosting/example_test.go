package hosting_test

import (
	"context"
	"fmt"
	"iter"

	"roster"
	"roster/agentpool"
	"roster/fleet"
	"roster/node/hosting"
)

func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	reported := make(chan roster.Command, 8)
	wait := func(ctx context.Context, self agentpool.Self) error {
		self.Ready()
		<-ctx.Done()
		return nil
	}
	spec := fleet.Spec{Driver: fleet.Inproc, Entry: "wait"}
	// What the log says: one member is to run here, placed after this node began to look.
	watch := func(ctx context.Context, _ roster.Query, _ roster.Cursor) iter.Seq2[roster.Event, error] {
		return func(yield func(roster.Event, error) bool) {
			yield(roster.Event{Type: roster.EventEntered, After: &roster.Record{Agent: roster.Agent{ID: "demo/crew~0"}, Shard: 1, Node: "n1", Epoch: 7, Revision: 7,
				Status: roster.StatusStarting, Owner: roster.Owner{Kind: roster.OwnedByPlacement}}}, nil)
			<-ctx.Done()
		}
	}
	h := hosting.New(hosting.Config{
		Self:  "n1",
		Pool:  agentpool.Config{Drivers: []agentpool.Driver{agentpool.NewInproc(map[string]agentpool.Func{"wait": wait})}},
		Watch: watch,
		Fleet: func(context.Context, fleet.ID, roster.Read) (fleet.State, roster.Index, error) {
			return fleet.State{Fleet: fleet.Fleet{ID: "demo/crew", Spec: spec}, Generation: 1}, 7, nil
		},
		Propose: func(_ context.Context, _ roster.ShardID, commands []roster.Command) []error {
			for _, c := range commands {
				reported <- c
			}
			return make([]error, len(commands))
		},
		Act: func(_ context.Context, _ roster.ShardID, acts []hosting.Act) []error { // how well members are
			return make([]error, len(acts))
		},
		Newest: func(context.Context) (map[roster.ShardID]roster.Index, error) {
			return map[roster.ShardID]roster.Index{1: 6}, nil
		},
		Held: func() bool { return true },
	})
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	fmt.Printf("%+v\n", <-reported)
	fmt.Println(h.Used()[1].Agents)
	cancel()
	fmt.Println(<-done, h.Close(context.Background()))
	// Output:
	// {Agent:demo/crew~0 Epoch:7 Node:n1 Status:running Reason:}
	// 1
	// <nil> <nil>
}
