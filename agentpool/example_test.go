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

// reader is an agent that is dear to begin: it learns its words before it is needed.
type reader struct {
	words map[string]int
	read  []string // what this activation has read
}

func (r *reader) Run(ctx context.Context, self agentpool.Self) error {
	text, _ := self.Env.Get("TEXT")
	r.read = append(r.read, text)
	fmt.Println(self.ID, "reads", r.read, r.words[text])
	self.Ready()
	<-ctx.Done()
	return nil
}

func (r *reader) Reset(context.Context) error {
	clear(r.read)
	r.read = r.read[:0]
	return nil
}

func (r *reader) Close() {}

// Two members of a fleet, one after the other, on workers that stand ready for them.
func ExampleWarm() {
	driver := agentpool.NewInproc(nil, agentpool.Warm{Name: "reader", Target: 1, Max: 3,
		Make: func(context.Context) (agentpool.Worker, error) {
			return &reader{words: map[string]int{"one": 1, "two": 2}}, nil
		}})
	events := make(chan agentpool.Event, 8)
	pool := agentpool.New(agentpool.Config{Drivers: []agentpool.Driver{driver}, Report: func(e agentpool.Event) { events <- e }})
	defer pool.Close(context.Background())

	for i, text := range []string{"one", "two"} {
		id := roster.AgentID(fmt.Sprintf("demo/reader~%d", i))
		env := roster.MapOf(map[string]string{"TEXT": text})
		pool.Want(agentpool.Agent{ID: id, Epoch: 1, Spec: &fleet.Spec{Driver: fleet.Inproc, Entry: "reader", Env: env}})
		<-events // running
		pool.Stop(id, 1)
		<-events // stopped
	}
	// Output:
	// demo/reader~0 reads [one] 1
	// demo/reader~1 reads [two] 2
}
