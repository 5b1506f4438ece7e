package agentpool_test

import (
	"context"
	"fmt"

	"roster"
	"roster/agentpool"
	"roster/fleet"
)

func Example() {
	events := make(chan agentpool.Event, 8)
	greeter := func(ctx context.Context, self agentpool.Self) error {
		self.Ready()
		<-ctx.Done()
		return nil
	}
	pool := agentpool.New(agentpool.Config{Drivers: []agentpool.Driver{agentpool.NewInproc(map[string]agentpool.Func{"greeter": greeter})},
		Report: func(e agentpool.Event) { events <- e }})
	defer pool.Close(context.Background())

	pool.Want(agentpool.Agent{ID: "demo/greeter~0", Epoch: 7, Spec: &fleet.Spec{Driver: fleet.Inproc, Entry: "greeter"}})
	fmt.Println((<-events).Status)
	pool.Stop("demo/greeter~0", 7)
	fmt.Println((<-events).Status)
	pool.Want(agentpool.Agent{ID: "demo/other~0", Epoch: 9, Spec: &fleet.Spec{Driver: fleet.Exec, Command: []string{"true"}}})
	refused := <-events
	fmt.Println(refused.Status == roster.StatusRegistered, refused.Reason)
	// Output:
	// running
	// stopped
	// true the driver exec is not allowed here
}
