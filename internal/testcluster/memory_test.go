package testcluster_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"roster"
	"roster/agentpool"
	"roster/agentpool/memory"
	"roster/agentpool/meter"
	"roster/fleet"
	"roster/internal/testcluster"
	"roster/node"
	"roster/node/fleets"
	"roster/placement"
)

// hoards is an agent that says that it takes memory, and otherwise does as run.
func (c *crews) hoards(node string) agentpool.Func {
	run := c.run(node)
	return func(ctx context.Context, self agentpool.Self) error {
		if err := self.Say(fleet.Standing{Word: fleet.Ready, Memory: 1 << 20}); err != nil {
			return err
		}
		return run(ctx, self)
	}
}

// TestNodeShortOfMemory: what runs on a node that becomes short of memory runs elsewhere
// soon, and nothing new begins there until it is no longer. The memory is that of this
// process, which all three nodes are in; one alone has a bound.
func TestNodeShortOfMemory(t *testing.T) {
	const slack = 512 << 20
	var own meter.Own
	own.Collect()
	bound := own.Read().Taken + slack
	s, first := newCrews(), ""
	o := testcluster.Options{Seed: 5, Configure: func(_ *testing.T, config *node.Config) {
		config.Agents = fleets.Agents{Drivers: []agentpool.Driver{agentpool.NewInproc(map[string]agentpool.Func{"wait": s.hoards(config.Name)})},
			Room: placement.Resources{CPU: 64000}, Busy: func() int64 { return 0 }}
		if first == "" {
			first, config.Agents.Memory = config.Name, bound
		}
	}}
	testcluster.Run(t, o, func(c *testcluster.Cluster) {
		do(c, 1, fleet.Set{Fleet: crew("demo/crew", 9)})
		c.Await("all run", func() error { return s.all(c, 1, "demo/crew", 9) })
		page, err := c.Node(1).Find(context.Background(), roster.Query{Nodes: []string{string(c.Node(0).ID())}})
		must(t, err)
		if len(page.Agents) == 0 {
			t.Error("none runs on the first node")
		}
		ballast := make([]byte, 2*slack)
		short := time.Now()
		c.Await("all run elsewhere", func() error { return s.all(c, 1, "demo/crew", 9, 1, 2) })
		took := time.Since(short)
		t.Logf("%d members left the first node within %v of virtual time", len(page.Agents), took)
		if took < memory.Default().Patience || took > 2*time.Minute {
			t.Errorf("they left within %v", took)
		}
		x, err := c.Node(1).Explain(context.Background(), page.Agents[0].ID)
		must(t, err)
		do(c, 1, fleet.Scale{ID: "demo/crew", Count: 15})
		c.Await("six more", func() error { return s.all(c, 1, "demo/crew", 15, 1, 2) })
		t.Logf("%+v", x)
		runtime.KeepAlive(ballast)
		ballast = nil
		own.Collect()
		s.judge(c)
	})
}
