package warden_test

import (
	"context"
	"fmt"
	"time"

	"roster"
	"roster/agentpool/warden"
	"roster/fleet"
)

// pool has one agent, which takes more than it may.
type pool struct{ ended chan string }

func (pool) Watched(into []warden.Agent) []warden.Agent {
	return append(into, warden.Agent{Actor: roster.Actor{Agent: "demo/leaks~0", Epoch: 7}, Spec: &fleet.Spec{Driver: fleet.Inproc, Entry: "leaks"}, Said: 61 << 20})
}
func (pool) Ask(roster.Actor) bool            { return false }
func (p pool) End(a roster.Actor, why string) { p.ended <- fmt.Sprint(a.Agent, ": ", why) }
func (pool) Move(roster.Actor, string, bool)  {}

func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p := pool{make(chan string, 1000)}
	w := warden.New(warden.Config{Every: time.Millisecond}, p) // agentpool.Supervisor has one
	go w.Run(ctx)
	fmt.Println(<-p.ended)
	fmt.Println(w.Actions()[0].Do)
	// Output:
	// demo/leaks~0: it took 61 MiB, limit 50 MiB
	// restart
}
